import words from "../../../../sync-core/locales/en/words.ftl?raw";
import app from "../../locales/en/app.ftl?raw";

export default [words, app];

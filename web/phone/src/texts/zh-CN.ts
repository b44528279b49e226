import words from "../../../../sync-core/locales/zh-CN/words.ftl?raw";
import app from "../../locales/zh-CN/app.ftl?raw";

export default [words, app];

import { createRoot } from "react-dom/client";
import { Root } from "./root.tsx";
import { app } from "./engine/app.ts";
import { speaking } from "./i18n.ts";
import { watchForUpdates } from "./update.ts";
import "./styles.css";

void app.start();
watchForUpdates();
const root = document.getElementById("root");
// Without its texts the app shows their names: better than nothing, and nothing is lost.
const show = () => root !== null && createRoot(root).render(<Root />);
speaking.then(show, show);

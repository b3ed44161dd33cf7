import { render } from "preact";
import { App, onKeyDown } from "./app.tsx";
import { findHost, host } from "./host.ts";
import { applyLooks } from "./ui/theme.ts";
import { showTrouble } from "./ui/notice.tsx";

applyLooks();
addEventListener("keydown", onKeyDown);
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
findHost().catch((error: unknown) => {
  host.value = { kind: "files" };
  showTrouble(error);
});

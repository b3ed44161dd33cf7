import { render } from "preact";
import { App, onKeyDown } from "./app.tsx";
import { isUnsaved } from "./drafts.ts";
import { findHost, host } from "./host.ts";
import { sessions } from "./page-session.ts";
import { applyLooks } from "./ui/theme.ts";
import { showTrouble } from "./ui/notice.tsx";

applyLooks();
addEventListener("keydown", onKeyDown);
addEventListener("beforeunload", (event) => {
  if (sessions.value.some(({ drafts }) => isUnsaved(drafts))) event.preventDefault();
});
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
findHost().catch((error: unknown) => {
  host.value = { kind: "files" };
  showTrouble(error);
});

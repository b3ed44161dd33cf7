import { render } from "preact";
import { App } from "./app.tsx";
import { findHost, host } from "./host.ts";
import { showTrouble } from "./ui/notice.tsx";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
findHost().catch((error: unknown) => {
  host.value = { kind: "files" };
  showTrouble(error);
});

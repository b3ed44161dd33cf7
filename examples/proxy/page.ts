// The page: it logs in, shows the notes of all users as they come, and writes its own.
import { createEtcd } from "fetcd";

const etcd = createEtcd({ endpoints: `${location.origin}/etcd`, credentials: "include" });
const login = form("login");
const note = form("note");
const said = element("said");

login.addEventListener("submit", (event) => {
  event.preventDefault();
  void tell(async () => {
    const fields = textsOf(login);
    const response = await fetch("/login", { method: "POST", body: JSON.stringify(fields) });
    if (!response.ok) throw new Error(await response.text());
    await show(fields["user"] ?? "");
  });
});

async function show(user: string): Promise<void> {
  note.hidden = false;
  note.addEventListener("submit", (event) => {
    event.preventDefault();
    const { text = "", owner = "" } = textsOf(note);
    const key = `notes/${owner || user}/${Date.now()}`;
    void tell(() => etcd.put(key, text));
  });
  for await (const { entry } of etcd.watch({ prefix: "notes/" }, { from: 1n })) {
    const item = document.createElement("li");
    item.textContent = `${entry.key}: ${entry.text()}`;
    element("notes").append(item);
  }
}

/** What is written in the form's fields, by their names. */
function textsOf(of: HTMLFormElement): Partial<Record<string, string>> {
  return Object.fromEntries(
    [...new FormData(of)].flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
}

async function tell(work: () => Promise<unknown>): Promise<void> {
  said.textContent = "";
  await work().catch((error: unknown) => (said.textContent = error instanceof Error ? error.message : String(error)));
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no #${id}`);
  return found;
}

function form(id: string): HTMLFormElement {
  const found = element(id);
  if (found.tagName === "FORM") return found as HTMLFormElement;
  throw new Error(`#${id} is not a form`);
}

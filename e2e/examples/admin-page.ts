import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The admin page, started as its README says. */
export interface AdminPage {
  /** With the endpoint in it. */
  readonly url: string;
  close(): Promise<void>;
}

/** `npm run admin` on an etcd. Resolves when it has printed its address; rejects with what it printed if it ends. */
export async function startAdminPage(endpoint: string): Promise<AdminPage> {
  const env = { ...process.env, ETCD_ENDPOINTS: endpoint };
  const child = spawn("npm", ["run", "-s", "admin"], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const printed: string[] = [];
  child.stderr.on("data", (piece: Buffer) => printed.push(piece.toString()));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      printed.push(line);
      const found = /^admin page: (\S+)$/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`npm run admin ended: ${printed.join("\n")}`)));
  });
  return {
    url,
    async close() {
      // npm does not pass signals on: the whole group gets it.
      if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
      await ended;
    },
  };
}

/** Fills in and submits the form of the page. */
export async function connectAs(page: Page, url: string, username = "", password = ""): Promise<void> {
  await page.goto(url);
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Connect" }).click();
}

/** Opens folders of the tree by their names, one in the other, and the key at the end. */
export async function openKey(page: Page, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const item = page.getByRole("treeitem", { name, exact: true });
    if ((await item.getAttribute("aria-expanded")) !== "true") await item.click();
  }
}

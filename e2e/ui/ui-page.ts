import type { Page } from "playwright";
import { startScript } from "../examples/script.ts";
import { installedPackage } from "../installed-package.ts";

/** `fetcd ui`, as it is published and installed. */
export interface UiServer extends AsyncDisposable {
  /** With the secret in it. */
  readonly url: string;
  readonly origin: string;
  readonly secret: string;
  close(): Promise<void>;
}

/** Starts it on a free port, as a user who has installed the package. Rejects with what it printed if it ends. */
export async function startUi(
  args: readonly string[],
  { env = {} }: { readonly env?: NodeJS.ProcessEnv } = {},
): Promise<UiServer> {
  const { program, folder } = await installedPackage();
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("ETCDCTL_")));
  const port = args.includes("--port") ? [] : ["--port", "0"];
  const script = startScript(program, ["ui", ...port, ...args], { cwd: folder, env: { ...clean, ...env } });
  const url = (await script.line(/^page: /)).slice("page: ".length);
  const { origin, hash } = new URL(url);
  const close = async (): Promise<void> => void (await script.interrupt());
  return { url, origin, secret: hash.slice("#secret=".length), close, [Symbol.asyncDispose]: close };
}

/** Fills in and submits the form of the page. */
export async function logIn(page: Page, url: string, username = "", password = ""): Promise<void> {
  await page.goto("about:blank");
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

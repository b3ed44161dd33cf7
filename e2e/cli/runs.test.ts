import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect as expectPage } from "playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { type Etcd, startEtcd } from "../etcd.ts";
import { launchBrowser } from "../browser.ts";
import { installedPackage } from "../installed-package.ts";
import { type Finished, run } from "../run.ts";
import { startUi } from "../ui/ui-page.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("The command line, installed from the package as it is published", () => {
  let folder: string;
  let etcd: Etcd;
  beforeAll(async () => {
    ({ folder } = await installedPackage());
    etcd = await startEtcd({ version: "3.5" });
  });
  afterAll(() => etcd?.close());

  it.each([
    ["npx", "npx", ["fetcd"]],
    ["bunx", join(root, "node_modules/.bin/bunx"), ["--bun", "fetcd"]],
    ["deno", join(root, "node_modules/@deno/linux-x64-glibc/deno"), ["run", "-A", "npm:fetcd"]],
  ] as const)("runs by %s", async (name, command, before) => {
    const env = { ...process.env, ETCDCTL_ENDPOINTS: etcd.endpoints.join(), DENO_NO_UPDATE_CHECK: "1" };
    const fetcd = (...args: string[]): Promise<Finished> => run(command, [...before, ...args], { cwd: folder, env });
    expect(await fetcd("--version")).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
    expect(await fetcd("put", name, "value")).toMatchObject({ code: 0, stdout: "OK\n" });
    expect(await fetcd("get", name)).toMatchObject({ code: 0, stdout: `${name}\nvalue\n` });
    const held = await fetcd("lock", `lock-${name}`, "--", "sh", "-c", "echo held; exit 3");
    expect(held).toMatchObject({ code: 3, stdout: "held\n" });
  });

  it("serves its page with a policy that holds", async () => {
    await using ui = await startUi(["--memory"]);
    await using browser = await launchBrowser("chromium");
    const page = await browser.newPage();
    const said: string[] = [];
    page.on("console", (message) => message.type() === "error" && said.push(message.text()));
    await page.goto(ui.url);
    await page.getByRole("treeitem", { name: "app/" }).click();
    await page.getByRole("treeitem", { name: "config/" }).click();
    await page.getByRole("treeitem", { name: "database" }).click();
    await expectPage(page.getByRole("textbox", { name: "Value" })).toContainText("db.internal");
    expect(said).toEqual([]);
    const broken = await page.evaluate(async (etcdUrl) => {
      const markup = (): void => void (document.body.innerHTML = "<p>markup</p>");
      const script = document.createElement("script");
      const outcome = (attempt: () => unknown) =>
        Promise.resolve()
          .then(attempt)
          .then(
            () => "done",
            () => "refused",
          );
      return [
        await outcome(markup),
        await outcome(() => (script.text = "globalThis.ran = true")),
        await outcome(() => fetch(`${etcdUrl}/version`, { mode: "no-cors" })),
      ];
    }, etcd.endpoints[0]);
    expect(broken).toEqual(["refused", "refused", "refused"]);
  });
});

import { expect } from "vitest";
import type { Page } from "playwright";
import type { Flow, Stage } from "../stage.ts";
import { rootPassword } from "../settings.ts";
import { command, confirm, open, see, toast, value, view } from "../steps.ts";
import { openKey, startUi } from "../ui-page.ts";

const tab = (page: Page, title: string) =>
  page.getByRole("navigation", { name: "Connections" }).getByRole("button", { name: title });

/** Opens sample data in memory, with the cluster as one more to choose. */
async function openBoth({ page, server }: Stage): Promise<AsyncDisposable> {
  const ui = await startUi(["--memory", "--also", `production=${server.endpoints.join()}`]);
  await open(page, ui);
  await see(page.getByRole("treeitem", { name: "app/" })).toBeVisible();
  return ui;
}

async function connectTo({ page, server, setting }: Stage): Promise<void> {
  await tab(page, "New connection").click();
  await page.getByLabel("Connection").selectOption({ label: `production: ${server.endpoints.join(" ")}` });
  if (setting.auth) {
    await page.getByLabel("User name").fill("root");
    await page.getByLabel("Password").fill(rootPassword);
  }
  await page.getByRole("button", { name: "Connect" }).click();
  await see(page.getByRole("treeitem", { name: "private/" })).toBeVisible();
}

function stored(page: Page): Promise<string> {
  return page.evaluate(() =>
    JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), location.href, document.cookie]),
  );
}

export const connectionFlows: readonly Flow[] = [
  {
    title: "shows each connection in a tab with its name and colour, where it was left, and keeps no secret of them",
    fresh: true,
    async run(stage) {
      const { page, server, setting } = stage;
      await using _ = await openBoth(stage);
      const colour = () => page.evaluate(() => document.documentElement.style.getPropertyValue("--connection"));
      await view(page, "Leases");
      await tab(page, "New connection").click();
      if (setting.auth) {
        await page.getByLabel("Connection").selectOption({ label: `production: ${server.endpoints.join(" ")}` });
        await page.getByRole("button", { name: "Connect" }).click();
        await see(page.getByRole("alert")).toContainText("wants a user name and a password");
      }
      await page.getByRole("button", { name: "Cancel" }).click();
      await connectTo(stage);
      await expect.poll(colour).toBe("#d92d20");
      await tab(page, "sample data in memory").click();
      await see(page.getByRole("heading", { name: "Leases" })).toBeVisible();
      await expect.poll(colour).toBe("transparent");
      await tab(page, "sample data in memory").click();
      await page.getByRole("dialog").getByLabel("Name").fill("playground");
      await page.getByRole("dialog").getByLabel("Colour").selectOption("Green");
      await page.getByRole("dialog").getByRole("button", { name: "Keep", exact: true }).click();
      await expect.poll(colour).toBe("#149a52");
      await command(page, "production");
      await see(page.getByRole("treeitem", { name: "private/" })).toBeVisible();
      expect(await stored(page)).toContain("playground");
      expect(await stored(page)).not.toContain(rootPassword);
      await tab(page, "production").click();
      await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
      await see(page.getByRole("heading", { name: "Leases" })).toBeVisible();
      await see(tab(page, "playground")).toBeVisible();
      await page.reload();
      await see(tab(page, "playground")).toBeVisible();
      await see(tab(page, "production")).toHaveCount(0);
    },
  },
  {
    title: "keeps what is typed and not saved in its place, in memory alone, and asks before it is lost",
    fresh: true,
    async run(stage) {
      const { page, other } = stage;
      await using _ = await openBoth(stage);
      const leaving = () => page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));
      await openKey(page, "app/", "config/", "greeting");
      await see(value(page)).toHaveText("Hello, world");
      expect(await leaving()).toBe(false);
      await value(page).fill("typed here");
      await view(page, "Flags");
      const flag = page.getByRole("region", { name: "theme" });
      await flag.getByRole("button", { name: "Edit" }).click();
      await flag.getByLabel("Targeting, as JSON").fill("{ not yet");
      await connectTo(stage);
      await page.getByRole("button", { name: "New key" }).click();
      await page.getByLabel("Key", { exact: true }).fill("typed/key");
      await value(page).fill("not created yet");
      await tab(page, "sample data in memory").click();
      await see(flag.getByLabel("Targeting, as JSON")).toHaveValue("{ not yet");
      await view(page, "Keys");
      await openKey(page, "app/", "config/", "limits");
      await see(value(page)).toContainText("per_second");
      await openKey(page, "greeting");
      await see(value(page)).toHaveText("typed here");
      expect(await leaving()).toBe(true);
      expect(await stored(page)).not.toMatch(/typed|not yet|not created/);

      await page.getByRole("button", { name: "Discard" }).click();
      await see(value(page)).toHaveText("Hello, world");
      await page.getByRole("button", { name: "Undo" }).click();
      await see(value(page)).toHaveText("typed here");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await see(toast(page, "Saved")).toBeVisible();
      await page.getByRole("button", { name: "Undo" }).click();
      await see(value(page)).toHaveText("Hello, world");

      await page.getByRole("button", { name: "Disconnect" }).click();
      await see(page.getByRole("dialog")).toContainText("unsaved changes");
      await confirm(page, "Disconnect");
      await see(page.getByLabel("Key", { exact: true })).toHaveValue("typed/key");
      await page.getByRole("button", { name: "Create" }).click();
      await see(page.getByRole("heading", { name: "typed/key" })).toBeVisible();
      expect((await other.get("typed/key"))?.text()).toBe("not created yet");
      expect(await leaving()).toBe(false);
    },
  },
];

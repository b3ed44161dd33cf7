import { expect } from "vitest";
import { op } from "../../../src/index.ts";
import type { Flow } from "../stage.ts";
import { clipboardOf, command, connect, holdBodies, isLive, see, toast, value, view } from "../steps.ts";
import { openKey } from "../ui-page.ts";

export const browseFlows: readonly Flow[] = [
  {
    title:
      "goes up by the folders above a key, and back by addresses, bookmarks that outlive a reload, and keys seen last",
    fresh: true,
    async run(stage) {
      const { page, other } = stage;
      const heading = (name: string) => page.getByRole("heading", { name, exact: true });
      await other.txn({ then: ["one", "two"].map((name) => op.put(`places/of/${name}`, name)) });
      await connect(stage);
      await openKey(page, "places/", "of/", "one");
      await see(value(page)).toHaveText("one");
      await page.getByRole("button", { name: "Bookmark" }).click();
      await see(page.getByRole("button", { name: "Bookmarked" })).toBeVisible();
      await page.getByRole("navigation", { name: "Folders" }).getByRole("button", { name: "of/" }).click();
      await see(heading("places/of/")).toBeVisible();
      await see(page.getByRole("article")).toContainText("2 keys");
      await page.getByRole("button", { name: "Bookmark" }).click();
      await page.goBack();
      await see(value(page)).toHaveText("one");

      await page.evaluate(() => void (location.hash = "#/keys/places/of/two"));
      await see(value(page)).toHaveText("two");
      await view(page, "Keys");
      const last = page.getByRole("list", { name: "Seen last" }).getByRole("button");
      await see(last).toHaveText(["places/of/two", "places/of/one"]);
      await last.last().click();
      await see(value(page)).toHaveText("one");

      await connect(stage);
      await view(page, "Keys");
      await see(last).toHaveCount(0);
      const marks = page.getByRole("list", { name: "Bookmarks" }).getByRole("button");
      await see(marks).toHaveText(["places/of/one", "places/of/"]);
      await marks.first().click();
      await see(value(page)).toHaveText("one");
      await page.getByRole("button", { name: "Bookmarked" }).click();
      await view(page, "Keys");
      await see(marks).toHaveText(["places/of/"]);

      // Names of keys may be nobody's business: what is kept can be given up.
      await page.getByRole("navigation", { name: "Connections" }).getByRole("button").first().click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Keep its bookmarks in this browser").uncheck();
      await dialog.getByRole("button", { name: "Keep", exact: true }).click();
      await see(marks).toHaveText(["places/of/"]);
      expect(await page.evaluate(() => JSON.stringify(Object.entries(localStorage)))).not.toContain("places/of");
      await page.evaluate(() => {
        for (const name of Object.keys(localStorage)) localStorage.setItem(name, '[{"no": "bookmark"}, 1, "\\ud800"]');
      });
      await connect(stage);
      await see(marks).toHaveCount(0);
      await openKey(page, "places/");
      await see(heading("places/")).toBeVisible();
    },
  },
  {
    title: "copies a key, its value, its address, and commands that read it",
    async run({ page, other, server, setting }) {
      await other.put("copied/it's one", "to be copied");
      await openKey(page, "copied/", "it's one");
      await see(value(page)).toHaveText("to be copied");
      const copied = await clipboardOf(page);
      const copy = async (what: string): Promise<string> => {
        await page.getByLabel("Copy from copied/it's one").selectOption({ label: `Copy the ${what}` });
        await see(toast(page, `Copied the ${what}`)).toBeVisible();
        return copied();
      };
      expect(await copy("key")).toBe("copied/it's one");
      expect(await copy("value")).toBe("to be copied");
      expect(await copy("link")).toBe(page.url());
      expect(await copy("fetcd command")).toBe(String.raw`npx fetcd get 'copied/it'\''s one'`);
      expect(await copy("etcdctl command")).toBe(String.raw`etcdctl get 'copied/it'\''s one'`);
      const user = setting.auth ? ["--user", "root:word-of-root"] : [];
      expect((await server.etcdctl([...user, "get", "copied/it's one"])).stdout).toContain("to be copied");
    },
  },
  {
    title: "shows what others do while they do it",
    async run({ page, other }) {
      await see(page.getByRole("treeitem", { name: "app/" })).toBeVisible();
      await other.put("news/today", "1");
      await openKey(page, "news/", "today");
      await see(value(page)).toHaveText("1");
      await other.put("news/today", "2");
      await see(value(page)).toHaveText("2");
      await other.delete("news/today");
      await see(page.getByRole("treeitem", { name: "news/" })).toHaveCount(0);
    },
  },
  {
    title: "tells a key from the folder of the same name, and shows, changes and deletes a key that ends with a slash",
    async run({ page, other }) {
      await other.txn({ then: ["both", "both/", "both/in"].map((key) => op.put(key, `value of ${key}`)) });
      const item = (label: string) => page.getByRole("treeitem", { name: label, exact: true });
      await item("both").click();
      await see(value(page)).toHaveText("value of both");
      await item("both/").click();
      await see(item("in")).toBeVisible();
      await item("both/ (key)").click();
      await see(value(page)).toHaveText("value of both/");
      await see(item("both/")).toHaveAttribute("aria-selected", "false");
      await value(page).fill("changed");
      await value(page).press("Control+s");
      await see(toast(page, "Saved")).toBeVisible();
      expect((await other.get("both/"))?.text()).toBe("changed");
      await page.goBack();
      await page.goForward();
      await see(value(page)).toHaveText("changed");
      // What is marked is the key, and not all that is in the folder.
      await item("both/ (key)").click({ modifiers: ["Control"] });
      const marked = page.getByRole("toolbar", { name: "What is marked" });
      await marked.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete 1 key" }).click();
      await see(item("both/ (key)")).toHaveCount(0);
      expect(await other.keys({ prefix: "both" })).toEqual(["both", "both/in"]);
      await item("both").click();
      await page.getByRole("button", { name: "Delete", exact: true }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await see(page.getByText("both does not exist.")).toBeVisible();
      expect(await other.keys({ prefix: "both" })).toEqual(["both/in"]);
    },
  },
  {
    title: "filters names as they are typed, searches keys and values below a folder, and stops a search",
    async run({ page, other }) {
      await other.txn({
        then: [op.put("search/a", "a needle here"), op.put("search/needle", "x"), op.put("search/b", "y")],
      });
      await openKey(page, "search/");
      const field = page.getByRole("searchbox", { name: "Filter or search" });
      const found = page.getByRole("list", { name: "Found" }).getByRole("button");
      await page.keyboard.press("/");
      await see(field).toBeFocused();
      await field.fill("needle");
      await see(found).toHaveText(["search/needle"]);
      await field.press("Enter");
      await see(found).toHaveText(["search/aa needle here", "search/needle"]);
      await found.first().click();
      await see(value(page)).toHaveText("a needle here");

      // A search of several pages waits for the second until somebody has stopped it.
      const key = (i: number): string => `searched/${String(i).padStart(3, "0")}`;
      for (const from of [0, 100, 200]) {
        await other.txn({ then: Array.from({ length: 100 }, (_, i) => op.put(key(from + i), "hay")) });
      }
      await field.fill("");
      await openKey(page, "searched/");
      await see(page.getByRole("article")).toContainText("300 keys");
      await using pages = await holdBodies(page, /"revision":"?[1-9]/);
      await field.fill("nothing of this kind");
      await page.getByRole("button", { name: "Search keys and values in searched/" }).click();
      await expect.poll(pages.held).toBeGreaterThan(0);
      await see(page.getByText("0 found in 200 of 300")).toBeVisible();
      await page.getByRole("button", { name: "Cancel" }).click();
      await see(page.getByRole("button", { name: "Cancel" })).toHaveCount(0);
      await field.fill("");
      await see(page.getByRole("tree")).toBeVisible();
    },
  },
  {
    title: "has every view and key behind Ctrl+K, and shows its shortcuts",
    async run({ page }) {
      await see(page.getByRole("treeitem", { name: "app/" })).toBeVisible();
      await page.keyboard.press("Control+k");
      await page.keyboard.type("leas");
      // The next key comes before the page is drawn again, and is not lost.
      await page.evaluate(async () => {
        const press = (key: string): unknown =>
          document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
        press("Enter");
        await new Promise((resolve) => setTimeout(resolve));
        press("?");
      });
      await see(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
      await page.keyboard.press("Escape");
      await see(page.getByRole("heading", { name: "Leases" })).toBeVisible();
      await command(page, "app/config/greeting");
      await see(page.getByRole("heading", { name: "app/config/greeting" })).toBeVisible();
      await see(page.getByRole("treeitem", { name: "greeting" })).toHaveAttribute("aria-selected", "true");
      expect(page.url()).toContain("#/keys/app/config/greeting");
      await page.getByRole("tree").focus();
      const titles = ["Keys", "Live", "Locks and elections", "Leases", "Flags", "Cluster", "Users and roles"];
      for (const [i, title] of titles.entries()) {
        await page.keyboard.press(String(i + 1));
        await see(page.getByRole("heading", { level: 1, name: title })).toBeAttached();
      }
      await page.keyboard.press("1");
      await isLive(page);
    },
  },
];

import { expect } from "vitest";
import type { Page } from "playwright";
import { op } from "../../../src/index.ts";
import type { Flow } from "../stage.ts";
import { saved, see, toast } from "../steps.ts";

const mark = (page: Page, name: string) =>
  page
    .getByRole("treeitem", { name, exact: true })
    .first()
    .click({ modifiers: ["Control"] });

const marked = (page: Page) => page.getByRole("toolbar", { name: "What is marked" });

export const manyKeysFlows: readonly Flow[] = [
  {
    title: "copies, moves and deletes what is marked, and leaves alone what others change meanwhile",
    async run({ page, other }) {
      await other.txn({ then: ["1", "2", "sub/3"].map((key) => op.put(`batch/${key}`, `value ${key}`)) });
      const dialog = page.getByRole("dialog");
      await mark(page, "batch/");
      await marked(page).getByRole("button", { name: "Copy" }).click();
      await dialog.getByLabel("To the prefix").fill("copied-to/");
      await see(dialog.getByText("batch/sub/3 → copied-to/batch/sub/3")).toBeVisible();
      await dialog.getByRole("button", { name: "Copy 3 keys" }).click();
      await see(toast(page, "Copied 3 of 3 keys")).toBeVisible();
      expect((await other.get("copied-to/batch/sub/3"))?.text()).toBe("value sub/3");

      await mark(page, "copied-to/");
      await marked(page).getByRole("button", { name: "Move" }).click();
      await dialog.getByLabel("To the prefix").fill("copied-to/below/");
      await see(dialog.getByText("The keys cannot go into themselves")).toBeVisible();
      await dialog.getByLabel("To the prefix").fill("moved-to/");
      await see(dialog.getByRole("button", { name: "Move 3 keys" })).toBeEnabled();
      await other.put("copied-to/batch/1", "changed meanwhile");
      await dialog.getByRole("button", { name: "Move 3 keys" }).click();
      await see(toast(page, /^Moved 2 of 3 keys; 1 key changed/)).toBeVisible();
      expect(await other.keys({ prefix: "copied-to/" })).toEqual(["copied-to/batch/1"]);
      expect(await other.keys({ prefix: "moved-to/" })).toEqual([
        "moved-to/copied-to/batch/2",
        "moved-to/copied-to/batch/sub/3",
      ]);

      await mark(page, "batch/");
      await marked(page).getByRole("button", { name: "Delete" }).click();
      await see(dialog.getByRole("button", { name: "Delete 3 keys" })).toBeEnabled();
      await other.put("batch/2", "changed meanwhile");
      await dialog.getByRole("button", { name: "Delete 3 keys" }).click();
      await see(toast(page, /^Deleted 2 of 3 keys; 1 key changed/)).toBeVisible();
      expect(await other.keys({ prefix: "batch/" })).toEqual(["batch/2"]);
    },
  },
  {
    title: "imports what it shows before, and leaves alone what others change meanwhile",
    async run({ page, other }) {
      await other.put("import/old", "old");
      await page.getByRole("button", { name: "Import" }).click();
      const dialog = page.getByRole("dialog");
      const choose = (name: string, text: string) =>
        dialog.getByLabel("NDJSON").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
      await choose(
        "keys.ndjson",
        '{"key":"import/old","value":"new"}\n{"keyBase64":"aW1wb3J0L/8=","valueBase64":"AP8="}\n',
      );
      await see(dialog.getByText("1 new")).toBeVisible();
      await see(dialog.getByText("1 changed")).toBeVisible();
      await dialog.getByText("import/old").click();
      await see(dialog.locator("ins").first()).toHaveText("+ new");
      await dialog.getByRole("button", { name: "Write 2 keys" }).click();
      await see(toast(page, "Imported 2 keys")).toBeVisible();
      const raw = new Uint8Array([...Buffer.from("import/"), 255]);
      expect((await other.get(raw))?.value).toEqual(new Uint8Array([0, 255]));
      expect((await other.get("import/old"))?.text()).toBe("new");

      await page.getByRole("button", { name: "Import" }).click();
      await choose("keys.yaml", "import/:\n  old: |\n    two\n    lines\n  port: 5432\n");
      await see(dialog.getByText("1 new")).toBeVisible();
      await dialog.getByRole("button", { name: "Write 2 keys" }).click();
      await expect.poll(async () => (await other.get("import/old"))?.text()).toBe("two\nlines\n");
      expect((await other.get("import/port"))?.text()).toBe("5432");

      await page.getByRole("button", { name: "Import" }).click();
      await choose("keys.json", "{ broken");
      await see(toast(page, /JSON/)).toBeVisible();
      await choose("keys.json", '{"import/":{"old":"mine","port":"5432","more":{"a":1}}}');
      await see(dialog.getByText("1 as they are")).toBeVisible();
      await other.put("import/old", "theirs");
      await dialog.getByRole("button", { name: "Write 2 keys" }).click();
      await see(toast(page, "Imported 1 key; 1 key changed meanwhile and left alone")).toBeVisible();
      expect((await other.get("import/old"))?.text()).toBe("theirs");
      expect((await other.get("import/more"))?.text()).toBe('{"a":1}');
    },
  },
  {
    title: "exports as NDJSON, JSON and YAML, each of which brings the keys back",
    async run({ page, other, setting }) {
      const entries = { "export/a": "one", "export/sub/b": "two\nlines\n", "export/sub/c": '{"n":1}' };
      const write = () => other.txn({ then: Object.entries(entries).map(([key, text]) => op.put(key, text)) });
      await write();
      const dialog = page.getByRole("dialog");
      for (const [as, name] of [
        ["ndjson", "keys.ndjson"],
        ["tree", "keys.json"],
        ["yaml", "keys.yaml"],
      ] as const) {
        await mark(page, "export/");
        await marked(page).getByRole("button", { name: "Export" }).click();
        await dialog.getByLabel("As").selectOption(as);
        const go = dialog.getByRole("button", { name: "Export 3 keys" });
        const buffer = await saved(page, setting, () => go.click());
        await see(dialog).toHaveCount(0);
        await other.delete({ prefix: "export/" });
        await see(page.getByRole("treeitem", { name: "export/" })).toHaveCount(0);
        await page.getByRole("button", { name: "Import" }).click();
        await dialog.getByLabel("NDJSON").setInputFiles({ name, mimeType: "text/plain", buffer });
        await dialog.getByRole("button", { name: "Write 3 keys" }).click();
        await see(dialog).toHaveCount(0);
        for (const [key, text] of Object.entries(entries)) {
          await expect.poll(async () => [as, key, (await other.get(key))?.text()]).toEqual([as, key, text]);
        }
      }
    },
  },
];

import type { Page } from "playwright";
import { expect } from "vitest";
import type { Flow } from "../stage.ts";
import { confirm, dismissToasts, saved, see, toast, value } from "../steps.ts";
import { openKey } from "../ui-page.ts";

/** Until it is told and shown: nothing that was told before counts. */
async function save(page: Page): Promise<void> {
  await dismissToasts(page);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await see(toast(page, "Saved")).toBeVisible();
}

export const editFlows: readonly Flow[] = [
  {
    title: "creates, edits and deletes a key, and refuses to create one that is there",
    async run({ page, other }) {
      await page.getByRole("button", { name: "New key" }).click();
      await page.getByLabel("Key", { exact: true }).fill("new/key");
      await value(page).fill("one");
      await page.getByRole("button", { name: "Create" }).click();
      await see(page.getByRole("heading", { name: "new/key" })).toBeVisible();
      await value(page).fill("two");
      await value(page).press("Control+s");
      await see(toast(page, "Saved")).toBeVisible();
      expect((await other.get("new/key"))?.text()).toBe("two");

      await page.getByRole("button", { name: "New key" }).click();
      await page.getByLabel("Key", { exact: true }).fill("new/key");
      await value(page).fill("three");
      await page.getByRole("button", { name: "Create" }).click();
      await see(page.getByText("Not created: new/key already exists.")).toBeVisible();
      await page.getByRole("button", { name: "Discard" }).click();
      await see(page.getByLabel("Key", { exact: true })).toHaveCount(0);

      await openKey(page, "new/", "key");
      const remove = page.getByRole("button", { name: "Delete", exact: true });
      await remove.click();
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
      await remove.click();
      await confirm(page, "Delete");
      await see(page.getByText("new/key does not exist.")).toBeVisible();
      expect(await other.has("new/key")).toBe(false);
      await see(page.getByRole("treeitem", { name: "new/" })).toHaveCount(0);
    },
  },
  {
    title: "creates a key from a template, in the folder at hand",
    async run({ page, other }) {
      await other.put("instances/first", "{}");
      await openKey(page, "instances/");
      await page.getByRole("button", { name: "New key here" }).click();
      await see(page.getByLabel("Key", { exact: true })).toHaveValue("instances/");
      await page.getByLabel("Key", { exact: true }).fill("instances/second");
      await page.getByLabel("Start with").selectOption("a service instance");
      await see(value(page)).toContainText("10.0.0.1:80");
      await page.getByRole("button", { name: "Create" }).click();
      await see(page.getByRole("heading", { name: "instances/second" })).toBeVisible();
      expect((await other.get("instances/second"))?.json()).toMatchObject({ address: "10.0.0.1:80" });
    },
  },
  {
    title: "does not save over what somebody else has written, unless told so",
    async run({ page, other }) {
      await other.put("app/contested", "original");
      await openKey(page, "app/", "contested");
      await value(page).fill("mine");
      await other.put("app/contested", "theirs");
      await see(page.getByText("Somebody else changed this key.")).toBeVisible();
      await see(page.locator("ins")).toHaveText("+ theirs");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await see(page.getByText(/^Not saved/)).toBeVisible();
      expect((await other.get("app/contested"))?.text()).toBe("theirs");
      await page.getByRole("button", { name: "Save mine over theirs" }).click();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await see(toast(page, "Saved")).toBeVisible();
      expect((await other.get("app/contested"))?.text()).toBe("mine");
      await value(page).fill("given up");
      await other.put("app/contested", "theirs again");
      await page.getByRole("button", { name: "Take theirs" }).click();
      await see(value(page)).toHaveText("theirs again");
    },
  },
  {
    title: "merges what two people changed in different lines, and not in the same",
    async run({ page, other }) {
      await other.put("app/merged", "one\ntwo\nthree\nfour\nfive");
      await openKey(page, "app/", "merged");
      await see(value(page)).toHaveText("onetwothreefourfive");
      await value(page).press("Control+End");
      await page.keyboard.type("!");
      await other.put("app/merged", "one\ntwo\nthree\nfour\nFIVE");
      await page.getByRole("button", { name: "Merge both" }).click();
      await see(toast(page, "Both changed the same lines: choose one of them.")).toBeVisible();
      await other.put("app/merged", "ONE\ntwo\nthree\nfour\nfive");
      await see(page.locator("ins")).toHaveText("+ ONE");
      await page.getByRole("button", { name: "Merge both" }).click();
      await see(value(page)).toHaveText("ONEtwothreefourfive!");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await see(toast(page, "Saved")).toBeVisible();
      expect((await other.get("app/merged"))?.text()).toBe("ONE\ntwo\nthree\nfour\nfive!");
    },
  },
  {
    title: "takes back a save and a deletion, compares any two versions, and restores one",
    async run({ page, other }) {
      await other.put("app/undone", "first");
      await openKey(page, "app/", "undone");
      await value(page).fill("second");
      await value(page).press("Control+s");
      await page.getByRole("button", { name: "Undo" }).click();
      await see(value(page)).toHaveText("first");
      expect((await other.get("app/undone"))?.text()).toBe("first");
      await page.getByRole("button", { name: "Delete", exact: true }).click();
      await confirm(page, "Delete");
      await see(page.getByText("app/undone does not exist.")).toBeVisible();
      await page.getByRole("button", { name: "Undo" }).click();
      await see(value(page)).toHaveText("first");
      await other.put("app/undone", "third");
      await see(value(page)).toHaveText("third");
      await other.put("app/undone", "fourth");
      await see(value(page)).toHaveText("fourth");
      await page.getByRole("button", { name: "History" }).click();
      const history = page.getByRole("region", { name: "History" });
      await see(history.locator("del")).toHaveText("- third");
      await history.getByLabel("Compare with").selectOption({ index: 3 });
      await see(history.locator("del")).toHaveText("- first");
      await see(history.locator("ins")).toHaveText("+ fourth");
      await page.locator("summary").last().click();
      await page.getByRole("button", { name: "Restore this version" }).click();
      await see(value(page)).toHaveText("first");
      await see(toast(page, "Saved")).toBeVisible();
      expect((await other.get("app/undone"))?.text()).toBe("first");
    },
  },
  {
    title: "shows a key with its value and past, and tells where the past is compacted",
    async run({ page, other }) {
      await openKey(page, "app/", "config/", "database");
      await see(value(page)).toContainText('"port": 5432');
      await other.put("app/config/greeting", "Good morning");
      await openKey(page, "greeting");
      await see(value(page)).toHaveText("Good morning");
      const history = page.getByRole("region", { name: "History" });
      await page.getByRole("button", { name: "History" }).click();
      await see(history.locator("ins").first()).toHaveText("+ Good morning");
      await see(history.locator("del").first()).toHaveText("- Hello");
      await see(history).toContainText(/seen \d+ (second|minute)s? ago/);
      await see(history).toContainText("seen more than");
      await other.put("app/config/greeting", "Hello");
      const { revision } = await other.put("app/compacted", "2");
      await other.put("app/compacted", "3");
      await other.compact(revision);
      await other.put("app/compacted", "4");
      await openKey(page, "compacted");
      await see(value(page)).toHaveText("4");
      await page.getByRole("button", { name: "History" }).click();
      await see(page.getByText(/Older history is compacted|The key was created with this version/)).toBeVisible();
      await see(page.locator("summary").filter({ hasText: `Revision ${revision}` })).toBeVisible();
    },
  },
  {
    title: "keeps the bytes of a value that is not text: edited as hex, downloaded, and uploaded",
    async run({ page, other, setting }) {
      const bytes = new Uint8Array([0, 255, 16, 127]);
      await other.put("binary/bytes", bytes.subarray(0, 3));
      await openKey(page, "binary/", "bytes");
      await see(value(page)).toHaveText("00 ff 10");
      await value(page).fill("00 ff 1");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await see(page.getByRole("alert")).toHaveText("Expected pairs of hex digits, such as 00 ff.");
      await value(page).fill("00 ff 10 7f");
      await save(page);
      expect((await other.get("binary/bytes"))?.value).toEqual(bytes);
      const download = page.getByRole("button", { name: "Download" });
      expect(new Uint8Array(await saved(page, setting, () => download.click()))).toEqual(bytes);

      const buffer = Buffer.from([1, 2, 254]);
      const file = { name: "logo.bin", mimeType: "application/octet-stream", buffer };
      await page.getByLabel("Upload").setInputFiles(file);
      await see(value(page)).toHaveText("01 02 fe");
      await save(page);
      expect((await other.get("binary/bytes"))?.value).toEqual(new Uint8Array(buffer));
      // More than can be edited as hex goes to etcd as it is.
      const large = { ...file, buffer: Buffer.alloc(100_000, 255) };
      await page.getByLabel("Upload").setInputFiles(large);
      await see(page.getByText("The first 64.0 KiB of 97.7 KiB")).toBeVisible();
      expect((await other.get("binary/bytes"))?.value.length).toBe(100_000);
    },
  },
  {
    title: "gives a key a time to live, and takes it away",
    async run({ page, other }) {
      await other.put("app/mortal", "x");
      await openKey(page, "app/", "mortal");
      await page.getByLabel("Seconds to live").fill("600");
      await page.getByRole("button", { name: "Set" }).click();
      await see(page.getByText(/^Lease [0-9a-f]+, (10 min|9 min \d+ s) left\.$/)).toBeVisible();
      expect((await other.get("app/mortal"))?.lease).not.toBe(0n);
      // In Firefox the new number would come after the old one.
      await page.getByLabel("Seconds to live").clear();
      await page.getByLabel("Seconds to live").fill("0");
      await page.getByRole("button", { name: "Set" }).click();
      await see(page.getByText("Lives for ever.")).toBeVisible();
      expect((await other.get("app/mortal"))?.lease).toBe(0n);
    },
  },
  {
    title: "keeps large numbers of JSON as they are, and its one line",
    async run({ page, other }) {
      await other.put("app/number", '{"id":12345678901234567890,"a":1}');
      await openKey(page, "app/", "number");
      await see(value(page)).toContainText("12345678901234567890");
      await value(page).fill('{"id":12345678901234567890,"a":2}');
      await page.getByRole("button", { name: "Format" }).click();
      await see(value(page)).toContainText('  "id": 12345678901234567890');
      await value(page).press("Control+s");
      await see(toast(page, "Saved")).toBeVisible();
      expect((await other.get("app/number"))?.text()).toBe('{"id":12345678901234567890,"a":2}');
      await value(page).fill('{"id": }');
      await value(page).press("Control+s");
      await see(page.getByRole("alert")).toContainText("JSON");
      await page.getByRole("button", { name: "Discard" }).click();
      await see(value(page)).toContainText('"a": 2');
    },
  },
  {
    title: "tells YAML, TOML, XML and objects of Kubernetes, and of what is wrong with them before it saves it",
    async run({ page, other }) {
      const pod = { apiVersion: "v1", kind: "Pod", metadata: { namespace: "default", name: "web-1" } };
      const service = Buffer.concat([Buffer.from("k8s\0\n\r\n\x02v1\x12\x07Service"), Buffer.from([0xff])]);
      const values = {
        yaml: ["a: 1\nb:\n  - 2\n", "YAML"],
        toml: ['[a]\nb = "2"\n', "TOML"],
        xml: ["<a>\n<b/>\n</a>", "XML"],
        pod: [JSON.stringify(pod), "JSON"],
        service: [service, "Hex"],
      } as const;
      for (const [name, [content]] of Object.entries(values)) await other.put(`kinds/${name}`, content);
      await openKey(page, "kinds/");
      for (const [name, [, form]] of Object.entries(values)) {
        await openKey(page, name);
        await see(page.getByRole("heading", { name: `kinds/${name}` })).toBeVisible();
        await see(page.getByRole("radio", { name: form })).toBeChecked();
      }
      await see(page.locator(".badge").filter({ hasText: "v1 Service" })).toBeVisible();
      await openKey(page, "pod");
      await see(page.locator(".badge").filter({ hasText: "v1 Pod default/web-1" })).toBeVisible();
      await openKey(page, "yaml");
      await value(page).fill("a: [1\n");
      await value(page).press("Control+s");
      await see(page.getByRole("alert")).toContainText(/Line \d is not YAML. Save again to keep it as it is./);
      expect((await other.get("kinds/yaml"))?.text()).toBe("a: 1\nb:\n  - 2\n");
      await value(page).press("Control+s");
      await see(toast(page, "Saved")).toBeVisible();
      await page.getByRole("radio", { name: "Hex" }).check({ force: true });
      await see(value(page)).toContainText("61 3a 20 5b 31 0a");
    },
  },
];

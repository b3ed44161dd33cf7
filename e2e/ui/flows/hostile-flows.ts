import { expect } from "vitest";
import type { Flow } from "../stage.ts";
import { confirm, connect, see, value } from "../steps.ts";
import { openKey } from "../ui-page.ts";

export const hostileFlows: readonly Flow[] = [
  {
    title: "stays responsive with hostile keys and values, which can be viewed and deleted",
    fresh: true,
    async run(stage) {
      const { page, other } = stage;
      const rawKey = new Uint8Array([...Buffer.from("hostile/"), 0xff, 0x00, 0x0a]);
      const lines = (letter: string) => Array.from({ length: 6_000 }, (_, i) => letter + i).join("\n");
      const markup = '"><img src=x onerror="globalThis.broken=1"><script>globalThis.broken=1';
      await other.put("hostile/large", "x".repeat(1_500_000));
      await other.put("hostile/nested", "[".repeat(5_000) + "]".repeat(5_000));
      await other.put("hostile/rewritten", lines("a"));
      await other.put("hostile/rewritten", lines("b"));
      await other.put(rawKey, new Uint8Array(200_000).fill(0xfe));
      await other.put(`hostile/${markup}`, markup);
      // It would read "exe.png".
      await other.put("hostile/\u202Egnp.exe", "turned");
      await other.put("/hostile", "below a folder without a name");
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(error.message));
      await connect(stage);
      await openKey(page, "hostile/");
      for (const item of ["large", "nested", "rewritten", markup, "\uFFFD\u2400\u240A", "\uFFFDgnp.exe"]) {
        await page.getByRole("treeitem", { name: item, exact: true }).click();
        await see(value(page)).toBeVisible();
        await page.getByRole("button", { name: "History" }).click();
        await see(page.getByRole("region", { name: "History" })).toBeVisible();
        const began = Date.now();
        await page.evaluate(() => 1);
        expect({ item: item.slice(0, 20), quick: Date.now() - began < 2_000 }).toEqual({
          item: item.slice(0, 20),
          quick: true,
        });
        await page.getByRole("button", { name: "Delete", exact: true }).click();
        await confirm(page, "Delete");
        await see(page.getByText(/does not exist\./)).toBeVisible();
      }
      expect(await other.count({ prefix: "hostile/" })).toBe(0n);
      await openKey(page, "/", "hostile");
      await see(value(page)).toHaveText("below a folder without a name");
      await other.delete("/hostile");
      expect({ faults, broken: await page.evaluate(() => Reflect.get(globalThis, "broken")) }).toEqual({
        faults: [],
        broken: undefined,
      });
    },
  },
];

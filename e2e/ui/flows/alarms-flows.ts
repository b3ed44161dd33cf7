import { expect } from "vitest";
import type { Flow } from "../stage.ts";
import { confirm, memberRow, see, toast, view } from "../steps.ts";

export const alarmFlows: readonly Flow[] = [
  {
    title: "says what to do about a database that is full, and does it: compact, defragment, clear the alarm",
    async run({ page, other, server }) {
      const full = async (): Promise<void> => {
        for (;;) await other.put("full/of-it", "x".repeat(1_400_000));
      };
      await expect(full()).rejects.toMatchObject({ reason: "NoSpace" });
      await view(page, "Cluster");
      const alarm = page.getByRole("alert").filter({ hasText: "Alarm NOSPACE" });
      await see(alarm.first()).toContainText("Compact the history");
      await page.getByRole("button", { name: "Compact" }).click();
      await confirm(page, "Compact");
      await see(toast(page, "Compacted")).toBeVisible();
      for (const { name } of server.members) {
        await memberRow(page, name).getByRole("button", { name: "Defragment" }).click();
        await confirm(page, "Defragment");
        await see(toast(page, `Defragmented ${name}`)).toBeVisible();
      }
      await expect(other.put("full/again", "1")).rejects.toMatchObject({ reason: "NoSpace" });
      // Each member may have raised its own.
      await see(async () => {
        if ((await alarm.count()) > 0) await alarm.first().getByRole("button", { name: "Clear" }).click();
        await see(alarm).toHaveCount(0, { timeout: 4_000 });
      }).toPass({ timeout: 60_000 });
      await other.put("full/again", "1");
      await other.delete({ prefix: "full/" });
    },
  },
];

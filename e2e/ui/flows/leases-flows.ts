import { expect } from "vitest";
import type { Flow } from "../stage.ts";
import { confirm, see, toast, value, view } from "../steps.ts";

export const leaseFlows: readonly Flow[] = [
  {
    title: "grants leases, counts them down, shows their keys, renews and revokes them",
    async run({ page, other }) {
      const { id } = await other.lease.grant(300);
      await other.put("leased", "with its lease", { lease: id });
      await view(page, "Leases");
      const row = page.getByRole("row").filter({ hasText: id.toString(16) });
      await see(row).toContainText("leased");
      await row.getByRole("button", { name: "leased" }).click();
      await see(value(page)).toHaveText("with its lease");
      await page.goBack();
      await row.getByRole("button", { name: "Renew" }).click();
      await see(toast(page, "Renewed")).toBeVisible();
      await row.getByRole("button", { name: "Revoke" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
      await see(row).toContainText("leased");
      await row.getByRole("button", { name: "Revoke" }).click();
      expect(await confirm(page, "Revoke")).toContain("delete its 1 key?");
      await see(row).toHaveCount(0);
      expect(await other.has("leased")).toBe(false);

      const before = await other.lease.list();
      await page.getByLabel("Seconds to live").fill("4321");
      await page.getByRole("button", { name: "Grant a lease" }).click();
      await see(page.getByRole("cell", { name: "1 h 12 min", exact: true })).toBeVisible();
      for (const lease of await other.lease.list()) if (!before.includes(lease)) await other.lease.revoke(lease);
    },
  },
];

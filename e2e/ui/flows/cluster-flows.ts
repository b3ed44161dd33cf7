import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject } from "vitest";
import type { Flow } from "../stage.ts";
import { confirm, hold, memberRow, saved, see, toast, view } from "../steps.ts";

export const clusterFlows: readonly Flow[] = [
  {
    title: "shows the cluster, and downloads a snapshot that etcd takes",
    async run({ page, server, setting }) {
      await view(page, "Cluster");
      await see(page.getByRole("cell", { name: "leader", exact: true })).toBeVisible();
      for (const { name } of server.members) {
        await see(memberRow(page, name)).toContainText("healthy");
        await see(memberRow(page, name)).toContainText(/iB, .*iB in use/);
      }
      const lag = page.getByRole("figure").filter({ hasText: "Entries behind" });
      for (const { name } of server.members) await see(lag).toContainText(new RegExp(`${name} \\d`));
      await see(page.getByRole("figure").filter({ hasText: "Log to disk" })).toContainText("ms");
      const button = page.getByRole("button", { name: "Download a snapshot" });
      const file = join(inject("runFolder"), `ui-${process.pid}-${Math.random()}.db`);
      await writeFile(file, await saved(page, setting, () => button.click()));
      await see(button).toBeVisible();
      const status = await server.etcdctl(["snapshot", "status", file]);
      expect({ code: status.code, stderr: status.stderr.includes("Error") }).toEqual({ code: 0, stderr: false });
    },
  },
  {
    title: "shows how far a snapshot is, and gives it up",
    async run({ page }) {
      await view(page, "Cluster");
      await using _ = await hold(page, "**/v3/maintenance/snapshot");
      await page.getByRole("button", { name: "Download a snapshot" }).click();
      await see(page.getByRole("progressbar", { name: "Snapshot" })).toBeVisible();
      await page.getByRole("button", { name: "Cancel" }).click();
      await see(page.getByRole("button", { name: "Download a snapshot" })).toBeVisible();
      await see(page.locator(".toast")).toHaveCount(0);
    },
  },
  {
    title: "compacts the history and defragments member by member, after a question",
    async run({ page, other, server }) {
      const { revision } = await other.put("compacted/away", "1");
      await other.put("compacted/away", "2");
      await view(page, "Cluster");
      const compact = page.getByRole("button", { name: "Compact" });
      await compact.click();
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
      await see(page.getByRole("dialog")).toHaveCount(0);
      expect((await other.get("compacted/away", { revision }))?.text()).toBe("1");
      await see(page.locator(".toast")).toHaveCount(0);
      await see(page.locator(".tiles")).toContainText(String(revision + 1n));
      await compact.click();
      expect(await confirm(page, "Compact")).toContain(`before revision ${revision + 1n}`);
      await see(toast(page, "Compacted")).toBeVisible();
      await expect(other.get("compacted/away", { revision })).rejects.toMatchObject({ reason: "Compacted" });
      for (const { name } of server.members) {
        await memberRow(page, name).getByRole("button", { name: "Defragment" }).click();
        expect(await confirm(page, "Defragment")).toContain("Defragment the members one by one");
        await see(toast(page, `Defragmented ${name}`)).toBeVisible();
      }
    },
  },
  {
    title: "moves the lead to another member",
    fits: ({ members }) => members === 3,
    async run({ page, server }) {
      const role = (name: string, is: string) => memberRow(page, name).getByRole("cell", { name: is, exact: true });
      const leader = await server.leader();
      await view(page, "Cluster");
      await see(role(leader.name, "leader")).toBeVisible();
      const next = server.members.find(({ name }) => name !== leader.name)?.name ?? "";
      await see(role(next, "follower")).toBeVisible();
      await memberRow(page, next).getByRole("button", { name: "Make leader" }).click();
      await see(role(next, "leader")).toBeVisible();
      await see(role(leader.name, "follower")).toBeVisible();
    },
  },
  {
    title: "tells of a member that stopped, how many more may, and of a cluster without a leader",
    fits: ({ members }) => members === 3,
    async run({ page, server }) {
      const leader = await server.leader();
      const [first, second] = server.members.filter(({ name }) => name !== leader.name);
      await view(page, "Cluster");
      await see(memberRow(page, first?.name ?? "")).toContainText("healthy");
      await first?.stop();
      await see(memberRow(page, first?.name ?? "")).toContainText("no answer");
      await see(page.getByRole("alert")).toContainText(`${first?.name} does not answer. None of the others may fail`);
      await see(memberRow(page, leader.name)).toContainText("healthy");
      await second?.stop();
      await see(page.getByText("There is no leader")).toBeVisible();
      await first?.start();
      await second?.start();
      await see(memberRow(page, first?.name ?? "")).toContainText("healthy");
      await see(page.getByText("There is no leader")).toHaveCount(0);
      await server.waitReady();
    },
  },
];

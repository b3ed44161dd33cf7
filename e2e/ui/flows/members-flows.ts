import { join } from "node:path";
import { expect } from "vitest";
import { startEtcd } from "../../etcd.ts";
import { startScript } from "../../examples/script.ts";
import { etcdBinaries } from "../../install-etcd.ts";
import { freePort } from "../../ports.ts";
import { rigFolder } from "../../watchdog.ts";
import type { Flow } from "../stage.ts";
import { confirm, isLive, memberRow, open, see, view } from "../steps.ts";
import { startUi } from "../ui-page.ts";

export const memberFlows: readonly Flow[] = [
  {
    title: "adds a member that is started with the command it shows, promotes it, and removes it",
    async run({ page, other, server, setting }) {
      await view(page, "Cluster");
      const peer = `http://127.0.0.1:${await freePort()}`;
      await page.getByLabel("Name").fill("added");
      await page.getByLabel("Peer URL").fill(peer);
      await page.getByRole("button", { name: "Add as a learner" }).click();
      const command = await page.locator("code").filter({ hasText: "etcd --name added" }).innerText();
      expect(command).toContain(
        "--listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379",
      );
      await see(memberRow(page, "not started")).toContainText("learner");

      // On this machine there are other members: the new one gets a place of its own.
      const client = `http://127.0.0.1:${await freePort()}`;
      const folder = rigFolder();
      const args = command.replaceAll("http://127.0.0.1:2379", client).split(" ").slice(1);
      const { etcd } = await etcdBinaries(setting.version);
      const added = startScript(etcd, [...args, "--data-dir", join(folder.path, "added")], { cwd: folder.path });
      try {
        await see(memberRow(page, "added")).toContainText("learner");
        const role = (is: string) => memberRow(page, "added").getByRole("cell", { name: is, exact: true });
        // etcd refuses until the learner has all that the leader has.
        await see(async () => {
          const promote = memberRow(page, "added").getByRole("button", { name: "Promote" });
          if (await promote.isVisible()) await promote.click();
          await see(role("follower")).toBeVisible({ timeout: 2_000 });
        }).toPass({ timeout: 60_000 });
        expect((await other.cluster.members()).filter(({ isLearner }) => !isLearner)).toHaveLength(
          server.members.length + 1,
        );

        await memberRow(page, "added").getByRole("button", { name: "Remove" }).click();
        expect(await confirm(page, "Remove")).toContain("Remove the member added?");
        await see(memberRow(page, "added")).toHaveCount(0);
        expect(await other.cluster.members()).toHaveLength(server.members.length);
        await added.ended;
      } catch (error) {
        throw new Error(added.complaints().slice(-2_000), { cause: error });
      } finally {
        added.kill();
        folder.remove();
      }
    },
  },
  {
    title: "warns of members of different versions until the last one is upgraded",
    fits: ({ members }) => members === 3,
    fresh: true,
    async run({ page }) {
      await using server = await startEtcd({ version: "3.4", members: 3 });
      await using ui = await startUi(["--endpoints", server.endpoints.join()]);
      await open(page, ui);
      await isLive(page);
      await view(page, "Cluster");
      const version = (name: string, line: string) =>
        memberRow(page, name).getByRole("cell", { name: new RegExp(`^${line}\\.\\d+$`) });
      const warning = page.getByText("Members have different versions");
      for (const { name } of server.members) await see(version(name, "3.4")).toBeVisible();
      await see(warning).toHaveCount(0);
      for (const member of server.members) {
        await member.upgrade("3.5");
        await server.waitReady();
        await see(version(member.name, "3.5")).toBeVisible();
        if (member === server.members.at(-1)) await see(warning).toHaveCount(0);
        else await see(warning).toContainText(/: 3\.4\.\d+, 3\.5\.\d+\. Finish the upgrade soon/);
      }
    },
  },
];

import { expect } from "vitest";
import type { Flow } from "../stage.ts";
import { confirm, see, view } from "../steps.ts";

export const holdFlows: readonly Flow[] = [
  {
    title: "shows who has a lock and who waits for it, and ends a session after it has said what that does",
    async run({ page, other }) {
      const sessions = [await other.lease.grant(300), await other.lease.grant(300), await other.lease.grant(300)];
      const [first = "", second = "", third = ""] = sessions.map(({ id }) => id.toString(16));
      for (const { id } of sessions) await other.put(`jobs/nightly/${id.toString(16)}`, "worker", { lease: id });
      await view(page, "Locks and elections");
      const lock = page.getByRole("region", { name: "jobs/nightly" });
      const row = (session: string) => lock.getByRole("row").filter({ hasText: session });
      await see(row(first)).toContainText("holder");
      await see(row(second)).toContainText("waits, 1 before it");
      await see(row(third)).toContainText("waits, 2 before it");
      await row(third).getByRole("button", { name: "End session" }).click();
      expect(await confirm(page, "End it")).toContain("It leaves the wait queue; the holder stays.");
      await see(row(third)).toHaveCount(0);
      await row(first).getByRole("button", { name: "End session" }).click();
      expect(await confirm(page, "End it")).toContain(`session ${second}, becomes the holder at once`);
      await see(row(second)).toContainText("holder");
      expect(await other.keys({ prefix: "jobs/nightly/" })).toEqual([`jobs/nightly/${second}`]);
      await row(second).getByRole("button", { name: "End session" }).click();
      expect(await confirm(page, "End it")).toContain("Nobody waits, so it becomes free.");
      await see(lock).toHaveCount(0);
    },
  },
];

import { expect } from "vitest";
import type { Flow } from "../stage.ts";
import { connect, isLive, see, view } from "../steps.ts";

export const liveFlows: readonly Flow[] = [
  {
    title: "follows what changes below prefixes, by kind, paused and on again, and notifies of it while it is hidden",
    // It changes what the browser is asked for.
    fresh: true,
    async run(stage) {
      const { page, other } = stage;
      await connect(stage);
      await page.evaluate(() => {
        const notes: string[] = [];
        class Notification {
          static requestPermission = (): Promise<string> => Promise.resolve("granted");
          constructor(title: string) {
            notes.push(title);
          }
        }
        Object.assign(globalThis, { Notification, notes });
      });
      const seen = (key: string) => page.getByRole("row").filter({ hasText: key });
      await view(page, "Live");
      for (const prefix of ["live/", "also/"]) {
        await page.getByLabel("Follow a prefix").fill(prefix);
        await page.getByRole("button", { name: "Follow", exact: true }).click();
        await see(page.getByRole("button", { name: `Stop following ${prefix}` })).toBeVisible();
      }
      await isLive(page);
      await other.put("elsewhere", "1");
      await other.put("also/a", "of both");
      await other.put("live/a", "first value");
      await see(seen("live/a")).toContainText("first value");
      await see(seen("also/a")).toContainText("of both");
      await see(page.getByRole("figure")).toContainText("events a second");
      await page.getByRole("button", { name: "Stop following also/" }).click();
      await isLive(page);
      await page.getByRole("button", { name: "Pause" }).click();
      await other.put("live/b", "2");
      await page.getByRole("button", { name: "Go on" }).click();
      await see(seen("live/b")).toBeVisible();
      await see(seen("elsewhere")).toHaveCount(0);
      await page.getByLabel("Filter").fill("LIVE/A");
      await see(seen("live/b")).toHaveCount(0);
      await page.getByLabel("Filter").fill("");
      await page.getByLabel("Kind").selectOption("deletes");
      await other.delete("live/a");
      await see(seen("live/a")).toHaveCount(1);
      await see(seen("live/b")).toHaveCount(0);
      await page.getByRole("button", { name: "Notify me" }).click();
      await see(page.getByText("Notifies you of changes while this tab is hidden")).toBeVisible();
      await page.evaluate(() => Object.defineProperty(document, "hidden", { value: true }));
      await other.put("also/b", "followed no longer");
      await other.put("live/c", "3");
      await expect.poll(() => page.evaluate(() => Reflect.get(globalThis, "notes"))).toEqual(["put live/c"]);
      await page.getByRole("button", { name: "Clear" }).click();
      await see(page.getByText("Waiting for changes")).toBeVisible();
    },
  },
];

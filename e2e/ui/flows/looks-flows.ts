import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright";
import { expect } from "vitest";
import type { Flow } from "../stage.ts";
import { command, connect, see, value, view } from "../steps.ts";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const titles = ["Keys", "Live", "Locks and elections", "Leases", "Flags", "Cluster", "Users and roles"];

export const looksFlows: readonly Flow[] = [
  {
    title: "is worked by keyboard, and passes the checks for accessible pages in every look and width",
    fresh: true,
    async run(stage) {
      const { page } = stage;
      await connect(stage);
      const tree = page.getByRole("tree");
      await tree.focus();
      await see(page.getByRole("treeitem", { name: "a/" })).toBeVisible();
      const press = async (...keys: string[]): Promise<void> => {
        for (const key of keys) await page.keyboard.press(key);
      };
      await press("Home", "ArrowRight");
      await see(page.getByRole("treeitem", { name: "b/" })).toBeVisible();
      await press("ArrowRight", "ArrowRight");
      await see(page.getByRole("treeitem", { name: "c", exact: true })).toBeVisible();
      await press("ArrowDown", "Enter");
      await see(value(page)).toHaveText("by keyboard");
      await tree.focus();
      await press("ArrowLeft", "ArrowLeft");
      await see(page.getByRole("treeitem", { name: "c", exact: true })).toHaveCount(0);
      const check = async (look: string, rules?: readonly string[]): Promise<void> => {
        for (const title of titles) {
          await view(page, title);
          await see(page.getByRole("progressbar", { name: "Reading" })).toHaveCount(0);
          const [faults, wide] = [await accessibilityFaults(page, rules), await page.evaluate(isTooWide)];
          expect({ title, look, faults, wide }).toEqual({ title, look, faults: [], wide: false });
        }
      };
      const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await expect.poll(background).toBe("rgb(246, 247, 249)");
      await check("light");
      const dark = page.getByRole("button", { name: "Dark" });
      await dark.click();
      await expect.poll(background).toBe("rgb(15, 17, 21)");
      // Nothing but colours differs from one look to the other.
      await check("dark", ["color-contrast"]);
      await command(page, "high contrast");
      await see(page.locator("html")).toHaveAttribute("data-contrast", "more");
      await expect.poll(background).toBe("rgb(0, 0, 0)");
      await check("dark, high contrast", ["color-contrast"]);
      await dark.click();
      await expect.poll(background).toBe("rgb(255, 255, 255)");
      await check("light, high contrast", ["color-contrast"]);
      await page.setViewportSize({ width: 360, height: 740 });
      await check("360 pixels");
    },
  },
  {
    title: "holds still for those who want no motion, and is kept in the look that was chosen",
    fresh: true,
    // A Firefox that is driven by BiDi cannot be told that somebody wants no motion.
    fits: ({ browser }) => browser === "chromium",
    async run(stage) {
      const { page } = stage;
      await page.emulateMedia({ reducedMotion: "reduce", colorScheme: "dark" });
      await connect(stage);
      const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [light, dark] = ["rgb(246, 247, 249)", "rgb(15, 17, 21)"];
      const moving = () =>
        page.evaluate(() =>
          Array.from(document.querySelectorAll("*"), (each) => getComputedStyle(each))
            .flatMap(({ animationDuration, transitionDuration }) => [animationDuration, transitionDuration])
            .filter((duration) => Number.parseFloat(duration) > 0.01),
        );
      expect(await moving()).toEqual([]);
      expect(await background()).toBe(dark);
      await command(page, "light or dark");
      await expect.poll(background).toBe(light);
      await connect(stage);
      expect(await background()).toBe(light);
      await command(page, "as the system does");
      await expect.poll(background).toBe(dark);
    },
  },
];

/** Whether the page has to be scrolled sideways. */
function isTooWide(): boolean {
  return document.documentElement.scrollWidth > innerWidth || document.body.scrollWidth > innerWidth;
}

/** What axe finds: by all of its rules, or by these. */
async function accessibilityFaults(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
  return page.evaluate(async (only) => {
    const run: unknown = Reflect.get(globalThis, "axe");
    if (typeof run !== "object" || run === null || !("run" in run) || typeof run.run !== "function")
      throw new Error("no axe");
    const { violations } = await run.run(document, only === undefined ? {} : { runOnly: only });
    return violations.map((each: { id: string; nodes: { html: string }[] }) => `${each.id}: ${each.nodes[0]?.html}`);
  }, rules);
}

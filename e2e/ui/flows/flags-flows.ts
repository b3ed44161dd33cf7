import { expect } from "vitest";
import type { Flow } from "../stage.ts";
import { see, toast, view } from "../steps.ts";

export const flagFlows: readonly Flow[] = [
  {
    title: "makes a flag, edits it with what is wrong in words, rolls it out by share, and says who gets what",
    async run({ page, other, setting }) {
      const stored = async (flag: string): Promise<Record<string, unknown> | undefined> =>
        (await other.get(`flags/${flag}`))?.json();
      await view(page, "Flags");
      await page.getByRole("button", { name: "New flag" }).click();
      const made = page.getByRole("region", { name: "New flag" });
      await made.getByLabel("Name").fill("banner");
      await made.getByRole("button", { name: "Create" }).click();
      const card = page.getByRole("region", { name: "banner" });
      await see(card.getByText("disabled", { exact: true })).toBeVisible();

      await card.getByRole("button", { name: "Edit" }).click();
      const [targeting, save] = [card.getByLabel("Targeting, as JSON"), card.getByRole("button", { name: "Save" })];
      await targeting.fill("{");
      await see(card.getByRole("alert")).toContainText("The targeting is not JSON");
      await targeting.fill('{ "nonsense": [] }');
      await see(card.getByRole("alert")).toContainText("nonsense");
      await see(save).toBeDisabled();
      await card.getByRole("button", { name: "Add a variant" }).click();
      await card.getByLabel("Variant", { exact: true }).last().fill("maybe");
      await card.getByRole("button", { name: "Divide by share" }).click();
      await see(card.getByRole("status")).toContainText("Of 1,000 ids:");
      await save.click();
      await see(card.getByText("Everybody else gets by share: on 34 %, off 33 %, maybe 33 %")).toBeVisible();

      await card.getByLabel("on 34 %").fill("80");
      await see(card.getByLabel("maybe 10 %")).toBeVisible();
      await card.getByRole("button", { name: "Roll out" }).click();
      await see(card.getByText("Everybody else gets by share: on 80 %, off 10 %, maybe 10 %")).toBeVisible();
      await card.getByRole("switch").click();
      await see(card.getByText("enabled", { exact: true })).toBeVisible();
      await see(card).toContainText(setting.auth ? /changed at revision \d+, by root/ : /changed at revision \d+/);
      const fractional = [
        ["on", 80],
        ["off", 10],
        ["maybe", 10],
      ];
      expect(await stored("banner")).toMatchObject({
        state: "ENABLED",
        variants: { on: true, off: false, maybe: null },
        targeting: { fractional },
      });

      await page.getByRole("button", { name: "Edit" }).click();
      await targeting.fill(JSON.stringify({ if: [{ "==": [{ var: "plan" }, "paid"] }, "on", "off"] }));
      await save.click();
      await see(card.getByRole("list", { name: "Rules" })).toContainText("If plan is");
      const who = page.getByRole("region", { name: "Who gets what" });
      const evaluate = who.getByRole("button", { name: "Evaluate" });
      const gets = who.getByRole("row").filter({ hasText: "banner" });
      await who.getByLabel("Context, as JSON").fill('{ "plan": "paid" }');
      await who.getByLabel("Over 1,000 ids").selectOption("banner");
      await evaluate.click();
      await see(gets).toContainText("true");
      await see(who.getByText("on: 100 %")).toBeVisible();
      await who.getByLabel("Context, as JSON").fill('{ "plan": "free" }');
      await evaluate.click();
      await see(gets).toContainText("false");
      await who.getByLabel("Context, as JSON").fill("[");
      await evaluate.click();
      await see(toast(page, /JSON/)).toBeVisible();

      await card.getByRole("switch").click();
      await see(card.getByText("disabled", { exact: true })).toBeVisible();
      await page.getByRole("button", { name: "Undo" }).last().click();
      await see(card.getByText("enabled", { exact: true })).toBeVisible();
    },
  },
];

import { afterAll, beforeAll, describe, it } from "vitest";
import { allFlows } from "./flows/all-flows.ts";
import { nameOf, settingsWithFlows } from "./settings.ts";
import { type Flow, openStage, type Stage } from "./stage.ts";
import { connect, dismissToasts, isLive } from "./steps.ts";

describe.each(settingsWithFlows(allFlows).map(([setting, flows]) => [nameOf(setting), setting, flows] as const))(
  "The page of fetcd ui in %s",
  (_, setting, flows) => {
    let shared: Awaited<ReturnType<typeof openStage>> | undefined;
    /** Connected, and gone back to where everybody begins. */
    let kept: Stage | undefined;
    beforeAll(async () => void (shared = await openStage(setting)));
    afterAll(() => shared?.close());

    async function enter({ fresh }: Flow): Promise<Stage> {
      if (kept !== undefined && fresh === undefined) {
        const stage = kept;
        kept = undefined;
        await dismissToasts(stage.page);
        await stage.page.evaluate(() => {
          location.hash = "#/keys";
          if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
        });
        await isLive(stage.page);
        return stage;
      }
      if (shared === undefined) throw new Error("no stage");
      const context = await shared.browser.newContext({ viewport: { width: 1200, height: 760 } });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      const stage = { ...shared, page };
      if (fresh === undefined) await connect(stage);
      return stage;
    }

    it.each(flows.map((flow) => [flow.title, flow] as const))("%s", { timeout: 180_000 }, async (_title, flow) => {
      const stage = await enter(flow);
      try {
        await flow.run(stage);
        // What a flow that failed leaves behind is not for the next one.
        if (flow.fresh === undefined) kept = stage;
      } finally {
        if (kept !== stage) await stage.page.context().close();
      }
    });
  },
);

import { describe } from "vitest";
import { testControls } from "../../../test/memory/controls.ts";

describe("memory", () => {
  describe("controls", testControls);
});

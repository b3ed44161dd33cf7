import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { apiReports } from "../../scripts/api-report.ts";
import { entries, readText, root } from "./project.ts";

describe("docs/api", () => {
  it("is what the declarations say, so that a change of the public interface is seen: npm run api writes it anew", () => {
    const reports = apiReports();
    expect(reports.size).toBe(entries.length);
    expect(readdirSync(join(root, "docs/api")).toSorted()).toEqual([...reports.keys()].toSorted());
    for (const [name, text] of reports) expect(readText(`docs/api/${name}`)).toBe(text);
  }, 180_000);
});

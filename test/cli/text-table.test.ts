import { describe, expect, it } from "vitest";
import { drawTable } from "../../cli/forms/text-table.ts";

describe("drawTable", () => {
  it("breaks texts of more than 30 characters at spaces, to the right", () => {
    expect(drawTable(["ID", "ERRORS"], [["1", "memberID:1234567890123456789 alarm:NOSPACE"]])).toEqual([
      "+----+--------------------------------+",
      "| ID |             ERRORS             |",
      "+----+--------------------------------+",
      "|  1 |   memberID:1234567890123456789 |",
      "|    |                  alarm:NOSPACE |",
      "+----+--------------------------------+",
    ]);
    expect(drawTable(["E"], [["one two three four five six seven eight nine ten"]]).slice(3, -1)).toEqual([
      "|    one two three four five six |",
      "|           seven eight nine ten |",
    ]);
  });

  it("leaves a word whole that is longer than that, and makes the column as wide", () => {
    const url = `http://${"a".repeat(40)}:2379`;
    expect(drawTable(["E"], [[`${url} x`]]).slice(3, -1)).toEqual([`| ${url} |`, `| ${" ".repeat(url.length - 1)}x |`]);
  });
});

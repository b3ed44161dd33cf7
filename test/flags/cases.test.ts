import { describe, expect, it } from "vitest";
import { cases } from "./cases/flag-cases.ts";
import { expectedOf, providerOfCases, runCase } from "./cases/run-flag-case.ts";

const provider = await providerOfCases();

describe.each(Object.entries(cases))("a flagd document: %s", (_, list) => {
  it.each(list.map((each) => [each.flag, JSON.stringify(each.context ?? {}), each] as const))(
    "%s for %s",
    (_1, _2, each) => {
      expect(runCase(provider, each)).toEqual(expectedOf(each));
    },
  );
});

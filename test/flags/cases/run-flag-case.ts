import type { JsonValue } from "@openfeature/core";
import { createEtcd } from "../../../src/index.ts";
import { createFlags, type FlagContext } from "../../../src/flags/index.ts";
import { createMemoryEtcd } from "../../../src/memory/index.ts";
import { createWebProvider, type WebProvider } from "../../../src/openfeature/index.ts";
import { cases, type FlagCase } from "./flag-cases.ts";
import { document } from "./document.ts";

/** A provider of the flags in the document, which is stored as a file in an etcd in memory. */
export async function providerOfCases(): Promise<WebProvider> {
  const etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
  await etcd.put("flags.json", JSON.stringify(document));
  const flags = createFlags(etcd, { source: "file", key: "flags.json", defaults: {} });
  await flags.ready();
  return createWebProvider(flags);
}

/** What comes of a case, with the names that the case says something about, `variant` among them. */
export function runCase(provider: WebProvider, { value: _, ...given }: FlagCase): object {
  const { flag, fallback, context = {}, ...said } = given;
  const details = resolve(provider, flag, fallback, context);
  const got = { ...details, metadata: details.flagMetadata };
  const names = Object.keys(said).filter((name) => name in said);
  return { value: got.value, ...Object.fromEntries(names.map((name) => [name, Reflect.get(got, name)])) };
}

export function expectedOf({ flag: _, fallback: __, context: ___, ...expected }: FlagCase): object {
  return expected;
}

/** One line for each case that does not come out as it should: for places where no test runner is. */
export async function failedCases(): Promise<string[]> {
  const provider = await providerOfCases();
  const failed: string[] = [];
  for (const [title, list] of Object.entries(cases)) {
    for (const each of list) {
      const [got, expected] = [runCase(provider, each), expectedOf(each)].map((one) => sorted(one));
      if (got !== expected) failed.push(`${title}: ${each.flag}: expected ${expected}, got ${got}`);
    }
  }
  return failed;
}

function sorted(value: object): string {
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function resolve(provider: WebProvider, flag: string, fallback: unknown, context: FlagContext) {
  // OpenFeature's types of contexts know no `unknown`.
  const given = context as Parameters<WebProvider["resolveBooleanEvaluation"]>[2];
  if (typeof fallback === "boolean") return provider.resolveBooleanEvaluation(flag, fallback, given);
  if (typeof fallback === "string") return provider.resolveStringEvaluation(flag, fallback, given);
  if (typeof fallback === "number") return provider.resolveNumberEvaluation(flag, fallback, given);
  return provider.resolveObjectEvaluation(flag, fallback as Record<string, JsonValue>, given);
}

import { readFileSync } from "node:fs";

export const versions = ["3.4.23", "3.5.33", "3.6.14"] as const;
export type Version = (typeof versions)[number];

/** One request to a real etcd and what came back. See test/recorded/README.md. */
export interface Recorded {
  readonly case: string;
  readonly request: { readonly method: string; readonly path: string };
  readonly response: {
    readonly status: number | null;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: string;
    readonly end: string;
  };
}

/** The cases recorded from one version. */
export function recordedAnswers(version: Version): readonly Recorded[] {
  const text = readFileSync(new URL(`../recorded/${version}.jsonl`, import.meta.url), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Recorded);
}

import { existsSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { parseSync } from "vite";
import { describe, expect, it } from "vitest";
import { readText, root } from "./project.ts";

/**
 * Private names that no reader outside of this project knows, each with the term that is used instead. An identifier is
 * split at its capitals: `oldOffice` and `OfficeOptions` have the word `office` in them.
 */
const words: Readonly<Record<string, string>> = {
  office: "leadership, candidate, campaign",
  farewell: "close hook",
  farewells: "close hooks",
  verdict: "retryability, outcome, write tracker",
  unhear: "unsubscribe",
  unheard: "unsubscribe",
  unlinked: "detached",
  judged: "classify",
  insist: "retry until",
  begun: "started",
  nap: "sleep",
  breather: "yield to the event loop",
  doubt: "unknown outcome",
  doubts: "unknown outcomes",
  doubtful: "of unknown outcome",
  halt: "retryability",
  unite: "consolidate",
  beat: "check, interval",
  standing: "hold controller, unchanged, queued",
  wish: "request, requirement",
  sweep: "prune",
};

/** Whole names. */
const names: Readonly<Record<string, string>> = {
  Place: "Waiter",
  takePlace: "enter, acquire",
  Standing: "HoldController",
  Wish: "AcquireRequest",
  createLine: "createNamedQueue",
  SharedLine: "WaitQueue",
  inLine: "isWaiter",
  waysInto: "acquireMethods",
  WaysIn: "Pick<Mutex>",
  HoldWords: "HoldMessages",
  Meaning: "ServerError",
  meaningOf: "classify",
  Repeat: "Idempotency",
  repeatOf: "idempotencyOf",
  mayRepeat: "mayRetry",
  pageLife: "pageLifecycle",
  putBack: "deleteStrayKeys",
  putTogether: "consolidate",
  youngStream: "planNewStream",
  restingStream: "planConsolidation",
  Feeds: "SharedWatches",
  CacheFeed: "CacheFollower",
  badLine: "lossyEtcd",
  BadLine: "LossyEtcd",
  loser: "lostAnswer",
  World: "what it sets up: clients, a subject, a simulation",
  createWorld: "the same",
};

/** Turns of phrase, in comments, messages, titles and pages. */
const phrases: readonly RegExp[] = [
  /\bst(?:ands?|ood|anding) in (?:the )?line\b/i,
  /\b(?:wait|waits|waiting|place|candidate) in (?:the )?line\b/i,
  /\bin (?:the|a|its) line of (?:a|the) (?:lock|election)\b/i,
  /\bgo(?:es)? by (?:itself|themselves)\b/i,
  /\bbehind (?:their|its) backs?\b/i,
  /\ba bad (?:day|line)\b/i,
  /(?:^|[.(:] )So long (?!as)/,
  /\b(?:holder|leader|program|one) that stood still\b/i,
  /\bputs? out the light\b/i,
  /\bis let go of\b/i,
  /\bis none of it\b/i,
  /\bout of turn\b/i,
  /\bin doubt\b/i,
  /\bdoubt(?:s|ed|ful)?\b/i,
  // "A range is no key": say "is not a key".
  /(?<!\bthere )\b(?:is|are|was|were) no (?!(?:longer|more|such|other|different|good)\b)/i,
  // "It has to wait, for nobody is there": say "since".
  /, for (?:it|they|there|this|these|that|nobody) (?:is|are|was|were|has|have|had|does|do|did|may|can|could|would|must)\b/i,
];

/** Turns of phrase that comments and messages of the package itself do without. */
const ofSource: readonly RegExp[] = [/\bwhoever\b/i, /\bThrows for (?:one|what)\b/, /(?<!\bthere )\bis none\b(?! of)/i];

/** Turns of phrase that titles of tests do without: a title has a subject that a reader knows. */
const ofTitles: readonly RegExp[] = [
  /\bwhoever\b/i,
  /(?<!\bthere )\b(?:is|are) none\b/i,
  /^(?:[A-Z]\d+: )?who\b/i,
  /\b(?:by|for|also for) who\b/i,
  /\bthat nobody (?:asked|hears|expects|knows)\b/i,
];
/** The titles in a line: the text after `it(`, `describe(`, or the table of an `each`. */
const title = /(?:\b(?:it|describe)(?:\.\w+)*\(|^\s*(?:\]|\)).*\)\()(["'`])(.+?)\1/;

/** Names that are public: the audit events of a proxy. */
const allowed = (path: string, word: string): boolean => word === "verdict" && /proxy/.test(path);

const folders = ["src", "cli", "test", "e2e", "scripts", "bench", "examples", "ui"].filter((folder) =>
  existsSync(`${root}/${folder}`),
);

/** Paths of files below a folder of the project. */
function filesIn(folder: string, ends: RegExp): string[] {
  return readdirSync(`${root}/${folder}`, { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => ends.test(path) && !/\/(?:node_modules|dist|gen|\.\w+)\//.test(path));
}

/** `where: what` for each private word of a TypeScript source. */
function faultsOfSource(path: string, text: string): string[] {
  const faults: string[] = [];
  const at = (position: number): string => `${path}:${text.slice(0, position).split("\n").length}`;
  for (const { name, start } of identifiersIn(parseSync(path, text).program)) {
    const instead = reasonAgainst(path, name);
    if (instead !== undefined) faults.push(`${at(start)}: ${name} (say: ${instead})`);
  }
  const inName = reasonAgainst(path, basename(path).replace(/\..*$/, ""));
  if (inName !== undefined) faults.push(`${path}: the name of the file (say: ${inName})`);
  return [...faults, ...faultsOfText(path, text)];
}

/** The identifiers of a syntax tree. */
function identifiersIn(tree: unknown): { readonly name: string; readonly start: number }[] {
  if (typeof tree !== "object" || tree === null) return [];
  if ("type" in tree && tree.type === "Identifier" && "name" in tree && "start" in tree) {
    const { name, start } = tree;
    if (typeof name === "string" && typeof start === "number") return [{ name, start }];
  }
  return Object.values(tree).flatMap(identifiersIn);
}

function reasonAgainst(path: string, name: string): string | undefined {
  const whole = Object.hasOwn(names, name) ? names[name] : undefined;
  if (whole !== undefined) return whole;
  const parts = name.split(/[-_]|(?<=[a-z\d])(?=[A-Z])/).map((part) => part.toLowerCase());
  const word = parts.find((part) => Object.hasOwn(words, part) && !allowed(path, part));
  return word === undefined ? undefined : words[word];
}

function faultsOfText(path: string, text: string): string[] {
  return text.split("\n").flatMap((line, i) => {
    const refused = /^(?:src|cli|ui)\//.test(path) ? [...phrases, ...ofSource] : phrases;
    const [, , shown = ""] = title.exec(line) ?? [];
    const phrase = refused.find((each) => each.test(line)) ?? ofTitles.find((each) => each.test(shown));
    return phrase === undefined ? [] : [`${path}:${i + 1}: ${line.trim()} (${phrase})`];
  });
}

describe("private words", () => {
  it.each(folders)("do not occur in %s", (folder) => {
    const paths = filesIn(folder, /\.tsx?$/).filter((path) => path !== "test/package/words.test.ts");
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.flatMap((path) => faultsOfSource(path, readText(path)))).toEqual([]);
  });

  it("do not occur in the pages", () => {
    const notes = ["test", "e2e", "examples", "bench"].flatMap((folder) => filesIn(folder, /\.md$/));
    const pages = ["README.md", "CONTRIBUTING.md", "llms.txt", ...filesIn("docs", /^docs\/[^/]*\.md$/), ...notes];
    expect(pages.flatMap((path) => faultsOfText(path, readText(path)))).toEqual([]);
  });

  it.each([
    ["src/a.ts", "const office = 1;", 1],
    ["src/a.ts", "interface OfficeOptions { napMs: number }", 2],
    ["src/a.ts", "// Waits until it stands in line.", 1],
    ["src/a.ts", "// A key, if it is none, is refused; where there is none, nothing is.", 1],
    ["docs/a.md", "Whoever reads this.", 0],
    ["test/a.ts", "// A range is no key; there is no other, it is no longer here, and is no more.", 1],
    ["test/a.ts", "// There is no key.", 0],
    ["src/a.ts", "// Left out, for it may throw; kept, for it to grow.", 1],
    ["test/a.ts", 'it("who has a key is told so", () => {});', 1],
    ["test/a.ts", '    ])("are none in %s", () => {});', 1],
    ["test/a.ts", 'it("tells who has a key", () => {}); // by who', 0],
    ["src/old-verdict.ts", "export {};", 1],
    ["src/proxy/a.ts", "const verdict = 1;", 0],
    ["src/a.ts", "const deadline = inline + placeholder; // one line, takes place, unless undone", 0],
  ])("are found: %s %s", (path, text, count) => {
    expect(faultsOfSource(path, text)).toHaveLength(count);
  });
});

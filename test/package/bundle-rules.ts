import type { Bundle } from "./bundle.ts";

/** What the bundle of one entry, or of one export of it, may hold. Packages that are built into dist do not count. */
export interface BundleRule {
  /** The packages that may be in it. */
  readonly packages: readonly string[];
  /** Most bytes, minified and gzipped. */
  readonly budget: number;
  /** What it should be, where that is not reached: `npm run size` prints both. */
  readonly goal?: number;
  /** May hold protobuf's own JSON code, 11 kB that the gateway's codec does without. */
  readonly protoJson?: true;
  /** For Node alone: its modules are there at run time. */
  readonly node?: true;
}

const protobuf = "@bufbuild/protobuf";
const connect = [protobuf, "@connectrpc/connect"];

/** Everything an entry exports, by its subpath. */
export const entryRules: Readonly<Record<string, BundleRule>> = {
  ".": { packages: [], budget: 70_000, goal: 50_000 },
  "./transport": { packages: connect, budget: 27_200, goal: 21_900 },
  "./grpc-web": { packages: [...connect, "@connectrpc/connect-web"], budget: 36_000, protoJson: true },
  "./memory": { packages: [], budget: 50_000 },
  "./v2": { packages: ["ky"], budget: 25_550, goal: 17_000 },
  "./flags": { packages: [], budget: 21_200 },
  "./openfeature": { packages: [], budget: 1_200 },
  "./unstorage": { packages: [], budget: 3_400 },
  "./keyv": { packages: [], budget: 3_100 },
  "./proxy": { packages: [], budget: 60_000 },
  "./node": { packages: [], budget: 8_250, goal: 8_000, node: true },
  "./proto": { packages: [protobuf], budget: 27_000 },
};

/** What most programs import. */
export const clientRule: BundleRule = { packages: [], budget: 52_100, goal: 36_000 };

/** Flags with the client that they need. */
export const flagsRule: BundleRule = { packages: [], budget: 65_200, goal: 42_000 };

// Pages and workers that forbid code from strings run none of these, and no web platform has the names of Node.
const forbidden: readonly (readonly [RegExp, string])[] = [
  [/\beval\s*\(/, "eval"],
  [/\bFunction\s*\(/, "a function made from a string"],
  [/\b(?:__)?require\s*\(/, "require"],
  [/\bBuffer\b/, "Buffer"],
  [/["'`]node:/, "a module of Node"],
];

/** One sentence for each thing in the bundle that the rule does not allow. */
export function bundleFaults(bundle: Bundle, rule: BundleRule): string[] {
  const faults: string[] = [];
  const files = Object.keys(bundle.files);
  const packages = new Set(files.flatMap((file) => packageOf(file) ?? []));
  for (const name of packages) {
    if (!rule.packages.includes(name)) faults.push(`holds the package ${name}`);
  }
  for (const path of bundle.imports)
    if (!rule.node || !path.startsWith("node:")) faults.push(`imports ${path} at run time`);
  for (const [pattern, what] of forbidden) {
    if (rule.node && (what === "a module of Node" || what === "Buffer")) continue;
    if (pattern.test(bundle.code)) faults.push(`holds ${what}`);
  }
  if (!rule.protoJson && files.some((file) => /@bufbuild\/protobuf\/.*\/(from|to)-json\.js$/.test(file))) {
    faults.push("holds protobuf's fromJson or toJson");
  }
  if (bundle.gzipped > rule.budget) faults.push(`is ${bundle.gzipped} bytes gzipped, more than ${rule.budget}`);
  return faults;
}

function packageOf(file: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
}

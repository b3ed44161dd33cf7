import { posix } from "node:path";
import type { SourceModule } from "./source-modules.ts";

/** What the modules of one layer may import: layers (folders of src), and packages. */
interface Layer {
  readonly layers: readonly string[];
  readonly packages: readonly string[];
  /** The entry that it is a variant of, for another condition of the exports map: it may pass that one's names on. */
  readonly variantOf?: string;
  /** Only names that the main entry exports, so that the layer does nothing a user could not do. */
  readonly publicNamesOnly?: true;
  /** Modules that touch no server, of which such a layer may use all names: checks of arguments, clocks. */
  readonly tools?: readonly string[];
  /** The only modules that it may import of other layers, those in `whole` apart. */
  readonly modules?: readonly string[];
  /** May import `node:` modules and name what Node alone has. */
  readonly node?: true;
}

const connect = ["@bufbuild/protobuf", "@connectrpc/connect"];

/** Layers of which a layer that may import them may import any module. */
const whole = ["gen", "gateway-server"];

const storageTools = [
  "src/transport/bytes.ts",
  "src/transport/clock.ts",
  "src/transport/errors/etcd-error.ts",
  "src/transport/options.ts",
  "src/transport/option-kinds.ts",
  "src/transport/platform.ts",
];

/** The arrows between layers; all go down. A new folder of src needs a line here. */
export const layers: Readonly<Record<string, Layer>> = {
  gen: { layers: ["gen"], packages: ["@bufbuild/protobuf"] },
  transport: { layers: ["transport", "gen"], packages: connect },
  v3: { layers: ["v3", "discovery", "transport", "gen"], packages: [...connect, "@noble/hashes"] },
  discovery: { layers: ["discovery", "transport"], packages: [] },
  recipes: {
    layers: ["recipes", "v3", "transport"],
    packages: ["@standard-schema/spec"],
    publicNamesOnly: true,
    tools: [
      "src/transport/bytes.ts",
      "src/transport/clock.ts",
      "src/transport/errors/etcd-error.ts",
      "src/transport/errors/foreign.ts",
      "src/transport/errors/track-writes.ts",
      "src/transport/listeners.ts",
      "src/transport/options.ts",
      "src/transport/option-kinds.ts",
      "src/transport/platform.ts",
      "src/transport/deadline.ts",
      "src/transport/shared-work.ts",
      "src/v3/check.ts",
      "src/v3/keys.ts",
    ],
  },
  flags: {
    layers: ["flags", "recipes", "v3", "transport"],
    packages: ["@standard-schema/spec"],
    publicNamesOnly: true,
    tools: [
      "src/recipes/wait.ts",
      "src/transport/deadline.ts",
      "src/transport/errors/etcd-error.ts",
      "src/transport/listeners.ts",
      "src/transport/options.ts",
      "src/transport/option-kinds.ts",
      "src/transport/platform.ts",
      "src/v3/check.ts",
    ],
  },
  openfeature: { layers: ["openfeature", "flags"], packages: ["@openfeature/core"] },
  storage: { layers: ["storage", "v3", "transport"], packages: [], publicNamesOnly: true, tools: storageTools },
  unstorage: {
    layers: ["unstorage", "storage", "v3", "transport"],
    packages: [],
    publicNamesOnly: true,
    tools: [...storageTools, "src/storage/expiring-put.ts", "src/storage/key-text.ts"],
  },
  keyv: {
    layers: ["keyv", "storage", "v3", "transport"],
    packages: [],
    publicNamesOnly: true,
    tools: [...storageTools, "src/storage/expiring-put.ts", "src/storage/key-text.ts"],
  },
  "grpc-web": { layers: ["grpc-web", "transport"], packages: [...connect, "@connectrpc/connect-web"] },
  "gateway-server": {
    layers: ["gateway-server", "transport", "gen"],
    packages: ["@bufbuild/protobuf"],
    modules: [
      "src/transport/codec/codec.ts",
      "src/transport/codec/rpc-path.ts",
      "src/transport/codec/scalar-type.ts",
      "src/transport/codec/schema.ts",
      "src/transport/codec/services.ts",
      "src/transport/platform.ts",
    ],
  },
  memory: {
    layers: ["memory", "gateway-server", "transport", "gen"],
    packages: ["@bufbuild/protobuf", "@flatten-js/interval-tree", "@js-sdsl/ordered-map", "@noble/hashes"],
    modules: [
      "src/transport/bytes.ts",
      "src/transport/codec/codec.ts",
      "src/transport/options.ts",
      "src/transport/option-kinds.ts",
      "src/transport/platform.ts",
      "src/transport/codec/rpc-path.ts",
    ],
  },
  proxy: {
    layers: ["proxy", "gateway-server", "v3", "transport", "gen"],
    variantOf: "src/proxy/index.ts",
    packages: ["@bufbuild/protobuf", "@noble/hashes"],
  },
  v2: {
    layers: ["v2", "discovery", "transport"],
    packages: ["ky"],
    // Those that know neither protobuf nor Connect.
    modules: [
      "src/transport/abort.ts",
      "src/transport/random-name.ts",
      "src/transport/describe.ts",
      "src/transport/http/body-text.ts",
      "src/transport/bytes.ts",
      "src/transport/http/retry-after.ts",
      "src/transport/codec/parse-json.ts",
      "src/transport/errors/shorten.ts",
      "src/transport/secrets/redact.ts",
      "src/transport/clock.ts",
      "src/transport/retry/endpoints.ts",
      "src/transport/http/fetch.ts",
      "src/transport/codec/lone-surrogate.ts",
      "src/transport/errors/network-failure.ts",
      "src/transport/read-options.ts",
      "src/transport/option-kinds.ts",
      "src/transport/platform.ts",
      "src/transport/errors/outcome.ts",
      "src/transport/errors/write-tracker.ts",
      "src/transport/http/cache-mode.ts",
      "src/transport/http/control-flow.ts",
      "src/transport/http/read-address.ts",
      "src/transport/platform.ts",
      "src/discovery/discover-members-option.ts",
      "src/discovery/member-addresses.ts",
      "src/discovery/srv.ts",
    ],
  },
  node: {
    layers: ["node", "transport"],
    packages: [],
    modules: [
      "src/transport/errors/network-failure.ts",
      "src/transport/http/body-reader.ts",
      "src/transport/read-options.ts",
      "src/transport/option-kinds.ts",
      "src/transport/platform.ts",
    ],
    node: true,
  },
  "index.ts": { layers: ["recipes", "v3", "discovery", "transport"], packages: [] },
  "workerd.ts": { layers: ["v3"], packages: [], variantOf: "src/index.ts" },
  "proto.ts": { layers: ["gen"], packages: [] },
};

/** The folder of src that a module is in; for a module directly in src, its own name. */
export function layerOf(path: string): string {
  return path.split("/")[1] ?? path;
}

/** One sentence for each thing in `modules` that the table above does not allow. `entries`: paths of entry points. */
export function layerFaults(modules: readonly SourceModule[], entries: readonly string[]): string[] {
  const publicNames = new Set(modules.find((module) => module.path === "src/index.ts")?.exports);
  const known = new Set(modules.map((module) => module.path));
  return modules.flatMap((module) => {
    const faults: string[] = [];
    const own = layerOf(module.path);
    const rule = Object.hasOwn(layers, own) ? layers[own] : undefined;
    if (!rule) return [`${module.path} is in a layer without a rule: add "${own}" to test/package/layers.ts`];
    if (posix.basename(module.path) === "index.ts" && !entries.includes(module.path)) {
      faults.push(`${module.path} is an index.ts but no entry point of the package`);
    }
    if (module.exports.includes("default")) faults.push(`${module.path} has a default export`);
    if (!rule.node) faults.push(...module.runtimeNames.map((name) => `${module.path} names ${name}`));
    for (const { specifier, target, names } of module.imports) {
      const fault =
        target === undefined ? packageFault(specifier, rule) : targetFault(target, module.path, rule, entries, known);
      if (fault) faults.push(`${module.path} imports ${specifier}: ${fault}`);
      if (!rule.publicNamesOnly || target === undefined || layerOf(target) === own) continue;
      if (rule.tools?.includes(target)) continue;
      const hidden = names.filter((name) => !publicNames.has(name));
      if (hidden.length > 0)
        faults.push(`${module.path} uses ${hidden.join(", ")}, which src/index.ts does not export`);
    }
    return faults;
  });
}

function packageFault(specifier: string, rule: Layer): string | undefined {
  if (specifier.startsWith("node:")) return rule.node ? undefined : "only src/node may";
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  return rule.packages.includes(name) ? undefined : "not a package of this layer";
}

function targetFault(
  target: string,
  from: string,
  rule: Layer,
  entries: readonly string[],
  known: ReadonlySet<string>,
): string | undefined {
  const own = layerOf(from);
  if (!known.has(target)) return "no module of src";
  if (target === rule.variantOf && posix.basename(from) === "workerd.ts") return undefined;
  if (entries.includes(target)) return "entry points are for users only";
  if (!rule.layers.includes(layerOf(target))) return "not a layer below";
  const free =
    rule.modules === undefined ||
    layerOf(target) === own ||
    whole.includes(layerOf(target)) ||
    rule.modules.includes(target);
  return free ? undefined : "not one of the modules that it shares";
}

/** The import cycles, one per knot of modules that lead back to each other, each as the list of its modules. */
export function importCycles(modules: readonly SourceModule[]): string[][] {
  const targets = new Map(modules.map(({ path, imports }) => [path, imports.flatMap(({ target }) => target ?? [])]));
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push(trail.slice(start));
    if (start >= 0 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return cycles;
}

import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { entries } from "../../test/package/project.ts";
import { run } from "../run.ts";
import type { HostCheck } from "./host-check.ts";
import { type Consumer, withConsumer } from "./installed-packages.ts";
import { manifest } from "./find-program.ts";

/** What is bundled, each file of a folder by the name that its bundle gets. */
interface Job {
  readonly folder: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly out: string;
  readonly platform: "web" | "node";
}

/** A bundler without any settings that a user would have to know of. Gives what it warns of; rejects with its errors. */
interface Bundler {
  readonly name: string;
  readonly version: string;
  readonly packages: readonly string[];
  /** Below the folder that has it. */
  readonly program: string;
  bundle(load: NodeJS.Require, job: Job): Promise<string[]>;
}

interface Logged {
  readonly code?: string;
  readonly id?: string;
  readonly message: string;
}

type Rollup = (options: object) => Promise<{ write(options: object): Promise<unknown>; close(): Promise<void> }>;

interface Stats {
  toJson(parts: object): { readonly warnings: readonly Logged[]; readonly errors: readonly Logged[] };
}

type Webpack = (options: object, done: (error: Error | null, stats?: Stats) => void) => void;

/**
 * What Rollup says of files of Connect and of protobuf, which TypeScript compiled for old engines. Who imports these
 * two entries uses Connect, whose index leads to all of those files; no other may lead there.
 */
const warnedOf = ["fetcd/transport", "fetcd/grpc-web"];
const isTheirs = ({ code, id = "" }: Logged): boolean =>
  code === "THIS_IS_UNDEFINED" && /node_modules\/(?:@connectrpc\/connect(?:-web)?|@bufbuild\/protobuf)\//.test(id);

const rollup: Bundler = {
  name: "Rollup",
  version: "4.68.8",
  packages: ["rollup@4.68.8", "@rollup/plugin-node-resolve@16.0.3"],
  program: "node_modules/rollup/dist/bin/rollup",
  async bundle(load, { folder, inputs, out, platform }) {
    const { rollup: open } = load("rollup") as { readonly rollup: Rollup };
    const { nodeResolve } = load("@rollup/plugin-node-resolve") as { nodeResolve(options: object): unknown };
    const warnings: Logged[] = [];
    const onLog = (_level: string, log: Logged): void => void warnings.push(log);
    const plugins = [nodeResolve({ browser: platform === "web" })];
    const expected = new Set(warnedOf.map(fileOf));
    const made = [];
    // The two apart, so that a warning of them anywhere else is seen.
    for (const theirs of [true, false]) {
      const input = Object.entries(inputs).filter(([, file]) => expected.has(file) === theirs);
      if (input.length === 0) continue;
      warnings.length = 0;
      const absolute = Object.fromEntries(input.map(([name, file]) => [name, join(folder, file)]));
      const build = await open({ input: absolute, plugins, external: /^node:/, onLog });
      await build.write({ dir: out, format: "es" });
      await build.close();
      made.push(...warnings.filter((log) => !(theirs && isTheirs(log))));
    }
    return made.map(({ message }) => message);
  },
};

function webpackAlike(name: string, version: string, packages: readonly string[], program: string): Bundler {
  const [main = ""] = packages;
  return {
    name,
    version,
    packages: packages.map((each) => (each === main ? `${each}@${version}` : each)),
    program,
    bundle: (load, { folder, inputs, out, platform }) =>
      new Promise((resolve, reject) => {
        const module = load(main) as Webpack | { readonly rspack: Webpack };
        const bundler = typeof module === "function" ? module : module.rspack;
        const options = {
          mode: "production",
          context: folder,
          target: platform,
          entry: Object.fromEntries(Object.entries(inputs).map(([key, file]) => [key, `./${file}`])),
          output: { path: out, filename: "[name].cjs" },
          // Small they get in test/package: here it would be most of the time.
          optimization: { minimize: false },
          performance: { hints: false },
        };
        bundler(options, (error, stats) => {
          if (error !== null || stats === undefined) return reject(error ?? new Error(`${name} said nothing`));
          const { warnings, errors } = stats.toJson({ all: false, warnings: true, errors: true });
          if (errors.length > 0) return reject(new Error(errors.map(({ message }) => message).join("\n")));
          resolve(warnings.map(({ message }) => message));
        });
      }),
  };
}

const webpack = webpackAlike("webpack", "5.113.0", ["webpack"], "node_modules/webpack/bin/webpack.js");
const rspack = webpackAlike("Rspack", "2.3.4", ["@rspack/core"], "node_modules/@rspack/core");

const specifiers = entries.map(({ subpath }) => manifest.name + subpath.slice(1));

const program = `import { createEtcd } from "${manifest.name}";
import { createMemoryEtcd } from "${manifest.name}/memory";
const etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
await etcd.put("greeting", "hello");
console.log((await etcd.get("greeting")).text());
await etcd.close();
`;

/** Every entry in the bundler without a warning, for pages and for Node, and a program that runs once it is bundled. */
function bundlerHost(bundler: Bundler): HostCheck {
  return {
    name: bundler.name,
    version: bundler.version,
    run: () =>
      withConsumer({ place: `${bundler.name.toLowerCase()}/${bundler.version}`, ...bundler }, (consumer) =>
        check(bundler, consumer),
      ),
  };
}

async function check({ bundle, name }: Bundler, { folder, above }: Consumer) {
  const load = createRequire(join(above, "package.json"));
  const faults: string[] = [];
  let passed = 0;
  const inputs: Record<string, string> = {};
  for (const specifier of specifiers) {
    const file = fileOf(specifier);
    inputs[file.replace(".js", "")] = file;
    await writeFile(join(folder, file), `import * as all from "${specifier}"; console.log(all);`);
  }
  for (const platform of ["web", "node"] as const) {
    // A page has no modules of Node.
    const wanted = Object.entries(inputs).filter(([key]) => platform === "node" || !key.endsWith("-node"));
    const job = { folder, inputs: Object.fromEntries(wanted), out: join(folder, `out-${platform}`), platform };
    const said = await bundle(load, job).catch((error: unknown) => [String(error)]);
    faults.push(...said.map((each) => `${name} for ${platform}: ${each}`));
    if (said.length === 0) passed += wanted.length;
  }
  await writeFile(join(folder, "program.js"), program);
  const out = join(folder, "out");
  await bundle(load, { folder, inputs: { program: "program.js" }, out, platform: "node" });
  const file = name === "Rollup" ? "program.js" : "program.cjs";
  const { stdout, stderr } = await run(process.execPath, [join(out, file)], { cwd: folder });
  if (stdout === "hello\n" && stderr === "") passed++;
  else faults.push(`${name}: the bundled program printed ${stdout}${stderr}`);
  return { passed, faults };
}

function fileOf(specifier: string): string {
  return `${specifier.replace("/", "-")}.js`;
}

export const bundlerHosts: readonly HostCheck[] = [rollup, webpack, rspack].map(bundlerHost);

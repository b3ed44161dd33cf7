import { join } from "node:path";
import { nodeRelease } from "./node-release.ts";
import { askVersion, findProgram, packageVersion, root } from "./find-program.ts";
import { debianVersion, webkitDriver } from "./webkit-driver.ts";

/** A runtime that is there. */
export interface ReadyRuntime {
  readonly version: string;
  /** Starts Vitest so that its tests run inside. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** One that the client is tested in. */
export interface Runtime {
  readonly name: string;
  /** Which settings of `vitest.config.ts` it takes. */
  readonly kind: string;
  /** Rejects with how to install it when it is not there. */
  open(): Promise<ReadyRuntime>;
}

const vitest = join(root, "node_modules/vitest/vitest.mjs");
const install = (packages: string): string => `apt-get install ${packages}, on Debian or a relative`;

export const runtimes: readonly Runtime[] = [
  ...["20", "22", "24", "26"].map((major) => program(`Node ${major}`, () => nodeRelease(major), [])),
  program("Bun", () => findProgram([join(root, "node_modules/.bin/bun")], "npm ci, with install scripts"), ["--bun"]),
  program("Deno", () => findProgram([denoPath(), "deno"], "npm ci, or Deno in PATH"), ["run", "-A"]),
  host("workerd", "workerd", () => packageVersion("workerd")),
  host("edge-runtime", "edge", () => packageVersion("@edge-runtime/vm")),
  browser("Chromium", ["chromium", "chromium-browser", "google-chrome"], "chromium"),
  browser("Firefox", ["firefox-esr", "firefox"], "firefox-esr"),
  {
    name: "WebKitGTK",
    kind: "webkitgtk",
    async open() {
      const hint = install("webkit2gtk-driver xvfb xauth");
      const driver = await findProgram(["WebKitWebDriver"], hint);
      const path = await findProgram(["/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser"], hint);
      const { port, close } = await webkitDriver(driver, await findProgram(["xvfb-run"], hint));
      return ready(await debianVersion("webkit2gtk-driver"), { FETCD_BROWSER: path, FETCD_DRIVER: `${port}` }, close);
    },
  },
  {
    name: "WPE WebKit",
    kind: "wpe",
    async open() {
      const hint = install("wpewebkit-driver cog");
      const driver = await findProgram(["WPEWebDriver"], hint);
      const path = await findProgram(["cog"], hint);
      const { port, close } = await webkitDriver(driver, undefined);
      return ready(await debianVersion("wpewebkit-driver"), { FETCD_BROWSER: path, FETCD_DRIVER: `${port}` }, close);
    },
  },
];

/** Those that `npm test` runs, beside the Node that it runs in. */
export const quickRuntimes: readonly string[] = ["Bun", "Deno", "workerd", "Chromium"];

/** Vitest runs in the runtime itself. */
function program(name: string, find: () => Promise<string>, args: readonly string[]): Runtime {
  return {
    name,
    kind: "process",
    async open() {
      const path = await find();
      const nothing = (): Promise<void> => Promise.resolve();
      return { version: await askVersion(path), command: [path, ...args, vitest], env: {}, close: nothing };
    },
  };
}

/** Vitest runs in this Node, and starts the runtime for its tests. */
function host(name: string, kind: string, version: () => Promise<string>): Runtime {
  return { name, kind, open: async () => ready(await version()) };
}

function browser(name: string, programs: readonly string[], debian: string): Runtime {
  return {
    name,
    kind: name.toLowerCase(),
    async open() {
      const path = await findProgram(programs, install(debian));
      return ready(await askVersion(path), { FETCD_BROWSER: path });
    },
  };
}

function ready(
  version: string,
  env: Readonly<Record<string, string>> = {},
  close: () => Promise<void> = () => Promise.resolve(),
): ReadyRuntime {
  return { version, command: [process.execPath, vitest], env, close };
}

export function denoPath(): string {
  return join(root, `node_modules/@deno/${process.platform}-${process.arch}-glibc/deno`);
}

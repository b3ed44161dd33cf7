import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { FileReporter } from "./reporter.ts";

// Runs the tests in `in` inside of one runtime: `FETCD_RUNTIME` names its kind, the Node or whatever else runs Vitest
// itself when there is none. `npm run test:everywhere` goes through all; by hand, one is
// `FETCD_RUNTIME=chromium FETCD_BROWSER=chromium npx vitest -c e2e/everywhere/vitest.config.ts`.

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const program = process.env["FETCD_BROWSER"] ?? "";

/** Vitest's settings for each kind. What only Node can load is loaded where it is asked for. */
const kinds: Readonly<Record<string, () => Promise<TestProjectInlineConfiguration>>> = {
  process: () => Promise.resolve({ test: { environment: "node", pool: "forks" } }),
  edge: () => Promise.resolve({ test: { environment: "edge-runtime" } }),
  async workerd() {
    const { cloudflareTest } = await import("@cloudflare/vitest-plugin");
    return { plugins: [cloudflareTest({ miniflare: { compatibilityDate: "2026-06-01" } })] };
  },
  chromium: () => played("chromium", { executablePath: program, args: ["--no-sandbox"] }),
  // The protocol that Firefox speaks of itself; the other one takes a Firefox made for it.
  firefox: () => played("firefox", { executablePath: program, channel: "moz-firefox" }),
  webkitgtk: () => driven("MiniBrowser", "webkitgtk:browserOptions", ["--automation"]),
  wpe: () => driven("cog", "wpe:browserOptions", ["--automation", "--platform=headless"]),
};

async function played(browser: "chromium" | "firefox", launchOptions: object): Promise<TestProjectInlineConfiguration> {
  const { playwright } = await import("@vitest/browser-playwright");
  return pages({ headless: true, instances: [{ browser, provider: playwright({ launchOptions }) }] });
}

async function driven(browser: string, options: string, args: string[]): Promise<TestProjectInlineConfiguration> {
  const { webdriverio } = await import("@vitest/browser-webdriverio");
  const capabilities = { [options]: { binary: program, args }, "wdio:enforceWebDriverClassic": true };
  const port = Number(process.env["FETCD_DRIVER"]);
  const provider = webdriverio({ hostname: "127.0.0.1", port, logLevel: "error", capabilities } as object);
  // The provider knows no other browsers than these three, and asks nothing of them but WebDriver.
  return pages({ headless: false, instances: [{ browser, provider: { ...provider, supportedBrowser: [browser] } }] });
}

function pages(options: object): TestProjectInlineConfiguration {
  return {
    // What the build makes of `await using`: not all engines know it.
    oxc: { target: "es2022" },
    // All that the tests import, so that no page is loaded anew when one more is met.
    optimizeDeps: { entries: ["e2e/everywhere/in/*.spec.ts"] },
    test: { browser: { enabled: true, screenshotFailures: false, ...options } },
  };
}

const kind = process.env["FETCD_RUNTIME"] ?? "process";
const own = await kinds[kind]?.();
if (own === undefined) throw new Error(`FETCD_RUNTIME is ${kind}, none of ${Object.keys(kinds).join(", ")}`);

export default defineConfig({
  root: here("../.."),
  cacheDir: here(`../../.cache/everywhere/${kind}`),
  ...own,
  test: {
    include: ["e2e/everywhere/in/*.spec.ts"],
    globalSetup: here("global-setup.ts"),
    setupFiles: [here("in-setup.ts")],
    reporters: ["default", new FileReporter()],
    // With 20,000 this takes minutes.
    provide: { hostileRuns: Number(process.env["FETCD_HOSTILE_RUNS"] ?? 200) },
    // Pages take three times as long as Node for the thousands of requests of some tests.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    ...own.test,
  },
});

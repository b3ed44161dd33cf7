import { existsSync } from "node:fs";
import { type Browser, chromium, firefox } from "playwright";

export type BrowserName = "chromium" | "firefox";

/** Debian's, since Playwright's own come from a site that not every machine reaches. */
const paths = { chromium: "/usr/bin/chromium", firefox: "/usr/bin/firefox-esr" } as const;
const packages = { chromium: "chromium", firefox: "firefox-esr" } as const;

/** Without the services that a browser calls at its maker's. */
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts a real browser without a window. Rejects with what to install where it is missing. */
export async function launchBrowser(name: BrowserName): Promise<Browser> {
  const executablePath = paths[name];
  if (!existsSync(executablePath)) throw new Error(`${executablePath} is missing: apt-get install ${packages[name]}`);
  if (name === "chromium") return chromium.launch({ executablePath, args: quiet });
  // This Firefox is driven by WebDriver BiDi, which Playwright has as a channel that its types do not name.
  const options = { executablePath, channel: "moz-firefox" };
  return firefox.launch(options);
}

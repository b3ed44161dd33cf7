import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright";
import { createEtcd } from "../../src/index.ts";
import { writeSampleData } from "../../cli/ui/sample-data.ts";
import { launchBrowser } from "../browser.ts";
import { startEtcd } from "../etcd.ts";
import { startScript } from "../examples/script.ts";
import { command, dismissToasts, isLive, see, view } from "./steps.ts";
import { openKey } from "./ui-page.ts";

// `npm run build`, then `npx tsx e2e/ui/screenshots.ts`: the pictures of ui/README.md. With the name of a folder it puts
// every view there in every look and width, to be looked at.

const root = fileURLToPath(new URL("../..", import.meta.url));
const [everything] = process.argv.slice(2);

await using server = await startEtcd({ version: "3.5", members: 3 });
await using etcd = createEtcd({ endpoints: server.endpoints });
await writeSampleData(etcd);
await etcd.auth.users.add("root", "secret");
for (const [name, prefix] of [
  ["deploy", "app/"],
  ["worker", "jobs/"],
] as const) {
  await etcd.auth.users.add(name, "secret");
  await etcd.auth.roles.add(name);
  await etcd.auth.roles.grantPermission(name, name === "deploy" ? "readwrite" : "read", { prefix });
  await etcd.auth.users.grantRole(name, name);
}
const shows: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  async keys(page) {
    await view(page, "Keys");
    await openKey(page, "app/", "config/", "greeting");
    const history = page.getByRole("button", { name: "History" });
    if ((await history.getAttribute("aria-expanded")) !== "true") await history.click();
    await see(page.locator("ins").first()).toBeVisible();
  },
  async live(page) {
    await view(page, "Live");
    await isLive(page);
    for (const text of ["Hello", "Hello, world"]) await etcd.put("app/config/greeting", text);
    await etcd.put("app/feature", "1");
    await etcd.delete("app/feature");
    await see(page.getByRole("row").filter({ hasText: "delete" }).first()).toBeVisible();
  },
  async locks(page) {
    await view(page, "Locks and elections");
    await see(page.getByText("waits, 2 before it")).toBeVisible();
  },
  async leases(page) {
    await view(page, "Leases");
    await see(page.getByRole("meter").first()).toBeVisible();
  },
  async flags(page) {
    await view(page, "Flags");
    await see(page.getByRole("switch").first()).toBeVisible();
  },
  async cluster(page) {
    await view(page, "Cluster");
    await see(page.getByRole("cell", { name: "leader", exact: true })).toBeVisible();
  },
  async users(page) {
    await view(page, "Users and roles");
    await see(page.getByRole("table", { name: "Roles" })).toBeVisible();
  },
};

async function pictures(page: Page): Promise<void> {
  await page.getByRole("navigation", { name: "Connections" }).getByRole("button").first().click();
  await page.getByLabel("Name").fill("staging");
  await page.getByLabel("Colour").selectOption("Green");
  await page.getByRole("button", { name: "Keep", exact: true }).click();
  for (const [name, show] of Object.entries(shows)) {
    await show(page);
    await shot(page, join(root, "ui/screenshots"), name);
  }
}

async function looks(page: Page, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const states: Readonly<Record<string, (page: Page) => Promise<void>>> = {
    ...shows,
    async "keys-none"(at) {
      await view(at, "Keys");
    },
    async "keys-folder"(at) {
      await view(at, "Keys");
      await openKey(at, "app/", "assets/");
    },
    async palette(at) {
      await at.keyboard.press("Control+k");
    },
    async error(at) {
      await at.keyboard.press("Escape");
      await view(at, "Flags");
      await at.getByLabel("Context, as JSON").fill("{");
      await at.getByRole("button", { name: "Evaluate" }).click();
      await see(at.locator(".toast.error")).toBeVisible();
    },
    async question(at) {
      await dismissToasts(at);
      await view(at, "Cluster");
      await at.getByRole("button", { name: "Compact" }).click();
    },
  };
  for (const look of ["light", "dark", "contrast"]) {
    if (look === "dark") await command(page, "light or dark");
    if (look === "contrast") await command(page, "high contrast");
    for (const width of [1280, 360, 800, 1900]) {
      await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
      for (const [name, show] of Object.entries(states)) {
        await show(page);
        await shot(page, folder, `${look}-${width}-${name}`);
      }
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    }
  }
}

async function shot(page: Page, folder: string, name: string): Promise<void> {
  if (!name.endsWith("error")) await dismissToasts(page).catch(() => undefined);
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

const script = startScript(
  process.execPath,
  [join(root, "dist/cli/main.js"), "ui", "--port", "0", "--endpoints", server.endpoints.join()],
  { cwd: root },
);
const browser = await launchBrowser("chromium");
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(60_000);
  await page.goto((await script.line(/^page: /)).slice("page: ".length));
  await isLive(page);
  await (everything === undefined ? pictures(page) : looks(page, everything));
} finally {
  await browser.close();
  await script.interrupt();
}

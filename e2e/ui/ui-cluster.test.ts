import { createEtcd } from "../../src/index.ts";
import type { Browser, Page } from "playwright";
import { expect as expectPage } from "playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../browser.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { startUi, type UiServer } from "./ui-page.ts";

const see = expectPage.configure({ timeout: 30_000 });

describe("fetcd ui on three members", () => {
  let server: Etcd;
  let ui: UiServer;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    server = await startEtcd({ version: "3.5", members: 3 });
    [ui, browser] = await Promise.all([startUi(["--endpoints", server.endpoints.join()]), launchBrowser("chromium")]);
    page = await browser.newPage();
    await page.goto(ui.url);
    await page.getByRole("link", { name: "Cluster" }).click();
  });
  afterAll(async () => {
    await browser?.close();
    await ui?.close();
    await server?.close();
  });

  const row = (name: string) => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name }) });

  const role = (name: string, is: string) => row(name).getByRole("cell", { name: is, exact: true });

  it("shows the leader, the lag and the size of each, and moves the lead", async () => {
    const leader = await server.leader();
    for (const { name } of server.members) {
      await see(row(name)).toContainText("healthy");
      await see(role(name, name === leader.name ? "leader" : "follower")).toBeVisible();
      await see(row(name)).toContainText(/iB, .*iB in use/);
    }
    const lag = page.getByRole("figure").filter({ hasText: "Entries behind" });
    for (const { name } of server.members) await see(lag).toContainText(new RegExp(`${name} \\d`));
    await see(page.getByRole("figure").filter({ hasText: "Log to disk" })).toContainText("ms");
    const next = server.members.find(({ name }) => name !== leader.name)?.name ?? "";
    await row(next).getByRole("button", { name: "Make leader" }).click();
    await see(role(next, "leader")).toBeVisible();
    await see(role(leader.name, "follower")).toBeVisible();
  });

  it("tells of a member that stopped, how many more may, and of a cluster without a leader", async () => {
    const leader = await server.leader();
    const [first, second] = server.members.filter(({ name }) => name !== leader.name);
    await first?.stop();
    await see(row(first?.name ?? "")).toContainText("no answer");
    await see(page.getByRole("alert")).toContainText(`${first?.name} does not answer. None of the others may fail`);
    await see(row(leader.name)).toContainText("healthy");
    await second?.stop();
    await see(page.getByText("There is no leader")).toBeVisible();
    await first?.start();
    await second?.start();
    await see(row(first?.name ?? "")).toContainText("healthy");
    await see(page.getByText("There is no leader")).toHaveCount(0);
  });
});

describe("fetcd ui with several connections", () => {
  it("shows each in a tab with its name and colour, where it was left, and keeps no secret of them", async () => {
    await using server = await startEtcd({ version: "3.4" });
    await server.enableAuth({ rootPassword: "secret", users: [] });
    const root = { username: "root", password: "secret" };
    await using etcd = createEtcd({ endpoints: server.endpoints, auth: root });
    await etcd.put("only/here", "in production");
    await using ui = await startUi(["--memory", "--also", `production=${server.endpoints.join()}`]);
    const browser = await launchBrowser("chromium");
    try {
      const page = await browser.newPage();
      const tabs = page.getByRole("navigation", { name: "Connections" });
      const colour = () => page.evaluate(() => document.documentElement.style.getPropertyValue("--connection"));
      await page.goto(ui.url);
      await page.getByRole("link", { name: "Leases" }).click();
      await tabs.getByRole("button", { name: "New connection" }).click();
      await page.getByLabel("Connection").selectOption({ label: `production: ${server.endpoints.join()}` });
      await page.getByRole("button", { name: "Connect" }).click();
      await see(page.getByRole("alert")).toContainText("wants a user name and a password");
      await page.getByLabel("User name").fill(root.username);
      await page.getByLabel("Password").fill(root.password);
      await page.getByRole("button", { name: "Connect" }).click();
      await see(page.getByRole("treeitem", { name: "only/" })).toBeVisible();
      await expect.poll(colour).toBe("#d92d20");
      await tabs.getByRole("button", { name: "sample data in memory" }).click();
      await see(page.getByRole("heading", { name: "Leases" })).toBeVisible();
      await expect.poll(colour).toBe("transparent");
      await tabs.getByRole("button", { name: "sample data in memory" }).click();
      await page.getByRole("dialog").getByLabel("Name").fill("playground");
      await page.getByRole("dialog").getByLabel("Colour").selectOption("Green");
      await page.getByRole("dialog").getByRole("button", { name: "Keep" }).click();
      await expect.poll(colour).toBe("#149a52");
      await page.keyboard.press("Control+k");
      await page.keyboard.type("production");
      await page.keyboard.press("Enter");
      await see(page.getByRole("treeitem", { name: "only/" })).toBeVisible();
      const kept = await page.evaluate(() =>
        JSON.stringify([Object.entries(localStorage), location.href, document.cookie]),
      );
      expect(kept).toContain("playground");
      expect(kept).not.toContain(root.password);
      await tabs.getByRole("button", { name: "production" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
      await see(page.getByRole("heading", { name: "Leases" })).toBeVisible();
      await see(tabs.getByRole("button", { name: "playground" })).toBeVisible();
      await page.reload();
      await see(tabs.getByRole("button", { name: "playground" })).toBeVisible();
      await see(tabs.getByRole("button", { name: "production" })).toHaveCount(0);
    } finally {
      await browser.close();
    }
  }, 120_000);
});

import type { Browser, Page } from "playwright";
import { expect as expectPage } from "playwright/test";
import { afterAll, beforeAll, describe, it } from "vitest";
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

import { createEtcd, type Etcd as Client } from "../../src/index.ts";
import type { Browser, Page } from "playwright";
import { expect as expectPage } from "playwright/test";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type BrowserName, launchBrowser } from "../browser.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { openKey, startUi, type UiServer } from "./ui-page.ts";

const see = expectPage.configure({ timeout: 30_000 });

/** The long form in every browser. */
const browsers: readonly BrowserName[] = process.env["UI_ALL"] === "1" ? ["chromium", "firefox"] : ["chromium"];

describe.each(browsers)("fetcd ui on three members, in %s", (name) => {
  let server: Etcd;
  let ui: UiServer;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    server = await startEtcd({ version: "3.5", members: 3 });
    [ui, browser] = await Promise.all([startUi(["--endpoints", server.endpoints.join()]), launchBrowser(name)]);
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

describe.each<BrowserName>(["chromium", "firefox"])("fetcd ui with several connections, in %s", (name) => {
  const root = { username: "root", password: "word-of-root" };
  let server: Etcd;
  let etcd: Client;
  let ui: UiServer;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    server = await startEtcd({ version: "3.4", flags: ["--bcrypt-cost=4"] });
    await server.enableAuth({ rootPassword: root.password, users: [] });
    etcd = createEtcd({ endpoints: server.endpoints, auth: root });
    await etcd.put("only/here", "in production");
    const also = `production=${server.endpoints.join()}`;
    [ui, browser] = await Promise.all([startUi(["--memory", "--also", also]), launchBrowser(name)]);
  });
  beforeEach(async () => {
    page = await (await browser.newContext()).newPage();
    await page.goto(ui.url);
    await see(page.getByRole("treeitem", { name: "app/" })).toBeVisible();
  });
  afterEach(() => page.context().close());
  afterAll(async () => {
    await browser?.close();
    await ui?.close();
    await etcd?.close();
    await server?.close();
  });

  const tabs = () => page.getByRole("navigation", { name: "Connections" });
  const tab = (title: string) => tabs().getByRole("button", { name: title });
  const value = () => page.getByRole("textbox", { name: "Value" });
  const view = (title: string) => page.getByRole("link", { name: title }).click();

  async function connect(): Promise<void> {
    await tab("New connection").click();
    await page.getByLabel("Connection").selectOption({ label: `production: ${server.endpoints.join()}` });
    await page.getByLabel("User name").fill(root.username);
    await page.getByLabel("Password").fill(root.password);
    await page.getByRole("button", { name: "Connect" }).click();
    await see(page.getByRole("treeitem", { name: "only/" })).toBeVisible();
  }

  it("shows each in a tab with its name and colour, where it was left, and keeps no secret of them", async () => {
    const colour = () => page.evaluate(() => document.documentElement.style.getPropertyValue("--connection"));
    await view("Leases");
    await tab("New connection").click();
    await page.getByLabel("Connection").selectOption({ label: `production: ${server.endpoints.join()}` });
    await page.getByRole("button", { name: "Connect" }).click();
    await see(page.getByRole("alert")).toContainText("wants a user name and a password");
    await page.getByRole("button", { name: "Cancel" }).click();
    await connect();
    await expect.poll(colour).toBe("#d92d20");
    await tab("sample data in memory").click();
    await see(page.getByRole("heading", { name: "Leases" })).toBeVisible();
    await expect.poll(colour).toBe("transparent");
    await tab("sample data in memory").click();
    await page.getByRole("dialog").getByLabel("Name").fill("playground");
    await page.getByRole("dialog").getByLabel("Colour").selectOption("Green");
    await page.getByRole("dialog").getByRole("button", { name: "Keep" }).click();
    await expect.poll(colour).toBe("#149a52");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("production");
    await page.keyboard.press("Enter");
    await see(page.getByRole("treeitem", { name: "only/" })).toBeVisible();
    expect(await stored()).toContain("playground");
    expect(await stored()).not.toContain(root.password);
    await tab("production").click();
    await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
    await see(page.getByRole("heading", { name: "Leases" })).toBeVisible();
    await see(tab("playground")).toBeVisible();
    await page.reload();
    await see(tab("playground")).toBeVisible();
    await see(tab("production")).toHaveCount(0);
  }, 120_000);

  it("keeps what is typed and not saved in its place, in memory alone, and asks before it is lost", async () => {
    const leaving = () => page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));
    await openKey(page, "app/", "config/", "greeting");
    await see(value()).toHaveText("Hello, world");
    expect(await leaving()).toBe(false);
    await value().fill(`typed in ${name}`);
    await view("Flags");
    const flag = page.getByRole("region", { name: "theme" });
    await flag.getByRole("button", { name: "Edit" }).click();
    await flag.getByLabel("Targeting, as JSON").fill("{ not yet");
    await connect();
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByLabel("Key", { exact: true }).fill("new/key");
    await value().fill("not created yet");
    await tab("sample data in memory").click();
    await see(flag.getByLabel("Targeting, as JSON")).toHaveValue("{ not yet");
    await view("Keys");
    await openKey(page, "app/", "config/", "limits");
    await see(value()).toContainText("per_second");
    await openKey(page, "greeting");
    await see(value()).toHaveText(`typed in ${name}`);
    expect(await leaving()).toBe(true);
    expect(await stored()).not.toMatch(/typed|not yet|not created/);

    await page.getByRole("button", { name: "Discard" }).click();
    await see(value()).toHaveText("Hello, world");
    await page.getByRole("button", { name: "Undo" }).click();
    await see(value()).toHaveText(`typed in ${name}`);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await see(page.getByText("Saved", { exact: true })).toBeVisible();
    await page.getByRole("button", { name: "Undo" }).click();
    await see(value()).toHaveText("Hello, world");

    await page.getByRole("button", { name: "Disconnect" }).click();
    await see(page.getByRole("dialog")).toContainText("not saved");
    await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
    await see(page.getByLabel("Key", { exact: true })).toHaveValue("new/key");
    await page.getByRole("button", { name: "Create" }).click();
    await see(page.getByRole("heading", { name: "new/key" })).toBeVisible();
    expect((await etcd.get("new/key"))?.text()).toBe("not created yet");
    expect(await leaving()).toBe(false);
    await etcd.delete("new/key");
  }, 120_000);

  function stored(): Promise<string> {
    return page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), location.href, document.cookie]),
    );
  }
});

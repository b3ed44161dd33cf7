import { readFile } from "node:fs/promises";
import type { Locator, Page } from "playwright";
import { expect as expectPage } from "playwright/test";
import { rootPassword, type Setting } from "./settings.ts";
import { logIn, type UiServer } from "./ui-page.ts";

// What people do over and over.

/** For what the page waits for and draws: etcd, 3 s of silence, and a browser that shares its cores. */
export const see = expectPage.configure({ timeout: 30_000 });

interface Connecting {
  readonly page: Page;
  readonly ui: UiServer;
  readonly setting: Setting;
}

/** Opens the page, logs in where that is asked for, and waits until it shows the keys. */
export async function connect({ page, ui, setting }: Connecting): Promise<void> {
  if (setting.auth) await logIn(page, ui.url, "root", rootPassword);
  else await open(page, ui);
  await isLive(page);
}

/** Opens the page as somebody who has its address. */
export async function open(page: Page, ui: UiServer): Promise<void> {
  await page.goto("about:blank");
  await page.goto(ui.url);
}

export async function isLive(page: Page): Promise<void> {
  await see(page.getByText("live", { exact: true })).toBeVisible();
}

export function view(page: Page, title: string): Promise<void> {
  return page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: title }).click();
}

/** The value in the editor. */
export function value(page: Page): Locator {
  return page.getByRole("textbox", { name: "Value" });
}

/** What the page tells of something that was done or failed; a text is all of it. */
export function toast(page: Page, title: string | RegExp): Locator {
  const whole = (text: string): RegExp => new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`);
  return page.locator(".toast strong").filter({ hasText: typeof title === "string" ? whole(title) : title });
}

export async function dismissToasts(page: Page): Promise<void> {
  const dismiss = page.getByRole("button", { name: "Dismiss" });
  while ((await dismiss.count()) > 0) await dismiss.first().click();
}

/** Says yes to the question that the page asks; returns it. */
export async function confirm(page: Page, verb: string): Promise<string> {
  const question = page.getByRole("dialog");
  const text = await question.innerText();
  await question.getByRole("button", { name: verb, exact: true }).click();
  return text;
}

/** A command by some letters of its name, as with Ctrl+K. */
export async function command(page: Page, text: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
}

/** A member of the cluster, in the table of them. */
export function memberRow(page: Page, name: string): Locator {
  return page.getByRole("row").filter({ has: page.getByRole("rowheader", { name }) });
}

/** What an action saves as a file. */
export async function saved(page: Page, setting: Setting, action: () => Promise<unknown>): Promise<Buffer> {
  if (setting.browser === "chromium") {
    const [download] = await Promise.all([page.waitForEvent("download"), action()]);
    return readFile(await download.path());
  }
  // Playwright hears of no downloads of a Firefox of this kind: there it is the data that is looked at.
  await page.evaluate(() => {
    Reflect.set(globalThis, "saved", undefined);
    URL.createObjectURL = (data) => (Reflect.set(globalThis, "saved", data), "data:,");
    HTMLAnchorElement.prototype.click = () => undefined;
  });
  await action();
  await page.waitForFunction(() => Reflect.get(globalThis, "saved") instanceof Blob);
  const url = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(String(reader.result));
        reader.readAsDataURL(Reflect.get(globalThis, "saved") as Blob);
      }),
  );
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

/** What the page has put on the clipboard since, in place of the clipboard. */
export async function clipboardOf(page: Page): Promise<() => Promise<string>> {
  await page.evaluate(() => {
    Object.defineProperty(navigator, "clipboard", {
      configurable: true,
      value: { writeText: (text: string) => Promise.resolve(Reflect.set(globalThis, "copied", text)) },
    });
  });
  return () => page.evaluate(() => String(Reflect.get(globalThis, "copied")));
}

/** Requests that wait for their answer, and how many do. Disposed of, it lets them go. */
export interface HeldRequests extends AsyncDisposable {
  held(): Promise<number>;
}

/** Holds the requests to an address until it is disposed of. */
export async function hold(page: Page, url: string): Promise<AsyncDisposable> {
  let letGo = (): void => undefined;
  const end = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(url, async (route) => {
    await end;
    // The page may have given it up meanwhile.
    await route.continue().catch(() => undefined);
  });
  return {
    async [Symbol.asyncDispose]() {
      letGo();
      await page.unrouteAll({ behavior: "wait" });
    },
  };
}

/** Holds the calls of `fetch` with such a body, inside of the page: Firefox does not tell the body of a request. */
export async function holdBodies(page: Page, body: RegExp): Promise<HeldRequests> {
  const state = await page.evaluateHandle((pattern) => {
    const original = globalThis.fetch;
    let letGo = (): void => undefined;
    const end = new Promise<void>((resolve) => (letGo = resolve));
    const own = {
      held: 0,
      end(): void {
        globalThis.fetch = original;
        letGo();
      },
    };
    globalThis.fetch = async (input, init) => {
      if (typeof init?.body === "string" && new RegExp(pattern).test(init.body)) {
        own.held++;
        await end;
      }
      return original(input, init);
    };
    return own;
  }, body.source);
  return {
    held: () => state.evaluate(({ held }) => held),
    async [Symbol.asyncDispose]() {
      await state.evaluate((own) => own.end());
      await state.dispose();
    },
  };
}

import { expect } from "vitest";
import type { Flow } from "../stage.ts";
import { serveFiles } from "../static-files.ts";
import { rootPassword } from "../settings.ts";
import { open, see, value } from "../steps.ts";
import { logIn, openKey } from "../ui-page.ts";

/** Nothing listens there. */
const gone = "http://127.0.0.1:1024";

export const loginFlows: readonly Flow[] = [
  {
    title: "says what is wrong with a login",
    fits: ({ auth }) => auth,
    fresh: true,
    async run({ page, ui }) {
      await logIn(page, ui.url, "root", "wrong");
      await see(page.getByRole("alert")).toContainText("Wrong user name or password");
      await logIn(page, ui.url);
      await see(page.getByRole("alert")).toContainText("wants a user name and a password");
    },
  },
  {
    title: "shows nothing without the secret, and opens with it",
    fresh: true,
    async run({ page, ui, setting }) {
      const inside = setting.auth ? "Log in to etcd" : "Keys";
      await page.goto(ui.origin);
      await see(page.getByRole("heading", { name: "This page is locked" })).toBeVisible();
      await page.getByLabel("Address").fill(ui.url);
      await page.getByRole("button", { name: "Unlock" }).click();
      await see(page.getByRole("heading", { name: inside })).toBeAttached();
      await open(page, ui);
      await see(page.getByRole("heading", { name: inside })).toBeAttached();
      expect(page.url().startsWith(`${ui.origin}/`)).toBe(true);
      expect(page.url()).not.toContain(ui.secret);
      await page.reload();
      await see(page.getByRole("heading", { name: inside })).toBeAttached();
    },
  },
  {
    title: "works as files on any server, on an etcd that allows its origin",
    fresh: true,
    async run({ page, server, setting }) {
      await using files = await serveFiles();
      const [endpoint = ""] = server.endpoints;
      const link = (to: string) => `${files.url}?endpoint=${encodeURIComponent(to)}`;
      await logIn(page, link(gone));
      await see(page.getByRole("alert")).toContainText("cannot be reached from this page");
      await see(page.getByRole("alert")).toContainText(`--cors=${new URL(files.url).origin}`);
      if (setting.auth) {
        await logIn(page, link(endpoint), "root", rootPassword);
        const question = page.getByRole("dialog");
        await see(question).toContainText(`A link chose the server ${endpoint}. Send your password there?`);
        await question.getByRole("button", { name: "Send it" }).click();
      } else await logIn(page, link(endpoint));
      await openKey(page, "app/", "config/", "database");
      await see(value(page)).toBeVisible();
    },
  },
];

import { expect } from "vitest";
import { createEtcd } from "../../../src/index.ts";
import type { Flow } from "../stage.ts";
import { rootPassword } from "../settings.ts";
import { confirm, connect, dismissToasts, isLive, open, see, toast, view } from "../steps.ts";

export const userFlows: readonly Flow[] = [
  {
    title: "makes users and roles, changes a password, takes what was given, and deletes them",
    async run({ page, server, setting }) {
      await view(page, "Users and roles");
      const [users, roles, matrix] = ["Users", "Roles", "Who may do what where"].map((name) =>
        page.getByRole("table", { name }),
      );
      if (users === undefined || roles === undefined || matrix === undefined) throw new Error("no tables");
      await page.getByLabel("Name").last().fill("jobs-only");
      await page.getByRole("button", { name: "Add a role" }).click();
      const role = roles.getByRole("row").filter({ hasText: "jobs-only" });
      await role.getByLabel("What").selectOption("readwrite");
      await role.getByLabel("Key or prefix").fill("jobs/");
      await role.getByRole("button", { name: "Allow" }).click();
      await see(role).toContainText("readwrite jobs/*");
      await page.getByLabel("Name").first().fill("worker");
      await page.getByLabel("Password", { exact: true }).fill("pass");
      await page.getByRole("button", { name: "Add a user" }).click();
      await page.getByLabel("Give worker a role").selectOption("jobs-only");
      await see(page.getByLabel("Take the role jobs-only from worker")).toBeVisible();
      await see(matrix.getByRole("row").filter({ hasText: "worker" })).toContainText("read, write");
      await page.getByLabel("Test the access to a key").fill("jobs/1");
      const access = page.getByRole("table", { name: "Access to the key" });
      await see(access.getByRole("row").filter({ hasText: "worker" })).toContainText("may read and writejobs-only");
      if (setting.auth) {
        await see(access.getByRole("row").filter({ hasText: "viewer" })).toContainText("may do nothing");
      }

      const user = users.getByRole("row").filter({ hasText: "worker" });
      await user.getByLabel("New password of worker").fill("changed");
      await user.getByRole("button", { name: "Change" }).click();
      await see(toast(page, "Changed the password of worker")).toBeVisible();
      if (setting.auth) {
        const login = (password: string) =>
          createEtcd({ endpoints: server.endpoints, auth: { username: "worker", password } });
        await using worker = login("changed");
        await worker.put("jobs/1", "done");
        await expect(worker.put("app/config/greeting", "no")).rejects.toMatchObject({ reason: "PermissionDenied" });
        await using old = login("pass");
        await expect(old.get("jobs/1")).rejects.toMatchObject({ reason: "AuthFailed" });
      }

      await role.getByLabel("Take readwrite jobs/* from jobs-only").click();
      await see(role).not.toContainText("jobs/*");
      await see(access.getByRole("row").filter({ hasText: "worker" })).toContainText("may do nothing");
      await user.getByLabel("Take the role jobs-only from worker").click();
      await see(user.getByLabel("Take the role jobs-only from worker")).toHaveCount(0);
      for (const row of [user, role]) {
        await row.getByRole("button", { name: "Delete" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
        await see(page.getByRole("dialog")).toHaveCount(0);
        await see(toast(page, /^Deleted/)).toHaveCount(0);
        await row.getByRole("button", { name: "Delete" }).click();
        await confirm(page, "Delete");
        await see(row).toHaveCount(0);
      }
    },
  },
  {
    title: "goes on after it has changed the password that it is logged in with",
    fits: ({ auth }) => auth,
    fresh: true,
    async run(stage) {
      const { page, other } = stage;
      await connect(stage);
      const change = async (password: string): Promise<void> => {
        await view(page, "Users and roles");
        await page.getByLabel("New password of root").fill(password);
        const row = page.getByRole("table", { name: "Users" }).getByRole("row").filter({ hasText: /^root/ });
        await row.getByRole("button", { name: "Change" }).click();
        await see(toast(page, "Changed the password of root")).toBeVisible();
        await dismissToasts(page);
        await view(page, "Keys");
        await isLive(page);
      };
      await change("another-word");
      await page.getByRole("button", { name: "New key" }).click();
      await page.getByLabel("Key", { exact: true }).fill("written/with-another-word");
      await page.getByRole("button", { name: "Create" }).click();
      await see(page.getByRole("heading", { name: "written/with-another-word" })).toBeVisible();
      await change(rootPassword);
      await see(page.locator(".toast.error")).toHaveCount(0);
      expect(await other.has("written/with-another-word")).toBe(true);
    },
  },
  {
    title: "turns authentication on step by step, is root at once, and turns it off again",
    fits: ({ auth }) => !auth,
    fresh: true,
    async run(stage) {
      const { page, ui, other, server } = stage;
      await connect(stage);
      await page.getByRole("button", { name: "New key" }).click();
      await page.getByLabel("Key", { exact: true }).fill("auth/draft");
      await view(page, "Users and roles");
      const on = page.getByRole("button", { name: "Turn on" });
      await see(page.getByText("Authentication is off")).toBeVisible();
      await see(on).toBeDisabled();
      await see(page.getByText("Add the user root, with a password that you keep.")).toBeVisible();
      await page.getByLabel("Name").first().fill("root");
      await page.getByLabel("Password", { exact: true }).fill("first");
      await page.getByRole("button", { name: "Add a user" }).click();
      await see(page.getByText("The user root exists.")).toBeVisible();
      await see(on).toBeDisabled();
      await page.getByLabel("Give root a role").selectOption("root");
      await see(page.getByText("It has the role root.")).toBeVisible();

      // Whatever it was before, the password that is typed here is the one that opens.
      await page.getByLabel("Password of root, which it gets now").fill(rootPassword);
      await on.click();
      expect(await confirm(page, "Turn on")).toContain("every call needs a user name and a password");
      await see(page.getByText("Authentication is on")).toBeVisible();
      await see(page.getByRole("navigation", { name: "Connections" })).toContainText("root");
      await expect(other.put("auth/refused", "1")).rejects.toMatchObject({ reason: "UserEmpty" });
      await using root = createEtcd({
        endpoints: server.endpoints,
        auth: { username: "root", password: rootPassword },
      });
      await root.put("auth/written", "1");
      await view(page, "Keys");
      await see(page.getByLabel("Key", { exact: true })).toHaveValue("auth/draft");
      await see(page.getByRole("treeitem", { name: "auth/" })).toBeVisible();

      // Another page has to log in, and no other password does.
      const second = await page.context().newPage();
      await open(second, ui);
      await second.getByLabel("User name").fill("root");
      await second.getByLabel("Password").fill("first");
      await second.getByRole("button", { name: "Connect" }).click();
      await see(second.getByRole("alert")).toContainText("Wrong user name or password");
      await second.close();

      await view(page, "Users and roles");
      await page.getByRole("button", { name: "Turn off" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
      await see(page.getByText("Authentication is on")).toBeVisible();
      await page.getByRole("button", { name: "Turn off" }).click();
      await confirm(page, "Turn off");
      await see(page.getByText("Authentication is off")).toBeVisible();
      await other.put("auth/written", "2");
      await other.auth.users.delete("root");
    },
  },
];

import { expect } from "vitest";
import type { Flow } from "../stage.ts";
import { isLive, open, see, value, view } from "../steps.ts";
import { logIn, openKey, startUi } from "../ui-page.ts";

export const rightsFlows: readonly Flow[] = [
  {
    title: "lets a user see and do what their roles allow, and greys out the rest",
    fits: ({ auth }) => auth,
    fresh: true,
    async run({ page, ui, other }) {
      await logIn(page, ui.url, "viewer", "see");
      await openKey(page, "app/", "config/", "greeting");
      await see(value(page)).toBeVisible();
      await see(page.getByRole("treeitem", { name: "private/" })).toHaveCount(0);
      await see(page.getByRole("button", { name: "Save", exact: true })).toBeDisabled();
      await see(page.getByRole("button", { name: "Delete", exact: true })).toBeDisabled();
      await page.getByRole("button", { name: "New key" }).click();
      await page.getByLabel("Key", { exact: true }).fill("private/mine");
      await see(page.getByText("Your roles do not let you write this key.")).toBeVisible();
      await see(page.getByRole("button", { name: "Create" })).toBeDisabled();
      const { id } = await other.lease.grant(300);
      await other.put("private/leased", "x", { lease: id });
      await view(page, "Leases");
      const revoke = page
        .getByRole("row")
        .filter({ hasText: id.toString(16) })
        .getByRole("button", { name: "Revoke" });
      await see(revoke).toBeDisabled();
      await see(revoke).toHaveAttribute("title", /[Yy]our roles do not let you/);
      await other.lease.revoke(id);
      await view(page, "Locks and elections");
      await see(page.getByText("Nothing is held")).toBeVisible();
      await view(page, "Flags");
      await see(page.getByText("Your roles do not let you see this")).toBeVisible();
      await see(page.getByRole("button", { name: "New flag" })).toBeDisabled();
      await view(page, "Live");
      await isLive(page);
      await other.put("private/key", "nobody's business, still");
      await other.put("app/news", "1");
      await see(page.getByRole("row").filter({ hasText: "app/news" })).toBeVisible();
      await see(page.getByRole("row").filter({ hasText: "private/" })).toHaveCount(0);
      await view(page, "Cluster");
      await see(page.getByRole("button", { name: "Compact" })).toHaveAttribute("title", /role root/);
      await view(page, "Users and roles");
      await see(page.getByRole("button", { name: "Add a user" })).toBeDisabled();
      await see(page.getByRole("rowheader", { name: "viewer" }).first()).toBeVisible();
      await see(page.locator(".toast.error")).toHaveCount(0);
    },
  },
  {
    title: "tells a user who may write and not read what is missing",
    fits: ({ auth }) => auth,
    fresh: true,
    async run({ page, ui, other }) {
      await other.auth.roles.add("writer");
      await other.auth.roles.grantPermission("writer", "write", { prefix: "jobs/" });
      await other.auth.users.add("writer", "put");
      await other.auth.users.grantRole("writer", "writer");
      await logIn(page, ui.url, "writer", "put");
      await see(page.getByText("Your roles do not let you read any keys.")).toBeVisible();
      await page.getByRole("button", { name: "New key" }).click();
      await page.getByLabel("Key", { exact: true }).fill("jobs/1");
      await see(
        page.getByText("Your roles do not let you read this key: this page looks before it writes."),
      ).toBeVisible();
      await see(page.getByRole("button", { name: "Create" })).toBeDisabled();
      await view(page, "Live");
      await see(page.getByText("Your roles do not let you see this")).toBeVisible();
      await see(page.locator(".toast.error")).toHaveCount(0);
      await other.auth.users.delete("writer");
      await other.auth.roles.delete("writer");
    },
  },
  {
    title: "changes nothing in read-only mode, and says so on every button that would",
    fresh: true,
    async run({ page, server, other, setting }) {
      const { id } = await other.lease.grant(300);
      await other.put(`jobs/read-only/${id.toString(16)}`, "held", { lease: id });
      await other.put("flags/read-only", '{"state":"ENABLED","variants":{"on":true},"defaultVariant":"on"}');
      const login = setting.auth ? ["--user", "root:word-of-root"] : [];
      await using ui = await startUi(["--read-only", "--endpoints", server.endpoints.join(), ...login]);
      await open(page, ui);
      await isLive(page);
      await see(page.getByText("read-only", { exact: true })).toBeVisible();
      const { revision } = await other.put("app/config/greeting", "Hello");
      await openKey(page, "app/", "config/");
      await see(page.getByRole("button", { name: "New key here" })).toBeDisabled();
      await openKey(page, "greeting");
      await see(value(page)).toHaveText("Hello");
      const off: Readonly<Record<string, readonly string[]>> = {
        Keys: ["New key", "Save", "Delete", "Set", "Import"],
        Leases: ["Grant a lease", "Renew", "Revoke"],
        "Locks and elections": ["End session"],
        Flags: ["New flag", "read-only is enabled"],
        Cluster: ["Compact", "Make leader", "Defragment", "Remove", "Add as a learner"],
        "Users and roles": [setting.auth ? "Turn off" : "Turn on", "Add a user", "Add a role"],
      };
      for (const [title, buttons] of Object.entries(off)) {
        if (title !== "Keys") await view(page, title);
        for (const name of buttons) {
          const button = page.getByRole(name.includes(" is ") ? "switch" : "button", { name, exact: true }).first();
          await see(button, `${title}: ${name}`).toBeDisabled();
        }
      }
      await view(page, "Cluster");
      await see(page.getByRole("button", { name: "Download a snapshot" })).toBeEnabled();
      await other.lease.revoke(id);
      await other.delete("flags/read-only");
      expect((await other.get("app/config/greeting"))?.modRevision).toBe(revision);
    },
  },
];

import { createEtcd, type Etcd } from "../../src/index.ts";
import { startEtcd } from "../etcd.ts";
import type { HostCheck, HostReport } from "./host-check.ts";
import type { NextRelease } from "./next-release.ts";
import { type NextSite, startNextSite } from "./next-site.ts";

/** Pages and routes that show what etcd has when they are asked for. */
const fresh = [
  "/plain",
  "/login",
  "/headers",
  "/force-dynamic",
  "/revalidate",
  "/no-store",
  "/force-no-store",
  "/api/nodejs",
  "/api/edge",
  "/api/static",
];
/** Pages that show what etcd had when the site was built, since they ask for that. */
const kept = ["/force-static", "/cached"];

/** The client inside of a real Next.js, which patches `fetch`: it caches, and throws what is meant for itself. */
export function nextHost(name: string, release: NextRelease): HostCheck {
  return {
    name,
    version: release.next,
    async run() {
      // The pages' server, and one that wants a login: the other line of etcd.
      const [open, locked] = await Promise.all([startEtcd({ version: "3.4" }), startEtcd({ version: "3.5" })]);
      const password = "pw-next";
      await locked.enableAuth({ rootPassword: password });
      const etcd = createEtcd({ endpoints: open.endpoints });
      const root = createEtcd({ endpoints: locked.endpoints, auth: { username: "root", password } });
      const setFlag = async (value: string): Promise<void> => {
        await Promise.all([etcd, root].map((each) => each.put("site/flag", value)));
      };
      try {
        await setFlag("built");
        const site = await startNextSite(release, {
          SITE_ENDPOINT: open.endpoints[0] ?? "",
          SITE_ENDPOINT_WITH_AUTH: locked.endpoints[0] ?? "",
          SITE_PASSWORD: password,
        });
        try {
          return await check(site, etcd, setFlag);
        } finally {
          await site.close();
        }
      } finally {
        await Promise.all([etcd.close(), root.close()]);
        await Promise.all([open.close(), locked.close()]);
      }
    },
  };
}

async function check(site: NextSite, etcd: Etcd, setFlag: (value: string) => Promise<void>): Promise<HostReport> {
  const faults: string[] = [];
  let passed = 0;
  const expectEqual = (what: string, actual: unknown, expected: unknown): void => {
    const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (is === should) passed++;
    else faults.push(`${what}: expected ${should}, got ${is}`);
  };
  const shown = async (path: string): Promise<string> => {
    const response = await fetch(site.url + path);
    const text = await response.text();
    return /flag=([^;]*);/.exec(text)?.[1] ?? `HTTP ${response.status}: ${text.slice(0, 200)}`;
  };
  for (const value of ["one", "two", "three"]) {
    await setFlag(value);
    for (const path of fresh) expectEqual(`${path} once the flag is ${value}`, await shown(path), value);
    for (const path of kept) expectEqual(`${path} once the flag is ${value}`, await shown(path), "built");
  }
  for (const runtime of ["nodejs", "edge"]) {
    const post = async (): Promise<unknown> =>
      (await fetch(`${site.url}/api/${runtime}`, { method: "POST" })).text().catch(String);
    expectEqual(`the first write of ${runtime}`, await post(), `{"version":"1"}`);
    expectEqual(`the same write of ${runtime} again`, await post(), `{"version":"2"}`);
  }
  const redirected = await fetch(`${site.url}/redirect`, { redirect: "manual" });
  expectEqual("a redirect out of a lock", [redirected.status, redirected.headers.get("location")], [307, "/plain"]);
  expectEqual("what the lock left", String(await etcd.count({ prefix: "site/lock" })), "0");
  expectEqual("what leases it left", (await etcd.lease.list()).length, 0);
  expectEqual("errors in the log", /^.*(?:Error|⨯|Unhandled).*$/m.exec(site.log())?.[0] ?? "none", "none");
  return { passed, faults };
}

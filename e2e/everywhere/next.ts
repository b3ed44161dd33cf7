import { createEtcd, type Etcd } from "../../src/index.ts";
import { startEtcd } from "../etcd.ts";
import type { HostCheck, HostReport } from "./host-check.ts";
import { type NextRelease, type NextSite, type NextSiteName, startNextSite } from "./next-site.ts";

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
export function nextHost(name: string, release: NextRelease, siteName: NextSiteName = "next-site"): HostCheck {
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
        const site = await startNextSite(release, siteName, {
          SITE_ENDPOINT: open.endpoints[0] ?? "",
          SITE_ENDPOINT_WITH_AUTH: locked.endpoints[0] ?? "",
          SITE_PASSWORD: password,
        });
        try {
          return await (siteName === "next-site" ? check : checkComponents)(site, etcd, setFlag);
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

type Check = (site: NextSite, etcd: Etcd, setFlag: (value: string) => Promise<void>) => Promise<HostReport>;

interface Expecting {
  readonly report: HostReport;
  equal(what: string, actual: unknown, expected: unknown): void;
  /** Of what a page shows. */
  shown(path: string, what: string, expected: string): Promise<void>;
  noErrors(): void;
}

function expecting(site: NextSite): Expecting {
  const faults: string[] = [];
  let passed = 0;
  const equal = (what: string, actual: unknown, expected: unknown): void => {
    const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (is === should) passed++;
    else faults.push(`${what}: expected ${should}, got ${is}`);
  };
  return {
    get report() {
      return { passed, faults };
    },
    equal,
    async shown(path, what, expected) {
      const response = await fetch(site.url + path);
      const text = await response.text();
      const flag = /flag=([^;]*);/.exec(text)?.[1] ?? `HTTP ${response.status}: ${text.slice(0, 200)}`;
      equal(`${path} ${what}`, flag, expected);
    },
    noErrors: () => equal("errors in the log", /^.*(?:Error|⨯|Unhandled).*$/m.exec(site.log())?.[0] ?? "none", "none"),
  };
}

const check: Check = async (site, etcd, setFlag) => {
  const expect = expecting(site);
  for (const value of ["one", "two", "three"]) {
    await setFlag(value);
    for (const path of fresh) await expect.shown(path, `once the flag is ${value}`, value);
    for (const path of kept) await expect.shown(path, `once the flag is ${value}`, "built");
  }
  for (const runtime of ["nodejs", "edge"]) {
    const post = async (): Promise<unknown> =>
      (await fetch(`${site.url}/api/${runtime}`, { method: "POST" })).text().catch(String);
    expect.equal(`the first write of ${runtime}`, await post(), `{"version":"1"}`);
    expect.equal(`the same write of ${runtime} again`, await post(), `{"version":"2"}`);
  }
  const redirected = await fetch(`${site.url}/redirect`, { redirect: "manual" });
  expect.equal("a redirect out of a lock", [redirected.status, redirected.headers.get("location")], [307, "/plain"]);
  expect.equal("what the lock left", String(await etcd.count({ prefix: "site/lock" })), "0");
  expect.equal("what leases it left", (await etcd.lease.list()).length, 0);
  expect.noErrors();
  return expect.report;
};

/** With `cacheComponents`, reads inside of `Suspense` come when they are asked for, and `"use cache"` keeps what it read. */
const checkComponents: Check = async (site, etcd, setFlag) => {
  const expect = expecting(site);
  for (const value of ["one", "two"]) {
    await setFlag(value);
    for (const path of ["/suspended", "/login"]) await expect.shown(path, `once the flag is ${value}`, value);
    await expect.shown("/kept", `once the flag is ${value}`, "built");
    await expect.shown("/lock", "once it is rendered", "true");
  }
  expect.equal("what leases the lock left", (await etcd.lease.list()).length, 0);
  expect.noErrors();
  return expect.report;
};

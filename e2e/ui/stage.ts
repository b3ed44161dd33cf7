import type { Browser, Page } from "playwright";
import { createEtcd, type Etcd as Client, op } from "../../src/index.ts";
import { launchBrowser } from "../browser.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { rootPassword, type Setting } from "./settings.ts";
import { startUi, type UiServer } from "./ui-page.ts";

/** What a flow has: a page, and the cluster that it leads to. */
export interface Stage {
  readonly setting: Setting;
  readonly server: Etcd;
  readonly ui: UiServer;
  readonly browser: Browser;
  readonly page: Page;
  /** Somebody else who works on the same cluster, and may do everything. */
  readonly other: Client;
}

/** What somebody does with the page, from their first click to what came of it. */
export interface Flow {
  readonly title: string;
  /** By default in all. */
  fits?(setting: Setting): boolean;
  /** In a browser that has not been used, which is connected to nothing; by default all keys are in sight. */
  readonly fresh?: true;
  run(stage: Stage): Promise<void>;
}

/** Every flow but one takes less; that one fills it. */
const quotaBytes = 48 * 1024 ** 2;

/** Starts what all flows of a setting share. */
export async function openStage(setting: Setting): Promise<Omit<Stage, "page"> & { close(): Promise<void> }> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).toReversed()) await each();
  };
  try {
    const { version, members, auth } = setting;
    const server = await startEtcd({ version, members, quotaBytes, cors: "*", fsync: true });
    closers.push(() => server.close());
    const permissions = [{ type: "READ", key: "app/", prefix: true }] as const;
    if (auth) await server.enableAuth({ rootPassword, users: [{ name: "viewer", password: "see", permissions }] });
    const { endpoints } = server;
    const other = createEtcd({ endpoints, ...(auth && { auth: { username: "root", password: rootPassword } }) });
    closers.push(() => other.close());
    await other.txn({
      then: [
        op.put("app/config/database", '{"host":"db","port":5432}'),
        op.put("app/config/greeting", "Hello"),
        op.put("app/logo", new Uint8Array([0, 255, 16])),
        op.put("a/b/c", "by keyboard"),
        op.put("private/key", "nobody's business"),
      ],
    });
    const ui = await startUi(["--endpoints", endpoints.join()]);
    closers.push(() => ui.close());
    const browser = await launchBrowser(setting.browser);
    closers.push(() => browser.close());
    return { setting, server, ui, browser, other, close };
  } catch (error) {
    await close();
    throw error;
  }
}

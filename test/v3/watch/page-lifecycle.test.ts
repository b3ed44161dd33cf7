import { expect, it, onTestFinished } from "vitest";
import { createEtcd } from "../../../src/index.ts";
import { createMemoryEtcd } from "../../../src/memory/index.ts";
import { take, until } from "../../suites/tools.ts";
import { countingFetch } from "./watch-counting-fetch.ts";

function page() {
  const target = new EventTarget();
  const document = { visibilityState: "visible" };
  const navigator = { onLine: true };
  const window = {
    document,
    navigator,
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
  };
  const memory = createMemoryEtcd();
  const requests = countingFetch(memory.fetch);
  const etcd = createEtcd({ fetch: requests.fetch, pageLifecycle: window });
  onTestFinished(() => etcd.close());
  return { etcd, requests, document, navigator, say: (type: string) => target.dispatchEvent(new Event(type)) };
}

const absences = [
  [
    "hidden",
    ({ document, say }: ReturnType<typeof page>, away: boolean) => {
      document.visibilityState = away ? "hidden" : "visible";
      say("visibilitychange");
    },
  ],
  ["frozen", ({ say }: ReturnType<typeof page>, away: boolean) => say(away ? "freeze" : "resume")],
  ["left for another", ({ say }: ReturnType<typeof page>, away: boolean) => say(away ? "pagehide" : "pageshow")],
  [
    "offline",
    ({ navigator, say }: ReturnType<typeof page>, away: boolean) => {
      navigator.onLine = !away;
      say(away ? "offline" : "online");
    },
  ],
] as const;

it.each(absences)("holds no request while the page is %s, and misses nothing of that time", async (_, turn) => {
  const there = page();
  const { etcd, requests } = there;
  const watch = etcd.watch({ prefix: "k" });
  await watch.ready;
  turn(there, true);
  expect([requests.open, watch.state]).toEqual([0, "retrying"]);
  const late = etcd.watch("k2");
  await etcd.put("k1", "1");
  expect([requests.open, late.state]).toEqual([0, "connecting"]);
  turn(there, false);
  await late.ready;
  await etcd.put("k2", "2");
  expect((await take(2, watch)).map(({ entry }) => entry.text())).toEqual(["1", "2"]);
  expect((await take(1, late)).map(({ entry }) => entry.text())).toEqual(["2"]);
});

it("waits for the last of several reasons to go, and hears nothing more once the client is closed", async () => {
  const there = page();
  const [[, hide], [, freeze]] = absences;
  const watch = there.etcd.watch("k");
  await watch.ready;
  hide(there, true);
  freeze(there, true);
  hide(there, false);
  expect(there.requests.open).toBe(0);
  freeze(there, false);
  await until("it is live", () => watch.state === "live");
  await there.etcd.close();
  hide(there, true);
  hide(there, false);
  expect(there.requests.open).toBe(0);
});

it("begins with what the page is, and refuses anything else", async () => {
  const window = Object.assign(new EventTarget(), { document: { visibilityState: "hidden" } });
  const requests = countingFetch(createMemoryEtcd().fetch);
  await using etcd = createEtcd({ fetch: requests.fetch, pageLifecycle: window });
  const watch = etcd.watch("k");
  await etcd.get("k");
  expect([requests.sent, watch.state]).toEqual([0, "connecting"]);
  expect(() => createEtcd({ pageLifecycle: "window" as never })).toThrow("pageLifecycle: expected");
});

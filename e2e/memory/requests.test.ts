import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MemoryEtcd } from "../../src/memory/index.ts";
import { parserText } from "../../test/memory/parser-text.ts";
import { comparable } from "./comparable-answers.ts";
import { alarmSteps, oddBodies, oddPaths, oddWatches, rightsSteps } from "./odd-requests.ts";
import { targets, type SideBySide, sideBySide } from "./side-by-side.ts";

type Fetch = MemoryEtcd["fetch"];

const heads = ["content-type", "allow", "www-authenticate", "access-control-allow-origin"];

describe.each(targets)("memory and a real etcd $version, asked in odd ways", (target) => {
  let both: SideBySide;

  beforeAll(async () => {
    both = await sideBySide(target);
    for (const body of [{ key: "YQ==", value: "MQ==" }, { key: "YQ==" }]) await tell("/v3/kv/put", body);
    await tell("/v3/kv/deleterange", { key: "YQ==" });
    for (const key of ["YQ==", "Yg==", "Yw=="]) await tell("/v3/kv/put", { key, value: "Mg==" });
    await tell("/v3/kv/compaction", { revision: "3" });
  });
  afterAll(() => both.close());

  const tell = (path: string, body: unknown): Promise<void> => both.run([{ path, body: () => body }]);

  async function expectSame(method: string, path: string, body?: string): Promise<void> {
    const init: RequestInit = { method, redirect: "manual", headers: { origin: "http://page.test" } };
    const [real, ours] = await Promise.all(
      [fetch as Fetch, both.memory.fetch].map(async (each) => {
        const response = await each(both.url + path, body === undefined ? init : { ...init, body });
        const head = heads.map((name) => `${name}: ${response.headers.get(name)}`);
        return { status: response.status, head, body: bodyOf(await response.text()) };
      }),
    );
    expect(ours, `${method} ${path} ${body}`).toEqual(real);
  }

  it("read bodies alike", async () => {
    for (const body of oddBodies) await expectSame("POST", "/v3/kv/range", body);
  });

  it("have the same paths, and the same methods for them", async () => {
    for (const [method, path] of oddPaths)
      await expectSame(method, path, method === "POST" ? '{"key":"YQ=="}' : undefined);
  });

  it("stop and answer the same under alarms, in whatever order these came", async () => {
    await both.run(alarmSteps);
  });

  it("tell of alarms outside of the RPCs", async () => {
    for (const alarm of ["NOSPACE", "CORRUPT"]) {
      await tell("/v3/maintenance/alarm", { action: "ACTIVATE", alarm, memberID: "3" });
      const queries = ["", "?exclude=NOSPACE", "?exclude=CORRUPT", "?exclude=CORRUPT&exclude=NOSPACE"];
      for (const query of queries) await expectSame("GET", `/health${query}`);
      for (const path of ["/livez", "/readyz", "/readyz/data_corruption", "/readyz?exclude=data_corruption"]) {
        await expectSame("GET", path);
      }
      await tell("/v3/maintenance/alarm", { action: "DEACTIVATE", alarm, memberID: "3" });
    }
  });

  it.each(oddWatches)("answer the same, in whatever order, to %s", async (body) => {
    const ours = await firstLines(both.memory.fetch, body);
    expect(await firstLines(fetch, body, ours.length)).toEqual(ours);
  });

  /** As many lines as there are at once, or so many, sorted. */
  async function firstLines(each: Fetch, body: string, count?: number): Promise<unknown[]> {
    const aborter = new AbortController();
    const response = await each(`${both.url}/v3/watch`, { method: "POST", body, signal: aborter.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    do text += (await reader?.read())?.value ?? "";
    while (text.split("\n").length - 1 < (count ?? 1));
    aborter.abort();
    await reader?.cancel().catch(() => undefined);
    return text
      .trimEnd()
      .split("\n")
      .map((line) => comparable(JSON.parse(line)))
      .toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  }

  it("let a member have any peer addresses", async () => {
    const ids = await Promise.all(
      [both.real, both.ours].map(async (post) => {
        const { members } = (await post("/v3/cluster/member/list", {})).body as { members: { ID: string }[] };
        return members[0]?.ID;
      }),
    );
    const update = { peerURLs: ["nonsense"] };
    const real = await both.real("/v3/cluster/member/update", { ID: ids[0], ...update });
    const ours = await both.ours("/v3/cluster/member/update", { ID: ids[1], ...update });
    expect(ours.status).toBe(200);
    expect(comparable(ours)).toEqual(comparable(real));
  });

  it("ask for other rights in transactions", async () => {
    await both.run(rightsSteps);
  });
});

function bodyOf(text: string): unknown {
  try {
    const body = comparable(JSON.parse(text)) as { message?: string; error?: string };
    if (!parserText.test(body.message ?? "")) return body;
    return { ...body, message: "", ...("error" in body ? { error: "" } : {}) };
  } catch {
    // Probes list what they looked at in the order of a Go map.
    return text.split("\n").toSorted();
  }
}

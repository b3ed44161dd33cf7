import { describe, expect, it, onTestFinished } from "vitest";
import { cache, createEtcd, type Etcd } from "../../src/index.ts";
import { all } from "../suites/tools.ts";

const header = { cluster_id: "7", member_id: "1", revision: "9", raft_term: "2" };
const kv = (key: string): object => ({ key: btoa(key), value: btoa("1"), create_revision: "2", mod_revision: "2" });

/** An etcd that gives the same answer to every read, and says each time that there is more. */
function stuck(kvs: readonly object[]): { readonly etcd: Etcd; readonly requests: () => number } {
  let requests = 0;
  const fetch = (): Promise<Response> => {
    requests++;
    return Promise.resolve(Response.json({ header, kvs, more: true, count: "1000" }));
  };
  const etcd = createEtcd({ fetch });
  onTestFinished(() => etcd.close());
  return { etcd, requests: () => requests };
}

const readers: Readonly<Record<string, (etcd: Etcd) => Promise<unknown>>> = {
  scan: (etcd) => all(etcd.scan({ prefix: "a" })),
  pages: (etcd) => all(etcd.pages({ prefix: "a" })),
  ls: (etcd) => all(etcd.ls("a")),
  cache: (etcd) => cache(etcd, { prefix: "a" }),
};

describe.each(Object.entries(readers))("%s", (_, read) => {
  it.each([
    ["without a key", []],
    ["that does not go forward", [kv("a1")]],
  ])("rejects for a page %s, rather than ask for ever", async (_what, kvs) => {
    const { etcd, requests } = stuck(kvs);
    await expect(read(etcd)).rejects.toMatchObject({ reason: "MalformedResponse", outcome: "not-applied" });
    expect(requests()).toBeLessThan(4);
  });
});

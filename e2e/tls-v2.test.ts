import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createNodeFetch, type NodeFetchOptions } from "../src/node/index.ts";
import { createEtcdV2, type EtcdV2, type EtcdV2Options } from "../src/v2/index.ts";
import { freshDir } from "../test/suites-v2/connect.ts";
import type { CertificateFiles } from "./certificates.ts";
import { type Certificates, type Etcd as Rig, startEtcd } from "./etcd.ts";
import { first } from "./faults/subject.ts";

// v2 over TLS, by the fetch of `fetcd/node`.

const read = (file: string): string => readFileSync(file, "utf8");
const pair = ({ cert, key }: CertificateFiles): { cert: string; key: string } => ({ cert: read(cert), key: read(key) });

function client(rig: Rig, tls: NodeFetchOptions, options: Partial<EtcdV2Options> = {}): EtcdV2 {
  const fetch = createNodeFetch(tls);
  const etcd = createEtcdV2({ endpoints: rig.endpoints, fetch, ...options });
  onTestFinished(async () => {
    await etcd.close();
    await fetch.close();
  });
  return etcd;
}

function certificatesOf({ certs }: Rig): Certificates {
  if (certs === undefined) throw new Error("an etcd without TLS");
  return certs;
}

describe.each(["3.4", "3.5"] as const)("v2 of an etcd %s that asks for client certificates", (version) => {
  let rig: Rig;
  let certs: Certificates;
  let ca: string;
  beforeAll(async () => {
    rig = await startEtcd({ version, tls: "mutual", v2: true });
    certs = certificatesOf(rig);
    ca = read(certs.ca);
  });
  afterAll(() => rig.close());

  it("reads, writes, watches and locks with a client certificate", async () => {
    const etcd = client(rig, { ca, ...pair(certs.client) });
    const dir = freshDir();
    const { etcdIndex } = await etcd.set(`${dir}/a`, "1");
    expect((await etcd.get(`${dir}/a`)).node.value).toBe("1");
    await using watch = etcd.watch(dir, { recursive: true, index: etcdIndex + 1n });
    const next = watch.next();
    await etcd.update(`${dir}/a`, "2");
    expect((await next).value).toMatchObject({ kind: "updated", node: { value: "2" }, prevNode: { value: "1" } });
    await using lock = etcd.lock(dir.slice(1));
    expect((await lock.acquire()).isHeld()).toBe(true);
    expect(await etcd.machines()).toEqual(rig.endpoints);
    expect(etcd.endpointInUse).toMatch(/^https:/);
  });

  it("gives up a watch's connection when the watch ends", async () => {
    const etcd = client(rig, { ca, ...pair(certs.client) });
    const watchers = async (): Promise<number> => (await etcd.stats.store()).watchers;
    const before = await watchers();
    const watch = etcd.watch(freshDir());
    const pending = watch.next();
    await expect.poll(watchers, { timeout: 10_000 }).toBe(before + 1);
    await watch.cancel();
    expect((await pending).done).toBe(true);
    await expect.poll(watchers, { timeout: 10_000 }).toBe(before);
  });

  it.each(["none", "one of an authority that etcd does not know"])(
    "refuses a client that shows %s, and writes nothing",
    async (which) => {
      const key = freshDir();
      const shown = which === "none" ? {} : pair(certs.rogueClient);
      const refused = client(rig, { ca, ...shown }, { failover: false });
      const name = expect.stringMatching(/^(Unreachable|Tls)$/);
      await expect(refused.set(key, "1")).rejects.toMatchObject({ name });
      await expect(refused.get(key)).rejects.toMatchObject({ name, outcome: "not-applied" });
      expect(await client(rig, { ca, ...pair(certs.client) }).has(key, { quorum: true })).toBe(false);
    },
  );

  it("is refused by a client that does not know its authority, or expects another name: nothing was sent", async () => {
    const mine = pair(certs.client);
    for (const tls of [mine, { ...mine, ca, serverName: "elsewhere.test" }]) {
      const error: unknown = await client(rig, tls)
        .set(freshDir(), "1")
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "Tls", outcome: "not-applied", attempts: [{ reason: "Tls" }] });
      expect(String(error)).not.toContain("PRIVATE KEY");
    }
  });

  it("takes the common name of a certificate for the user, and a password before it", async () => {
    const root = { username: "root", password: "root-password" };
    const etcd = client(rig, { ca, ...pair(certs.namelessClient) }, { auth: root });
    const dir = freshDir();
    await etcd.auth.roles.add("mine", { permissions: { read: [`${dir}/*`], write: [`${dir}/*`] } });
    await etcd.auth.users.add("client", "unused", { roles: ["mine"] });
    await etcd.auth.users.add(root.username, root.password);
    await etcd.auth.enable();
    try {
      await etcd.auth.roles.revokePermission("guest", "readwrite", "/*");
      const byCertificate = client(rig, { ca, ...pair(certs.client) });
      await byCertificate.set(`${dir}/a`, "1");
      await expect(byCertificate.set("/elsewhere", "1")).rejects.toMatchObject({ name: "Unauthorized", code: 110 });
      expect((await etcd.get(`${dir}/a`)).node.value).toBe("1");
      const wrong = client(rig, { ca, ...pair(certs.client) }, { auth: { username: "client", password: "wrong" } });
      await expect(wrong.get(`${dir}/a`)).rejects.toMatchObject({ name: "Unauthorized" });
    } finally {
      await etcd.auth.disable();
    }
  });
});

it.each(["expiredServer", "wrongNameServer"] as const)(
  "v2 of an etcd that shows its %s certificate is not spoken to",
  async (serverCertificate) => {
    await using rig = await startEtcd({ version: "3.5", tls: "server", v2: true, serverCertificate });
    const etcd = client(rig, { ca: read(certificatesOf(rig).ca) });
    await expect(etcd.set("/a", "1")).rejects.toMatchObject({ name: "Tls", outcome: "not-applied" });
  },
);

it("v2 of three members over TLS: a password is sent to those that the first one names, and calls go on without it", async () => {
  await using rig = await startEtcd({ version: "3.5", members: 3, tls: "server", v2: true });
  const auth = { username: "root", password: "root-password" };
  const tls = { ca: read(certificatesOf(rig).ca) };
  const etcd = client(rig, tls, {
    endpoints: first(rig.endpoints),
    discoverMembers: "withCredentials",
    auth,
    timeoutMs: 30_000,
  });
  await etcd.auth.users.add(auth.username, auth.password);
  await etcd.auth.enable();
  await etcd.auth.roles.revokePermission("guest", "readwrite", "/*");
  expect(etcd.endpoints.toSorted()).toEqual(rig.endpoints.toSorted());
  await etcd.set("/a", "1");
  await first(rig.members).kill();
  expect((await etcd.get("/a", { quorum: true })).node.value).toBe("1");
  expect(etcd.endpointInUse).not.toBe(first(rig.endpoints));
});

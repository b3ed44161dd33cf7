import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { type Etcd as EtcdServer, startEtcd } from "../etcd.ts";
import { etcdBinaries } from "../install-etcd.ts";
import { type Run, runner, shown } from "./compare-output.ts";
import { type Line, reads, words, writes } from "./etcdctl-lines.ts";
import { type Ran, runInProcess } from "./in-process.ts";

/** How many processes of etcdctl run at a time. */
const atATime = 4;

describe("The same command lines on etcdctl 3.5 and on fetcd", () => {
  let server: EtcdServer;
  let etcd: Etcd;
  let folder: string;
  let etcdctl: string;
  let page: string;
  const known = new Map<string, string>();
  beforeAll(async () => {
    page = await readFile(new URL("../../docs/cli.md", import.meta.url), "utf8");
    etcdctl = process.env["ETCDCTL_BIN"] ?? (await etcdBinaries("3.5")).etcdctl;
    folder = await mkdtemp(join(tmpdir(), "fetcd-"));
    server = await startEtcd({ version: "3.5" });
    etcd = createEtcd({ endpoints: server.endpoints });
    const [member] = await etcd.cluster.members();
    known.set("MEMBER", member?.id.toString(16) ?? "");
    known.set("FILE", join(folder, "saved.db"));
  });
  afterAll(async () => {
    await etcd?.close();
    await server?.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const ofEtcdctl: Run = (args, input, env) => runner(etcdctl)(args, input, env);

  const ran = (run: Run, { line, input = "", env = {} }: Line): Promise<Ran> => {
    const filled = line.replace(/\b[A-Z]{3,}\d?(\+\d)?\b/g, (name) => known.get(name) ?? name);
    const { PATH = "", HOME = "" } = process.env;
    return run(words(filled), input, { PATH, HOME, ETCDCTL_ENDPOINTS: server.endpoints.join(), ...env });
  };

  const judge = (line: Line, theirs: object, ours: object, faults: object[], said = ""): void => {
    const same = JSON.stringify(theirs) === JSON.stringify(ours);
    if (line.differs === undefined && !same) faults.push({ line, theirs, ours, said });
    if (line.differs === undefined) return;
    if (same) faults.push({ line, error: "does not differ any more" });
    if (!page.includes(`| ${line.differs}`)) faults.push({ line, error: "the difference is not in docs/cli.md" });
  };

  it("compares more than 300 lines", () => {
    expect(reads.length + writes.flat().length).toBeGreaterThan(300);
  });

  it("prints the same to the byte, and exits with the same code, for reads and for what is refused", async () => {
    await server.etcdctl(["put", "old", "1"]);
    const { revision } = await etcd.put("old", "2");
    await etcd.put("old", "3");
    const { id } = await etcd.lease.grant(3_000);
    for (const [key, value] of [
      ["a", "1"],
      ["b", "two"],
      ["c", ""],
      ["d", "4"],
      ["p/1", "z"],
      ["p/2", "y"],
      ["p/3", "x"],
      ["p/1", "w"],
      ["with space", "a b"],
      ["quote", 'say "hi"\n\t\\'],
      ["html", "<b>&</b>"],
      ["unicode", "grüße 🦊\u2028"],
    ] as const) {
      await etcd.put(key, value);
    }
    await etcd.put("binary", new Uint8Array([0, 255, 10, 128, 7]));
    await etcd.put("leased", "x", { lease: id });
    await etcd.auth.roles.add("reader");
    await etcd.auth.roles.grantPermission("reader", "read", { prefix: "p/" });
    await etcd.auth.roles.grantPermission("reader", "readwrite", "a");
    await etcd.auth.roles.grantPermission("reader", "write", { from: "x" });
    await etcd.auth.users.add("ann", "pw");
    await etcd.auth.users.add("bob", "pw");
    await etcd.auth.users.grantRole("ann", "reader");
    known.set("REV", String(revision));
    known.set("LEASE", id.toString(16));
    known.set("SNAPSHOT", join(folder, "status.db"));
    await server.etcdctl(["snapshot", "save", join(folder, "status.db")]);

    // A lease ages while this goes on.
    const normal = (text: string): string =>
      text.replace(/remaining\(\d+s\)/, "remaining(…)").replace(/("ttl":|"TTL" : )\d{3,}/, "$1…");
    const raftFree = (text: string): string =>
      text
        .replace(/"(raftIndex|raftAppliedIndex)":\d+/g, '"$1":…')
        .replace(/"(RaftIndex|RaftAppliedIndex)" : \d+/g, '"$1" : …')
        .replace(/(, \d+, )\d+, \d+, $/gm, "$1…")
        .replace(/ *\d+ \| +\d+ \| +\|$/gm, "…")
        .replace(/^\+.*\+$/gm, "")
        .replace(/ +(?=RAFT|\|)/g, "");
    const faults: object[] = [];
    const queue = [...reads.entries()];
    const theirs: Ran[] = [];
    const ours: Ran[] = [];
    const runAll = async (into: Ran[], run: Run, left: [number, Line][]): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) into[next[0]] = await ran(run, next[1]);
    };
    await Promise.all([
      ...Array.from({ length: atATime }, () => runAll(theirs, ofEtcdctl, queue)),
      runAll(ours, runInProcess, [...reads.entries()]),
    ]);
    for (const [i, line] of reads.entries()) {
      const [one, other] = [theirs[i], ours[i]];
      if (!one || !other) throw new Error(`${line.line} did not run`);
      const same = line.line.startsWith("endpoint status") ? (text: string) => raftFree(text) : normal;
      judge(line, shown(one, same), shown(other, same), faults, other.stderr);
    }
    expect(faults).toEqual([]);
  }, 400_000);

  it.each(writes.map((lines) => [lines.at(1)?.line ?? "", lines] as const))(
    "does the same from '%s' on",
    async (_, lines) => {
      const sides = [];
      let said: string[] = [];
      for (const run of [ofEtcdctl, runInProcess]) {
        // The id of a member is made of its URLs and the second: who comes again too soon has that of one that was removed.
        if (lines.some(({ line }) => line.startsWith("member add")))
          await new Promise((next) => setTimeout(next, 1100));
        await etcd.delete({ all: true });
        for (const id of await etcd.lease.list()) await etcd.lease.revoke(id);
        for (const user of await etcd.auth.users.list()) await etcd.auth.users.delete(user);
        for (const role of await etcd.auth.roles.list()) await etcd.auth.roles.delete(role);
        const { revision } = await etcd.put("start", "");
        await etcd.delete("start");
        const authBase = (await etcd.auth.status()).authRevision ?? 0n;
        const ids: string[] = [];
        const normal = (text: string): string => normalized(text, revision, authBase, ids);
        for (const each of [1, 2]) known.set(`REV+${each}`, String(revision + BigInt(each) + 1n));
        const all: object[] = [];
        said = [];
        for (const line of lines) {
          const done = await ran(run, line);
          all.push(shown(done, normal));
          said.push(done.stderr);
          const lease = /lease ([0-9a-f]{16}) granted|"ID" : (\d{10,})|"ID":(\d{10,}),"TTL"/.exec(done.stdout);
          if (line.line.startsWith("lease grant") && lease) {
            const id = lease[1] ?? BigInt(lease[2] ?? lease[3] ?? "0").toString(16);
            const number = [1, 2, 3, 4].find((each) => !ids.includes(`LEASE${each}=`)) ?? 1;
            ids.push(`LEASE${number}=`);
            known.set(`LEASE${number}`, id);
          }
          const added = (await etcd.cluster.members().catch(() => [])).find(({ name }) => name === "");
          if (added) known.set("ADDED", added.id.toString(16));
        }
        sides.push(all);
      }
      const faults: object[] = [];
      for (const [i, line] of lines.entries()) judge(line, sides[0]?.[i] ?? {}, sides[1]?.[i] ?? {}, faults, said[i]);
      expect(faults).toEqual([]);
    },
    240_000,
  );
});

/** Revisions by how far they are from the first, and ids by their order of appearance. */
function normalized(text: string, revision: bigint, authBase: bigint, ids: string[]): string {
  const id = (found: string): string => {
    const plain = /^\d{16,}$/.test(found) ? BigInt(found).toString(16) : found.trim().replace(/^0+/, "");
    if (!ids.includes(plain)) ids.push(plain);
    return `ID${ids.indexOf(plain)}`;
  };
  return (
    text
      .replace(/remaining\(\d+s\)/, "remaining(…)")
      .replace(/("(?:\w*[rR]evision)"(?::| : ))(\d+)/g, (all, name: string, value: string) =>
        BigInt(value) < revision - 1_000n || value === "0" ? all : `${name}${BigInt(value) - revision}`,
      )
      .replace(
        /(compacted revision |AuthRevision: )(\d+)/g,
        (_, name: string, value: string) => `${name}${BigInt(value) - (name.startsWith("Auth") ? authBase : revision)}`,
      )
      .replace(/\b(?:\d{16,20}|[0-9a-f]{15,16})\b/g, id)
      .replace(/^(Member +)(?:ID\d+|[0-9a-f]+)/gm, (_, name: string) => `${name.trim()} …`)
      .replace(/^[0-9a-f]+, unstarted/gm, "…, unstarted")
      .replace(/^(.*, unstarted,.*\n)(.*, started,.*\n)$/gm, "$2$1")
      // Members come in the order of their ids, which are what they are.
      .replace(/(?<=ETCD_INITIAL_CLUSTER=").*(?=")/, (all) => all.split(",").toSorted().join())
      .replace(/("members":\[)(\{"ID":\w+,"peerURLs":[^}]*\}),(\{[^}]*"clientURLs"[^}]*\})/, "$1$3,$2")
      .replace(/("members":\[|"member":\{)(.*)/, (all) => all.replace(/"ID":\w+/g, '"ID":…'))
  );
}

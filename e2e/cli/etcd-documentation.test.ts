import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { type RunningScript, startScript } from "../examples/script.ts";
import { etcdBinaries } from "../install-etcd.ts";
import { poll } from "../poll.ts";
import { program } from "./cli.ts";
import { runner, shown } from "./compare-output.ts";
import { type Documented, type Page, singleMember, threeMembers, withTls } from "./documented-lines.ts";
import { type Ran, runInProcess } from "./in-process.ts";

let page: string;
let etcdctl: string;
beforeAll(async () => {
  page = await readFile(new URL("../../docs/cli.md", import.meta.url), "utf8");
  ({ etcdctl } = await etcdBinaries("3.5"));
});

/** What a line did: what is compared, and what it said on standard error. */
interface Typed {
  readonly did: object;
  readonly said: string;
}

/** Who types the lines, and where. */
interface Typist {
  /** Types the lines of a page one after the other, and tells what is compared of each. */
  type(lines: Page): Promise<Typed[]>;
  readonly etcd: Etcd;
  /** Ids as pages show them, and those that they stand for here. */
  readonly ids: Map<string, string>;
  start(line: string): RunningScript;
  /** What is printed, with all that differs between two servers and two moments made the same. */
  normal(text: string): string;
  close(): Promise<void>;
}

/** A folder with the two programs, in which `name` is typed for `etcdctl`. */
async function typist(name: "etcdctl" | "fetcd", etcd: Etcd): Promise<Typist> {
  const folder = await mkdtemp(join(tmpdir(), "fetcd-"));
  const own = etcd.endpoints.map((url) => new URL(url).host).join();
  const called = name === "etcdctl" ? `'${etcdctl}'` : `'${process.execPath}' '${program}'`;
  // etcdctl refuses the variable beside the option.
  const script = `case "$*" in *--endpoints*) ;; *) export ETCDCTL_ENDPOINTS='${own}' ;; esac\nexec ${called} "$@"\n`;
  await writeFile(join(folder, name), `#!/bin/sh\n${script}`);
  await chmod(join(folder, name), 0o755);
  const ids = new Map<string, string>();
  const inOrder: string[][] = [];
  const [one = "", two = one, three = one] = etcd.endpoints.map((url) => new URL(url).host);
  const baseEnv = {
    PATH: `${folder}:${process.env["PATH"]}`,
    HOME: folder,
  };
  const running: RunningScript[] = [];

  /** The line with the addresses, files and ids of here in it. */
  const filled = (line: string): string => {
    const placed = line
      .replace(/ # .*$|(?<=\d) +# .*$/, "")
      .replace(/\$\{?ENDPOINTS\}?/g, [one, two, three].slice(0, etcd.endpoints.length).join())
      .replace(/\$ENDPOINT\b|\$\{?HOST_1\}?:2379/g, one)
      .replace(/\$\{?HOST_2\}?:2379/g, two)
      .replace(/\$\{?HOST_3\}?:2379/g, three)
      .replace(/(?:localhost|127\.0\.0\.1)?:2379\b/g, one)
      .replaceAll("localhost:22379", two)
      .replaceAll("localhost:32379", three)
      .replace(/\b[\w-]+\.(?:db|crt|key)\b|\bDATA-DIR\b/g, (file) => fileOf(file));
    return [...ids].reduce((text, [shownId, id]) => text.replaceAll(shownId, id), placed);
  };
  const fileOf = (file: string): string => {
    const { ca, namelessClient } = etcd.certs ?? { ca: "", namelessClient: { cert: "", key: "" } };
    const files: Record<string, string> = {
      "ca.crt": ca,
      "client.crt": namelessClient.cert,
      "client.key": namelessClient.key,
    };
    return files[file] ?? join(folder, file);
  };

  /** Variables before the program, and what is after its name. */
  const parsed = (line: string): { env: NodeJS.ProcessEnv; args: string[] } => {
    const words = Array.from(filled(line).matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g), ([word]) =>
      word.replaceAll(/["']/g, ""),
    );
    const at = words.findIndex((word) => /^(\.\/)?etcdctl$/.test(word));
    const env = Object.fromEntries(words.slice(0, at).map((word) => word.split(/=(.*)/s, 2) as [string, string]));
    const where = line.includes("--endpoints") ? {} : { ETCDCTL_ENDPOINTS: own };
    return { env: { ...baseEnv, ...where, ...env }, args: words.slice(at + 1) };
  };
  const inShell = (line: string): readonly [string, string[]] => [
    "sh",
    ["-c", `cd '${folder}'; ${filled(line).replaceAll(/\betcdctl\b/g, name)}`],
  ];

  const once = (line: string, input = ""): Promise<Ran> => {
    if (/[|;]|\$\(| lock /.test(line)) {
      const [shell, args] = inShell(line);
      return runner(shell)(args, input, baseEnv);
    }
    const { env, args } = parsed(line);
    return name === "etcdctl" ? runner(etcdctl)(args, input, env) : runInProcess(args, input, env);
  };

  let base = 0n;
  const revision = async (): Promise<bigint> => {
    const { text } = await etcd.post("/v3/kv/range", { key: "YQ==" });
    return BigInt(/"revision":"(\d+)"/.exec(text)?.[1] ?? 0);
  };

  const watchers = (): Promise<number> => etcd.metrics("etcd_debugging_mvcc_watcher_total");
  const untilWatched = (count: number): Promise<unknown> =>
    poll(`${name} watches`, 20_000, async () => ((await watchers()) >= count ? true : undefined));

  const start = (line: string): RunningScript => {
    const { env, args } = parsed(line);
    const ours = name === "etcdctl" ? [] : [program];
    const script = startScript(name === "etcdctl" ? etcdctl : process.execPath, [...ours, ...args], {
      cwd: folder,
      env,
      stdin: "pipe",
    });
    running.push(script);
    return script;
  };

  /** A line that runs until it has printed what the page shows, and is interrupted then. */
  const followed = async ({ line, prints = 0, meanwhile = [] }: Documented): Promise<Typed> => {
    if (meanwhile.length > 0) {
      await poll("nobody watches", 20_000, async () => ((await watchers()) === 0 ? true : undefined));
    }
    const script = start(line);
    const printed = (count: number): Promise<unknown> =>
      poll(`${name} prints ${count} lines for ${line}`, 20_000, () => script.lines.length >= count || undefined).catch(
        (error: unknown) => {
          throw new Error(`${script.lines.join("\n")}\n${script.complaints()}`, { cause: error });
        },
      );
    let watched = 0;
    const typed = meanwhile.some((each) => each.startsWith("> "));
    if (meanwhile.length > 0 && !typed) await untilWatched(1);
    for (const each of meanwhile) {
      if (!each.startsWith("> ")) await once(each);
      else {
        script.type(each.slice(2));
        if (each.startsWith("> watch")) await untilWatched(++watched);
        else await printed(script.lines.length + 1);
      }
    }
    await printed(prints);
    await script.interrupt();
    return { did: { stdout: normal(script.lines.join("\n")) }, said: script.complaints() };
  };

  const normal = (text: string): string =>
    etcd.members
      .reduce(
        (all, member) =>
          all.replaceAll(member.url.slice(-15), member.name).replaceAll(member.peerUrl, `${member.name}:peer`),
        text.replaceAll(folder, "FOLDER"),
      )
      .replace(/^Member +/gm, "Member ")
      .replace(/took = [^\s,"|]+/g, "took = …")
      .replace(/remaining\(\d+s\)|"ttl":\d+/g, "…")
      .replace(/(?<=attached keys\(\[).*(?=\]\))/, (keys) => keys.split(" ").toSorted().join(" "))
      .replace(/(?<="keys":\[).*(?=\])/, (keys) => keys.split(",").toSorted().join())
      .replace(/\d[\d.]* [kMG]?B\b/g, "…B")
      .replace(/"raft_term":\d+/g, "…")
      .replace(/(, (?:true|false), )\d+, \d+, \d+, $/gm, "$1…")
      // Before the rule for three numbers in a row: a hash may have no letter.
      .replace(/^\| +[0-9a-f]+ \| +\d+ \| +\d+ \|/gm, "| … |")
      .replace(/(?:\| +\d+ ){3}(?=\| [^|]*\|$)/gm, "… ")
      .replace(
        /(?<="revision":|compacted revision |REVISION=|progress notify: )\d+/g,
        (found) => `+${BigInt(found) - base}`,
      )
      .replace(/^[|+].*$/gm, (row) => row.replaceAll(/ +/g, " ").replaceAll(/-+/g, "-"))
      .replace(/\b(?:\d{16,20}|[0-9a-f]{12,16})\b/g, (id) => {
        // Hexadecimal or decimal: sixteen digits without a letter may be either.
        const readings = [id.replace(/^0+/, ""), ...(/^\d{16,20}$/.test(id) ? [BigInt(id).toString(16)] : [])];
        const known = inOrder.findIndex((seen) => seen.some((reading) => readings.includes(reading)));
        return `ID${known < 0 ? inOrder.push(readings) - 1 : known}`;
      })
      // Members come in the order of their ids, which are what they are; and etcdctl has some as they answer.
      .replace(/(?:^.*(?:, started, |, unstarted, | is healthy: |Finished defragmenting).*\n)+/gm, (lines) =>
        lines
          .replaceAll(/^ID\d+/gm, "ID")
          .split("\n")
          .toSorted()
          .join("\n"),
      )
      .replace(/(?<=ETCD_INITIAL_CLUSTER=").*(?=")/, (all) => all.split(",").toSorted().join());

  return {
    etcd,
    ids,
    start,
    normal,
    async type(lines) {
      const all: Typed[] = [];
      base = await revision();
      for (const each of lines) {
        const documented: Documented = typeof each === "string" ? { line: each } : each;
        if (documented.prints !== undefined) {
          all.push(await followed(documented));
          continue;
        }
        const ran = await once(documented.line, documented.input);
        const id = /^(?:lease|Member) +([0-9a-f]+)/.exec(ran.stdout)?.[1];
        if (documented.id !== undefined && id !== undefined) ids.set(documented.id, id);
        all.push({ did: shown(ran, normal), said: ran.stderr });
      }
      return all;
    },
    async close() {
      for (const each of running) each.kill();
      await rm(folder, { recursive: true });
    },
  };
}

/** The lines of a page that do not do the same, and those that are said to and do. */
function compared(lines: Page, theirs: readonly Typed[], ours: readonly Typed[]): object[] {
  return lines.flatMap((each, i): object[] => {
    const { line, differs }: Documented = typeof each === "string" ? { line: each } : each;
    const same = JSON.stringify(theirs[i]?.did) === JSON.stringify(ours[i]?.did);
    if (differs === undefined) return same ? [] : [{ line, theirs: theirs[i], ours: ours[i] }];
    if (same) return [{ line, error: "does not differ any more" }];
    return page.includes(`| ${differs}`) ? [] : [{ line, error: "the difference is not in docs/cli.md" }];
  });
}

/** Without the keys and leases of the pages before. */
async function emptied({ endpoints }: Etcd): Promise<void> {
  const client = createEtcd({ endpoints });
  try {
    await client.delete({ all: true });
    for (const id of await client.lease.list()) await client.lease.revoke(id);
  } finally {
    await client.close();
  }
}

describe("Lines of etcd's documentation, with fetcd in place of etcdctl", () => {
  let typists: Typist[];
  beforeAll(async () => {
    // Small, so that the pages on space do not take long.
    const servers = await Promise.all([1, 2].map(() => startEtcd({ version: "3.5", quotaBytes: 4 * 1024 * 1024 })));
    const [one, two] = servers;
    if (!one || !two) throw new Error("two servers are needed");
    typists = [await typist("etcdctl", one), await typist("fetcd", two)];
  });
  afterAll(async () => {
    for (const each of typists ?? []) {
      await each.close();
      await each.etcd.close();
    }
  });

  it.each(Object.entries(singleMember))(
    "%s",
    async (_, lines) => {
      await Promise.all(typists.map(({ etcd }) => emptied(etcd)));
      const [theirs = [], ours = []] = await Promise.all(typists.map((each) => each.type(lines)));
      expect(compared(lines, theirs, ours)).toEqual([]);
    },
    200_000,
  );
});

describe("Lines of etcd's documentation on a cluster", () => {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await startEtcd({ version: "3.5", members: 3, electionMs: 3_000 });
  });
  afterAll(() => etcd?.close());

  it.each(Object.entries(threeMembers))("%s", async (_, lines) => {
    const sides: Typed[][] = [];
    const client = createEtcd({ endpoints: etcd.endpoints });
    // The first member leads, and the second is who is made the leader. A new member is taken once all have been
    // connected for some seconds.
    const [first, second] = etcd.members;
    const idOf = async (name: string | undefined): Promise<bigint> =>
      (await client.cluster.members()).find((member) => member.name === name)?.id ?? 0n;
    for (const name of ["etcdctl", "fetcd"] as const) {
      const one = await typist(name, etcd);
      try {
        const [id, chosen] = [await idOf(first?.name), await idOf(second?.name)];
        if ((await client.maintenance.status()).leader !== id) await client.maintenance.moveLeader(id);
        await poll("the first member leads, and knows it", 20_000, async () => {
          const answer = await etcd.post("/v3/maintenance/status", {});
          return answer.text.includes(`"leader":"${id}"`) || undefined;
        });
        one.ids.set("91bc3c398fb3c146", chosen.toString(16));
        const { member } = await poll("members may be added", 30_000, () =>
          client.cluster.addMember(["http://10.0.1.99:2380"]).catch(() => undefined),
        );
        await client.cluster.removeMember(member.id);
        sides.push(await one.type(lines));
      } finally {
        await one.close();
      }
    }
    await client.close();
    expect(compared(lines, sides[0] ?? [], sides[1] ?? [])).toEqual([]);
  });
});

describe("Lines of etcd's documentation with certificates", () => {
  it.each(Object.entries(withTls))("%s", async (_, lines) => {
    await using etcd = await startEtcd({ version: "3.5", tls: "mutual" });
    const sides: Typed[][] = [];
    for (const name of ["etcdctl", "fetcd"] as const) {
      const one = await typist(name, etcd);
      try {
        sides.push(await one.type(lines));
      } finally {
        await one.close();
      }
    }
    expect(compared(lines, sides[0] ?? [], sides[1] ?? [])).toEqual([]);
  });
});

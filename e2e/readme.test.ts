import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Etcd, startEtcd } from "./etcd.ts";
import { run } from "./run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const texts = await Promise.all(
  ["README.md", ...(await readdir(join(root, "docs"))).sort().map((name) => join("docs", name))].map((file) =>
    readFile(join(root, file), "utf8"),
  ),
);
const endpoint = "http://127.0.0.1:2379";

/** Each example with the heading it stands under. */
const examples = [...texts.join("\n").matchAll(/^#+ (?<heading>.+)$|^```ts\n(?<code>[\s\S]*?)^```$/gm)]
  .reduce<{ heading: string; code: string }[]>((found, { groups }) => {
    if (groups?.["heading"] !== undefined) found.push({ heading: groups["heading"], code: "" });
    else found.push({ heading: found.at(-1)?.heading ?? "", code: groups?.["code"] ?? "" });
    return found;
  }, [])
  .filter(({ code }) => code !== "");

describe("The examples of the README and of docs", () => {
  let etcd: Etcd;
  let folder: string;
  beforeAll(async () => {
    etcd = await startEtcd({ version: "3.5" });
    folder = await mkdtemp(join(root, "examples", ".readme-"));
  });
  afterAll(async () => {
    await etcd.close();
    await rm(folder, { recursive: true });
  });

  /** What an example prints on a real etcd, as a program of its own. */
  async function printed(heading: string): Promise<string> {
    const example = examples.find((each) => each.heading === heading);
    const file = join(folder, `${heading.replaceAll(/\W+/g, "-")}.ts`);
    await writeFile(file, (example?.code ?? "").replaceAll(endpoint, etcd.endpoints[0] ?? ""));
    const { code, stdout, stderr } = await run(process.execPath, ["--import", "tsx", file], { cwd: root });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout;
  }

  // A line for each example: one that is added without a line here fails the last test.
  const expected: Record<string, RegExp> = {
    Use: /^green 2n\n$/,
    "Change a value without losing another's change": /^sold one\n9\n$/,
    Watch: /^put feature\/dark-mode \d+n\n$/,
    Errors: /^LeaseNotFound\nnot-applied\n$/,
    "Where etcd is": /^https:\/\/etcd-1\.example:2379\n$/,
    "Test without a server": /^false\nunknown\n$/,
    "Fencing: the lock holds where the write happens": /^true bigint\n$/,
    "Knowing that it is over": /^written\n$/,
    Elections: /^node-1\n$/,
    "Transactions as functions": /^70 30\n$/,
    Counter: /^7n 7n\n$/,
    Queue: /^resize 1\.png 1n\n$/,
    "Priority queue": /^disk is full\n$/,
    "Lock for readers and writers": /^true null\n$/,
    Semaphore: /^true null\n$/,
    Barrier: /^go\n$/,
    "Double barrier": /^plays\nplays\n$/,
    Registry: /^host-1 http:\/\/10\.0\.0\.1:8080\n$/,
  };

  it.each(Object.entries(expected))("%s", async (heading, output) => {
    expect(await printed(heading)).toMatch(output);
  });

  it.each(["an etcd in memory", "your etcd"])("and the tour of npm start, on %s", async (where) => {
    const env = { ...process.env, ...(where === "your etcd" && { ETCD_ENDPOINTS: etcd.endpoints.join() }) };
    const { code, stdout, stderr } = await run(process.execPath, ["--import", "tsx", "examples/tour.ts"], {
      cwd: root,
      env,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`fetcd on ${where}`);
    expect(stdout.match(/^ {2}event: .+$/gm)).toHaveLength(4);
    expect(stdout).toContain("reason LeaseNotFound, outcome not-applied");
  });

  it("are all run", () => {
    expect(examples.map(({ heading }) => heading)).toEqual(Object.keys(expected));
  });
});

import { readFile } from "node:fs/promises";
import { parse, parseAllDocuments } from "yaml";
import { array, type InferOutput, number, object, parse as checked, record, string } from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ran, runInProcess } from "./cli/in-process.ts";
import { type Etcd, startEtcd } from "./etcd.ts";
import { etcdBinaries } from "./install-etcd.ts";
import { run } from "./run.ts";

/** The blocks of the page in a language. */
async function blocks(language: string): Promise<string[]> {
  const text = await readFile(new URL("../docs/servers.md", import.meta.url), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, code = ""]) => code);
}

/** The flags that a sheet starts etcd with, but for addresses, names and folders, which are those of this machine here. */
const flagsIn = (sheet: string): string[] =>
  [...sheet.matchAll(/^ +- (--(?!name=|data-dir=|listen|advertise|initial)\S+)$/gm)].map(([, flag = ""]) => flag);

describe("docs/servers.md", () => {
  let etcd: Etcd;
  beforeAll(async () => {
    const [compose = "", kubernetes = ""] = await blocks("yaml");
    const flags = flagsIn(compose);
    expect(flags).toEqual(expect.arrayContaining(flagsIn(kubernetes)));
    expect(flags).toContain("--cors=http://localhost:5173");
    etcd = await startEtcd({ version: "3.5", flags });
  });
  afterAll(() => etcd?.close());

  const fetcd = (args: readonly string[]): Promise<Ran> =>
    runInProcess(args, "", { ...process.env, ETCDCTL_ENDPOINTS: etcd.endpoints[0] });

  it("starts an etcd that lets the page of the sheet at it, and no other", async () => {
    const ask = async (origin: string): Promise<string | null> => {
      const answer = await fetch(`${etcd.endpoints[0]}/v3/kv/range`, {
        method: "POST",
        headers: { origin },
        body: '{"key":"YQ=="}',
      });
      return answer.headers.get("access-control-allow-origin");
    };
    expect(await ask("http://localhost:5173")).toBe("http://localhost:5173");
    expect(await ask("http://localhost:5174")).toBeNull();
  });

  it("turns authentication on, by its lines, so that a user has its own keys alone", async () => {
    const [lines = ""] = await blocks("sh");
    for (const line of lines.trim().split("\n")) {
      const { code, stderr } = await fetcd(line.split(" ").slice(1));
      expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: "" });
    }
    const user = "--user=app:change-me-too";
    expect((await fetcd([user, "get", "app/color"])).stdout).toBe("app/color\ngreen\n");
    expect((await fetcd([user, "get", "other"])).stderr).toContain("PermissionDenied");
    expect((await fetcd(["get", "app/color"])).code).not.toBe(0);
  });
});

const compose = object({
  services: object({ etcd: object({ image: string(), command: array(string()), ports: array(string()) }) }),
  volumes: record(string(), object({})),
});
const service = object({
  spec: object({ ports: array(object({ name: string(), port: number() })), selector: object({ app: string() }) }),
  metadata: object({ name: string() }),
});
const container = object({
  image: string(),
  command: array(string()),
  ports: array(object({ containerPort: number() })),
  readinessProbe: object({ httpGet: object({ path: string(), port: number() }) }),
  volumeMounts: array(object({ name: string(), mountPath: string() })),
});
const statefulSet = object({
  metadata: object({ name: string() }),
  spec: object({
    serviceName: string(),
    replicas: number(),
    template: object({
      metadata: object({ labels: object({ app: string() }) }),
      spec: object({ containers: array(container) }),
    }),
    volumeClaimTemplates: array(object({ metadata: object({ name: string() }) })),
  }),
});

/** The value of a flag in a command. */
const flag = (command: readonly string[], name: string): string =>
  command.find((each) => each.startsWith(`--${name}=`))?.replace(/^[^=]*=/, "") ?? `no --${name}`;

describe("The sheets of docs/servers.md", () => {
  let known: string;
  let image: string;
  let forCompose: InferOutput<typeof compose>;
  let forService: InferOutput<typeof service>;
  let forSet: InferOutput<typeof statefulSet>;
  beforeAll(async () => {
    const { etcd, version } = await etcdBinaries("3.5");
    image = `gcr.io/etcd-development/etcd:v${version}`;
    const help = await run(etcd, ["--help"]);
    known = help.stdout + help.stderr;
    const [first = "", second = ""] = await blocks("yaml");
    const [one, two, ...more] = parseAllDocuments(second);
    expect({ errors: [one?.errors, two?.errors], more }).toEqual({ errors: [[], []], more: [] });
    forCompose = checked(
      compose,
      parse(first, (_, value: unknown) => value ?? {}),
    );
    forService = checked(service, one?.toJS());
    forSet = checked(statefulSet, two?.toJS());
  });

  it("name an image of the etcd that is tested, and flags that it knows", () => {
    const [pod] = forSet.spec.template.spec.containers;
    for (const { image: named, command } of [forCompose.services.etcd, ...(pod ? [pod] : [])]) {
      expect(named).toBe(image);
      expect(command[0]).toBe("etcd");
      const flags = command.slice(1).map((each) => each.replace(/=.*/, ""));
      expect(flags.length).toBeGreaterThan(5);
      expect(flags.filter((each) => !new RegExp(`^ +${each}\\b`, "m").test(known))).toEqual([]);
    }
  });

  it("publish the port that etcd listens on, and keep its data in a volume that there is", () => {
    const { command, ports } = forCompose.services.etcd;
    const { port } = new URL(flag(command, "listen-client-urls"));
    expect(ports).toEqual([`127.0.0.1:${port}:${port}`]);
    expect(flag(command, "advertise-client-urls")).toBe(`http://localhost:${port}`);
    expect(Object.keys(forCompose.volumes)).toEqual(["etcd-data"]);
  });

  it("give each pod a name that its peers find it by, on the ports of the service", () => {
    const { spec, metadata } = forSet;
    const [pod] = spec.template.spec.containers;
    if (!pod) throw new Error("the set has no container");
    const port = (name: string): number | undefined => forService.spec.ports.find((each) => each.name === name)?.port;
    const listens = (what: string): number => Number(new URL(flag(pod.command, `listen-${what}-urls`)).port);
    expect([listens("client"), listens("peer")]).toEqual([port("client"), port("peer")]);
    expect(pod.ports.map(({ containerPort }) => containerPort)).toEqual([port("client"), port("peer")]);
    expect(pod.readinessProbe.httpGet).toEqual({ path: "/health", port: port("client") });
    expect(forService.metadata.name).toBe(spec.serviceName);
    expect(forService.spec.selector).toEqual(spec.template.metadata.labels);
    // A pod is called after its set and its number, and found below the name of the service.
    const pods = Array.from({ length: spec.replicas }, (_, i) => `${metadata.name}-${i}`);
    const peer = (name: string): string => `http://${name}.${spec.serviceName}:${port("peer")}`;
    expect(flag(pod.command, "initial-cluster")).toBe(pods.map((name) => `${name}=${peer(name)}`).join());
    expect(flag(pod.command, "initial-advertise-peer-urls")).toBe(peer("$(POD)"));
    expect(flag(pod.command, "advertise-client-urls")).toBe(`http://$(POD).${spec.serviceName}:${port("client")}`);
    const [volume] = pod.volumeMounts;
    expect(flag(pod.command, "data-dir")).toBe(volume?.mountPath);
    expect(spec.volumeClaimTemplates.map((each) => each.metadata.name)).toEqual([volume?.name]);
  });
});

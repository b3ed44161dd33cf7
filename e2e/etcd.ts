import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { enableAuth, type AuthSetup } from "./auth-setup.ts";
import { makeCertificates, type CertificateFiles, type Certificates } from "./certificates.ts";
import { dataDisk } from "./data-disk.ts";
import { type EtcdOptions, hasNewTools } from "./etcd-flags.ts";
import { etcdMembers, type EtcdMember, type EtcdMembers } from "./etcd-members.ts";
import { etcdBinaries, type EtcdBinaries } from "./install-etcd.ts";
import { plainRequest, type PlainAnswer, type PlainTls } from "./plain-request.ts";
import { poll } from "./poll.ts";
import { run, type Finished } from "./run.ts";
import { PortTaken } from "./server-process.ts";
import { rigFolder, type RigFolder } from "./watchdog.ts";

export type { AuthSetup, RigPermission, RigUser } from "./auth-setup.ts";
export type { CertificateFiles, Certificates } from "./certificates.ts";
export type { EtcdOptions } from "./etcd-flags.ts";
export type { EtcdMember } from "./etcd-members.ts";
export type { EtcdVersion } from "./install-etcd.ts";

export interface EtcdctlOptions {
  /** Which API it speaks; 3 by default. */
  readonly api?: 2 | 3;
  readonly input?: string | Uint8Array;
}

export interface PostOptions {
  /** Sent as the `authorization` header. */
  readonly token?: string;
  readonly member?: EtcdMember;
  /** Milliseconds; 10 s by default. */
  readonly timeout?: number;
}

/** A running etcd. `await using` closes it. */
export interface Etcd {
  /** The exact version, as in "3.5.16". */
  readonly version: string;
  readonly members: readonly EtcdMember[];
  /** The URLs of all members. */
  readonly endpoints: readonly string[];
  /** Undefined without TLS. */
  readonly certs: Certificates | undefined;
  /** The only leader among the members that run and are not isolated; waits up to 10 s until there is just one. */
  leader(): Promise<EtcdMember>;
  /** Resolves when every member that runs and is not isolated is healthy, which takes a quorum; up to 20 s. */
  waitReady(): Promise<void>;
  /** Kills all members, deletes their data, and starts them on the same ports as a cluster with another id. */
  wipe(): Promise<void>;
  /** Runs etcdctl against all members, unless the arguments name endpoints. Never rejects: look at `code`. */
  etcdctl(args: readonly string[], options?: EtcdctlOptions): Promise<Finished>;
  /** Makes a data folder out of a snapshot, by the program that does so in this version. */
  restoreSnapshot(args: readonly string[]): Promise<Finished>;
  /** Posts JSON to the gateway of a member, by default the first, with the TLS the cluster has. */
  post(path: string, body: unknown, options?: PostOptions): Promise<PlainAnswer>;
  /** Gets a path such as "/health" from a member, by default the first. */
  get(path: string, member?: EtcdMember): Promise<PlainAnswer>;
  /**
   * One number of a member's /metrics, summed over its label sets unless the name gives one. A counter that has never
   * counted is 0; any other name that is not there rejects.
   */
  metrics(name: string, member?: EtcdMember): Promise<number>;
  /** Makes the root user, other users with a role each, and turns auth on. */
  enableAuth(setup: AuthSetup): Promise<void>;
  /** Kills the members and removes all they have written. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts one or three members of etcd on free ports of 127.0.0.1. Resolves when they are ready. */
export async function startEtcd(options: EtcdOptions): Promise<Etcd> {
  const binaries = await etcdBinaries(options.version);
  for (let attempt = 1; ; attempt++) {
    const folder = rigFolder(dataDisk());
    const certs = options.tls ? await makeCertificates(folder.path) : undefined;
    const servers = await etcdMembers(options, binaries.etcd, folder.path, certs);
    const etcd = cluster(options, binaries, folder, certs, servers);
    try {
      await servers.startNew();
      await etcd.waitReady();
      return etcd;
    } catch (error) {
      await etcd.close();
      // Between the search for a free port and its use another process may take it.
      if (!(error instanceof PortTaken) || attempt === 5) throw error;
    }
  }
}

function cluster(
  options: EtcdOptions,
  binaries: EtcdBinaries,
  folder: RigFolder,
  certs: Certificates | undefined,
  servers: EtcdMembers,
): Etcd {
  const { members } = servers;
  const endpoints = members.map((member) => member.url);
  const tls = certs && ownTls(certs, options);
  const inTouch = (): EtcdMember[] => members.filter((member) => member.state === "running" && !member.isolated);
  const first = (): EtcdMember => {
    const [member] = members;
    if (!member) throw new Error("a cluster without members");
    return member;
  };

  const etcd: Etcd = {
    version: binaries.version,
    members,
    endpoints,
    certs,
    leader: () =>
      poll("there is one leader", 10_000, async () => {
        const claims = await Promise.all(
          inTouch().map(async (member) =>
            (await etcd.metrics("etcd_server_is_leader", member)) === 1 ? member : undefined,
          ),
        );
        const leaders = claims.filter((member) => member !== undefined);
        return leaders.length === 1 ? leaders[0] : undefined;
      }),
    async waitReady() {
      const healthy = async (member: EtcdMember): Promise<true | undefined> => {
        const { status, text } = await plainRequest(`${member.url}/health`, { tls, timeout: 2_000 });
        return status === 200 && /"health"\s*:\s*"true"/.test(text) ? true : undefined;
      };
      await Promise.all(
        inTouch().map((member) =>
          poll(`${member.name} is healthy`, 20_000, () => healthy(member)).catch((error: unknown) => {
            throw new Error(`${member.name} is not ready:\n${member.log()}`, { cause: error });
          }),
        ),
      );
    },
    async wipe() {
      await Promise.all(members.map((member) => member.kill()));
      for (const member of members) rmSync(servers.dataFolder(member.name), { recursive: true, force: true });
      await servers.startNew();
      await etcd.waitReady();
    },
    etcdctl(args, { api = 3, input } = {}) {
      const own = args.some((arg) => /^--endpoints?(=|$)/.test(arg)) ? [] : ["--endpoints", endpoints.join(",")];
      const env = { PATH: process.env["PATH"], HOME: folder.path, ETCDCTL_API: String(api) };
      const all = [...own, ...(certs ? etcdctlTls(certs, options, api) : []), ...args];
      return run(binaries.etcdctl, all, input === undefined ? { env } : { env, input });
    },
    restoreSnapshot(args) {
      const env = { PATH: process.env["PATH"], HOME: folder.path, ETCDCTL_API: "3" };
      const program = hasNewTools(options.version) ? join(dirname(binaries.etcdctl), "etcdutl") : binaries.etcdctl;
      return run(program, ["snapshot", "restore", ...args], { env });
    },
    post(path, body, { token, member = first(), timeout = 10_000 } = {}) {
      const headers = { "content-type": "application/json", ...(token === undefined ? {} : { authorization: token }) };
      return plainRequest(member.url + path, { body, headers, tls, timeout });
    },
    get: (path, member = first()) => plainRequest(member.url + path, { tls }),
    async metrics(name, member = first()) {
      const { text } = await plainRequest(`${member.url}/metrics`, { tls, timeout: 2_000 });
      return readMetric(text, name);
    },
    enableAuth: (setup) => enableAuth((path, body) => etcd.post(path, body), setup),
    async close() {
      await Promise.all(members.map((member) => member.kill()));
      servers.close();
      folder.remove();
    },
    [Symbol.asyncDispose]: () => etcd.close(),
  };
  return etcd;
}

/** With client certificates the rig shows the one without a name: the gateway takes it whether auth is on or not. */
function ownTls(certs: Certificates, { tls, serverCertificate = "server" }: EtcdOptions): PlainTls {
  const read = (file: string): string => readFileSync(file, "utf8");
  const client = tls === "mutual" ? { cert: read(certs.namelessClient.cert), key: read(certs.namelessClient.key) } : {};
  return { ca: read(certs.ca), rejectUnauthorized: serverCertificate === "server", ...client };
}

function etcdctlTls(certs: Certificates, { tls, serverCertificate = "server" }: EtcdOptions, api: 2 | 3): string[] {
  const names = api === 3 ? ["--cacert", "--cert", "--key"] : ["--ca-file", "--cert-file", "--key-file"];
  const client: CertificateFiles = certs.namelessClient;
  const own = tls === "mutual" ? [`${names[1]}=${client.cert}`, `${names[2]}=${client.key}`] : [];
  const lax = api === 3 && serverCertificate !== "server" ? ["--insecure-skip-tls-verify"] : [];
  return [`${names[0]}=${certs.ca}`, ...own, ...lax];
}

function readMetric(text: string, name: string): number {
  const wanted = name.includes("{") ? [`${name} `] : [`${name} `, `${name}{`];
  const lines = text.split("\n").filter((line) => wanted.some((start) => line.startsWith(start)));
  if (lines.length === 0 && !/_(total|count|sum)(\{|$)/.test(name)) throw new Error(`no metric ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

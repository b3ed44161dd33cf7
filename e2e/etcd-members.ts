import { join } from "node:path";
import type { Certificates } from "./certificates.ts";
import { optionFlags, type EtcdOptions } from "./etcd-flags.ts";
import { etcdBinaries, type EtcdVersion } from "./install-etcd.ts";
import { peerLinks, type PeerLinks } from "./peer-links.ts";
import { freePort } from "./ports.ts";
import { serverProcess, type ServerProcess } from "./server-process.ts";

/** A member of a cluster, with the faults it can be given. */
export interface EtcdMember extends ServerProcess {
  readonly name: string;
  /** Where clients reach it, http or https, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Where its peers reach it. */
  readonly peerUrl: string;
  /** Whether it is cut off from its peers. */
  readonly isolated: boolean;
  /** Cuts it off from its peers, both ways; clients still reach it. Needs three members, and Linux. */
  isolate(): void;
  heal(): void;
  /** Stops it, and starts it as another release on the same data. */
  upgrade(version: EtcdVersion): Promise<void>;
}

export interface EtcdMembers {
  readonly members: readonly EtcdMember[];
  /** The data of a member. */
  dataFolder(name: string): string;
  /** Starts all members, whose data folders are empty, as a cluster with an id of its own. */
  startNew(): Promise<void>;
  /** Stops the relays between the members. */
  close(): void;
}

/** Gives each member its ports and flags. Nothing is started. */
export async function etcdMembers(
  options: EtcdOptions,
  binary: string,
  folder: string,
  certs: Certificates | undefined,
): Promise<EtcdMembers> {
  const names = options.members === 3 ? ["m1", "m2", "m3"] : ["m1"];
  let generation = 0;
  const dataFolder = (name: string): string => join(folder, name);

  const started = await Promise.all(
    names.map(async (name) => {
      const port = await freePort();
      const peerPort = await freePort();
      const url = `${certs ? "https" : "http"}://127.0.0.1:${port}`;
      const args = (): string[] => [
        `--name=${name}`,
        `--data-dir=${dataFolder(name)}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
        `--initial-advertise-peer-urls=${peerUrl(name)}`,
        `--initial-cluster=${names.map((one) => `${one}=${peerUrl(one)}`).join(",")}`,
        // The token goes into the cluster's id, so that a cluster started on wiped folders is another one.
        `--initial-cluster-token=${folder}-${generation}`,
        ...optionFlags(options, certs),
      ];
      let program = binary;
      const server = serverProcess({ binary: () => program, name, args, startedLine: /serving peer traffic/ });
      const upgrade = async (version: EtcdVersion): Promise<void> => {
        const { etcd } = await etcdBinaries(version);
        await server.stop();
        program = etcd;
        await server.start();
      };
      return { name, port, peerPort, url, server, upgrade, pid: () => server.pid };
    }),
  );
  const links = started.length > 1 ? await peerLinks(started) : undefined;
  const peerUrl = (name: string): string => {
    const port = links ? links.portOf(name) : started.find((each) => each.name === name)?.peerPort;
    return `http://127.0.0.1:${port}`;
  };

  return {
    members: started.map((each) => member(each, peerUrl(each.name), links)),
    dataFolder,
    async startNew() {
      generation++;
      for (const { server } of started) {
        // A new member asks its peers whether it has been there before, and waits 2 s for one that does not serve
        // yet. One after the other, each finds its peers either not there or answering.
        await server.start();
      }
    },
    close: () => links?.close(),
  };
}

interface Started extends Pick<EtcdMember, "name" | "port" | "url" | "upgrade"> {
  readonly server: ServerProcess;
}

function member(
  { name, port, url, server, upgrade }: Started,
  peerUrl: string,
  links: PeerLinks | undefined,
): EtcdMember {
  let isolated = false;
  return {
    name,
    port,
    url,
    peerUrl,
    get isolated() {
      return isolated;
    },
    get pid() {
      return server.pid;
    },
    get state() {
      return server.state;
    },
    start: () => server.start(),
    stop: () => server.stop(),
    kill: () => server.kill(),
    pause: () => server.pause(),
    resume: () => server.resume(),
    log: () => server.log(),
    upgrade,
    isolate() {
      if (!links) throw new Error("a single member has no peers to be cut off from");
      links.isolate(name);
      isolated = true;
    },
    heal() {
      links?.heal(name);
      isolated = false;
    },
  };
}

import type { Server } from "../server.ts";
import { KeyStore } from "./key-store.ts";
import { file } from "./tree.ts";
import { V2AuthStore } from "./v2-auth-store.ts";

/** What the v2 API of a server keeps. */
export class V2State {
  readonly server: Server;
  readonly store: KeyStore;
  readonly auth: V2AuthStore;
  readonly clusterHeader: Readonly<Record<string, string>>;
  readonly startedAt: number;
  /** Members that were removed over this API, in hexadecimals. */
  readonly removed: Set<string> = new Set();

  constructor(server: Server) {
    const { before35, since36 } = server.settings.release;
    this.server = server;
    this.store = new KeyStore(server.clock, { directoriesUpdate: before35 || since36 });
    this.auth = new V2AuthStore(this.store, () => this.propose());
    this.clusterHeader = { "x-etcd-cluster-id": server.header().clusterId.toString(16) };
    this.startedAt = this.store.now();
    // What a server notes about itself when it starts: keys of users begin after it.
    const member = `/0/members/${server.memberId.toString(16)}`;
    this.store.create(`${member}/raftAttributes`, file(""));
    this.store.set(`${member}/attributes`, file(""));
    this.store.set("/0/version", file(""));
  }

  /** Counts an entry of the log. */
  propose(): void {
    this.server.raftIndex++;
  }

  /** Those of an answer about keys. */
  headers(etcdIndex: number): Record<string, string> {
    return {
      "x-etcd-index": String(etcdIndex),
      "x-raft-index": String(this.server.raftIndex),
      "x-raft-term": String(this.server.raftTerm),
      ...this.clusterHeader,
    };
  }
}

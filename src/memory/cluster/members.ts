import type { Member } from "../../gen/etcdserverpb/cluster_pb.ts";
import type { Ids } from "../ids.ts";
import { etcdFailure } from "../../gateway-server/rpc-error.ts";

const $typeName = "etcdserverpb.Member";

/** The members of the cluster: this server, and others that were added and never start. */
export class Members {
  readonly #self: bigint;
  readonly #ids: Ids;
  #members: Member[];
  /** Those that were added as learners, however they are listed by now. */
  readonly #learners = new Set<bigint>();

  constructor(self: bigint, ids: Ids) {
    this.#self = self;
    this.#ids = ids;
    const peerURLs = ["http://127.0.0.1:2380"];
    const clientURLs = ["http://127.0.0.1:2379"];
    this.#members = [{ $typeName, ID: self, name: "memory", peerURLs, clientURLs, isLearner: false }];
  }

  list(): Member[] {
    return this.#members;
  }

  has(id: bigint): boolean {
    return this.#members.some(({ ID }) => ID === id);
  }

  /** Whether the member is there, and is not a learner. */
  votes(id: bigint): boolean {
    return this.#members.some(({ ID, isLearner }) => ID === id && !isLearner);
  }

  /** Throws `RpcError`, as all below. */
  add(peerURLs: readonly string[], { isLearner }: Pick<Member, "isLearner">): Member {
    checkUrls(peerURLs);
    if (this.#members.some((other) => other.peerURLs.some((url) => peerURLs.includes(url))))
      throw etcdFailure("peerUrlExists");
    if (isLearner && this.#members.some((other) => other.isLearner)) throw etcdFailure("tooManyLearners");
    // A second member may join one that runs alone; after that, the majority would be members that never start.
    if (!isLearner && this.#voters() > 1) throw etcdFailure("notEnoughStarted");
    const ID = this.#ids.uint64();
    const added: Member = { $typeName, ID, name: "", peerURLs: [...peerURLs], clientURLs: [], isLearner };
    this.#members = [...this.#members, added];
    if (isLearner) this.#learners.add(ID);
    return added;
  }

  remove(id: bigint): void {
    this.#member(id);
    if (id === this.#self) throw etcdFailure("notEnoughStarted");
    this.#members = this.#members.filter(({ ID }) => ID !== id);
    this.#learners.delete(id);
  }

  /** Whatever the addresses look like. */
  update(id: bigint, peerURLs: readonly string[]): void {
    this.#member(id);
    const others = this.#members.filter(({ ID }) => ID !== id);
    if (others.some((other) => other.peerURLs.some((url) => peerURLs.includes(url))))
      throw etcdFailure("peerUrlExists");
    // etcd forgets what else there is about the member: from here on a learner is listed as a voter.
    const update = { peerURLs: [...peerURLs], isLearner: false };
    this.#members = this.#members.map((each) => (each.ID === id ? { ...each, ...update } : each));
  }

  /** A learner that never starts cannot catch up, so none is ever promoted. */
  promote(id: bigint): never {
    throw etcdFailure(this.#learners.has(this.#member(id).ID) ? "learnerNotReady" : "notLearner");
  }

  #member(id: bigint): Member {
    const member = this.#members.find(({ ID }) => ID === id);
    if (member === undefined) throw etcdFailure("memberNotFound");
    return member;
  }

  #voters(): number {
    return this.#members.filter(({ isLearner }) => !isLearner).length;
  }
}

/** Peers have an address with a scheme, a host, a port and nothing else. */
function checkUrls(urls: readonly string[]): void {
  if (urls.length === 0 || !urls.every((url) => /^(https?|unixs?):\/\/[^/\s]+:\d+$/.test(url)))
    throw etcdFailure("badUrls");
}

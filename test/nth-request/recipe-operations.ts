import { cache } from "../../src/recipes/cache/cache.ts";
import { election } from "../../src/recipes/election/election.ts";
import { namedLeader } from "../../src/recipes/election/named-leader.ts";
import { lock, mutex, withLock } from "../../src/recipes/lock/mutex.ts";
import { rwLock } from "../../src/recipes/lock/rw-lock.ts";
import { semaphore } from "../../src/recipes/lock/semaphore.ts";
import { barrier } from "../../src/recipes/queue/barrier.ts";
import { doubleBarrier } from "../../src/recipes/queue/double-barrier.ts";
import { priorityQueue } from "../../src/recipes/queue/priority-queue.ts";
import { queue } from "../../src/recipes/queue/queue.ts";
import { registry } from "../../src/recipes/registry/registry.ts";
import { session, type Session } from "../../src/recipes/session/session.ts";
import { counter } from "../../src/recipes/transaction/counter.ts";
import { transact } from "../../src/recipes/transaction/transact.ts";
import { op } from "../../src/v3/kv/op.ts";
import type { Etcd } from "../../src/v3/client.ts";
import type { Call, Operation } from "./run-broken-request.ts";
import type { Truth } from "./truth.ts";
import { within } from "./within.ts";

function row<S, R>(operation: Operation<Etcd, S, R>): Operation<Etcd> {
  return operation as Operation<Etcd>;
}

const any = async (truth: Truth, id: string): Promise<boolean> => (await truth.entries(id)).size > 0;
const none = async (truth: Truth, id: string): Promise<boolean> => !(await any(truth, id));
const signalOf = ({ timeoutMs }: Call): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(timeoutMs) });
const release = async (held: { release(): Promise<void> } | null): Promise<void> => held?.release();
const close = ({ close: end }: { close(): Promise<void> }): Promise<void> => end();

/** The operations of a hold that another call has resolved with, which take no time limit: those of what they call. */
const holds = (name: string, acquire: (etcd: Etcd, id: string) => ReturnType<typeof lock>): Operation<Etcd>[] => [
  row({
    name: `${name}.release`,
    endless: true,
    setup: acquire,
    run: (_, __, call, held) => within(call, held.release()),
    applied: none,
  }),
  row({
    name: `${name}.renew`,
    endless: true,
    setup: acquire,
    run: (_, __, call, held) => within(call, held.renew()),
    release: (__, held) => held.release(),
    keeps: true,
  }),
  row({
    name: `${name}.txn`,
    setup: acquire,
    run: (_, id, call, held) => held.txn({ then: [op.put(`${id}-guarded`, "new")] }, call),
    applied: async (truth, id) => (await truth.value(`${id}-guarded`)) === "new",
    keeps: true,
  }),
];

const queues = [
  { name: "queue", of: queue, add: (etcd: Etcd, id: string, call?: Call) => queue(etcd, id).enqueue("item", call) },
  {
    name: "priorityQueue",
    of: priorityQueue,
    add: (etcd: Etcd, id: string, call?: Call) => priorityQueue(etcd, id).enqueue("item", 1, call),
  },
] as const;

export const recipeOperations: readonly Operation<Etcd>[] = [
  row({ name: "lock", run: (etcd, id, call) => lock(etcd, id, call), applied: any, release }),
  row({
    name: "withLock",
    run: (etcd, id, call) =>
      within(
        call,
        withLock(etcd, id, async () => undefined),
      ),
    endless: true,
  }),
  row({ name: "mutex.acquire", run: (etcd, id, call) => mutex(etcd, id).acquire(call), applied: any, release }),
  row({ name: "mutex.tryAcquire", run: (etcd, id, call) => mutex(etcd, id).tryAcquire(call), applied: any, release }),
  row({
    name: "mutex.acquire#session",
    setup: (etcd: Etcd) => session(etcd),
    run: (etcd, id, call, own: Session) => mutex(etcd, id, { session: own }).acquire(call),
    applied: any,
    release,
  }),
  row({ name: "mutex.isLocked", reads: true, run: (etcd, id, call) => mutex(etcd, id).isLocked(call) }),
  row({ name: "mutex.holder", reads: true, run: (etcd, id, call) => mutex(etcd, id).holder(call) }),
  ...holds("mutex.held", (etcd, id) => lock(etcd, id)),
  ...(["read", "write"] as const).flatMap((side) =>
    (["acquire", "tryAcquire"] as const).map((name) =>
      row({
        name: `rwLock.${side}.${name}`,
        run: (etcd: Etcd, id, call) => rwLock(etcd, id)[side][name](call),
        applied: any,
        release,
      }),
    ),
  ),
  ...(["acquire", "tryAcquire"] as const).map((name) =>
    row({
      name: `semaphore.${name}`,
      run: (etcd: Etcd, id, call) => semaphore(etcd, id, { permits: 2 })[name](call),
      applied: any,
      release,
    }),
  ),
  row({
    name: "semaphore.holders",
    reads: true,
    run: (etcd, id, call) => semaphore(etcd, id, { permits: 2 }).holders(call),
  }),

  row({
    name: "session",
    run: (etcd, _, call) => session(etcd, signalOf(call)),
    endless: true,
    applied: async (truth) => (await truth.leases()).length > 0,
    release: (own: Session) => own.close(),
  }),
  row({
    name: "session.renew",
    endless: true,
    setup: (etcd) => session(etcd),
    run: (_, __, call, own) => within(call, own.renew()),
  }),
  row({
    name: "session.keys",
    endless: true,
    reads: true,
    setup: (etcd) => session(etcd),
    run: (_, __, call, own) => within(call, own.keys()),
  }),
  row({
    name: "session.close",
    endless: true,
    setup: (etcd) => session(etcd),
    run: (_, __, call, own) => within(call, own.close()),
    applied: async (truth) => (await truth.leases()).length === 0,
  }),

  row({
    name: "election.campaign",
    run: (etcd, id, call) => election(etcd, id).campaign("me", call),
    applied: any,
    release: (led) => led.resign(),
  }),
  row({ name: "election.leader", reads: true, run: (etcd, id, call) => election(etcd, id).leader(call) }),
  row({
    name: "election.observe",
    reads: true,
    endless: true,
    async run(etcd, id, call) {
      for await (const leader of election(etcd, id).observe(signalOf(call))) return leader;
      return undefined;
    },
  }),
  row({
    name: "election.resume",
    setup: async (etcd, id) => {
      const { key, token } = await election(etcd, id).campaign("me");
      return { key, token };
    },
    run: (etcd, id, call, leader) => election(etcd, id).resume(leader, call),
    keeps: true,
    reads: true,
  }),
  row({
    name: "election.run",
    endless: true,
    run: (etcd, id, call) =>
      within(
        call,
        election(etcd, id).run("me", async () => undefined),
      ),
  }),
  row({
    name: "election.leadership.proclaim",
    setup: (etcd, id) => election(etcd, id).campaign("me"),
    run: (_, __, call, led) => led.proclaim("new", call),
    applied: async (truth, id) => [...(await truth.entries(id)).values()].includes("new"),
  }),
  row({
    name: "election.leadership.resign",
    endless: true,
    setup: (etcd, id) => election(etcd, id).campaign("me"),
    run: (_, __, call, led) => within(call, led.resign()),
    applied: none,
  }),
  row({
    name: "namedLeader.set",
    run: (etcd, id, call) => namedLeader(etcd, id).set("me", { ttl: 60, ...call }),
    applied: async (truth, id) => (await truth.value(id)) === "me",
    keeps: true,
  }),
  row({ name: "namedLeader.get", reads: true, run: (etcd, id, call) => namedLeader(etcd, id).get(call) }),
  row({
    name: "namedLeader.delete",
    setup: (etcd, id) => namedLeader(etcd, id).set("me"),
    run: (etcd, id, call) => namedLeader(etcd, id).delete("me", call),
    applied: none,
  }),

  ...queues.flatMap(({ name, of, add }) => [
    row({
      name: `${name}.enqueue`,
      run: (etcd: Etcd, id, call) => add(etcd, id, call),
      applied: async (truth, id) => [...(await truth.entries(id)).values()].includes("item"),
      keeps: true,
    }),
    ...(["dequeue", "tryDequeue"] as const).map((take) =>
      row({
        name: `${name}.${take}`,
        setup: (etcd: Etcd, id) => add(etcd, id),
        run: (etcd: Etcd, id, call) => of(etcd, id)[take](call),
        applied: none,
      }),
    ),
    ...(["peek", "size"] as const).map((read) =>
      row<string, unknown>({
        name: `${name}.${read}`,
        reads: true,
        setup: (etcd, id) => add(etcd, id),
        run: (etcd, id, call) => of(etcd, id)[read](call),
      }),
    ),
  ]),
  row({
    name: "barrier.hold",
    run: (etcd, id, call) => barrier(etcd, id).hold(call),
    applied: any,
    keeps: true,
  }),
  row({
    name: "barrier.release",
    setup: (etcd, id) => barrier(etcd, id).hold(),
    run: (etcd, id, call) => barrier(etcd, id).release(call),
    applied: none,
  }),
  row({ name: "barrier.isHeld", reads: true, run: (etcd, id, call) => barrier(etcd, id).isHeld(call) }),
  row({ name: "barrier.wait", reads: true, run: (etcd, id, call) => barrier(etcd, id).wait(call) }),
  row({
    name: "doubleBarrier.enter",
    setup: async (etcd, id) => doubleBarrier(etcd, id, { count: 1 }),
    run: (_, __, call, gate) => gate.enter(call),
    applied: any,
    release: (_, gate) => gate.leave(),
  }),
  row({
    name: "doubleBarrier.leave",
    async setup(etcd, id) {
      const gate = doubleBarrier(etcd, id, { count: 1 });
      await gate.enter();
      return gate;
    },
    run: (_, __, call, gate) => gate.leave(call),
    // Its own part; the last one opens the gate for those who come later.
    applied: (truth, id) => none(truth, `${id}/waiters`),
  }),

  row({ name: "counter.get", reads: true, run: (etcd, id, call) => counter(etcd, id).get(call) }),
  row({
    name: "counter.add",
    run: (etcd, id, call) => counter(etcd, id).add(3, call),
    applied: async (truth, id) => (await truth.value(id)) === "3",
    keeps: true,
  }),
  row({
    name: "counter.set",
    run: (etcd, id, call) => counter(etcd, id).set(3, call),
    applied: async (truth, id) => (await truth.value(id)) === "3",
    keeps: true,
  }),
  row({
    name: "transact",
    setup: (etcd, id) => etcd.put(id, "old"),
    run: (etcd, id, call) =>
      transact(
        etcd,
        async (tx) => {
          const found = await tx.get(id);
          tx.put(id, `${found?.text() ?? ""}+new`);
        },
        call,
      ),
    applied: async (truth, id) => (await truth.value(id)) === "old+new",
  }),

  row({
    name: "registry.register",
    run: (etcd, id, call) => registry(etcd, id).register("one", "value", call),
    applied: any,
    release: close,
  }),
  row({ name: "registry.list", reads: true, run: (etcd, id, call) => registry(etcd, id).list(call) }),
  row({
    name: "registry.discover",
    reads: true,
    endless: true,
    run: (etcd, id, call) => registry(etcd, id).discover(signalOf(call)),
    release: close,
  }),
  row({
    name: "registration.update",
    setup: (etcd, id) => registry(etcd, id).register("one", "value"),
    run: (_, __, call, listed) => listed.update("new", call),
    applied: async (truth, id) => [...(await truth.entries(id)).values()].includes("new"),
  }),
  row({
    name: "registration.close",
    endless: true,
    setup: (etcd, id) => registry(etcd, id).register("one", "value"),
    run: (_, __, call, listed) => within(call, listed.close()),
    applied: none,
  }),
  row({
    name: "cache",
    reads: true,
    endless: true,
    run: (etcd, id, call) => cache(etcd, { prefix: id }, signalOf(call)),
    release: close,
  }),
  row({
    name: "cache.refresh",
    reads: true,
    setup: (etcd, id) => cache(etcd, { prefix: id }),
    run: (_, __, call, kept) => kept.refresh(call),
  }),
];

/** Exports and methods that send no request: those of what is there already, and what is not a recipe. */
export const recipesWithoutRequests: readonly string[] = [
  "Entry",
  "EtcdError",
  "createEtcd",
  "discover",
  "mutex.held.isHeld",
  "mutex.held.assertHeld",
  "session.remaining",
  "session.orphan",
  "election.leadership.isLeader",
  "cache.get",
  "cache.entry",
  "cache.has",
  "cache.entries",
  "cache.subscribe",
  "cache.getSnapshot",
  // Waits for what the watch of the cache brings.
  "cache.waitFor",
  "cache.close",
];

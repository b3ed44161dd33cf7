// A tour of fetcd: put, get, txn, watch, lease and status, printing what it does and what came back.
// `npm start` runs it on an etcd in memory; ETCD_ENDPOINTS=http://127.0.0.1:2379 npm start on yours, below "fetcd-tour/".
import { compare, createEtcd, type Etcd, EtcdError, op } from "fetcd";
import { createMemoryEtcd } from "fetcd/memory";

const given = process.env["ETCD_ENDPOINTS"];
const memory = given === undefined ? createMemoryEtcd() : undefined;
const endpoints = given?.split(",") ?? ["http://127.0.0.1:2379"];

try {
  await using etcd = createEtcd({ endpoints, namespace: "fetcd-tour/", ...(memory && { fetch: memory.fetch }) });
  await tour(etcd);
} finally {
  memory?.close();
}

async function tour(etcd: Etcd): Promise<void> {
  console.log(`fetcd on ${memory === undefined ? `your etcd at ${endpoints.join(", ")}` : "an etcd in memory"}`);

  title("Put and get");
  await show('put("greeting", "hello")', etcd.put("greeting", "hello"));
  const greeting = await show('get("greeting")', etcd.get("greeting"));
  await show('get("missing")', etcd.get("missing"));

  title("Write only if nobody else has");
  if (greeting !== null) {
    await show('update(entry, "hello, world")', etcd.update(greeting, "hello, world"));
    await show('update(entry, "too late")', etcd.update(greeting, "too late"));
  }
  await show('create("greeting", …)', etcd.create("greeting", "again"));

  title("Many keys");
  for (const name of ["fruit/apple", "fruit/pear", "fruit/dried/fig", "tool/saw"]) await etcd.put(name, "1");
  await show('range({ prefix: "fruit/" }, { limit: 2 })', etcd.range({ prefix: "fruit/" }, { limit: 2 }));
  await show('ls("fruit/")', list(etcd.ls("fruit/")));

  title("A transaction");
  await show(
    "txn: if the saw exists, take it and read the fruit",
    etcd.txn({
      if: [compare.exists("tool/saw")],
      then: [op.delete("tool/saw"), op.get({ prefix: "fruit/" }, { keysOnly: true })],
      else: [op.get("tool/saw")],
    }),
  );

  title("A write that is applied once, however often it is sent");
  await show('put("counter", "1", { exactlyOnce: true })', etcd.put("counter", "1", { exactlyOnce: true }));

  title("Watch");
  await using watch = etcd.watch({ prefix: "news/" });
  await show("ready", watch.ready);
  await etcd.put("news/1", "first");
  await etcd.txn({ then: [op.put("news/2", "second"), op.put("news/3", "in the same revision")] });
  await etcd.delete("news/1");
  let seen = 0;
  for await (const event of watch) {
    console.log(`  event: ${event.type} ${event.entry.key} at revision ${event.revision}`);
    if (++seen === 4) break;
  }

  title("Lease");
  const lease = await show("lease.grant(10)", etcd.lease.grant(10));
  await etcd.put("online/me", "here", { lease: lease.id });
  await show("lease.timeToLive(id, { keys: true })", etcd.lease.timeToLive(lease.id, { keys: true }));
  await show("lease.keepAliveOnce(id)", etcd.lease.keepAliveOnce(lease.id));
  await etcd.lease.revoke(lease.id);
  await show('get("online/me"), after revoke', etcd.get("online/me"));

  title("The cluster");
  await show("cluster.members()", etcd.cluster.members());
  await show("maintenance.status()", etcd.maintenance.status());

  title("An error says what it means for your write");
  await etcd.put("greeting", "x", { lease: 42n }).catch((error: unknown) => {
    if (!EtcdError.is(error)) throw error;
    console.log(`  put with a lease that is not there: reason ${error.reason}, outcome ${error.outcome}`);
  });

  await etcd.delete({ all: true });
}

function title(text: string): void {
  console.log(`\n${text}`);
}

async function list<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function show<T>(what: string, result: Promise<T>): Promise<T> {
  const value = await result;
  console.log(`  ${what}\n    -> ${JSON.stringify(value, readable)}`);
  return value;
}

/** Bytes as text, big integers with all of their digits. */
function readable(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
}

// Calls of v2 that must compile, with the types they must have. `npm run check` compiles this; nothing runs it.
import {
  type Acknowledged,
  CompareFailed,
  createEtcdV2,
  type DirectoryNode,
  type EtcdV2,
  EtcdV2Error,
  type Got,
  type Hold,
  type Node,
  type RemovedNode,
  type Result,
  TestFailed,
  type ValueNode,
  type WrittenKind,
} from "../../src/v2/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { is, type Same } from "./same.ts";

declare const etcd: EtcdV2;
declare const signal: AbortSignal;

export async function calls(): Promise<void> {
  createEtcdV2();
  createEtcdV2({ endpoints: ["https://a:2379"], auth: { username: "u", password: "p" }, fetch: globalThis.fetch });
  createEtcdV2({
    fetch: createMemoryEtcd().fetch,
    expectedClusterId: 1n,
    discoverMembers: true,
    followRedirects: true,
  });

  const set = await etcd.set("/a", "1", { ttl: 5, prevExist: true, prevIndex: 7n, signal, timeoutMs: 5 });
  is<Same<typeof set.node, ValueNode>>();
  is<Same<typeof set.node.value, string>>();
  is<Same<typeof set.kind, WrittenKind>>();
  const brief = await etcd.set("/a", "1", { noValueOnSuccess: true });
  is<Same<typeof brief, Acknowledged>>();
  const dir = await etcd.set("/d", null, { dir: true });
  is<Same<typeof dir.node, DirectoryNode>>();
  is<Same<Awaited<ReturnType<typeof etcd.mkdir>>["node"], DirectoryNode>>();
  is<Same<Awaited<ReturnType<typeof etcd.get>>, Got>>();

  const { node } = await etcd.get("/a", { recursive: true, sorted: true, quorum: true });
  is<Same<typeof node.value, string | undefined>>();
  if (node.dir) is<Same<typeof node.children, readonly Node[]>>();
  else is<Same<typeof node.value, string>>();
  is<Same<typeof node.modifiedIndex, bigint>>();
  if (!node.dir) await etcd.update(node, "2");
  await etcd.update({ ...set.node, value: "2" });
  await etcd.wait("/a", { index: node.modifiedIndex + 1n, recursive: true, timeoutMs: 5 });
  await etcd.wait("/a", { index: 7 });

  for await (const event of etcd.watch("/a", { recursive: true })) {
    is<Same<typeof event, Result>>();
    switch (event.kind) {
      case "got":
        is<Same<typeof event.node, Node>>();
        break;
      case "deleted":
      case "expired":
      case "comparedThenDeleted":
        is<Same<typeof event.node, RemovedNode>>();
        break;
      case "set":
      case "created":
      case "updated":
      case "comparedThenSwapped":
        is<Same<typeof event.prevNode, Node | null>>();
    }
  }

  await using lock = etcd.lock("name", { ttl: 60 });
  is<Same<Awaited<ReturnType<typeof lock.acquire>>, Hold>>();
  is<Same<Awaited<ReturnType<typeof lock.tryAcquire>>, Hold | null>>();
  const leadership = await etcd.election("name").campaign("me", { ttl: 5, signal });
  is<Same<typeof leadership.token, bigint>>();

  const error: unknown = undefined;
  if (EtcdV2Error.is(error)) is<Same<typeof error.code, number | null>>();
  if (error instanceof TestFailed) is<Same<typeof error.name, "CompareFailed">>();
  if (error instanceof CompareFailed) is<Same<typeof error.index, bigint | null>>();
}

// Calls of v2 that must not compile, one mistake each. `npm run check` fails if one of them does; nothing runs it.
import { createEtcdV2, type EtcdV2, type Result } from "../../src/v2/index.ts";

declare const etcd: EtcdV2;
declare const result: Result;

export function mistakes(): void {
  // @ts-expect-error an option that does not exist
  createEtcdV2({ endpoint: "https://a:2379" });
  // @ts-expect-error half of the user
  createEtcdV2({ auth: { username: "u" } });
  // @ts-expect-error v2 knows no tokens
  createEtcdV2({ auth: { token: "t" } });

  // @ts-expect-error a value and a directory
  void etcd.set("/a", "1", { dir: true });
  // @ts-expect-error neither a value nor a directory
  void etcd.set("/a", null);
  // @ts-expect-error a value and a directory
  void etcd.create("/a", "1", { dir: true });
  // @ts-expect-error a value and a directory
  void etcd.update("/a", "1", { dir: true });
  // @ts-expect-error a value and a directory
  void etcd.append("/a", "1", { dir: true });
  // @ts-expect-error values are text
  void etcd.set("/a", new Uint8Array(1));
  // @ts-expect-error a time to live is a number
  void etcd.set("/a", "1", { ttl: "5" });
  // @ts-expect-error a create compares nothing
  void etcd.create("/a", "1", { prevValue: "0" });
  // @ts-expect-error nothing to compare with
  void etcd.compareAndSwap("/a", "1");
  // @ts-expect-error no such option
  void etcd.get("/a", { wait: true });
  // @ts-expect-error nothing comes back but the index
  void etcd.set("/a", "1", { noValueOnSuccess: true }).then(({ node }) => node.value);
  // @ts-expect-error a directory may be there
  void etcd.get("/a").then(({ node }) => node.value.length);
  // @ts-expect-error what is gone has no children
  if (result.kind === "deleted") void result.node.children;
  // @ts-expect-error there are eight kinds
  if (result.kind === "delete") return;
  // @ts-expect-error a node to keep has a time to live
  void etcd.keepNode("/a", "1", {});
  // @ts-expect-error no such permission
  void etcd.auth.roles.grantPermission("r", "all", "/a");
}

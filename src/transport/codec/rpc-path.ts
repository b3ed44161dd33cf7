import type { DescMethod } from "@bufbuild/protobuf";
import { etcdSchema } from "./schema.ts";

const routes = new WeakMap<DescMethod, string>();

/**
 * The gateway's path for an RPC, such as `/v3/kv/range`, or `undefined` for an RPC that the gateway does not serve. By
 * name: the descriptor may be a generated one or one of ours.
 */
export function routeOf(method: DescMethod): string | undefined {
  let route = routes.get(method);
  if (route === undefined) {
    route = etcdSchema.path(method.parent.typeName, method.name);
    routes.set(method, route);
  }
  return route === "" ? undefined : route;
}

import { type DescMethod, fromBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { http } from "../gen/google/api/annotations_pb.ts";
import { HttpRuleSchema } from "../gen/google/api/http_pb.ts";

const routes = new WeakMap<DescMethod, string | null>();

/**
 * The gateway's path for an RPC, such as `/v3/kv/range`: the `post` of its `google.api.http` option, or `undefined` for
 * an RPC that the gateway does not serve. (`getOption` would read the same, and add 3 kB of reflection to every bundle.)
 */
export function routeOf(method: DescMethod): string | undefined {
  let route = routes.get(method);
  if (route === undefined) {
    const option = method.proto.options?.$unknown?.find((field) => field.no === http.number);
    const rule = option && fromBinary(HttpRuleSchema, new BinaryReader(option.data).bytes());
    route = rule?.pattern.case === "post" ? rule.pattern.value : null;
    routes.set(method, route);
  }
  return route ?? undefined;
}

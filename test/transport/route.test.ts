import { getOption, hasOption } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { KV } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { http } from "../../src/gen/google/api/annotations_pb.ts";
import { routeOf } from "../../src/transport/codec/rpc-path.ts";
import { allMethods } from "./api.ts";

describe("the path of an RPC", () => {
  it.each(allMethods.map((method) => [`${method.parent.typeName}.${method.name}`, method] as const))(
    "%s: what its google.api.http option says",
    (_, method) => {
      const rule = hasOption(method, http) ? getOption(method, http) : undefined;
      const route = routeOf(method);
      expect(route).toBe(rule?.pattern.case === "post" ? rule.pattern.value : undefined);
      expect(routeOf(method)).toBe(route);
    },
  );

  it("is /v3/kv/range for KV.Range", () => {
    expect(routeOf(KV.method.range)).toBe("/v3/kv/range");
  });

  it("does not exist for RangeStream alone, which the gateway does not serve", () => {
    expect(allMethods.filter((method) => routeOf(method) === undefined)).toEqual([KV.method.rangeStream]);
  });
});

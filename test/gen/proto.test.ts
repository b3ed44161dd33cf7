import { getOption, hasOption, ScalarType } from "@bufbuild/protobuf";
import type { DescEnum, DescField, DescFile, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import { describe, expect, it, test } from "vitest";

import * as authpb from "../../src/gen/authpb/auth_pb.ts";
import * as auth from "../../src/gen/etcdserverpb/auth_pb.ts";
import * as cluster from "../../src/gen/etcdserverpb/cluster_pb.ts";
import * as header from "../../src/gen/etcdserverpb/header_pb.ts";
import * as kv from "../../src/gen/etcdserverpb/kv_pb.ts";
import * as lease from "../../src/gen/etcdserverpb/lease_pb.ts";
import * as maintenance from "../../src/gen/etcdserverpb/maintenance_pb.ts";
import * as watch from "../../src/gen/etcdserverpb/watch_pb.ts";
import { http } from "../../src/gen/google/api/annotations_pb.ts";
import * as mvccpb from "../../src/gen/mvccpb/kv_pb.ts";
import * as election from "../../src/gen/v3electionpb/election_pb.ts";
import * as lock from "../../src/gen/v3lockpb/lock_pb.ts";
import * as proto from "../../src/proto.ts";
import { enums, messages, rpcs } from "./etcd-api.ts";

const files: readonly DescFile[] = [
  authpb.file_authpb_auth,
  auth.file_etcdserverpb_auth,
  cluster.file_etcdserverpb_cluster,
  header.file_etcdserverpb_header,
  kv.file_etcdserverpb_kv,
  lease.file_etcdserverpb_lease,
  maintenance.file_etcdserverpb_maintenance,
  watch.file_etcdserverpb_watch,
  mvccpb.file_mvccpb_kv,
  election.file_v3electionpb_election,
  lock.file_v3lockpb_lock,
];
const allMessages: readonly DescMessage[] = files.flatMap((file) => file.messages);
const allEnums: readonly DescEnum[] = files.flatMap((file) => [
  ...file.enums,
  ...file.messages.flatMap((message) => message.nestedEnums),
]);
const allServices: readonly DescService[] = files.flatMap((file) => file.services);
const allMethods: readonly DescMethod[] = allServices.flatMap((service) => service.methods);

/** Reads the notation of etcd-api.ts: name -> its items. */
function parse(table: string): Map<string, string[]> {
  const lines = table.trim().replaceAll(/\n\s+/g, " ").split("\n");
  return new Map(
    lines.map((line) => {
      const [name = "", items = ""] = line.split(/:\s*/, 2);
      return [name, items === "" ? [] : items.split("; ")];
    }),
  );
}

/** A type's name as seen from a file: without the package when that is the file's own. */
function nameIn(file: DescFile, type: DescMessage | DescEnum): string {
  const prefix = `${file.proto.package}.`;
  return type.typeName.startsWith(prefix) ? type.typeName.slice(prefix.length) : type.typeName;
}

function typeOf(field: DescField): string {
  const type = field.message ?? field.enum;
  if (type !== undefined) return nameIn(field.parent.file, type);
  return field.scalar === undefined ? field.fieldKind : ScalarType[field.scalar].toLowerCase();
}

function printField(field: DescField): string {
  const oneof = field.oneof === undefined ? "" : ` [${field.oneof.name}]`;
  return `${field.number} ${field.name} ${field.fieldKind === "list" ? "repeated " : ""}${typeOf(field)}${oneof}`;
}

function printMethod(method: DescMethod): string {
  const { file } = method.parent;
  const streamsIn = method.methodKind === "bidi_streaming" || method.methodKind === "client_streaming";
  const streamsOut = method.methodKind === "bidi_streaming" || method.methodKind === "server_streaming";
  const input = `${streamsIn ? "stream " : ""}${nameIn(file, method.input)}`;
  return `${input} -> ${streamsOut ? "stream " : ""}${nameIn(file, method.output)}`;
}

const pathOf = (method: DescMethod): string => `${method.parent.typeName}/${method.name}`;

function gatewayRules(method: DescMethod): { verb: string | undefined; path: unknown; body: string }[] {
  if (!hasOption(method, http)) return [];
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings].map(({ pattern, body }) => ({
    verb: pattern.case,
    path: pattern.value,
    body,
  }));
}

describe("messages", () => {
  const expected = parse(messages);

  it("are exactly etcd's", () => {
    expect(allMessages.map((message) => message.typeName).sort()).toEqual([...expected.keys()].sort());
  });

  test.each(allMessages.map((type) => [type.typeName, type] as const))("%s has etcd's fields", (name, type) => {
    expect(type.fields.map(printField)).toEqual(expected.get(name));
  });
});

describe("enums", () => {
  const expected = parse(enums);

  it("are exactly etcd's", () => {
    expect(allEnums.map((type) => type.typeName).sort()).toEqual([...expected.keys()].sort());
  });

  test.each(allEnums.map((type) => [type.typeName, type] as const))("%s has etcd's values", (name, type) => {
    expect(type.values.map((value) => `${value.name}=${value.number}`)).toEqual(expected.get(name));
  });
});

describe("RPCs", () => {
  const expected = parse(rpcs);

  it("are exactly etcd's", () => {
    expect(allMethods.map(pathOf).sort()).toEqual([...expected.keys()].sort());
  });

  test.each(allMethods.map((method) => [pathOf(method), method] as const))(
    "%s takes and gives etcd's messages and is posted to etcd's paths",
    (path, method) => {
      const rules = gatewayRules(method);
      expect([printMethod(method), ...rules.map((rule) => rule.path)]).toEqual(expected.get(path));
      expect(rules.every((rule) => rule.verb === "post" && rule.body === "*")).toBe(true);
    },
  );
});

describe("the public entry", () => {
  it("exports every message, enum and service, each under a name of its own", () => {
    const generated = [authpb, auth, cluster, header, kv, lease, maintenance, watch, mvccpb, election, lock];
    const names = generated.flatMap(Object.keys).filter((name) => !name.startsWith("file_"));
    expect(Object.keys(proto).sort()).toEqual(names.sort());
  });
});

describe("descriptors", () => {
  it("of keys, watches and leases do not load those of users, members and maintenance", () => {
    const loaded = new Set<string>();
    const load = (file: DescFile): void => {
      loaded.add(file.name);
      file.dependencies.forEach(load);
    };
    [kv.file_etcdserverpb_kv, watch.file_etcdserverpb_watch, lease.file_etcdserverpb_lease].forEach(load);
    expect([...loaded].sort()).toEqual([
      "etcdserverpb/header",
      "etcdserverpb/kv",
      "etcdserverpb/lease",
      "etcdserverpb/watch",
      "google/api/annotations",
      "google/api/http",
      "google/protobuf/descriptor",
      "mvccpb/kv",
    ]);
  });
});

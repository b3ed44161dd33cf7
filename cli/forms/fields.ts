import { goQuote } from "../go-quote.ts";
import type { RecordedAnswer, Header } from "../recorder.ts";

// `etcdctl -w fields`: a line for each field, `"Name" : value`, with strings quoted as Go does.

export interface KeyValueFields {
  readonly key: Uint8Array;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  readonly version: bigint;
  readonly value: Uint8Array;
  readonly lease: bigint;
}

const utf8 = new TextEncoder();

export function field(name: string, value: string | bigint | boolean | number): string {
  return `"${name}" : ${value}`;
}

export function goQuoted(text: string | Uint8Array): string {
  return goQuote(typeof text === "string" ? utf8.encode(text) : text);
}

export function headerFields(header: Partial<Header> | undefined): string[] {
  const { clusterId = 0n, memberId = 0n, revision = 0n, raftTerm = 0n } = header ?? {};
  return [
    field("ClusterID", clusterId),
    field("MemberID", memberId),
    field("Revision", revision),
    field("RaftTerm", raftTerm),
  ];
}

function keyValueFields(prefix: string, kv: KeyValueFields): string[] {
  return [
    field(`${prefix}Key`, goQuoted(kv.key)),
    field(`${prefix}CreateRevision`, kv.createRevision),
    field(`${prefix}ModRevision`, kv.modRevision),
    field(`${prefix}Version`, kv.version),
    field(`${prefix}Value`, goQuoted(kv.value)),
    field(`${prefix}Lease`, kv.lease),
  ];
}

/** For each answer that has this form: its lines after the header. */
const bodies: Readonly<Record<string, (answer: RecordedAnswer) => string[]>> = {
  RangeResponse: ({ kvs, more, count }) => [
    ...(kvs as KeyValueFields[]).flatMap((kv) => keyValueFields("", kv)),
    field("More", more as boolean),
    field("Count", count as bigint),
  ],
  PutResponse: ({ prevKv }) => (prevKv === undefined ? [] : keyValueFields("Prev", prevKv as KeyValueFields)),
  DeleteRangeResponse: ({ deleted, prevKvs }) => [
    field("Deleted", deleted as bigint),
    ...(prevKvs as KeyValueFields[]).flatMap((kv) => keyValueFields("Prev", kv)),
  ],
  TxnResponse: ({ succeeded, responses }) => [
    field("Succeeded", succeeded as boolean),
    ...(responses as { response: { value?: RecordedAnswer } }[]).flatMap(({ response: { value } }) =>
      value === undefined ? [] : (fieldLines(value) ?? []),
    ),
  ],
  WatchResponse: ({ events }) =>
    (events as { type: number; kv: KeyValueFields; prevKv?: KeyValueFields }[]).flatMap(({ type, kv, prevKv }) => [
      field("Type", type === 1 ? "DELETE" : "PUT"),
      ...(prevKv === undefined ? [] : keyValueFields("Prev", prevKv)),
      ...keyValueFields("", kv),
    ]),
  LeaseGrantResponse: ({ ID, TTL }) => [field("ID", ID as bigint), field("TTL", TTL as bigint)],
  LeaseKeepAliveResponse: ({ ID, TTL }) => [field("ID", ID as bigint), field("TTL", TTL as bigint)],
  LeaseRevokeResponse: () => [],
  LeaseTimeToLiveResponse: ({ ID, TTL, grantedTTL, keys }) => [
    field("ID", ID as bigint),
    field("TTL", TTL as bigint),
    field("GrantedTTL", grantedTTL as bigint),
    ...(keys as Uint8Array[]).map((key) => field("Key", goQuoted(key))),
  ],
  LeaseLeasesResponse: ({ leases }) => (leases as { ID: bigint }[]).map(({ ID }) => field("ID", ID)),
  MemberListResponse: ({ members }) =>
    (members as { ID: bigint; name: string; peerURLs: string[]; clientURLs: string[]; isLearner: boolean }[]).flatMap(
      ({ ID, name, peerURLs, clientURLs, isLearner }) => [
        field("ID", ID),
        field("Name", goQuoted(name)),
        ...peerURLs.map((url) => field("PeerURL", goQuoted(url))),
        ...clientURLs.map((url) => field("ClientURL", goQuoted(url))),
        field("IsLearner", isLearner),
        "",
      ],
    ),
  AlarmResponse: ({ alarms }) =>
    (alarms as { memberID: bigint; alarm: number }[]).flatMap(({ memberID, alarm }) => [
      field("MemberID", memberID),
      field("AlarmType", ["NONE", "NOSPACE", "CORRUPT"][alarm] ?? alarm),
    ]),
  AuthRoleGetResponse: ({ perm }) =>
    (perm as { permType: number; key: Uint8Array; rangeEnd: Uint8Array }[]).flatMap(({ permType, key, rangeEnd }) => [
      field("PermType", ` ${["READ", "WRITE", "READWRITE"][permType] ?? permType}`),
      field("Key", goQuoted(key)),
      field("RangeEnd", goQuoted(rangeEnd)),
    ]),
  AuthRoleListResponse: ({ roles }) => [`"Roles" :${(roles as string[]).map((role) => ` ${goQuoted(role)}`).join("")}`],
  AuthUserAddResponse: () => [],
  AuthUserDeleteResponse: () => [],
  AuthUserChangePasswordResponse: () => [],
  AuthUserGrantRoleResponse: () => [],
  AuthUserRevokeRoleResponse: () => [],
  AuthRoleAddResponse: () => [],
  AuthRoleDeleteResponse: () => [],
  AuthRoleGrantPermissionResponse: () => [],
  AuthRoleRevokePermissionResponse: () => [],
};

export function hasFields(type: string): boolean {
  return Object.hasOwn(bodies, type);
}

/** The lines of an answer; `undefined` if the answer does not have this form. */
export function fieldLines(answer: RecordedAnswer): string[] | undefined {
  const body = bodies[answer.$typeName.split(".").at(-1) ?? ""];
  if (body === undefined) return undefined;
  return [...headerFields(answer["header"] as Partial<Header> | undefined), ...body(answer)];
}

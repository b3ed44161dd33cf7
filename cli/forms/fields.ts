import type {
  AlarmResponse,
  AuthRoleGetResponse,
  AuthRoleListResponse,
  DeleteRangeResponse,
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseTimeToLiveResponse,
  MemberListResponse,
  PutResponse,
  RangeResponse,
  TxnResponse,
  WatchResponse,
} from "fetcd/proto";
import { goQuote } from "../go-quote.ts";
import { type Header, headerOf, type RecordedAnswer } from "../recorder.ts";

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

export function headerFields({ clusterId, memberId, revision, raftTerm }: Header): string[] {
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

interface Answers {
  readonly RangeResponse: RangeResponse;
  readonly PutResponse: PutResponse;
  readonly DeleteRangeResponse: DeleteRangeResponse;
  readonly TxnResponse: TxnResponse;
  readonly WatchResponse: WatchResponse;
  readonly LeaseGrantResponse: LeaseGrantResponse;
  readonly LeaseKeepAliveResponse: LeaseKeepAliveResponse;
  readonly LeaseTimeToLiveResponse: LeaseTimeToLiveResponse;
  readonly LeaseLeasesResponse: LeaseLeasesResponse;
  readonly MemberListResponse: MemberListResponse;
  readonly AlarmResponse: AlarmResponse;
  readonly AuthRoleGetResponse: AuthRoleGetResponse;
  readonly AuthRoleListResponse: AuthRoleListResponse;
}

/** For each answer that has more than a header in this form: its lines after the header. */
const bodies: { readonly [Name in keyof Answers]: (answer: Answers[Name]) => string[] } = {
  RangeResponse: ({ kvs, more, count }) => [
    ...kvs.flatMap((kv) => keyValueFields("", kv)),
    field("More", more),
    field("Count", count),
  ],
  PutResponse: ({ prevKv }) => (prevKv === undefined ? [] : keyValueFields("Prev", prevKv)),
  DeleteRangeResponse: ({ deleted, prevKvs }) => [
    field("Deleted", deleted),
    ...prevKvs.flatMap((kv) => keyValueFields("Prev", kv)),
  ],
  TxnResponse: ({ succeeded, responses }) => [
    field("Succeeded", succeeded),
    ...responses.flatMap(({ response: { value } }) => (value === undefined ? [] : (fieldLines(value) ?? []))),
  ],
  WatchResponse: ({ events }) =>
    events.flatMap(({ type, kv, prevKv }) => [
      field("Type", type === 1 ? "DELETE" : "PUT"),
      ...(prevKv === undefined ? [] : keyValueFields("Prev", prevKv)),
      ...(kv === undefined ? [] : keyValueFields("", kv)),
    ]),
  LeaseGrantResponse: ({ ID, TTL }) => [field("ID", ID), field("TTL", TTL)],
  LeaseKeepAliveResponse: ({ ID, TTL }) => [field("ID", ID), field("TTL", TTL)],
  LeaseTimeToLiveResponse: ({ ID, TTL, grantedTTL, keys }) => [
    field("ID", ID),
    field("TTL", TTL),
    field("GrantedTTL", grantedTTL),
    ...keys.map((key) => field("Key", goQuoted(key))),
  ],
  LeaseLeasesResponse: ({ leases }) => leases.map(({ ID }) => field("ID", ID)),
  MemberListResponse: ({ members }) =>
    members.flatMap(({ ID, name, peerURLs, clientURLs, isLearner }) => [
      field("ID", ID),
      field("Name", goQuoted(name)),
      ...peerURLs.map((url) => field("PeerURL", goQuoted(url))),
      ...clientURLs.map((url) => field("ClientURL", goQuoted(url))),
      field("IsLearner", isLearner),
      "",
    ]),
  AlarmResponse: ({ alarms }) =>
    alarms.flatMap(({ memberID, alarm }) => [
      field("MemberID", memberID),
      field("AlarmType", ["NONE", "NOSPACE", "CORRUPT"][alarm] ?? alarm),
    ]),
  AuthRoleGetResponse: ({ perm }) =>
    perm.flatMap(({ permType, key, rangeEnd }) => [
      field("PermType", ` ${["READ", "WRITE", "READWRITE"][permType] ?? permType}`),
      field("Key", goQuoted(key)),
      field("RangeEnd", goQuoted(rangeEnd)),
    ]),
  AuthRoleListResponse: ({ roles }) => [`"Roles" :${roles.map((role) => ` ${goQuoted(role)}`).join("")}`],
};

/** The answers that have only a header. */
const headers: ReadonlySet<string> = new Set([
  "LeaseRevokeResponse",
  "AuthUserAddResponse",
  "AuthUserDeleteResponse",
  "AuthUserChangePasswordResponse",
  "AuthUserGrantRoleResponse",
  "AuthUserRevokeRoleResponse",
  "AuthRoleAddResponse",
  "AuthRoleDeleteResponse",
  "AuthRoleGrantPermissionResponse",
  "AuthRoleRevokePermissionResponse",
]);

export function hasFields(type: string): boolean {
  return headers.has(type) || hasBody(type);
}

function hasBody(type: string): type is keyof Answers {
  return Object.hasOwn(bodies, type);
}

/** The lines of an answer; `undefined` if the answer does not have this form. */
export function fieldLines(answer: RecordedAnswer): string[] | undefined {
  const type = answer.$typeName.split(".").at(-1) ?? "";
  if (!hasFields(type)) return undefined;
  // The name of the type says which of `Answers` it is.
  const body = hasBody(type) ? (bodies[type] as (answer: RecordedAnswer) => string[])(answer) : [];
  return [...headerFields(headerOf(answer)), ...body];
}

import type { Step } from "./side-by-side.ts";

// Requests that a client of ours does not make and another one may.

const base64 = (text: string): string => btoa(text);
const [a, b, c, d] = ["a", "b", "c", "d"].map(base64);

const withLimit = (limit: string): string => `{"key":"${a}","range_end":"${d}","limit":${limit}}`;
const withOrder = (order: string): string => `{"key":"${a}","range_end":"${d}","sort_order":${order}}`;

/** Bodies of a range, as text. An unknown `sort_target` is not among them: 3.5 panics. */
export const oddBodies: readonly string[] = [
  ["", " ", "{}", "null", "[]", "5", '"x"', "x", "{", `{"key":"${a}"`, `{"key":"${a}",}`],
  [`{"key":"${a}"}x`, `{"key":"${a}"}{"key":"${b}"}`, `{"key":"${a}","unknown":{"key":1}}`],
  ['{"key":5}', '{"key":null}', '{"key":true}', '{"key":{}}', '{"key":"YQ"}', '{"key":"_-8="}', '{"key":"Y Q=="}'],
  [`{"key":"${a}","range_end":"${b}","rangeEnd":"${c}"}`],
  [`{"key":"${a}","rangeEnd":"${c}","range_end":"${b}"}`],
  ["1", '"1"', "1.0", "1e0", "1.5", "-0", "null", "true", '"x"', '""', "[]", "{}", '"01"', '"+1"'].map(withLimit),
  ["9223372036854775807", "-9223372036854775808", "9223372036854775808", '"9223372036854775808"'].map(withLimit),
  ["1", "7", "-1", '"ASCEND"', '"ascend"', '"1"', "null", "true", "1.5"].map(withOrder),
  ['"true"', "1", '"yes"', "null"].map((flag) => `{"key":"${a}","serializable":${flag}}`),
].flat();

/** Outside of the RPCs, or beside them. */
export const oddPaths: readonly (readonly [method: string, path: string])[] = [
  ...["GET", "HEAD", "POST", "DELETE"].flatMap((method) =>
    ["/version", "/health", "/livez", "/readyz", "/nothing", "/v3/nothing"].map((path) => [method, path] as const),
  ),
  ...["GET", "HEAD", "PUT", "PATCH", "OPTIONS"].flatMap((method) =>
    ["/v3/kv/range", "/v3/watch", "/v3/lease/keepalive"].map((path) => [method, path] as const),
  ),
  ...[
    "/health?exclude=NOSPACE",
    "/health?serializable=true",
    "/health/",
    "/version/",
    "/livez?verbose",
    "/readyz?exclude=x",
  ]
    .concat("/livez/serializable_read", "/readyz/data_corruption", "/readyz/nothing", "/v3/", "/v3/kv", "/v3/kv/range/")
    .map((path) => ["GET", path] as const),
  ...["/v3/kv//range", "/v3beta/kv/range", "/v3alpha/kv/range", "/v3/kv/range?x=1"].map(
    (path) => ["POST", path] as const,
  ),
];

const at = (path: string, body: unknown, as?: string): Step => ({
  path: `/v3/${path}`,
  body: () => body,
  ...(as === undefined ? {} : { as }),
});
const putA = { request_put: { key: a, value: a } };
const get = { request_range: { key: a } };
const remove = { request_delete_range: { key: "eno=" } };
const leader = { name: b, key: base64("b/1e"), rev: "9", lease: "30" };

/** What an alarm stops, and what it does not. */
const underAlarm: readonly Step[] = [
  ...[{}, { key: a }, { key: a, lease: "999" }, { key: a, value: a, ignore_value: true }].map((body) =>
    at("kv/put", body),
  ),
  at("kv/range", { key: a }),
  at("kv/range", { key: a, serializable: true }),
  at("kv/deleterange", { key: "eno=" }),
  at("kv/deleterange", {}),
  ...[{}, { success: [get] }, { success: [putA] }, { failure: [putA] }, { success: [get], failure: [putA] }].map(
    (body) => at("kv/txn", body),
  ),
  ...[{ success: [remove] }, { success: [{}] }, { success: [putA, putA] }, { success: [{ request_put: {} }] }].map(
    (body) => at("kv/txn", body),
  ),
  ...[get, putA].map((op) => at("kv/txn", { success: [{ request_txn: { success: [op] } }] })),
  at("kv/compaction", { revision: "99999" }),
  at("lease/grant", { ID: "31", TTL: "100" }),
  at("lease/grant", { ID: "31", TTL: "9000000001" }),
  at("lease/revoke", { ID: "31" }),
  at("lease/revoke", { ID: "30" }),
  at("lease/grant", { ID: "30", TTL: "100" }),
  at("lease/keepalive", { ID: "30" }),
  at("lease/leases", {}),
  at("maintenance/status", {}),
  at("maintenance/alarm", {}),
  at("maintenance/defragment", {}),
  at("auth/user/add", { name: "u", password: "p" }),
  at("auth/user/delete", { name: "u" }),
  at("lock/lock", { name: b, lease: "30" }),
  at("lock/unlock", { key: leader.key }),
  at("election/campaign", { name: b, lease: "30", value: a }),
  at("election/proclaim", { leader, value: a }),
  at("election/resign", { leader }),
  at("election/proclaim", { leader: { lease: "30" } }),
  at("election/resign", { leader: { lease: "30" } }),
];

const alarm = (action: "ACTIVATE" | "DEACTIVATE", name: string, memberID = "3"): Step =>
  at("maintenance/alarm", { action, alarm: name, memberID });

/** Alarms of both types and of two members, raised and ended in different orders. */
export const alarmSteps: readonly Step[] = [
  at("lease/grant", { ID: "30", TTL: "100" }),
  alarm("ACTIVATE", "NOSPACE"),
  ...underAlarm,
  alarm("ACTIVATE", "CORRUPT"),
  ...underAlarm,
  alarm("DEACTIVATE", "NOSPACE"),
  ...underAlarm,
  alarm("DEACTIVATE", "CORRUPT"),
  ...underAlarm,
  alarm("ACTIVATE", "CORRUPT"),
  alarm("ACTIVATE", "NOSPACE"),
  ...underAlarm,
  alarm("ACTIVATE", "NOSPACE", "4"),
  alarm("DEACTIVATE", "NOSPACE"),
  ...underAlarm,
  alarm("DEACTIVATE", "CORRUPT"),
  ...underAlarm,
  alarm("DEACTIVATE", "NOSPACE", "4"),
  ...underAlarm,
];

const leased = { key: a, lease: "41" };
const seen = { key: b, prev_kv: true };

/** u may write a and b, and not the key that the lease has; these leave authentication on. */
export const rightsSteps: readonly Step[] = [
  at("lease/grant", { ID: "41", TTL: "1000" }),
  at("kv/put", { key: d, lease: "41" }),
  ...["root", "u"].map((name) => at("auth/user/add", { name, password: "p" })),
  ...["root", "r"].map((name) => at("auth/role/add", { name })),
  ...[a, b].map((key) => at("auth/role/grant", { name: "r", perm: { permType: "WRITE", key } })),
  at("auth/user/grant", { user: "root", role: "root" }),
  at("auth/user/grant", { user: "u", role: "r" }),
  at("auth/enable", {}),
  at("auth/authenticate", { name: "u", password: "p" }),
  ...[leased, seen].map((put) => at("kv/put", put, "u")),
  ...[leased, seen].map((put) => at("kv/txn", { success: [{ request_put: put }] }, "u")),
  at("kv/deleterange", seen, "u"),
  at("kv/txn", { success: [{ request_delete_range: seen }] }, "u"),
  at("lease/revoke", { ID: "41" }, "u"),
  at("lease/timetolive", { ID: "41", keys: true }, "u"),
];

const create = (request: object): string => JSON.stringify({ create_request: request });
const cancel = (id: string): string => JSON.stringify({ cancel_request: { watch_id: id } });
const progress = JSON.stringify({ progress_request: {} });
const watch = { key: a };

/**
 * Bodies of watches, where a was put at revisions 2, 3 and 5, deleted at 4, and 3 is compacted. None depends on whether
 * etcd, which looks ten times a second for watches of the past, does so between two of its requests.
 */
export const oddWatches: readonly string[] = [
  create({}),
  create(watch) + create(watch),
  create({ ...watch, watch_id: "5" }) + create({ ...watch, watch_id: "5" }),
  create({ ...watch, watch_id: "-7" }),
  create({ ...watch, watch_id: "1" }) + create(watch) + create(watch) + create(watch),
  create({ ...watch, start_revision: "1" }) + create(watch),
  create({ ...watch, start_revision: "1", watch_id: "7" }) + create({ ...watch, watch_id: "7" }),
  create({ ...watch, start_revision: "3", prev_kv: true }),
  create({ ...watch, start_revision: "4", prev_kv: true }) + create({ key: b }),
  create({ ...watch, watch_id: "7" }) + cancel("7") + create({ ...watch, watch_id: "7" }),
  create({ ...watch, start_revision: "99999" }),
  create({ key: b, range_end: a }),
  create({ key: b, range_end: b, watch_id: "3" }) + create({ ...watch, watch_id: "3" }),
  create({ range_end: "AA==", start_revision: "4" }),
  create(watch) + cancel("0") + create(watch),
  create(watch) + cancel("9"),
  create({ ...watch, filters: ["NOPUT"], start_revision: "4" }),
  create({ ...watch, filters: [7], start_revision: "4" }),
  `${create(watch)}x${create(watch)}`,
  `${create(watch)}{}${create(watch)}`,
  `${create(watch)}{"create_request":{"key":"!"}}${create(watch)}`,
  `{"createRequest":{"key":"${a}","startRevision":"4","prevKv":true}}`,
  create(watch) + progress + cancel("0"),
];

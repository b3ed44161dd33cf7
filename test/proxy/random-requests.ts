import fc from "fast-check";

/** One HTTP request, as text so that it may be no message at all. */
export interface RandomRequest {
  readonly path: string;
  readonly body: string;
  /** etcd itself must not be sent it: there are versions that do not survive. */
  readonly dangerous?: boolean;
}

/** A lease of somebody else's. */
export const foreignLease = 7_777_777_777n;

type Json = Readonly<Record<string, unknown>>;

const letters = ["", "\0", "a", "b", "c", "d", "e", "/", "\u00ff"];
const key = fc
  .array(fc.constantFrom(...letters), { maxLength: 3 })
  .map((parts) => Buffer.from(parts.join(""), "latin1").toString("base64"));
const end = fc.oneof({ weight: 2, arbitrary: fc.constant("") }, key, fc.constant("AA=="));
const flag = fc.boolean();
const lease = fc.constantFrom("0", "1", "2", String(foreignLease), "-1");

/** Field names in either spelling, sometimes in both, with something else under the other one. */
function fields(record: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Json> {
  const spelling = fc.constantFrom("snake", "snake", "snake", "camel", "both");
  return fc.tuple(fc.record(record), fc.record(record), spelling).map(([values, others, spelled]) =>
    Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) => {
        const camel = name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
        if (spelled === "snake" || camel === name) return [[name, value]];
        return spelled === "camel"
          ? [[camel, value]]
          : [
              [name, value],
              [camel, others[name]],
            ];
      }),
    ),
  );
}

const range = fields({
  key,
  range_end: end,
  limit: fc.constantFrom("0", "1"),
  sort_target: fc.constantFrom("KEY", "MOD", "VALUE"),
  sort_order: fc.constantFrom("NONE", "DESCEND"),
  count_only: flag,
  keys_only: flag,
  serializable: flag,
});
const put = fields({ key, value: fc.constant("bXk="), lease, prev_kv: flag, ignore_value: fc.constant(false) });
const deletion = fields({ key, range_end: end, prev_kv: flag });
const compare = fields({
  key,
  range_end: end,
  result: fc.constantFrom("EQUAL", "GREATER", "NOT_EQUAL"),
  target: fc.constant("VALUE"),
  value: fc.constantFrom("", "bXk="),
});

const { txn } = fc.letrec<{ txn: Json; op: Json }>((tie) => ({
  op: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    range.map((request) => ({ request_range: request })),
    put.map((request) => ({ request_put: request })),
    deletion.map((request) => ({ request_delete_range: request })),
    fc.tuple(range, put).map(([one, two]) => ({ request_range: one, requestPut: two })),
    fc.constant({}),
    tie("txn").map((request) => ({ request_txn: request })),
  ),
  txn: fc.record({
    compare: fc.array(compare, { maxLength: 2 }),
    success: fc.array(tie("op"), { maxLength: 2 }),
    failure: fc.array(tie("op"), { maxLength: 2 }),
  }),
}));

const watch = fields({
  key,
  range_end: end,
  start_revision: fc.constantFrom("0", "1", "-1", "2"),
  prev_kv: flag,
  fragment: flag,
}).map((request) => ({ create_request: request }));

const leaderKey = fc.record({ name: key, key, rev: fc.constantFrom("1", "2"), lease });
const at = (path: string, body: fc.Arbitrary<unknown>): fc.Arbitrary<RandomRequest> =>
  body.map((message) => ({ path: `/v3/${path}`, body: JSON.stringify(message) }));
const administration = [
  "cluster/member/list",
  "maintenance/status",
  "maintenance/snapshot",
  "maintenance/hash",
  "maintenance/alarm",
  "auth/enable",
  "auth/disable",
  "auth/status",
  "auth/user/list",
  "auth/role/list",
  "auth/user/get",
  "auth/user/add",
  "auth/role/grant",
  "cluster/member/remove",
  "maintenance/defragment",
  "maintenance/transfer-leadership",
  "kv/compaction",
];

/** All kinds of requests, most of them such as etcd understands. */
export const randomRequest: fc.Arbitrary<RandomRequest> = fc.oneof(
  { weight: 8, arbitrary: at("kv/range", range) },
  { weight: 5, arbitrary: at("kv/put", put) },
  { weight: 5, arbitrary: at("kv/deleterange", deletion) },
  { weight: 12, arbitrary: at("kv/txn", txn) },
  { weight: 4, arbitrary: at("watch", watch) },
  {
    weight: 1,
    arbitrary: at("lease/grant", fc.record({ ID: fc.constantFrom("0", "1", "2"), TTL: fc.constant("60") })),
  },
  { weight: 1, arbitrary: at("kv/lease/revoke", fc.record({ ID: lease })) },
  { weight: 1, arbitrary: at("lease/keepalive", fc.record({ ID: lease })) },
  { weight: 1, arbitrary: at("kv/lease/timetolive", fc.record({ ID: lease, keys: flag })) },
  { weight: 1, arbitrary: at("lease/leases", fc.constant({})) },
  { weight: 1, arbitrary: at("lock/lock", fc.record({ name: key, lease })) },
  { weight: 1, arbitrary: at("election/campaign", fc.record({ name: key, lease, value: fc.constant("bXk=") })) },
  { weight: 1, arbitrary: at("election/observe", fc.record({ name: key })) },
  { weight: 1, arbitrary: at("election/leader", fc.record({ name: key })) },
  { weight: 1, arbitrary: at("election/proclaim", fc.record({ leader: leaderKey, value: fc.constant("bXk=") })) },
  { weight: 1, arbitrary: at("election/resign", fc.record({ leader: leaderKey })) },
  { weight: 1, arbitrary: at("lock/unlock", fc.record({ key })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...administration).map((path) => ({ path: `/v3/${path}`, body: "{}", dangerous: true })),
  },
  {
    weight: 1,
    arbitrary: key.map((start) => ({
      path: "/v3/kv/range",
      body: JSON.stringify({ key: start, sort_target: 9, sort_order: 1 }),
      dangerous: true,
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("kv/range", "kv/put", "kv/txn", "watch", "lease/grant"), hostileJson())
      .map(([path, body]) => ({ path: `/v3/${path}`, body })),
  },
);

function hostileJson(): fc.Arbitrary<string> {
  const nested = fc
    .integer({ min: 1, max: 400 })
    .map((depth) => `${'{"success":[{"request_txn":'.repeat(depth)}{}${"}]}".repeat(depth)}`);
  return fc.oneof(
    fc.json(),
    nested,
    fc.constantFrom("", "{", "[]", "null", '{"key":5}', '{"key":"YQ=="}{"key":"Yw=="}', '{"__proto__":{"key":"YQ=="}}'),
    fc.tuple(key, key).map(([one, two]) => `{"key":"${one}","key":"${two}","range_end":"AA==","range_end":""}`),
  );
}

import { describe, expect, it } from "vitest";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { recordedAnswers } from "../transport/recorded-answers.ts";

interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What has to be there for some of the requests, by the beginning of their case. */
const before: Readonly<Record<string, readonly (readonly [path: string, body: unknown])[]>> = {
  "kv-": [
    ["/v3/kv/put", { key: btoa("fx/a"), value: btoa("one") }],
    ["/v3/kv/put", { key: btoa("fx/a"), value: btoa("two") }],
    ["/v3/kv/put", { key: btoa("fx/empty") }],
  ],
  "auth-": [
    ["/v3/auth/user/add", { name: "root", password: "rootpw" }],
    ["/v3/auth/user/add", { name: "nopw", options: { no_password: true } }],
    ["/v3/auth/role/add", { name: "root" }],
    ["/v3/auth/user/grant", { user: "root", role: "root" }],
    ["/v3/auth/enable", {}],
  ],
};

const cases: Readonly<Record<string, readonly string[]>> = {
  "as it starts": [
    "auth-authenticate-disabled auth-enable-noroot auth-role-get-unknown auth-user-get-unknown auth-status-disabled",
    "auth-user-add-empty auth-role-grant-unknown cluster-member-add-bad cluster-member-list cors-post-allowed",
    "cors-preflight-allowed double-slash election-campaign-badlease election-leader-none election-proclaim-noleader",
    "election-resign-noleader http-health http-health-head http-health-post http-livez http-readyz http-version",
    "lease-grant lease-grant-huge lease-grant-ttl1 lease-grant-zero lease-grant-negative-id lease-keepalive-empty",
    "lease-keepalive-garbage lease-keepalive-missing lease-keepalive-nobody lease-revoke-missing lease-timetolive-missing",
    "lock-bad-lease lock-no-lease maintenance-alarm-get maintenance-defragment maintenance-hash maintenance-status",
    "maintenance-downgrade-validate maintenance-downgrade-cancel maintenance-transfer-bad method-get method-put",
    "not-found not-found-root trailing-slash unlock-empty unlock-unknown v3alpha-range",
  ],
  "kv-": [
    "kv-compact-future kv-delete-none kv-put kv-put-bad-lease kv-put-binary kv-put-empty-key kv-put-empty-value",
    "kv-put-urlsafe kv-range-bad-base64 kv-range-bad-json kv-range-camel kv-range-count",
    "kv-range-empty-body kv-range-empty-object kv-range-enumbad kv-range-enumnum kv-range-future-rev kv-range-int-bad",
    "kv-range-int-exp kv-range-int-float kv-range-missing kv-range-no-content-type kv-range-null-fields kv-range-one",
    "kv-range-prefix kv-range-unknown-field kv-txn-dup-key kv-txn-two-oneofs",
  ],
  "auth-": [
    "auth-authenticate auth-authenticate-bad-password auth-authenticate-empty auth-authenticate-nopw-user",
    "auth-authenticate-unknown-user auth-lease-grant-notoken auth-lease-keepalive-notoken auth-lease-leases-notoken",
    "auth-lease-ttl-notoken auth-lock-notoken auth-maintenance-status-notoken auth-member-list-notoken",
    "auth-range-bad-token2 auth-range-basic-auth auth-range-empty-token auth-range-no-token auth-range-token-header",
    "auth-status-enabled-noauth",
  ],
};

const recorded = new Map(recordedAnswers("3.6.14").map((each) => [each.case, each]));

describe.each(Object.entries(cases))("memory answers what 3.6.14 answered: %s", (group, names) => {
  it.each(names.flatMap((line) => line.split(" ")))("%s", async (name) => {
    const each = recorded.get(name);
    if (each === undefined) throw new Error(`${name} is not among the recorded cases`);
    const { method, path, headers, body } = each.request as RecordedRequest;
    const memory = createMemoryEtcd();
    const post = (to: string, message: unknown): Promise<Response> =>
      memory.fetch(`http://memory.test${to}`, { method: "POST", body: JSON.stringify(message) });
    for (const [to, message] of before[group] ?? []) await post(to, message);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await memory.fetch(`http://memory.test${path}`, {
      method,
      ...(headers === undefined ? {} : { headers }),
      ...(method === "POST" ? { body: text } : {}),
    });
    expect(response.status).toBe(each.response.status);
    expect(shape(await response.text())).toEqual(shape(each.response.body));
  });
});

/** Code and text of errors, but for those of the JSON parser; the names of all fields of other answers. */
function shape(text: string): unknown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return text;
  }
  return fields(json);
}

function fields(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(fields);
  if (typeof json !== "object" || json === null) return undefined;
  if ("code" in json && "message" in json) {
    const ofParser = String(json.message).startsWith("proto:") || json.message === "unexpected EOF";
    return ofParser ? { code: json.code } : { code: json.code, message: json.message };
  }
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, fields(value)]));
}

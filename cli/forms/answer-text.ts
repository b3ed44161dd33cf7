import { badFeature } from "../exit-error.ts";
import { headerOf, type RecordedAnswer } from "../recorder.ts";
import { fieldLines, hasFields } from "./fields.ts";
import { type Described, goJson, goObject, Raw } from "./go-json.ts";

/** The values of etcdctl's `--write-out`. */
export const outputForms = ["fields", "json", "protobuf", "simple", "table"] as const;
export type OutputForm = (typeof outputForms)[number];

/** Throws if answers of this type cannot be printed in the form. Called before anything is sent. */
export function checkForm(form: OutputForm, type: string): void {
  if (form === "table") throw badFeature("table not supported as output format");
  if (form === "fields" && !hasFields(type)) throw badFeature("fields not supported as output format");
  if (form === "protobuf" && type === "LeaseRevokeResponse") {
    throw badFeature("protobuf not supported as output format");
  }
}

/** Formats a whole answer of etcd. */
export async function answerBytes(form: OutputForm, type: string, answer: RecordedAnswer): Promise<Uint8Array> {
  if (form === "fields") return utf8.encode((fieldLines(answer) ?? []).map((line) => `${line}\n`).join(""));
  const proto = await import("fetcd/proto");
  const describe = (name: string): Described => described(proto, name);
  if (form === "json") return utf8.encode(`${jsonText(describe, type, answer)}\n`);
  const { create, toBinary } = await import("@bufbuild/protobuf");
  // For answers about leases etcdctl prints only the header: it marshals the header that its structs embed.
  const [name, message] = type.startsWith("Lease") ? ["ResponseHeader", answer["header"] ?? {}] : [type, answer];
  const schema: unknown = Object.entries(proto).find(([each]) => each === `${name}Schema`)?.[1];
  type Schema = typeof proto.RangeResponseSchema;
  return toBinary(schema as Schema, create(schema as Schema, message as object));
}

const utf8 = new TextEncoder();

function described(proto: object, name: string): Described {
  const found: unknown = Object.entries(proto).find(([each]) => each === `${name}Schema`)?.[1];
  if (found === undefined) throw new Error(`${name} is not a message of etcd`);
  return found as Described;
}

/** Most answers are printed as protobuf messages; those about leases and watches as structs of Go's client. */
function jsonText(describe: (name: string) => Described, type: string, answer: RecordedAnswer): string {
  const header = (): [string, unknown][] => {
    const { clusterId, memberId, revision, raftTerm } = headerOf(answer);
    const all: [string, bigint][] = [
      ["cluster_id", clusterId],
      ["member_id", memberId],
      ["revision", revision],
      ["raft_term", raftTerm],
    ];
    return all.filter(([, value]) => value !== 0n);
  };
  switch (type) {
    case "LeaseGrantResponse":
      return goObject([...header(), ["ID", answer["ID"]], ["TTL", answer["TTL"]], ["Error", answer["error"] ?? ""]]);
    case "LeaseKeepAliveResponse":
      return goObject([...header(), ["ID", answer["ID"]], ["TTL", answer["TTL"]]]);
    case "LeaseLeasesResponse": {
      const leases = (answer["leases"] as { ID: bigint }[]).map(({ ID }) => new Raw(goObject([["id", ID]])));
      return goObject([...header(), ["leases", leases]]);
    }
    case "LeaseTimeToLiveResponse": {
      const keys = answer["keys"] as Uint8Array[];
      return goObject([
        ...header(),
        ["id", answer["ID"]],
        ["ttl", answer["TTL"]],
        ["granted-ttl", answer["grantedTTL"]],
        ["keys", keys.length === 0 ? null : keys],
      ]);
    }
    case "WatchResponse": {
      const events = (answer["events"] as RecordedAnswer[]).map((each) => new Raw(goJson(describe("Event"), each)));
      return goObject([
        ["Header", new Raw(goObject(header()))],
        ["Events", events],
        ["CompactRevision", answer["compactRevision"] ?? 0n],
        ["Canceled", answer["canceled"] ?? false],
        ["Created", answer["created"] ?? false],
      ]);
    }
    default:
      return goJson(describe(type), answer);
  }
}

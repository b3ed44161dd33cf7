import type { Command } from "commander";
import type { Etcd, KvHash, Status } from "fetcd";
import { act, type Context } from "./run-action.ts";
import { badFeature } from "./exit-error.ts";
import { field, headerFields, goQuoted } from "./forms/fields.ts";
import { type Described, goJson, goObject, Raw } from "./forms/go-json.ts";
import { goDurationText, sizeText } from "./forms/go-numbers.ts";
import { drawTable } from "./forms/text-table.ts";
import { argument } from "./global-options.ts";
import { group } from "./group.ts";
import { revisionArgument, unlessZero } from "./key-argument.ts";
import { hexId } from "./output.ts";
import { type RecordedAnswer, headerOf } from "./recorder.ts";
import { complain } from "./terminal.ts";

interface ClusterFlag {
  readonly cluster?: boolean;
}

/** `endpoint health`, `status` and `hashkv`. */
export function addEndpointCommands(program: Command): void {
  const endpoint = group(program, "endpoint", "ask each endpoint about itself");
  const add = (name: string, description: string): Command =>
    endpoint.command(name).description(description).option("--cluster", "ask all members of the cluster");

  add("health", "check whether each endpoint is healthy").action((flags: ClusterFlag, command: Command) =>
    act(command, (context) => health(context, flags)),
  );
  add(
    "status",
    "print endpoint, id, version, database size, leader, learner, raft term, raft index, applied index and errors",
  ).action((flags: ClusterFlag, command: Command) => act(command, (context) => status(context, flags)));
  add("hashkv", "print the hash of the key history of each endpoint")
    .option("--rev <revision>", "maximum revision to hash; 0: all", argument(revisionArgument))
    .action((flags: ClusterFlag & { rev?: bigint }, command: Command) =>
      act(command, (context) => hashKv(context, flags)),
    );
}

/** The endpoints as they are printed: those of the command line, or with `--cluster` those of all members. */
export async function askedEndpoints({ etcd, options, signal }: Context, { cluster }: ClusterFlag): Promise<string[]> {
  if (cluster !== true) {
    // Endpoints found by DNS are known only to the client.
    return options.discoverySrv === undefined ? [...options.endpoints] : [...etcd.endpoints];
  }
  return (await etcd.cluster.members({ signal })).flatMap(({ clientUrls }) => clientUrls);
}

/** What one endpoint answered, or why it did not. */
interface Asked<T> {
  readonly endpoint: string;
  readonly value?: T;
  readonly error?: Error;
  /** How long the answer took, in milliseconds. */
  readonly ms: number;
  /** The recorded answer, for the forms that print it whole. */
  readonly answer?: RecordedAnswer | undefined;
}

/** Asks every endpoint, one after the other, so that the answers can be told apart. Rejects only when `signal` aborts. */
async function askEach<T>(
  { clientOf, recorder, signal }: Context,
  endpoints: readonly string[],
  type: string,
  ask: (etcd: Etcd) => Promise<T>,
): Promise<Asked<T>[]> {
  const found: Asked<T>[] = [];
  for (const endpoint of endpoints) {
    const began = performance.now();
    try {
      const value = await ask(clientOf([endpoint]));
      found.push({ endpoint, value, ms: performance.now() - began, answer: recorder.last(type) });
    } catch (error) {
      signal.throwIfAborted();
      found.push({ endpoint, error: asError(error), ms: performance.now() - began });
    }
  }
  return found;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function health(context: Context, flags: ClusterFlag): Promise<void> {
  const { out, signal } = context;
  refuseProtobuf(out.form);
  const found = await askEach(context, await askedEndpoints(context, flags), "RangeResponse", async (etcd) => {
    const { EtcdError } = await import("fetcd");
    try {
      await etcd.get("health", { signal });
    } catch (error) {
      // A refusal is an answer too: the endpoint is healthy.
      if (!EtcdError.is(error) || error.reason !== "PermissionDenied") throw error;
    }
    const alarms = await etcd.maintenance.alarms(undefined, undefined, { signal }).catch(() => []);
    if (alarms.length > 0) throw new Error(`Active Alarm(s): ${alarms.map(({ type }) => type).join(", ")}`);
  });
  const rows = found.map(({ endpoint, error, ms }) => ({
    endpoint,
    healthy: error === undefined,
    took: goDurationText(ms),
    error: error?.message ?? "",
  }));
  if (out.form === "json") {
    await out.lines([
      `[${rows
        .map(({ endpoint, healthy, took, error }) =>
          goObject([
            ["endpoint", endpoint],
            ["health", healthy],
            ["took", took],
            ...(error === "" ? [] : ([["error", error]] as const)),
          ]),
        )
        .join(",")}]`,
    ]);
  } else if (out.form === "fields") {
    await out.lines(
      rows.flatMap(({ endpoint, healthy, took, error }) => [
        field("Endpoint", goQuoted(endpoint)),
        field("Health", healthy),
        field("Took", took),
        field("Error", error),
        "",
      ]),
    );
  } else if (out.form === "table") {
    const cells = rows.map(({ endpoint, healthy, took, error }) => [endpoint, String(healthy), took, error]);
    await out.lines(drawTable(["ENDPOINT", "HEALTH", "TOOK", "ERROR"], cells));
  } else {
    for (const { endpoint, healthy, took, error } of rows) {
      const object = { endpoint, healthy, took, ...(error !== "" && { error }) };
      if (out.json || healthy) {
        await out.say(`${endpoint} is healthy: successfully committed proposal: took = ${took}`, object);
      } else complain(`${endpoint} is unhealthy: failed to commit proposal: ${error}`);
    }
  }
  if (rows.some(({ healthy }) => !healthy)) throw new Error("unhealthy cluster");
}

async function status(context: Context, flags: ClusterFlag): Promise<void> {
  const { out, signal } = context;
  refuseProtobuf(out.form);
  const found = await askEach(context, await askedEndpoints(context, flags), "StatusResponse", (etcd) =>
    etcd.maintenance.status(undefined, { signal }),
  );
  const rows = found.flatMap(({ value, ...rest }) => (value === undefined ? [] : [{ ...rest, value }]));
  for (const { endpoint, error } of found) {
    if (error) complain(`Failed to get the status of endpoint ${endpoint} (${error.message})`);
  }
  if (out.form === "json") {
    const { StatusResponseSchema } = await import("fetcd/proto");
    await out.lines([answersJson(rows, "Status", StatusResponseSchema)]);
  } else if (out.form === "fields") {
    await out.lines(rows.flatMap(({ endpoint, value, answer }) => statusFields(endpoint, value, answer)));
  } else if (out.form === "table") {
    await out.lines(
      drawTable(
        statusTitles,
        rows.map(({ endpoint, value }) => statusCells(endpoint, value)),
      ),
    );
  } else {
    for (const { endpoint, value } of rows) {
      await out.say(statusCells(endpoint, value).join(", "), statusObject(endpoint, value));
    }
  }
  if (rows.length < found.length) process.exitCode = 1;
}

async function hashKv(context: Context, flags: ClusterFlag & { rev?: bigint }): Promise<void> {
  const { out, signal } = context;
  refuseProtobuf(out.form);
  const found = await askEach(context, await askedEndpoints(context, flags), "HashKVResponse", (etcd) =>
    etcd.maintenance.hashKv(unlessZero(flags.rev), undefined, { signal }),
  );
  const failed = found.find(({ error }) => error !== undefined);
  if (failed) throw new Error(`endpoint ${failed.endpoint}: ${failed.error?.message}`, { cause: failed.error });
  const rows = found.flatMap(({ value, ...rest }) => (value === undefined ? [] : [{ ...rest, value }]));
  if (out.form === "json") {
    const { HashKVResponseSchema } = await import("fetcd/proto");
    return out.lines([answersJson(rows, "HashKV", HashKVResponseSchema)]);
  }
  if (out.form === "fields") {
    return out.lines(
      rows.flatMap(({ endpoint, value, answer }) => [
        ...headerFields(headerOf(answer)),
        field("Endpoint", goQuoted(endpoint)),
        field("Hash", value.hash),
        "",
      ]),
    );
  }
  if (out.form === "table") {
    return out.lines(
      drawTable(
        ["ENDPOINT", "HASH"],
        rows.map(({ endpoint, value }) => [endpoint, String(value.hash)]),
      ),
    );
  }
  for (const { endpoint, value } of rows) await out.say(`${endpoint}, ${value.hash}`, hashObject(endpoint, value));
}

function refuseProtobuf(form: string): void {
  if (form === "protobuf") throw badFeature("protobuf not supported as output format");
}

function answersJson(
  rows: readonly { readonly endpoint: string; readonly answer?: RecordedAnswer | undefined }[],
  name: string,
  described: Described,
): string {
  const each = rows.map(({ endpoint, answer }) =>
    goObject([
      ["Endpoint", endpoint],
      [name, new Raw(goJson(described, answer ?? {}))],
    ]),
  );
  return `[${each.join(",")}]`;
}

const statusTitles = [
  "ENDPOINT",
  "ID",
  "VERSION",
  "DB SIZE",
  "IS LEADER",
  "IS LEARNER",
  "RAFT TERM",
  "RAFT INDEX",
  "RAFT APPLIED INDEX",
  "ERRORS",
] as const;

function statusCells(endpoint: string, status: Status): string[] {
  const { memberId, version, dbSize, leader, isLearner, raftTerm, raftIndex, raftAppliedIndex, errors } = status;
  return [
    endpoint,
    hexId(memberId),
    version,
    sizeText(dbSize),
    String(leader === memberId),
    String(isLearner),
    String(raftTerm),
    String(raftIndex),
    String(raftAppliedIndex),
    errors.join(", "),
  ];
}

function statusFields(endpoint: string, status: Status, answer: RecordedAnswer | undefined): string[] {
  const { version, dbSize, leader, isLearner, raftTerm, raftIndex, raftAppliedIndex, errors } = status;
  return [
    ...headerFields(headerOf(answer)),
    field("Version", goQuoted(version)),
    field("DBSize", dbSize),
    field("Leader", leader),
    field("IsLearner", isLearner),
    field("RaftIndex", raftIndex),
    field("RaftTerm", raftTerm),
    field("RaftAppliedIndex", raftAppliedIndex),
    field("Errors", `[${errors.map(goQuoted).join(" ")}]`),
    field("Endpoint", goQuoted(endpoint)),
    "",
  ];
}

function statusObject(endpoint: string, status: Status): Record<string, unknown> {
  const { clusterId, memberId, leader, ...rest } = status;
  const ids = { clusterId: hexId(clusterId), memberId: hexId(memberId), leader: hexId(leader) };
  return { endpoint, ...ids, ...rest, isLeader: leader === memberId };
}

function hashObject(endpoint: string, hash: KvHash): Record<string, unknown> {
  return { endpoint, ...hash };
}

import type { Command } from "commander";
import type { Etcd, Status } from "fetcd";
import { act } from "./context.ts";
import { hexId } from "./output.ts";
import { complain } from "./terminal.ts";

/** What one endpoint says of itself, or why it does not. */
export interface EndpointStatus {
  readonly endpoint: string;
  readonly status?: Status;
  readonly error?: Error;
  /** How long the answer took, in milliseconds. */
  readonly ms: number;
}

/** `status`: a line for each endpoint; fails if one does not answer. */
export function addStatusCommand(program: Command): void {
  program
    .command("status")
    .description("endpoint, id, version, database size, leader, learner, raft term, raft index, applied, errors")
    .action((_: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        for (const { endpoint, status, error } of await statusOfAll(etcd, signal)) {
          if (status !== undefined) await out.say(line(endpoint, status), statusObject(endpoint, status));
          else {
            complain(`${endpoint}: ${error?.message}`);
            process.exitCode = 1;
          }
        }
      }),
    );
}

/** Asks every endpoint at once. Rejects only when `signal` aborts. */
export function statusOfAll(etcd: Etcd, signal: AbortSignal): Promise<EndpointStatus[]> {
  return Promise.all(
    etcd.endpoints.map(async (endpoint) => {
      const began = performance.now();
      const took = (): number => Math.round(performance.now() - began);
      try {
        return { endpoint, status: await etcd.maintenance.status(endpoint, { signal }), ms: took() };
      } catch (error) {
        signal.throwIfAborted();
        return { endpoint, error: error instanceof Error ? error : new Error(String(error)), ms: took() };
      }
    }),
  );
}

function line(endpoint: string, status: Status): string {
  const { memberId, version, dbSize, leader, isLearner, raftTerm, raftIndex, raftAppliedIndex, errors } = status;
  return [
    endpoint,
    hexId(memberId),
    version,
    byteSize(dbSize),
    leader === memberId,
    isLearner,
    raftTerm,
    raftIndex,
    raftAppliedIndex,
    errors.join("; "),
  ].join(", ");
}

function statusObject(endpoint: string, status: Status): Record<string, unknown> {
  const { clusterId, memberId, leader, ...rest } = status;
  const ids = { clusterId: hexId(clusterId), memberId: hexId(memberId), leader: hexId(leader) };
  return { endpoint, ...ids, ...rest, isLeader: leader === memberId };
}

export function byteSize(bytes: bigint): string {
  const [kib, mib] = [Number(bytes) / 1024, Number(bytes) / 1024 ** 2];
  return mib >= 1 ? `${mib.toFixed(1)} MiB` : `${kib.toFixed(0)} KiB`;
}

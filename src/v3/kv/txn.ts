import { KV } from "../../transport/codec/services.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { callKinds } from "../check.ts";
import { createRunExactlyOnce } from "./exactly-once.ts";
import { withJson } from "../json-form.ts";
import type { Keyspace } from "../namespace.ts";
import { branchKinds, type Op, type OpResult, type TxnBranches, type TxnOutcome } from "./op.ts";
import type { OpLease } from "./op-lease.ts";
import { recoverResults } from "./recover-results.ts";
import { operation, untilTheEnd } from "../operation.ts";
import { checkReadRevisions, checkRecordsStay, keptSteps, onlyReads } from "./txn-check.ts";
import { decodeResults, encodeTxn } from "./txn-codec.ts";

/** What every write takes. */
export interface WriteOptions extends CallOptions {
  /**
   * Repeat the write until its answer arrives, yet apply it once. When its time runs out before, it still ends
   * `unknown`. It leaves a small record for two minutes. Without it a write is sent again only if it certainly was not
   * applied. Of the 128 steps that etcd takes in a transaction it leaves 126.
   *
   * @default the client's
   */
  readonly exactlyOnce?: boolean | undefined;
}

export const writeKinds: Kinds<WriteOptions> = { ...callKinds, exactlyOnce: kind.boolean };

/** Whether a write is to be applied once, however often it is sent. */
export function appliesOnce({ exactlyOnce }: WriteOptions, byDefault: boolean): boolean {
  return exactlyOnce ?? byDefault;
}

/** Transactions: several steps, on conditions, at one revision. */
export interface Transactions {
  /**
   * Runs `then` if all of `if` hold, otherwise `else`; all at one revision. Results come in the order of the steps, and
   * typed by them.
   *
   * @throws `TooManyOps` for more steps than the server takes; `DuplicateKey` where one key is written twice
   */
  txn<const Then extends readonly Op[] = [], const Else extends readonly Op[] = []>(
    branches: TxnBranches<Then, Else>,
    options?: WriteOptions,
  ): Promise<TxnOutcome<Then, Else>>;
}

/** A transaction whose results are not typed by its steps. */
export interface PlainOutcome {
  readonly succeeded: boolean;
  readonly revision: bigint;
  readonly results: OpResult[];
}

export type RunTxn = (branches: TxnBranches, options: WriteOptions) => Promise<PlainOutcome>;

export function createRunTxn(
  connection: Connection,
  keyspace: Keyspace,
  lease: OpLease,
  exactlyOnceByDefault: boolean,
): RunTxn {
  const runExactlyOnce = createRunExactlyOnce(connection, keyspace, lease);
  return async function runTxn(branches, options) {
    const request = encodeTxn(branches, keyspace);
    branches = keptSteps(branches);
    checkReadRevisions(branches);
    if (appliesOnce(options, exactlyOnceByDefault) && !onlyReads(branches)) {
      checkRecordsStay(branches, keyspace);
      return operation(connection, options, async (shared, tracker) => {
        const applied = await runExactlyOnce(request, shared, tracker);
        const { succeeded, revision, responses } = applied;
        const ops = (succeeded ? branches.then : branches.else) ?? [];
        const results =
          responses === undefined
            ? await recoverResults(connection, keyspace, { ops, revision }, untilTheEnd(shared))
            : decodeResults(ops, responses, keyspace, revision);
        return { succeeded, revision, results };
      });
    }
    const { succeeded, responses, header } = await connection.unary(KV.method.txn, request, options);
    const revision = header?.revision ?? 0n;
    const ops = (succeeded ? branches.then : branches.else) ?? [];
    return { succeeded, revision, results: decodeResults(ops, responses, keyspace, revision) };
  };
}

export function createTransactions(runTxn: RunTxn): Transactions {
  return {
    async txn<const Then extends readonly Op[] = [], const Else extends readonly Op[] = []>(
      branches: TxnBranches<Then, Else>,
      options: WriteOptions = {},
    ) {
      branches = checkOptions("txn", branches, branchKinds);
      options = checkOptions("txn", options, writeKinds);
      return withJson(await runTxn(branches, options)) as TxnOutcome<Then, Else>;
    },
  };
}

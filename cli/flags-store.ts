import { compare, type Compare, type Entry, type Etcd, op, type Op } from "fetcd";
import { createFlags, type Flags, type FlagDocument, type Json } from "fetcd/flags";
import {
  checkDocument,
  checkEvaluators,
  checkFlag,
  type FoundFault,
  faultText,
  isMeantAsDefinition,
} from "./flags-check.ts";
import { soFar } from "./transfer-commands.ts";

/** The most operations that etcd takes in one transaction by default. */
const mostSteps = 100;

/** The flags below a prefix, as the commands see them. */
export interface FlagStore {
  /** All flags as a flagd document; flags that are plain JSON stay plain JSON. */
  document(): Promise<FlagDocument>;
  get(key: string): Promise<Entry>;
  /** Writes one flag. Rejects if it is not valid, or if another client changes it meanwhile. */
  set(key: string, json: Json, known?: Entry): Promise<void>;
  /** Writes all flags of a document, or none if one is not valid. Rejects if another client changes a flag meanwhile. */
  import(document: Json): Promise<number>;
  faults(): Promise<FoundFault[]>;
  /** The flags as programs see them, to evaluate. */
  flags(): Promise<Flags<object>>;
}

export function createFlagStore(etcd: Etcd, prefix: string, signal: AbortSignal): FlagStore {
  async function evaluators(): Promise<Json> {
    return (await etcd.get(`${prefix}$evaluators`, { signal }))?.json<Json>() ?? {};
  }

  async function flags(): Promise<Flags<object>> {
    const made = createFlags(etcd, { prefix, defaults: {} });
    await made.refresh({ signal });
    return made;
  }

  return {
    flags,
    async document() {
      return (await flags()).toJSON();
    },
    async get(key) {
      const entry = await etcd.get(prefix + key, { signal });
      if (entry === null) throw new Error(`there is no flag ${JSON.stringify(key)} below ${JSON.stringify(prefix)}`);
      return entry;
    },
    async set(key, json, known) {
      if (key === "$evaluators") reject(checkEvaluators(json));
      else if (isMeantAsDefinition(json)) reject(checkFlag(json, key, await evaluators()));
      const value = JSON.stringify(json);
      const entry = known ?? (await etcd.get(prefix + key, { signal }));
      const done =
        entry === null
          ? (await etcd.create(prefix + key, value, { signal })).created
          : (await etcd.update(entry, value, { signal })).updated;
      if (!done) throw new Error(`another client changed ${JSON.stringify(key)}: nothing was written`);
    },
    async import(document) {
      reject(checkDocument(document));
      const { flags: given, $evaluators, metadata } = document as unknown as FlagDocument;
      // Shared rules first: flags refer to them.
      const all = Object.entries({
        ...($evaluators && { $evaluators }),
        ...(metadata && { $metadata: metadata }),
        ...given,
      });
      for (let at = 0; at < all.length; at += mostSteps) {
        const batch = all.slice(at, at + mostSteps).map(([key, flag]) => [prefix + key, JSON.stringify(flag)] as const);
        const reading = { then: batch.map(([key]) => op.get(key)) };
        const { results } = await soFar(at, () => etcd.txn(reading, { signal }));
        const unchanged = batch.map(([key], i): Compare => {
          const result = results[i];
          const entry = result !== undefined && "entries" in result ? result.entries[0] : undefined;
          return entry === undefined ? compare.missing(key) : compare.modRevision(key, "=", entry.modRevision);
        });
        const puts = batch.map(([key, value]): Op => op.put(key, value));
        const { succeeded } = await soFar(at, () => etcd.txn({ if: unchanged, then: puts }, { signal }));
        if (!succeeded)
          throw new Error(`another client changed a flag: ${at} keys were written; importing again is safe`);
      }
      return all.length;
    },
    async faults() {
      const made = await flags();
      const { flags: good, $evaluators = {} } = made.toJSON();
      const read = Array.from(made.invalid, ([where, what]) => ({ where, what }));
      const known = new Set(made.invalid.keys());
      const schema = Object.entries(good).flatMap(([key, flag]) =>
        !known.has(key) && isMeantAsDefinition(flag as Json) ? checkFlag(flag as Json, key, $evaluators) : [],
      );
      return [...read, ...checkEvaluators($evaluators), ...schema];
    },
  };
}

function reject(faults: readonly FoundFault[]): void {
  if (faults.length > 0) throw new Error(`not valid, nothing was written:\n${faultText(faults)}`);
}

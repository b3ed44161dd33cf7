import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";

/** One key changed, at revision `kv.modRevision`. */
export interface KeyChange {
  readonly key: string;
  /** What the key is now; of a deleted key only its name and the revision. */
  readonly kv: KeyValue;
  readonly deleted: boolean;
  /** What the key was before the change, `undefined` where it was not there. */
  readonly previous: KeyValue | undefined;
  /** What the key was before the whole revision, which may change it twice. */
  readonly before: KeyValue | undefined;
}

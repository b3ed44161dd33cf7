import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import { decodeText } from "../keys.ts";
import { plainFields } from "../json-form.ts";
import type { Keyspace } from "../namespace.ts";

/** A key with its value, as of one revision. */
export class Entry {
  /** The key, as bytes. */
  readonly keyBytes: Uint8Array;
  /** The value, as bytes. {@link Entry.text} and {@link Entry.json} decode it. */
  readonly value: Uint8Array;
  /** The revision that created the key, since it last did not exist. */
  readonly createRevision: bigint;
  /** The revision that wrote this value. */
  readonly modRevision: bigint;
  /** 1 for the first value since creation, then one more for each. */
  readonly version: bigint;
  /** The lease the key is attached to; `0n` for none. */
  readonly lease: bigint;

  static {
    // The consoles of Node, Deno and Bun show this. Two arrays of bytes would not say which key it is.
    Object.defineProperty(Entry.prototype, Symbol.for("nodejs.util.inspect.custom"), {
      value(this: Entry): string {
        return `Entry ${shownAsJson(this.toJSON())}`;
      },
    });
  }

  /** Makes an entry from its parts. */
  constructor(from: Pick<Entry, "keyBytes" | "value" | "createRevision" | "modRevision" | "version" | "lease">) {
    this.keyBytes = from.keyBytes;
    this.value = from.value;
    this.createRevision = from.createRevision;
    this.modRevision = from.modRevision;
    this.version = from.version;
    this.lease = from.lease;
  }

  /** The key as text. Throws `InvalidValue` if it is not UTF-8; `keyBytes` always works. */
  get key(): string {
    return decodeText(this.keyBytes, "the key");
  }

  /** The value as text. Throws `InvalidValue` if it is not UTF-8; `value` always works. */
  text(): string {
    return decodeText(this.value, "the value");
  }

  /** The value parsed as JSON. Throws if it is not; what it holds is not checked against `T`. */
  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }

  /**
   * For `JSON.stringify` and `Response.json`. Numbers are decimal strings, since JSON has no bigint. The key and the
   * value are text where they are UTF-8, and otherwise base64 under the names `keyBase64` and `valueBase64`.
   */
  toJSON(): Record<string, unknown> {
    const { keyBytes: key, ...others } = this;
    return plainFields({ key, ...others });
  }
}

/** Values may be large: a console shows their beginning. */
function shownAsJson(json: Record<string, unknown>): string {
  return JSON.stringify(json, (_, each: unknown) =>
    typeof each === "string" && each.length > 200 ? `${each.slice(0, 200)}… (${each.length} characters)` : each,
  );
}

/** The entry that a server's answer names, in the client's view of the keyspace. */
export function entryOf(kv: KeyValue, keyspace: Keyspace): Entry {
  return new Entry({
    keyBytes: keyspace.strip(kv.key),
    value: kv.value,
    createRevision: kv.createRevision,
    modRevision: kv.modRevision,
    version: kv.version,
    lease: kv.lease,
  });
}

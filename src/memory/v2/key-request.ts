import type { ServedRequest } from "../../gateway-server/http-request.ts";
import { type FormFields, readForm } from "./form.ts";
import { V2Error, v2Code } from "./v2-error.ts";

/** What is asked of `/v2/keys`. */
export interface KeyRequest {
  readonly value: string;
  /** "" for none. */
  readonly prevValue: string;
  /** 0 for none. */
  readonly prevIndex: bigint;
  readonly prevExist: boolean | undefined;
  /** Seconds. */
  readonly ttl: bigint | undefined;
  readonly refresh: boolean;
  readonly dir: boolean;
  readonly recursive: boolean;
  readonly sorted: boolean;
  readonly quorum: boolean;
  readonly wait: boolean;
  readonly waitIndex: number;
  readonly stream: boolean;
  readonly noValueOnSuccess: boolean;
}

/** Throws `V2Error`, for the same thing as etcd where there are several. */
export function readKeyRequest(request: ServedRequest): KeyRequest {
  const form = readForm(request);
  const prevIndex = uint(form, "prevIndex", v2Code.indexNaN);
  const waitIndex = uint(form, "waitIndex", v2Code.indexNaN);
  const recursive = flag(form, "recursive") ?? false;
  const sorted = flag(form, "sorted") ?? false;
  const wait = flag(form, "wait") ?? false;
  const dir = flag(form, "dir") ?? false;
  const quorum = flag(form, "quorum") ?? false;
  const stream = flag(form, "stream") ?? false;
  if (wait && request.method !== "GET") {
    throw new V2Error(v2Code.invalidField, '"wait" can only be used with GET requests');
  }
  const prevValue = form.get("prevValue") ?? "";
  if (form.has("prevValue") && prevValue === "") {
    throw new V2Error(v2Code.prevValueRequired, '"prevValue" cannot be empty');
  }
  const noValueOnSuccess = flag(form, "noValueOnSuccess") ?? false;
  const value = form.get("value") ?? "";
  const ttl = (form.get("ttl") ?? "") === "" ? undefined : uint(form, "ttl", v2Code.ttlNaN);
  const prevExist = flag(form, "prevExist", "invalid value for prevExist");
  const refresh = flag(form, "refresh", "invalid value for refresh") ?? false;
  if (refresh && value !== "") throw new V2Error(v2Code.refreshValue, "A value was provided on a refresh");
  if (refresh && ttl === undefined) throw new V2Error(v2Code.refreshTtlRequired, "No TTL value set");
  const compared = { value, prevValue, prevIndex, prevExist, ttl, refresh };
  const flags = { dir, recursive, sorted, quorum, wait, stream, noValueOnSuccess };
  return { ...compared, ...flags, waitIndex: Number(waitIndex) };
}

function uint(form: FormFields, name: string, code: typeof v2Code.indexNaN | typeof v2Code.ttlNaN): bigint {
  const text = form.get(name);
  if (text === undefined) return 0n;
  const number = /^\d{1,30}$/.test(text) ? BigInt(text) : -1n;
  if (number < 0n || number >= 1n << 64n) throw new V2Error(code, `invalid value for "${name}"`);
  return number;
}

function flag(form: FormFields, name: string, reason = `invalid value for "${name}"`): boolean | undefined {
  const text = form.get(name);
  if (text === undefined) return undefined;
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw new V2Error(v2Code.invalidField, reason);
}

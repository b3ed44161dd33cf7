import { shorten } from "../transport/errors/shorten.ts";
import type { Redact } from "../transport/secrets/redact.ts";
import { errorClasses, Unauthorized } from "./code-errors.ts";
import { EtcdV2Error, HttpFailure, NotEtcd } from "./errors.ts";
import { parseFields, toIndex } from "./json.ts";

/** After these codes etcd does not know whether a write was applied; every other code is a refusal. */
const undecided: ReadonlySet<number> = new Set([300, 301, 500]);

/** An answer that reports a failure. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  /** The pause that the answer asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** What was asked. */
  readonly where: string;
  /** Whether the call was to change something. */
  readonly write: boolean;
  /** For what the answer says itself. */
  readonly redact: Redact;
}

/** The error that such an answer stands for. */
export function answerError({ status, text, retryAfterMs, where, write, redact }: Refusal): EtcdV2Error {
  const json = parseFields(text) ?? {};
  const [message, cause] = [said(json["message"], redact), said(json["cause"], redact)];
  const code = json["errorCode"];
  if (typeof code === "number" && message !== undefined && isEtcds(code, status)) {
    const outcome = write && undecided.has(code) ? "unknown" : "not-applied";
    const detail = cause === undefined || cause === "" ? "" : `: ${cause}`;
    const init = { outcome, code, status, index: toIndex(json["index"]), cause } as const;
    return new (errorClasses.get(code) ?? EtcdV2Error)(`${message}${detail}`, init);
  }
  // A proxy's 5xx tells nothing of what became of the request behind it.
  const outcome = write && status >= 500 ? "unknown" : "not-applied";
  if (message === undefined && status === 404) {
    return new NotEtcd(`${where} is not served: v2 needs --enable-v2 and an etcd before 3.6`, {
      outcome,
      status,
    });
  }
  const detail = message === undefined ? "" : `: ${message}`;
  if (status === 401) return new Unauthorized(`Unauthorized${detail}`, { outcome, status, code: 110 });
  return new HttpFailure(`${where} answered ${status}${detail}`, { outcome, status, retryAfterMs });
}

/**
 * Whether etcd answers such a code with such a status. Others have a field of that name too, often with the status in it
 * again, and theirs says nothing of what became of a write.
 */
function isEtcds(code: number, status: number): boolean {
  return status <= (code < 300 ? 499 : code < 400 ? 500 : 400);
}

const maxTextLength = 1000;

/** A text of the server's, for an error; `undefined` for any other value. */
function said(value: unknown, redact: Redact): string | undefined {
  return typeof value === "string" ? shorten(redact(value), maxTextLength) : undefined;
}

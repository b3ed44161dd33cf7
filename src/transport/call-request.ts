import type { DescMethodStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import type { CallSettings } from "./call-settings.ts";
import { emptyContext, endpointKey, idempotencyKey, leaderKey, patientKey, timeKey, traceKey } from "./context.ts";
import { type AnyRequest, requestOf } from "./intercept.ts";

/** What all requests of a connection have in common. */
export interface RequestDefaults {
  /** For a call that names no other, in milliseconds. */
  readonly timeoutMs: number;
  readonly requireLeader: boolean | "auto";
  /** Whether the transport puts the require-leader header on by itself, as the gateway does. */
  readonly addsLeaderHeader: boolean;
}

/** A call as the interceptors get it, with its settings as context values. */
export function callRequest(
  { timeoutMs, requireLeader, addsLeaderHeader }: RequestDefaults,
  method: DescMethodUnary | DescMethodStreaming,
  message: object,
  settings: CallSettings & { readonly signal: AbortSignal },
): AnyRequest {
  const { signal, endpoint, idempotency, patient, trace } = settings;
  const contextValues = emptyContext();
  const header = new Headers();
  contextValues.set(timeKey, settings.timeoutMs ?? timeoutMs);
  if (endpoint !== undefined) contextValues.set(endpointKey, endpoint);
  if (idempotency !== undefined) contextValues.set(idempotencyKey, idempotency);
  if (patient === true) contextValues.set(patientKey, true);
  if (trace !== undefined) contextValues.set(traceKey, trace);
  const leader = leaderRequirement(requireLeader, method);
  if (leader !== undefined) {
    if (addsLeaderHeader) contextValues.set(leaderKey, leader);
    else header.set("hasleader", "true");
  }
  return requestOf(method, { signal, header, contextValues, message });
}

/** Whether etcd is to refuse a call, or end a stream, while its member sees no leader. */
function leaderRequirement(
  requireLeader: RequestDefaults["requireLeader"],
  { methodKind }: DescMethodUnary | DescMethodStreaming,
): "always" | "auto" | undefined {
  if (requireLeader === true) return "always";
  return requireLeader === "auto" && methodKind !== "unary" ? "auto" : undefined;
}

/** May be read more than once: a request that is sent again with a new token carries the same messages. */
export function repeatable<T>(messages: readonly T[]): AsyncIterable<T> {
  return {
    async *[Symbol.asyncIterator]() {
      yield* messages;
    },
  };
}

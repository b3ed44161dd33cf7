import type { Exchanges } from "../../gateway-server/exchanges.ts";
import type { ServedRequest } from "../../gateway-server/http-request.ts";
import { type KeyRequest, readKeyRequest } from "./key-request.ts";
import type { NodeLifetime } from "./key-store.ts";
import { watchKeys } from "./key-watch.ts";
import type { V2Event } from "./tree-node.ts";
import { errorReply, eventBody, methodFault, type Reply } from "./reply.ts";
import { mayUseKey } from "./v2-access.ts";
import { V2Error, v2Code } from "./v2-error.ts";
import type { V2State } from "./v2-state.ts";

const silent: ReadonlySet<string> = new Set(["set", "compareAndSwap", "create", "update"]);

interface Surroundings {
  /** The headers of an answer to a page of another origin. */
  readonly cors: Readonly<Record<string, string>>;
  readonly exchanges: Exchanges;
}

/** `/v2/keys`. `key`: the path after that, as it was written. */
export function answerKeys(
  state: V2State,
  key: string,
  request: ServedRequest,
  { cors, exchanges }: Surroundings,
): Reply | Response {
  const fault = methodFault(request.method, "HEAD", "GET", "PUT", "POST", "DELETE");
  if (fault !== undefined) return fault;
  try {
    const asked = readKeyRequest(request);
    if (!mayUseKey(state.auth, request, key, asked.recursive)) {
      throw new V2Error(v2Code.unauthorized, "Insufficient credentials");
    }
    const path = `/1${key}`.replace(/\/$/, "");
    if (asked.wait && !asked.quorum) {
      const { store } = state;
      const headers = { "content-type": "application/json", ...state.headers(store.index), ...cors };
      return watchKeys(store, path, asked, { headers, request, exchanges });
    }
    const event = apply(state, path, request.method, asked);
    const created = event.action === "create" || (event.action === "set" && event.prevNode === undefined);
    const headers = { "content-type": "application/json", ...state.headers(event.etcdIndex) };
    const bare = asked.noValueOnSuccess && silent.has(event.action);
    return { status: created ? 201 : 200, headers, body: eventBody(event, bare) };
  } catch (error) {
    if (!(error instanceof V2Error)) throw error;
    const reply = errorReply(error);
    return { ...reply, headers: { ...reply.headers, ...state.clusterHeader } };
  }
}

function apply(state: V2State, path: string, method: string, asked: KeyRequest): V2Event {
  const { store } = state;
  const { recursive, dir, value } = asked;
  const content = { dir, value };
  if (method === "HEAD" || (method === "GET" && !asked.quorum)) return store.get(path, asked);
  state.propose();
  const expected = { value: asked.prevValue, index: asked.prevIndex };
  const compares = expected.value !== "" || expected.index !== 0n;
  const lifetime = lifetimeOf(asked, store.now());
  if (method === "GET") return store.get(path, asked);
  if (method === "DELETE") {
    return compares ? store.compareAndDelete(path, expected) : store.delete(path, { dir, recursive });
  }
  if (method === "POST") return store.append(path, content, lifetime);
  if (asked.prevExist === false) return store.create(path, content, lifetime);
  if (compares) return store.compareAndSwap(path, expected, value, lifetime);
  return asked.prevExist === true ? store.update(path, value, lifetime) : store.set(path, content, lifetime);
}

/** Counts nanoseconds in 64 bits, as etcd does: a TTL that is too long for that ends in the past. */
function lifetimeOf({ ttl, refresh }: KeyRequest, now: number): NodeLifetime {
  if (ttl === undefined) return { refresh };
  const length = BigInt.asIntN(64, ttl * 1_000_000_000n);
  const expires = BigInt.asIntN(64, BigInt(now) * 1_000_000n + length);
  return expires === 0n ? { refresh } : { refresh, expires: Number(expires / 1_000_000n) };
}

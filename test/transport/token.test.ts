import type { DescMethodUnary } from "@bufbuild/protobuf";
import { Code, createRouterTransport, type Transport } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Auth } from "../../src/gen/etcdserverpb/auth_pb.ts";
import { KV } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { createCaller } from "../../src/transport/caller.ts";
import { startDeadline } from "../../src/transport/deadline.ts";
import { EtcdError, type Outcome } from "../../src/transport/errors/etcd-error.ts";
import type { LogEvent } from "../../src/transport/log.ts";
import type { Reason } from "../../src/transport/errors/reasons.ts";
import { asksForLogin, fetchedToken, fixedToken, type TokenSource } from "../../src/transport/auth/token.ts";
import { type TokenEndpoints, tokenLayer } from "../../src/transport/auth/token-layer.ts";
import { etcdErrorOf, expectNoSecret, thrownBy, tokenCanary } from "./etcd-error.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const refusal = (reason: Reason, outcome: Outcome = "not-applied"): EtcdError =>
  new EtcdError("scripted", reason, { outcome });
/** One that never aborts. */
const forever = (): AbortSignal => new AbortController().signal;

/** A source whose logins give t1, t2 and so on, or what `result` says. */
function source(result?: (login: number) => Promise<string | undefined>) {
  const log: LogEvent[] = [];
  let logins = 0;
  const fetchToken = (): Promise<string | undefined> => {
    logins++;
    return result === undefined ? Promise.resolve(`t${logins}`) : result(logins);
  };
  const token = fetchedToken({ fetchToken, username: "alice", log: (event) => log.push(event) });
  return { token, log, logins: () => logins };
}

/** A server that takes some tokens only, and a way to call it. `seen`: the token of each request. */
function serverFor(
  token: TokenSource,
  answer: (seen: string | null) => EtcdError | undefined,
  endpoints: TokenEndpoints = { count: 1, left: () => undefined },
) {
  const seen: (string | null)[] = [];
  const served = createRouterTransport((router) =>
    router.service(KV, { put: () => ({}) }).service(Auth, { authenticate: () => ({}) }),
  );
  const transport: Transport = {
    ...served,
    unary(method, signal, timeoutMs, header, message) {
      const carried = new Headers(header).get("authorization");
      seen.push(carried);
      const error = answer(carried);
      return error === undefined ? served.unary(method, signal, timeoutMs, header, message) : Promise.reject(error);
    },
  };
  const sent: string[] = [];
  const caller = createCaller(transport, {
    addsLeaderHeader: true,
    layers: [tokenLayer({ source: token, endpoints, sending: (each) => sent.push(each) })],
  });
  const call = (signal = forever(), method: DescMethodUnary = KV.method.put): Promise<unknown> =>
    caller.unary({ method, message: {}, signal });
  return { seen, sent, call };
}

const takes =
  (...tokens: (string | null)[]) =>
  (seen: string | null) =>
    tokens.includes(seen) ? undefined : refusal("InvalidAuthToken");

describe("the token on a call", () => {
  it("F9: is sent as it is, and fetched once for all calls", async () => {
    const { token, logins } = source();
    const { seen, sent, call } = serverFor(token, takes("t1"));
    await Promise.all(Array.from({ length: 50 }, () => call()));
    expect([new Set(seen), seen.length, logins(), sent]).toEqual([new Set(["t1"]), 50, 1, seen]);
  });

  it("F1: that has run out is replaced by one login for all calls, and each call is made again once", async () => {
    const { token, logins } = source();
    const { seen, call } = serverFor(token, takes("t2"));
    await Promise.all(Array.from({ length: 100 }, () => call()));
    expect([logins(), seen.filter((each) => each === "t1").length, seen.length]).toEqual([2, 100, 200]);
  });

  it("F1: a call that is late with an old token does not discard the new one", async () => {
    const { token, logins } = source();
    await token.get(forever());
    token.refused("t1");
    await token.get(forever());
    token.refused("t1");
    expect([await token.get(forever()), logins()]).toEqual(["t2", 2]);
  });

  it.each(["InvalidAuthToken", "UserEmpty", "AuthOldRevision"] as const)(
    "F1, F4, C13: %s asks for a new one, once and no more",
    async (reason) => {
      const { token, logins } = source();
      const { seen, call } = serverFor(token, () => refusal(reason));
      expect(await etcdErrorOf(call())).toMatchObject({ reason, outcome: "not-applied" });
      expect([seen, logins()]).toEqual([["t1", "t2"], 2]);
      expect(asksForLogin(reason)).toBe(true);
    },
  );

  it.each(["PermissionDenied", "NoSpace", "Unreachable", "AuthNotEnabled"] as const)(
    "F8: %s does not",
    async (reason) => {
      const { token, logins } = source();
      const { seen, call } = serverFor(token, () => refusal(reason));
      expect(await etcdErrorOf(call())).toMatchObject({ reason });
      expect([seen, logins(), asksForLogin(reason)]).toEqual([["t1"], 1, false]);
    },
  );

  const lost = (): EtcdError => refusal("Unreachable", "unknown");

  it("F11: after a connection closed without an answer the next call replaces it; no call is repeated", async () => {
    const { token, logins } = source();
    const { seen, call } = serverFor(token, (carried) => (carried === "t2" ? undefined : lost()));
    expect(await etcdErrorOf(call())).toMatchObject({ reason: "Unreachable", outcome: "unknown" });
    expect([seen, logins()]).toEqual([["t1"], 1]);
    await Promise.all([call(), call()]);
    expect([seen, logins()]).toEqual([["t1", "t2", "t2"], 2]);
  });

  it("F11: connections that are closed while others are answered leave it alone", async () => {
    const { token, logins } = source();
    const { call } = serverFor(token, takes("t1"));
    await call();
    token.unanswered("t1", performance.now() - 1, true);
    await call();
    expect(logins()).toBe(1);
  });

  it("F11: a server that closes every connection gets a login at most every 30 s, in the end", async () => {
    const { token, logins } = source();
    const { call } = serverFor(token, lost);
    const perMinute: number[] = [];
    for (let minute = 0; minute < 3; minute++) {
      const before = logins();
      for (let ms = 0; ms < 60_000; ms += 500) {
        await Promise.all([call().catch(() => undefined), call().catch(() => undefined)]);
        vi.advanceTimersByTime(500);
      }
      perMinute.push(logins() - before);
    }
    expect(perMinute).toEqual([7, 2, 2]);
  });

  it("F11: is used on where the login that should replace it fails, or takes long", async () => {
    let fails = false;
    let hangs = false;
    const { token } = source((login) => {
      if (hangs) return new Promise(() => undefined);
      return fails ? Promise.reject(refusal("Unreachable")) : Promise.resolve(`t${login}`);
    });
    let broken = true;
    const { seen, call } = serverFor(token, () => (broken ? lost() : undefined));
    await call().catch(() => undefined);
    fails = true;
    await call().catch(() => undefined);
    hangs = true;
    broken = false;
    const waiting = call();
    await vi.advanceTimersByTimeAsync(2000);
    await waiting;
    expect(seen).toEqual(["t1", "t1", "t1"]);
  });

  it("F12: a caller's own short time leaves it alone; silence of five seconds does not", async () => {
    const { token, logins } = source();
    const { call } = serverFor(token, () => refusal("Timeout", "unknown"));
    const timedOut = async (ms: number): Promise<void> => {
      vi.advanceTimersByTime(ms);
      await call(AbortSignal.abort()).catch(() => undefined);
    };
    await token.get(forever());
    for (let i = 0; i < 100; i++) await timedOut(20);
    expect(logins()).toBe(1);
    await timedOut(5000);
    await token.get(forever());
    expect(logins()).toBe(2);
  });

  it("F12: a server's own word that it took too long is an answer", async () => {
    const { token, logins } = source();
    const { call } = serverFor(token, () => refusal("Timeout", "unknown"));
    for (let i = 0; i < 3; i++) {
      await call().catch(() => undefined);
      vi.advanceTimersByTime(7000);
    }
    await token.get(forever());
    expect(logins()).toBe(1);
  });

  it("F13: an endpoint that refuses every one is left for the next, by one login", async () => {
    const { token, logins } = source();
    let inUse = "a";
    const left: string[] = [];
    const endpoints: TokenEndpoints = {
      count: 2,
      left: () => {
        left.push(inUse);
        inUse = "b";
      },
    };
    const { seen, call } = serverFor(token, () => (inUse === "a" ? refusal("InvalidAuthToken") : undefined), endpoints);
    await call();
    expect([seen, left, logins()]).toEqual([["t1", "t2", "t2"], ["a"], 2]);
    await call();
    expect(logins()).toBe(2);
  });

  it("F13: where all refuse it each is asked once more, and logins come ever more rarely", async () => {
    const { token, logins } = source();
    const { seen, call } = serverFor(token, () => refusal("InvalidAuthToken"), { count: 3, left: () => undefined });
    expect(await etcdErrorOf(call())).toMatchObject({ reason: "InvalidAuthToken", outcome: "not-applied" });
    expect([seen, logins()]).toEqual([["t1", "t2", "t2", "t2"], 2]);
    for (let i = 0; i < 100; i++) await call().catch(() => undefined);
    expect(logins()).toBe(2);
    vi.advanceTimersByTime(1000);
    for (let i = 0; i < 100; i++) await call().catch(() => undefined);
    expect(logins()).toBe(3);
  });

  it("F9: a fixed one is the application's: never renewed", async () => {
    const { seen, call } = serverFor(fixedToken("Bearer abc"), takes());
    expect(await etcdErrorOf(call())).toMatchObject({ reason: "InvalidAuthToken" });
    expect(seen).toEqual(["Bearer abc"]);
  });

  it("F3: is not sent where it is not needed, and a server that requires one again gets one", async () => {
    const { token } = source((login) => Promise.resolve(login === 1 ? undefined : "t2"));
    let open = true;
    const { seen, call } = serverFor(token, (carried) => (open || carried === "t2" ? undefined : refusal("UserEmpty")));
    await call();
    open = false;
    await call();
    expect(seen).toEqual([null, null, "t2"]);
  });

  it("is not put on the login itself", async () => {
    const { token, logins } = source();
    const { seen, call } = serverFor(token, takes(null));
    await call(forever(), Auth.method.authenticate);
    expect([seen, logins()]).toEqual([[null], 0]);
  });

  it.each(["a\r\nx: y", "a\nb", "\u0000", "é", " a", "a ", ""])(
    "S7: %j is refused as a token, and not shown",
    async (text) => {
      const bad = text === "" ? "" : `${text}${tokenCanary}${text}`;
      expect((await etcdErrorOf(() => fixedToken(bad))).reason).toBe("InvalidArgument");
      const { token } = source(() => Promise.resolve(`${tokenCanary}\n`));
      expect(await etcdErrorOf(serverFor(token, takes()).call())).toMatchObject({
        reason: "InvalidArgument",
        outcome: "not-applied",
      });
    },
  );

  it("S4: is forgotten when the client is closed", async () => {
    const { token, logins } = source();
    await token.get(forever());
    token.clear();
    expect([await token.get(forever()), logins()]).toEqual(["t2", 2]);
  });
});

describe("a login", () => {
  it("F2: that is refused is an error of the call, which was not sent", async () => {
    const { token, log } = source(() => Promise.reject(refusal("AuthFailed", "unknown")));
    const { seen, call } = serverFor(token, takes());
    expect(await etcdErrorOf(call())).toMatchObject({
      reason: "AuthFailed",
      code: Code.Unauthenticated,
      outcome: "not-applied",
      retryable: false,
    });
    expect(seen).toEqual([]);
    expect(log).toEqual([{ type: "login", username: "alice", reason: "AuthFailed" }]);
  });

  it.each(["AuthFailed", "NoPasswordUser"] as const)(
    "F2: a client in a loop makes at most 7 a minute with a wrong password (%s)",
    async (reason) => {
      const { token, logins } = source(() => Promise.reject(refusal(reason)));
      const { call } = serverFor(token, takes());
      const perMinute: number[] = [];
      for (let minute = 0; minute < 3; minute++) {
        const before = logins();
        for (let ms = 0; ms < 60_000; ms += 500) {
          await Promise.all([call().catch(() => undefined), call().catch(() => undefined)]);
          vi.advanceTimersByTime(500);
        }
        perMinute.push(logins() - before);
      }
      expect(perMinute).toEqual([6, 2, 2]);
      expect(await etcdErrorOf(call())).toMatchObject({ reason });
    },
  );

  it("F2: a password that works ends the cool-down's growth", async () => {
    let right = false;
    const { token, logins } = source(() => (right ? Promise.resolve("t") : Promise.reject(refusal("AuthFailed"))));
    await thrownBy(token.get(forever()));
    vi.advanceTimersByTime(1000);
    right = true;
    await token.get(forever());
    token.refused("t");
    right = false;
    await thrownBy(token.get(forever()));
    vi.advanceTimersByTime(999);
    await thrownBy(token.get(forever()));
    expect(logins()).toBe(3);
    vi.advanceTimersByTime(1);
    await thrownBy(token.get(forever()));
    expect(logins()).toBe(4);
  });

  it("F6: a failure of another kind has no cool-down", async () => {
    const { token, logins } = source(() => Promise.reject(refusal("Unreachable")));
    await thrownBy(token.get(forever()));
    await thrownBy(token.get(forever()));
    expect(logins()).toBe(2);
  });

  it("F6: is shared, and goes on when one of its callers leaves", async () => {
    let answer: (token: string) => void = () => undefined;
    const { token, logins } = source(() => new Promise((resolve) => (answer = resolve)));
    const { seen, call } = serverFor(token, takes("late"));
    const controller = new AbortController();
    const leaver = thrownBy(call(controller.signal));
    const stayer = call();
    controller.abort("enough");
    expect(await leaver).toBe("enough");
    answer("late");
    await stayer;
    expect([seen, logins()]).toEqual([["late"], 1]);
  });

  it("F6, F10: that hangs leaves the call its deadline: nothing was sent, so the outcome of a write is not-applied", async () => {
    const { token } = source(() => new Promise(() => undefined));
    const { seen, call } = serverFor(token, takes());
    const waiting = etcdErrorOf(call(startDeadline(1000).signal));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await waiting).toMatchObject({ reason: "Timeout", outcome: "not-applied" });
    expect(seen).toEqual([]);
  });

  it("F6: the same while a call that was refused waits for its new token", async () => {
    const { token } = source((login) => (login === 1 ? Promise.resolve("t1") : new Promise(() => undefined)));
    const { call } = serverFor(token, takes("t2"));
    const waiting = etcdErrorOf(call(startDeadline(1000).signal));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await waiting).toMatchObject({ reason: "Timeout", outcome: "not-applied" });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("vault");
      },
    ],
    ["rejects", () => Promise.reject(new Error("vault"))],
    ["rejects with no error", async () => new Promise<string>((_, reject) => reject())],
  ])("F10: of a provider that %s is an error of that call, and the next call asks again", async (_, provider) => {
    let broken = true;
    const { token } = source(() => (broken ? provider() : Promise.resolve("t")));
    const { call } = serverFor(token, takes("t"));
    const error = await etcdErrorOf(call());
    expect(error).toMatchObject({ reason: "InvalidAuthToken", outcome: "not-applied" });
    broken = false;
    await call();
  });

  it.each([
    [undefined, true],
    ["", false],
    [7, false],
    [{ token: tokenCanary }, false],
  ])("F10: of a provider that gives %j", async (value, works) => {
    const { token } = source(() => Promise.resolve(value as string | undefined));
    const { call } = serverFor(token, takes(null));
    if (works) await call();
    else expect(await etcdErrorOf(call())).toMatchObject({ reason: "InvalidArgument", outcome: "not-applied" });
  });

  it("S2: tells the log the user and the verdict, nothing else", async () => {
    const { token, log } = source(() => Promise.resolve(tokenCanary));
    await token.get(forever());
    expect(log).toEqual([{ type: "login", username: "alice", reason: undefined }]);
    expectNoSecret([log, token]);
  });
});

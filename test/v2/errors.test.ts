import { describe, expect, it } from "vitest";
import * as v2 from "../../src/v2/index.ts";

/** Every code that etcd 0.4 to 3.5 documents, by the names of its clients. */
const codes: readonly (readonly [number, string])[] = [
  [100, "KeyNotFound"],
  [101, "TestFailed"],
  [102, "NotFile"],
  [103, "NoMorePeer"],
  [104, "NotDir"],
  [105, "NodeExist"],
  [106, "KeyIsPreserved"],
  [107, "RootROnly"],
  [108, "DirNotEmpty"],
  [109, "ExistingPeerAddr"],
  [110, "Unauthorized"],
  [200, "ValueRequired"],
  [201, "PrevValueRequired"],
  [202, "TTLNaN"],
  [203, "IndexNaN"],
  [204, "ValueOrTTLRequired"],
  [205, "TimeoutNaN"],
  [206, "NameRequired"],
  [207, "IndexOrValueRequired"],
  [208, "IndexValueMutex"],
  [209, "InvalidField"],
  [210, "InvalidForm"],
  [211, "RefreshValue"],
  [212, "RefreshTTLRequired"],
  [300, "RaftInternal"],
  [301, "LeaderElect"],
  [400, "WatcherCleared"],
  [401, "EventIndexCleared"],
  [402, "StandbyInternal"],
  [403, "InvalidActiveSize"],
  [404, "InvalidRemoveDelay"],
  [500, "ClientInternal"],
];

async function errorOf(status: number, body: unknown, write: boolean): Promise<v2.EtcdV2Error> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  await using etcd = v2.createEtcdV2({ fetch: async () => new Response(text, { status }), failover: false });
  const work: Promise<unknown> = write ? etcd.set("a", "1") : etcd.get("a");
  const thrown: unknown = await work.catch((error: unknown) => error);
  if (!v2.EtcdV2Error.is(thrown)) expect.fail(String(thrown));
  return thrown;
}

describe("etcd's errors", () => {
  it.each(codes)("code %i is a %s, with its index and cause", async (code, name) => {
    const error = await errorOf(400, { errorCode: code, message: "Words", cause: "/a", index: 12 }, true);
    const expected: unknown = Reflect.get(v2, name);
    expect(error).toBeInstanceOf(expected);
    expect(error).toMatchObject({
      code,
      index: 12n,
      cause: "/a",
      message: "Words: /a",
      status: 400,
      attempts: [{ reason: error.name }],
    });
    expect(error.name).toBe(name === "TestFailed" ? "CompareFailed" : name);
    expect(error.outcome).toBe([300, 301, 500].includes(code) ? "unknown" : "not-applied");
    expect((await errorOf(400, { errorCode: code, message: "Words" }, false)).outcome).toBe("not-applied");
  });

  it("of an unknown code are plain", async () => {
    const error = await errorOf(400, { errorCode: 999, message: "New" }, false);
    expect(error).toMatchObject({ name: "EtcdV2Error", code: 999, index: null, message: "New" });
  });

  it.each([
    [401, { message: "Insufficient credentials" }, "Unauthorized", "not-applied"],
    [403, { message: "not current leader" }, "HttpFailure", "not-applied"],
    [409, { message: "auth: Role x already exists." }, "HttpFailure", "not-applied"],
    [503, { message: "During election" }, "HttpFailure", "unknown"],
    [404, "404 page not found\n", "NotEtcd", "not-applied"],
    [502, "<html>", "HttpFailure", "unknown"],
    [413, "", "HttpFailure", "not-applied"],
    [504, { errorCode: 504, message: "upstream timed out" }, "HttpFailure", "unknown"],
    [503, { errorCode: 400, message: "unavailable" }, "HttpFailure", "unknown"],
    [500, { errorCode: 101, message: "failed" }, "HttpFailure", "unknown"],
    [429, { errorCode: 429, message: "slow down" }, "HttpFailure", "not-applied"],
    [403, { errorCode: 403, message: "Forbidden" }, "HttpFailure", "not-applied"],
    [401, { errorCode: 401, message: "Unauthorized" }, "Unauthorized", "not-applied"],
  ] as const)("with status %i and %j are typed", async (status, body, name, outcome) => {
    const error = await errorOf(status, body, true);
    expect(error).toMatchObject({ name, status, outcome });
    if (typeof body !== "string") expect(error.message).toContain(body.message);
  });

  it("are told apart across copies of the package", () => {
    const alien = Object.assign(new Error("x"), { [Symbol.for("fetcd.EtcdV2Error")]: true });
    expect([v2.EtcdV2Error.is(alien), v2.EtcdV2Error.is(new Error("x")), v2.EtcdV2Error.is({})]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

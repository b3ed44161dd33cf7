import { describe, expect, it } from "vitest";
import { createEtcd, type EtcdOptions } from "../../src/index.ts";
import * as kind from "../../src/transport/option-kinds.ts";
import { checkOptions } from "../../src/transport/options.ts";
import { createMemoryEtcd } from "../../src/memory/memory-etcd.ts";

const messageOf = (options: Record<string, unknown>): string => {
  try {
    createEtcd(options as EtcdOptions);
    return "nothing";
  } catch (error) {
    return (error as { message: string }).message;
  }
};

describe("an option that does not exist", () => {
  it.each([
    ["hosts", '; did you mean "endpoints"?'],
    ["host", '; did you mean "endpoints"?'],
    ["url", '; did you mean "endpoints"?'],
    ["endpoint", '; did you mean "endpoints"?'],
    ["timeout", '; did you mean "timeoutMs"?'],
    ["interceptor", '; did you mean "interceptors"?'],
    ["Namespace", '; did you mean "namespace"?'],
    // Nothing is near: a guess would mislead.
    ["dialect", ""],
    ["grpcOptions", ""],
    ["xyz", ""],
    ["constructor", ""],
    ["__proto__x", ""],
  ])("createEtcd({ %s }) is refused%s", (name, hint) => {
    expect(messageOf({ [name]: "x" })).toBe(`createEtcd: unknown option "${name}"${hint}`);
  });

  it("ttl of a put is told to be a lease's", async () => {
    await using etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
    await expect(etcd.put("k", "v", { ttl: 60 } as never)).rejects.toMatchObject({
      reason: "InvalidArgument",
      message: expect.stringContaining("a time to live is a lease"),
    });
  });
});

describe("an endpoint without a scheme", () => {
  it.each(["localhost:2379", "127.0.0.1:2379", "etcd-1.example.com:2379", "[::1]:2379"])("%s", (text) => {
    expect(messageOf({ endpoints: text })).toBe(`endpoints: ${text} has no scheme: write http://${text}`);
  });

  it("is not shown where it may hold a password", () => {
    for (const text of ["user:secret@host:2379", "user:12345@host", "s3cr3t"]) {
      expect(messageOf({ endpoints: text })).not.toMatch(/secret|12345|s3cr3t/);
    }
  });
});

describe("a signal of a polyfill", () => {
  /** As React Native's and old browsers' packages make it: no `reason`, no `throwIfAborted`. */
  function polyfilled(): { readonly signal: AbortSignal; abort(): void } {
    const target = new EventTarget();
    const signal = Object.assign(target, { aborted: false, onabort: null });
    return {
      signal: signal as unknown as AbortSignal,
      abort() {
        signal.aborted = true;
        target.dispatchEvent(new Event("abort"));
      },
    };
  }

  it("ends a call that is open with an AbortError, and one that begins later", async () => {
    const memory = createMemoryEtcd();
    await using etcd = createEtcd({ fetch: memory.fetch });
    const { signal, abort } = polyfilled();
    const watch = etcd.watch("a", { signal });
    await watch.ready;
    const event = watch[Symbol.asyncIterator]().next();
    abort();
    await expect(event).rejects.toMatchObject({ name: "AbortError" });
    await expect(etcd.get("a", { signal })).rejects.toMatchObject({ name: "AbortError" });
  });

  it("leaves calls alone while it does not abort", async () => {
    await using etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
    const { signal } = polyfilled();
    await etcd.put("a", "1", { signal });
    expect((await etcd.get("a", { signal }))?.text()).toBe("1");
  });
});

describe("the options of one declaration", () => {
  it("undefined passes as not given, null does not", () => {
    const kinds = { on: kind.boolean };
    expect(checkOptions<{ on?: boolean | undefined }>("f", { on: undefined }, kinds).on).toBe(undefined);
    expect(() => checkOptions<object>("f", { on: null }, kinds)).toThrow("on: expected true or false, got null");
  });

  it("a name that is missing does not compile", () => {
    interface Two {
      readonly a?: number;
      readonly b?: string;
    }
    // @ts-expect-error b is missing
    const kinds: kind.Kinds<Two> = { a: kind.positive };
    expect(Object.keys(kinds)).toEqual(["a"]);
  });
});

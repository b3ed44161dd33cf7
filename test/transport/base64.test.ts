import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { decodeBase64, encodeBase64, portableDecode, portableEncode } from "../../src/transport/codec/base64.ts";

interface Codec {
  readonly encode: (bytes: Uint8Array) => string;
  readonly decode: (text: string) => Uint8Array;
}

/** What the standard says `fromBase64` and `toBase64` do, for engines that have neither. */
const standardNatives: Codec = {
  encode: (bytes) => Buffer.from(bytes).toString("base64"),
  decode(text) {
    const letters = text.replace(/[\t\n\f\r ]/g, "");
    const bytes = new Uint8Array(Buffer.from(letters, "base64"));
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(letters) || Buffer.from(bytes).toString("base64") !== letters) {
      throw new SyntaxError("not base64");
    }
    return bytes;
  },
};

/** The module as it is in an engine with native base64; `used` counts the calls that reach the engine. */
async function inNativeEngine(): Promise<Codec & { readonly used: () => number }> {
  let used = 0;
  const define = (target: object, name: string, value: unknown): void => {
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
  };
  define(Uint8Array.prototype, "toBase64", function (this: Uint8Array) {
    used++;
    return standardNatives.encode(this);
  });
  define(Uint8Array, "fromBase64", (text: string, options: unknown) => {
    used++;
    expect(options).toEqual({ lastChunkHandling: "strict" });
    return standardNatives.decode(text);
  });
  vi.resetModules();
  const fresh = await import("../../src/transport/codec/base64.ts");
  return { encode: fresh.encodeBase64, decode: fresh.decodeBase64, used: () => used };
}

const engineHasNative = "fromBase64" in Uint8Array;

afterEach(() => {
  if (engineHasNative) return;
  Reflect.deleteProperty(Uint8Array.prototype, "toBase64");
  Reflect.deleteProperty(Uint8Array, "fromBase64");
});

const notBase64: readonly (readonly [title: string, text: string])[] = [
  ["no padding, one byte", "YQ"],
  ["no padding, two bytes", "YWI"],
  ["half the padding", "YQ="],
  ["padding too many", "YQ==="],
  ["only padding", "===="],
  ["one letter and padding", "Y==="],
  ["padding in the middle", "YQ==YQ=="],
  ["a letter after padding", "YW=I"],
  ["url-safe letters", "-_8="],
  ["a space", "YW Jj"],
  ["a newline at the end", "YWJj\n"],
  ["a tab and three letters", "\tYWJ"],
  ["a no-break space", "YW\u00a0j"],
  ["stray bits before one =", "YWJ="],
  ["stray bits before two =", "YR=="],
  ["a letter outside ASCII", "YWJ\u00e9"],
  ["a letter outside Latin-1", "YWJ\u0159"],
  ["an emoji", "YW\u{1f600}"],
  ["an asterisk", "***="],
  ["a zero byte", "YWJ\0"],
  ["one letter", "Y"],
];

/** Long enough for engines that have base64 of their own to be asked. */
const long = "QUJD".repeat(50);

const codecs: readonly (readonly [string, () => Codec | Promise<Codec>])[] = [
  ["portable base64", () => ({ encode: portableEncode, decode: portableDecode })],
  ["base64 as this engine does it", () => ({ encode: encodeBase64, decode: decodeBase64 })],
  ["base64 in an engine that has its own", inNativeEngine],
];

describe.each(codecs)("%s", (_, make) => {
  it("is what Buffer says, both ways, for random bytes of every small length", async () => {
    const { encode, decode } = await make();
    for (let length = 0; length <= 130; length++) {
      const bytes = crypto.getRandomValues(new Uint8Array(length));
      const text = Buffer.from(bytes).toString("base64");
      expect(encode(bytes)).toBe(text);
      expect(decode(text)).toEqual(bytes);
    }
  });

  it("takes any bytes, also a view into a larger buffer", async () => {
    const { encode, decode } = await make();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), (bytes, offset) => {
        const view = bytes.subarray(Math.min(offset, bytes.length));
        expect(encode(view)).toBe(Buffer.from(view).toString("base64"));
        expect(decode(encode(view))).toEqual(new Uint8Array(view));
      }),
      { numRuns: 200 },
    );
  });

  it("does a megabyte of each possible value", async () => {
    const { encode, decode } = await make();
    const bytes = Uint8Array.from({ length: 2 ** 20 + 1 }, (_each, i) => (i * 31) & 255);
    expect(Buffer.compare(decode(encode(bytes)), bytes)).toBe(0);
  });

  it.each(notBase64)("G6: refuses %s", async (_title, text) => {
    const { decode } = await make();
    expect(() => decode(text)).toThrow(SyntaxError);
    expect(decode(long)).toHaveLength(150);
    expect(() => decode(long + text)).toThrow(SyntaxError);
  });
});

describe("the choice of base64", () => {
  it("is the engine's own where it has one, but for the reading of short texts", async () => {
    const { encode, decode, used } = await inNativeEngine();
    decode(encode(new Uint8Array(150)));
    expect(used()).toBe(2);
    decode(encode(new Uint8Array([1, 2])));
    expect(used()).toBe(3);
  });

  it("16 MB take well under half a second each way", () => {
    const bytes = new Uint8Array(16 * 2 ** 20).fill(0xa5);
    const before = process.cpuUsage();
    const text = portableEncode(bytes);
    expect(portableDecode(text)).toHaveLength(bytes.length);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(1000);
  });
});

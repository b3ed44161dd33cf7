import { describe, expect, it } from "vitest";
import { childEnvironment } from "../../cli/child-environment.ts";
import { goQuote } from "../../cli/go-quote.ts";
import { toJson } from "../../cli/output.ts";
import { shellQuote } from "../../cli/shell-quote.ts";
import { withoutControls, escapedBytes, escapedLines } from "../../cli/terminal.ts";
import { readTransferLine, transferLine } from "../../cli/transfer-line.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("goQuote", () => {
  // As `fmt.Printf("%q")` of Go prints them.
  it.each([
    [bytes("plain text"), '"plain text"'],
    [bytes('"\\\a\b\f\n\r\t\v'.replace("a", "\u0007")), '"\\"\\\\\\a\\b\\f\\n\\r\\t\\v"'],
    [bytes("\u0000\u001b\u007f"), '"\\x00\\x1b\\x7f"'],
    [new Uint8Array([0xff, 0xfe]), '"\\xff\\xfe"'],
    [new Uint8Array([0x61, 0xc3, 0x62]), '"a\\xc3b"'],
    [new Uint8Array([0xe2, 0x82]), '"\\xe2\\x82"'],
    [new Uint8Array([0xed, 0xa0, 0x80]), '"\\xed\\xa0\\x80"'],
    [bytes("ä€😀"), '"ä€😀"'],
    [bytes("\u0085\u00a0\u200b\ufeff"), '"\\u0085\\u00a0\\u200b\\ufeff"'],
    [bytes("\u{e0001}"), '"\\U000e0001"'],
    [bytes("\ufffd"), '"\ufffd"'],
  ])("%#", (given, quoted) => {
    expect(goQuote(given)).toBe(quoted);
  });
});

it("a terminal sees control characters escaped, and bytes that are not text", () => {
  expect(withoutControls("a\u001b]0;x\u0007\u009b31m\u007f\n\t")).toBe("a\\x1b]0;x\\x07\\x9b31m\\x7f\\x0a\\x09");
  expect(escapedLines("one\ntwo\tthree\r")).toBe("one\ntwo\tthree\\x0d");
  expect(escapedBytes(bytes("ä\u009b"), withoutControls)).toBe("ä\\x9b");
  expect(escapedBytes(new Uint8Array([0xff, 0x41, 0x9b, 0x1b]), withoutControls)).toBe("\\xffA\\x9b\\x1b");
});

it("JSON holds no control characters, and means the same", () => {
  const text = toJson({ text: "\u009b31m\u007fä" });
  expect(text).toBe('{"text":"\\u009b31m\\u007fä"}');
  expect(JSON.parse(text)).toEqual({ text: "\u009b31m\u007fä" });
});

it("a shell takes a quoted value for what it is", () => {
  expect(shellQuote("m1=http://10.0.0.1:2380,m2=http://[::1]:2380")).toBe(
    '"m1=http://10.0.0.1:2380,m2=http://[::1]:2380"',
  );
  expect(shellQuote('a";touch x;"')).toBe(`'a";touch x;"'`);
  expect(shellQuote("$(touch x)`touch x`'")).toBe(`'$(touch x)\`touch x\`'\\'''`);
});

it("a command that is run gets no password", () => {
  const own = { ETCDCTL_PASSWORD: "secret", ETCDCTL_USER: "root:secret", PATH: "/bin", OLD: "1" };
  const env = childEnvironment(own, { NEW: "2", OLD: undefined });
  expect(env).toEqual({ ETCDCTL_USER: "root", PATH: "/bin", NEW: "2" });
});

describe("a line of an import", () => {
  const key = '{"key":"k",';
  it.each([
    [`${key}"valueBase64":"_w=="}`, /valueBase64 is not base64/],
    [`${key}"valueBase64":"-w=="}`, /valueBase64 is not base64/],
    [`${key}"valueBase64":"/x=="}`, /valueBase64 is not base64/],
    [`${key}"valueBase64":"/w"}`, /valueBase64 is not base64/],
    [`${key}"valueBase64":7}`, /valueBase64 is not base64/],
    [`${key}"value":"\\ud800"}`, /value is not well-formed Unicode/],
    [`${key}"value":7}`, /value is not a string/],
    [Buffer.from(`${key}"value":"\xff"}`, "latin1"), /not UTF-8/],
  ])("that would be changed is refused: %s", (line, message) => {
    expect(() => readTransferLine(typeof line === "string" ? bytes(line) : line)).toThrow(message);
  });

  it("of 40 MB of base64 is read, and so is what an export prints of any bytes", () => {
    const value = new Uint8Array(30_000_000).fill(0xff);
    for (const each of [value, bytes("\u0000\u001b\u009b\u2028ä😀"), new Uint8Array([0x80])]) {
      const read = readTransferLine(bytes(transferLine({ key: bytes("k\u009b"), value: each })));
      expect(Buffer.from(read.value).equals(each)).toBe(true);
      expect(read.key).toEqual(bytes("k\u009b"));
    }
  }, 60_000);
});

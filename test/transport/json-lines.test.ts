import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createJsonLines, LineTooLong } from "../../src/transport/http/json-lines.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The values that come out of `text` cut at the given byte offsets, and what stood after the last newline. */
function parse(text: string, cuts: readonly number[] = [], limit?: number): { values: unknown[]; tail: string } {
  const lines = createJsonLines(limit);
  const bytes = bytesOf(text);
  const values: unknown[] = [];
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    // An empty chunk changes nothing.
    values.push(...lines.feed(bytes.subarray(start, end)), ...lines.feed(bytes.subarray(end, end)));
    start = end;
  }
  return { values, tail: lines.end() };
}

describe("json-lines", () => {
  const value = fc.jsonValue({ maxDepth: 2, stringUnit: "binary" });
  const blank = fc.constantFrom("", "\n", "  \n", "\r\n");

  it("B18: gives the same values wherever the bytes are cut, inside a character too", () => {
    const document = fc.array(fc.tuple(value, blank), { maxLength: 6 });
    fc.assert(
      fc.property(document, fc.array(fc.nat(), { maxLength: 12 }), (parts, cuts) => {
        const text = parts.map(([json, rest]) => `${JSON.stringify(json)}\n${rest}`).join("");
        expect(parse(text, cuts)).toEqual({
          values: parts.map(([json]) => JSON.parse(JSON.stringify(json)) as unknown),
          tail: "",
        });
      }),
      { numRuns: 400 },
    );
  });

  it("B18: every single cut of a text with characters of one to four bytes", () => {
    // A byte order mark among them: a decoder drops one where it begins anew.
    const text = '{"a":"z\u00e9\u20ac\ufeff\u{1f600}a\ufeff"}\n\n["\\u00e9\\n",-1.5e3]\n{"tail":';
    const whole = parse(text);
    expect(whole).toEqual({
      values: [{ a: "z\u00e9\u20ac\ufeff\u{1f600}a\ufeff" }, ["\u00e9\n", -1500]],
      tail: '{"tail":',
    });
    for (let cut = 0; cut <= bytesOf(text).length; cut++) expect(parse(text, [cut])).toEqual(whole);
  });

  it("several values of one chunk come in order", () => {
    expect(parse("1\n2\n[3]\n")).toEqual({ values: [1, 2, [3]], tail: "" });
  });

  it("blank lines are not values", () => {
    expect(parse("\n  \n\r\n1\n\n")).toEqual({ values: [1], tail: "" });
  });

  it.each(["", "{", '{"error":{"code":14}}', "  ", "\u20ac"])(
    "hands out what stood after the last newline: %j",
    (tail) => {
      expect(parse(`1\n${tail}`, [3, 4, 5])).toEqual({ values: [1], tail });
    },
  );

  it("the values before a line that is not JSON come out first, wherever the bytes are cut", () => {
    const bytes = bytesOf("1\n2\nnonsense\n3\n");
    for (const size of [1, 3, bytes.length]) {
      const lines = createJsonLines();
      const values: unknown[] = [];
      const feedAll = (): void => {
        for (let i = 0; i < bytes.length; i += size)
          for (const json of lines.feed(bytes.subarray(i, i + size))) values.push(json);
      };
      expect(feedAll).toThrow(SyntaxError);
      expect(values).toEqual([1, 2]);
    }
  });

  it("a line may be as long as the limit, newline apart", () => {
    expect(parse('"12345678"\n1\n', [4, 8], 10).values).toEqual(["12345678", 1]);
  });

  it("a longer line is refused as soon as it is, without waiting for its end", () => {
    expect(() => parse('"123456789"\n', [4, 8], 10)).toThrow(LineTooLong);
    expect(() => parse('"123456789"\n', [], 10)).toThrow(LineTooLong);
    expect(() => parse('"1234567890', [4], 10)).toThrow("longer than 10 bytes");
  });

  it("the limit counts bytes, not letters, wherever the bytes are cut", () => {
    const line = `"${"\u20ac".repeat(30)}"`;
    expect(bytesOf(line)).toHaveLength(92);
    for (let cut = 0; cut <= 92; cut++) {
      expect(parse(`1\n${line}\n${line}\n`, [cut, cut + 40], 92).values).toHaveLength(3);
      expect(() => parse(`1\n${line}\n`, [cut], 91)).toThrow(LineTooLong);
      expect(() => parse(`1\n${line}`, [cut], 91)).toThrow(LineTooLong);
    }
  });

  it("the limit is for each line by itself", () => {
    expect(parse("[1]\n".repeat(50), [7, 22, 100], 3).values).toHaveLength(50);
  });

  it("a line of 32 MB in chunks of 1 kB takes time in proportion to its length", () => {
    const chunk = new Uint8Array(1024).fill("a".charCodeAt(0));
    const cpuMs = (chunks: number): number => {
      const lines = createJsonLines(64 * 1024 * 1024);
      const before = process.cpuUsage();
      const values = [...lines.feed(bytesOf('"'))];
      for (let i = 0; i < chunks; i++) values.push(...lines.feed(chunk));
      values.push(...lines.feed(bytesOf('"\n')));
      const { user, system } = process.cpuUsage(before);
      expect(values.map((json) => (json as string).length)).toEqual([chunks * 1024]);
      return (user + system) / 1000;
    };
    cpuMs(1024);
    // Joining at every chunk would move half a terabyte here.
    expect(cpuMs(32 * 1024)).toBeLessThan(1000);
  });
});

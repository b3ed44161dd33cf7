import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messageBody } from "../../src/transport/codec/message-body.ts";

/** The messages that a decoder like Go's has in its buffer when it hands the first one on. */
function inBuffer(body: string): number {
  const first = body.indexOf("}") + 1;
  let buffer = 512;
  while (buffer < first) buffer = 2 * buffer + 512;
  return body.slice(0, buffer).split("}").length - 1;
}

describe("the body of several messages", () => {
  it("holds each on a line of its own", () => {
    expect(messageBody(['{"a":1}', '{"b":2}'])).toBe('{"a":1}\n{"b":2}\n');
    expect(messageBody(['{"a":1}'])).toBe('{"a":1}\n');
  });

  it("leaves a single message as it is, however long", () => {
    const message = `{"a":"${"x".repeat(5_000)}"}`;
    expect(messageBody([message])).toBe(`${message}\n`);
  });

  it("is read whole with its first message, and says the same", () => {
    const message = fc.nat(3_000).map((length) => `{"a":"${"x".repeat(length)}"}`);
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 300 }), (messages) => {
        const body = messageBody(messages);
        const lines = body.trimEnd().split("\n");
        expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
          messages.map((each) => JSON.parse(each) as unknown),
        );
        if (messages.length > 1) expect(inBuffer(body)).toBe(messages.length);
        expect(body.length).toBeLessThan(3 * messages.join("\n").length + 600);
      }),
      { numRuns: 200 },
    );
  });
});

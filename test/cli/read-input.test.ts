import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { readInput } from "../../cli/read-input.ts";

it("input is read to its end", async () => {
  const input = new PassThrough();
  const read = readInput(new AbortController().signal, input);
  input.write(new Uint8Array([0, 255]));
  input.end(new Uint8Array([10]));
  expect(await read).toEqual(new Uint8Array([0, 255, 10]));
});

it("an interrupt ends a command that waits for its input", async () => {
  const interrupt = new AbortController();
  const read = readInput(interrupt.signal, new PassThrough());
  interrupt.abort();
  await expect(read).rejects.toThrow();
});

import { describe, expect, it } from "vitest";
import { bodyText } from "../../src/transport/http/body-text.ts";

/** An answer whose body comes in pieces of so many bytes. */
function answerOf(text: string, pieceBytes: number): Response {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + pieceBytes));
      at += pieceBytes;
    },
  });
  return new Response(body);
}

describe("the body of an answer as text", () => {
  it.each([1, 2, 3, 7, 100])("is the same in pieces of %i bytes", async (pieceBytes) => {
    const text = "aé日🙂".repeat(9);
    const seen: number[] = [];
    const read = await bodyText(answerOf(text, pieceBytes), 1000, () => seen.push(1));
    expect(read).toEqual({ text, whole: true });
    expect(seen).toHaveLength(Math.ceil(new TextEncoder().encode(text).length / pieceBytes));
  });

  it.each([1, 2, 100])("ends before a letter that the limit cuts, in pieces of %i bytes", async (pieceBytes) => {
    expect(await bodyText(answerOf("aéé", pieceBytes), 4)).toEqual({ text: "aé", whole: false });
    expect(await bodyText(answerOf("aéé", pieceBytes), 5)).toEqual({ text: "aéé", whole: true });
  });
});

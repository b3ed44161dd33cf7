/**
 * The same body, which calls `onEnd` once it has been read, has failed, or nobody wants it any more. Until then it holds
 * `held`, whatever its reader does.
 */
export function followedBody(
  body: ReadableStream<Uint8Array> | null,
  held: unknown,
  onEnd: () => void,
): ReadableStream<Uint8Array> | null {
  if (body === null) {
    onEnd();
    return null;
  }
  const reader = body.getReader();
  let kept: unknown = held;
  const end = (): void => {
    if (kept !== undefined) onEnd();
    kept = undefined;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        end();
      },
      cancel(reason) {
        end();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

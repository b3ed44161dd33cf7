import { Readable } from "node:stream";

/** The body of an answer as undici gives it. */
export interface AnswerBody extends Readable {
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * A `Response` whose body stays what undici made of it for as long as it is read as a whole: streams of the web
 * platform cost more than the request. What else is asked of it is asked of a real one, made then.
 */
export function thinResponse(
  url: string,
  status: number,
  fields: NodeJS.Dict<string | string[]>,
  body: AnswerBody,
  signal: AbortSignal | undefined,
): Response {
  const headers = new Headers(
    Object.entries(fields).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : typeof value === "string" ? [[name, value]] : value.map((one) => [name, one]),
    ),
  );
  const empty = status === 204 || status === 205 || status === 304;
  const response = new Response(null, { status, headers });
  // An abort after the headers, or a connection that breaks, before anybody reads.
  body.on("error", () => undefined);
  if (empty) body.resume();
  let real: Response | undefined;
  let taken = false;
  const encoding = headers.get("content-encoding");

  const whole = (): Response => {
    if (real !== undefined) return real;
    if (taken) throw new TypeError("the body is used already");
    const web = Readable.toWeb(body, { strategy: { highWaterMark: 0 } }) as ReadableStream<Uint8Array>;
    real = new Response(empty ? null : decoded(web, encoding), { status, headers });
    return real;
  };
  const read = async <T>(direct: () => Promise<T>, indirect: () => Promise<T>): Promise<T> => {
    if (taken || real?.bodyUsed === true) throw new TypeError("the body is used already");
    const plain = real === undefined && !empty && encoding === null;
    if (plain) taken = true;
    try {
      return await (plain ? direct() : indirect());
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw error instanceof TypeError ? error : new TypeError("terminated", { cause: error });
    }
  };
  const text = (): Promise<string> =>
    read(
      () => body.text(),
      () => whole().text(),
    );
  const bytes = (): Promise<ArrayBuffer> =>
    read(
      () => body.arrayBuffer(),
      () => whole().arrayBuffer(),
    );

  return Object.defineProperties(response, {
    url: { value: url },
    body: { get: () => whole().body },
    bodyUsed: { get: () => taken || real?.bodyUsed === true },
    text: { value: text },
    json: { value: async (): Promise<unknown> => JSON.parse(await text()) },
    arrayBuffer: { value: bytes },
    bytes: { value: async () => new Uint8Array(await bytes()) },
    blob: { value: () => whole().blob() },
    formData: { value: () => whole().formData() },
    clone: { value: () => whole().clone() },
  });
}

/** None was asked for, but some proxies compress all the same. */
function decoded(body: ReadableStream<Uint8Array>, encoding: string | null): ReadableStream<Uint8Array> {
  if (encoding !== "gzip" && encoding !== "deflate") return body;
  return body.pipeThrough(new DecompressionStream(encoding) as ReadableWritablePair<Uint8Array, Uint8Array>);
}

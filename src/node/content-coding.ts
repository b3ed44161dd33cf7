import { pipeline, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, constants } from "node:zlib";

/** Each may grow a thousandfold, so that many of them are an attack. */
const mostCodings = 5;

/**
 * The stream without the codings that a `content-encoding` names, the stream itself where there is none, or
 * `undefined` for a coding that is not known. None is asked for, but some proxies compress all the same.
 */
export function decoded(stream: Readable, encoding: string | undefined): Readable | undefined {
  const names = (encoding ?? "").split(",").map((name) => name.trim().toLowerCase());
  const codings = names.filter((name) => name !== "" && name !== "identity");
  if (codings.length === 0) return stream;
  if (codings.length > mostCodings) return undefined;
  const decoders = codings.map((name) => decoder(name));
  const known = decoders.filter((each) => each !== undefined);
  if (known.length < decoders.length) return undefined;
  // The last one that was applied is the first one to undo. What breaks in the middle breaks the last stream as well.
  return known.reduceRight<Readable>((from, to) => pipeline(from, to, () => undefined), stream);
}

function decoder(name: string): Transform | undefined {
  // What has arrived is shown, whole blocks or not: a stream may pause in the middle of one.
  const flush = constants.Z_SYNC_FLUSH;
  if (name === "gzip" || name === "x-gzip") return createGunzip({ flush });
  if (name === "deflate") return createInflate({ flush });
  if (name === "br") return createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH });
  return undefined;
}

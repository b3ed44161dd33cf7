/** What reads a body piece by piece: the reader of a web stream is one. */
export interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/**
 * A `Response` may have a reader of its own under this name, for a web stream costs more than a small request. The fetch
 * of `fetcd/node` makes such.
 */
export const ownReader: unique symbol = Symbol.for("fetcd.bodyReader");

/** A response that may be read without its stream. */
export interface OwnReader {
  [ownReader](): BodyReader;
}

/** Locks the body. `undefined` where there is none. */
export function readerOf(response: Response & Partial<OwnReader>): BodyReader | undefined {
  return response[ownReader]?.() ?? response.body?.getReader();
}

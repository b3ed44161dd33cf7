/** What reads a body piece by piece: the reader of a web stream is one. */
export interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/**
 * A response that may be read without its stream, because a web stream costs more than a small request: those of the fetch of
 * `fetcd/node` are.
 */
export interface OwnReader {
  bodyReader(): BodyReader;
}

/** Locks the body. `undefined` if the response has no body. */
export function readerOf(response: Response & Partial<OwnReader>): BodyReader | undefined {
  return response.bodyReader?.() ?? response.body?.getReader();
}

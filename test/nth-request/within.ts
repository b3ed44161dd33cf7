import type { Call } from "./run-broken-request.ts";

/** What takes no limit of its own is given up from outside. */
export async function within<T>({ timeoutMs }: Call, work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("given up from outside")), timeoutMs);
  });
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

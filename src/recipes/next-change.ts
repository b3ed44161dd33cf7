import { EtcdError } from "../transport/errors.ts";
import type { Etcd } from "../v3/client.ts";
import type { Selector } from "../v3/keys.ts";
import type { WatchOnceOptions } from "../v3/watch/watch-once.ts";

/**
 * Waits for a change of a range at `from` or later. Resolves with `false` if that much history is gone: there may have
 * been one, so the range is to be read again.
 */
export async function nextChange(etcd: Etcd, selector: Selector, options: WatchOnceOptions): Promise<boolean> {
  try {
    await etcd.watchOnce(selector, options);
    return true;
  } catch (error) {
    if (EtcdError.is(error) && error.reason === "Compacted") return false;
    throw error;
  }
}

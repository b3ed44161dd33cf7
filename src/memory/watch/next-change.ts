import type { Call } from "../../gateway-server/call.ts";
import type { KeyRange } from "../store/key-range.ts";
import type { Watcher, WatchHub } from "./watch-registry.ts";

/** Resolves at the next change in `range`. Rejects with `RpcError` when the call is canceled before. */
export function nextChange(hub: WatchHub, range: KeyRange, call: Call): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher: Watcher = {
      range,
      start: 0n,
      notify() {
        hub.remove(watcher);
        forget();
        resolve();
      },
    };
    hub.add(watcher);
    const forget = call.onCancel((error) => {
      hub.remove(watcher);
      reject(error);
    });
  });
}

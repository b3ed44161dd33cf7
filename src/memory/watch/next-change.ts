import type { ServerCall } from "../../gateway-server/call.ts";
import type { KeySpan } from "../store/key-range.ts";
import type { RegisteredWatcher, WatchRegistry } from "./watch-registry.ts";

/** Resolves at the next change in `range`. Rejects with `RpcError` when the call is canceled before. */
export function untilChange(hub: WatchRegistry, range: KeySpan, call: ServerCall): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher: RegisteredWatcher = {
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

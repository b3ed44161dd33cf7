import type { AnyProviderEvent } from "@openfeature/core";
import type { Flags, FlagsEvent } from "../flags/flags.ts";
import type { ProviderEvents } from "./provider-events.ts";

/** Makes OpenFeature's events of what happens to flags, until what it returns is called. */
export function followFlags(flags: Flags<object>, events: ProviderEvents): () => void {
  const emit = (type: `${AnyProviderEvent}`, context: Parameters<ProviderEvents["emit"]>[1]): void =>
    events.emit(type as AnyProviderEvent, context);

  function tell(event: FlagsEvent): void {
    if (event.type === "changed") {
      emit("PROVIDER_CONFIGURATION_CHANGED", { flagsChanged: [...event.flags] });
    } else if (event.type === "invalid") {
      // A fault of those who write flags: `flags.invalid` and the logger of the flags have it.
    } else if (event.status === "live") {
      emit("PROVIDER_READY", {});
    } else if (event.status === "stale") {
      emit("PROVIDER_STALE", { message: messageOf(flags.error) });
    } else if (event.status === "expired") {
      emit("PROVIDER_ERROR", { message: messageOf(flags.error) });
    }
  }

  return flags.subscribe(tell);
}

/** Resolves when there is something to serve; rejects where the first answer fails and there is no bootstrap. */
export async function initialized(flags: Flags<object>): Promise<void> {
  await flags.ready();
  if (areUnknown(flags)) {
    // As it is, whatever it is.
    return Promise.reject(flags.error ?? new Error("etcd has not answered in time"));
  }
}

/** Whether nobody knows which flags there are: etcd has not answered, and there is nothing to start from. */
export function areUnknown(flags: Flags<object>): boolean {
  return flags.status !== "live" && Object.keys(flags.toJSON().flags).length === 0;
}

export function messageOf(error: unknown): string {
  return typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
}

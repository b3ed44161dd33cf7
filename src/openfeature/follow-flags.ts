import type { AnyProviderEvent, EventContext } from "@openfeature/core";
import type { Flags, FlagsEvent } from "../flags/flags.ts";
import type { ProviderEvents } from "./provider-events.ts";

/** Makes OpenFeature's events of what happens to flags, until what it returns is called. */
export function followFlags(flags: Flags<object>, events: ProviderEvents): () => void {
  function tell(event: FlagsEvent): void {
    if (event.type === "changed") {
      emit(events, "PROVIDER_CONFIGURATION_CHANGED", { flagsChanged: [...event.flags] });
    } else if (event.type === "invalid") {
      // A fault of those who write flags: `flags.invalid` and the logger of the flags have it.
    } else if (event.status === "live") {
      emit(events, "PROVIDER_READY", {});
    } else if (event.status === "stale") {
      emit(events, "PROVIDER_STALE", { message: messageOf(reasonOf(flags)) });
    } else if (event.status === "expired") {
      emit(events, "PROVIDER_ERROR", { message: messageOf(reasonOf(flags)) });
    }
  }

  return flags.subscribe(tell);
}

/** Makes the event of how the flags are, unless all is well. */
export function tellTrouble(flags: Flags<object>, events: ProviderEvents): void {
  const message = messageOf(reasonOf(flags));
  if (haveNothingToServe(flags)) emit(events, "PROVIDER_ERROR", { message });
  else if (flags.status === "stale") emit(events, "PROVIDER_STALE", { message });
}

function emit(events: ProviderEvents, type: `${AnyProviderEvent}`, context: EventContext): void {
  events.emit(type as AnyProviderEvent, context);
}

/** Resolves when there is something to serve; rejects where the first answer fails and there is no bootstrap. */
export async function initialized(flags: Flags<object>): Promise<void> {
  await flags.ready();
  // The reason as it is, whatever it is.
  if (haveNothingToServe(flags)) return Promise.reject(reasonOf(flags));
}

function haveNothingToServe(flags: Flags<object>): boolean {
  return flags.status === "expired" || areUnknown(flags);
}

/** A watch whose stream ends in order leaves no error behind. */
function reasonOf(flags: Flags<object>): unknown {
  return flags.error ?? new Error("etcd does not answer");
}

/** Whether nobody knows which flags there are: etcd has not answered, and there is nothing to start from. */
export function areUnknown(flags: Flags<object>): boolean {
  return flags.status !== "live" && Object.keys(flags.toJSON().flags).length === 0;
}

function messageOf(error: unknown): string {
  return typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
}

/// <reference lib="esnext.disposable" preserve="true" />
/** `fetcd/flags`: feature flags out of etcd, for functions that must be fast and must not fail. */
export { createFlags, type CreateFlags } from "./create-flags.ts";
export type { FakeFlags } from "./fake-flags.ts";
export type { FlagDetails, FlagErrorCode, FlagReason } from "./flag-details.ts";
export type { FlagContext, FlagDefinition, FlagDocument, FlagMetadata, Json } from "./flag-format.ts";
export type { Flags, FlagsEvent, FlagsStatus } from "./flags.ts";
export type { FlagsOptions, FlagsSchema } from "./flags-options.ts";
export { createOfrepHandler } from "./ofrep/ofrep-handler.ts";
export type { OfrepAccess, OfrepOptions } from "./ofrep/ofrep-options.ts";

/// <reference lib="esnext.disposable" preserve="true" />
/** `fetcd/flags`: feature flags out of etcd, for functions that must be fast and must not fail. */
export { createFlags, type Flags, type FlagsEvent, type FlagsStatus } from "./create-flags.ts";
export type { FlagsData, FlagsOptions, FlagsSchema } from "./flags-options.ts";
export type { FlagDetails, FlagErrorCode, FlagReason } from "./flag-set.ts";
export { bucketOf } from "./evaluate-flag.ts";
export type { Condition, ConditionOp, FlagContext, FlagRule, FlagRules, Json, Share } from "./flag-format.ts";

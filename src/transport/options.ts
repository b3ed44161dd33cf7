import { invalidArgument } from "./errors/etcd-error.ts";
import { faultOf, type Kind, type Kinds } from "./option-kinds.ts";
import { readOptions } from "./read-options.ts";

export type { Kinds } from "./option-kinds.ts";

/** The options of a call as `readOptions` gives them. Throws `InvalidArgument`. */
export function checkOptions<T extends object>(
  where: string,
  options: T | undefined,
  kinds: Kinds<NoInfer<T>>,
  path?: string,
): T {
  return readOptions(where, options, kinds, { refuse: invalidArgument, path });
}

/** Throws `InvalidArgument` for a value of another kind. */
export function check<T>(kind: Kind<T>, value: unknown, option: string): T {
  if (kind.accepts(value)) return value;
  throw invalidArgument(faultOf(kind, value, option) ?? option);
}

/** Options as `checkOptions` gives them, with some of them set. */
export function withOptions<T extends object>(options: T, set: Partial<T>): T {
  return Object.assign(Object.create(null) as T, options, set);
}

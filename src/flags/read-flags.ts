import { invalidArgument } from "../transport/errors/etcd-error.ts";
import type { FlagDetails } from "./flag-details.ts";
import type { FlagContext } from "./flag-format.ts";
import type { FlagSet } from "./flag-set.ts";
import type { Flags, FlagsStatus } from "./flags.ts";

/** What reads are answered from. */
export interface ReadFrom {
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly set: FlagSet;
  readonly status: FlagsStatus;
  readonly now: () => number;
  /** Is called by each read: sees that what is served is looked after. */
  touch(): void;
}

type Reads<F extends object> = Pick<Flags<F>, "get" | "details" | "find" | "all" | "findAll">;

/** The part of flags that is answered from memory. */
export function readsOf<F extends object>(from: ReadFrom): Reads<F> {
  const { defaults } = from;

  /** `fallback`: the value where the stored flag gives none. */
  function read(name: string, fallback: unknown, context: FlagContext): FlagDetails<unknown> | undefined {
    const { status, set } = from;
    if (status === "expired") {
      const errorMessage = "the flags are older than staleIfError allows: etcd does not answer";
      const none = { value: fallback, variant: undefined, metadata: set.metadata };
      return { ...none, reason: "ERROR", errorCode: "PROVIDER_NOT_READY", errorMessage };
    }
    const details = set.details(name, fallback, context, from.now());
    return status === "stale" && details !== undefined && details.reason !== "ERROR"
      ? { ...details, reason: "STALE" }
      : details;
  }

  function ofDefault(name: string): FlagDetails<unknown> {
    return { value: defaults[name], variant: undefined, reason: "DEFAULT", metadata: from.set.metadata };
  }

  function find(name: string, context: FlagContext): FlagDetails<unknown> | undefined {
    const stored = from.set.flags.has(name) ? read(name, undefined, context) : undefined;
    return stored ?? (Object.hasOwn(defaults, name) ? (read(name, undefined, context) ?? ofDefault(name)) : undefined);
  }

  function details<K extends keyof F & string>(name: K, context: FlagContext = {}): FlagDetails<F[K]> {
    if (!Object.hasOwn(defaults, name)) throw invalidArgument(`there is no flag "${name}" in the defaults`);
    from.touch();
    return (read(name, defaults[name], context) ?? ofDefault(name)) as FlagDetails<F[K]>;
  }

  return {
    details,
    get: (name, context) => details(name, context).value,
    find(name, context = {}) {
      from.touch();
      return find(name, context);
    },
    all(context = {}) {
      from.touch();
      const names = Object.keys(defaults);
      return Object.fromEntries(
        names.map((name) => [name, (read(name, defaults[name], context) ?? ofDefault(name)).value]),
      ) as F;
    },
    findAll(context = {}) {
      from.touch();
      const names = new Set([...from.set.flags.keys(), ...Object.keys(defaults)]);
      return new Map(
        [...names].sort().flatMap((name) => {
          const found = find(name, context);
          return found === undefined ? [] : [[name, found] as const];
        }),
      );
    },
  };
}

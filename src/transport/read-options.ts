import { faultOf, type Kind, type Kinds } from "./option-kinds.ts";
import { withReason } from "./on-abort.ts";
import { isSignal, isObject } from "./platform.ts";

/** How an option is refused. */
interface RefusalOptions {
  /** Makes the error of a message. */
  readonly refuse: (message: string) => Error;
  /** Stands before the name of an option in messages, such as "retry.". */
  readonly path?: string | undefined;
}

/**
 * The options as an object of their own properties only: what somebody put on `Object.prototype` is not among them.
 * A name that `kinds` does not have is refused, and so is a value of another kind than it says: a misspelt option would be
 * ignored in silence, and a wrong value would mean something else.
 */
export function readOptions<T extends object>(
  where: string,
  options: T | undefined,
  kinds: Kinds<NoInfer<T>>,
  { refuse, path = "" }: RefusalOptions,
): T {
  const own = Object.create(null) as T;
  if (options === undefined) return own;
  const expectsObject = faultOf(optionsObject, options, where);
  if (expectsObject !== undefined) throw refuse(expectsObject);
  const known: Readonly<Record<string, Kind>> = kinds;
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined) throw refuse(`${where}: unknown option "${name}"${hintFor(name, Object.keys(known))}`);
    const fault = value === undefined ? undefined : faultOf(kind, value, path + name);
    if (fault !== undefined) throw refuse(fault);
    Reflect.set(own, name, name === "signal" && isSignal(value) ? withReason(value) : value);
  }
  return own;
}

const optionsObject: Kind = {
  expected: "an options object",
  accepts: isObject,
};

/** What other clients call it. */
const otherNames: readonly (readonly [RegExp, string])[] = [
  [/^(?:hosts?|ur[il]s?|servers?|base_?url)$/i, "endpoints"],
  [/^start_?rev(?:ision)?$/i, "from"],
];

function hintFor(name: string, known: readonly string[]): string {
  if (known.length === 0) return "; it takes none";
  if (name.toLowerCase() === "ttl" && known.includes("lease")) {
    return "; a time to live is a lease: const { id } = await etcd.lease.grant(60), then { lease: id }";
  }
  const meant = otherNames.find(([pattern, option]) => pattern.test(name) && known.includes(option))?.[1];
  const near = meant ?? nearest(name.toLowerCase(), known);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}

/** The name that is one or two slips away, or begins as `name` does; `undefined` if there is none. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const slips = (other: string): number => {
    const [short, long] = name.length < other.length ? [name, other] : [other, name];
    return short.length > 2 && long.startsWith(short) ? 0.5 : difference(name, other) / Math.ceil(short.length / 3);
  };
  const [best] = known
    .map((each) => ({ each, far: slips(each.toLowerCase()) }))
    .filter(({ far }) => far <= 1)
    .sort((a, b) => a.far - b.far);
  return best?.each;
}

/** How long the part is in which two names differ, between what they begin and what they end with. */
function difference(name: string, other: string): number {
  let start = 0;
  let end = 0;
  while (start < name.length && name[start] === other[start]) start++;
  const most = Math.min(name.length, other.length) - start;
  while (end < most && name.at(-1 - end) === other.at(-1 - end)) end++;
  return Math.max(name.length, other.length) - start - end;
}

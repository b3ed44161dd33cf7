// Which watches travel on which stream, as pure functions. At rest there are as few streams as can carry them, and
// while they come and go at most two more: of one etcd, pages and workers have six connections for everything.

/** What is on one stream. */
export interface Load<T> {
  readonly watches: readonly T[];
  /** It also carries what nobody wants any more. Only its end stops the server. */
  readonly stale: boolean;
}

/**
 * The watches for a new stream where some are waiting. Beside the one stream that has been there for long, the young
 * are taken along: theirs are closed when it has been confirmed.
 */
export function planNewStream<T>(waiting: readonly T[], streams: readonly Load<T>[], most: number): T[] {
  const watches = waiting.slice(0, most);
  const [, ...others] = streams
    .filter((stream) => stream.watches.length < most)
    .sort((a, b) => b.watches.length - a.watches.length);
  for (const stream of others) {
    if (watches.length + stream.watches.length <= most) watches.push(...stream.watches);
  }
  return watches;
}

/** The watches for a stream that is to replace others, so that there are fewer, or none that is stale. */
export function planConsolidation<T>(streams: readonly Load<T>[], most: number): T[] | undefined {
  const total = streams.reduce((sum, { watches }) => sum + watches.length, 0);
  const tooMany = streams.length > Math.ceil(total / most);
  const movable = streams
    .filter(({ watches, stale }) => stale || (tooMany && watches.length < most))
    .sort((a, b) => a.watches.length - b.watches.length);
  if (movable.length < 2 && !movable[0]?.stale) return undefined;
  return movable.flatMap(({ watches }) => watches).slice(0, most);
}

/** Which share: another one each day, so that a week takes all of them. `FETCD_SUITES_SHARE` takes one once more. */
export const share = Number(process.env["FETCD_SUITES_SHARE"] ?? Math.floor(Date.now() / 86_400_000));

/** The long form: nothing is left for another day. */
export const allShares = process.env["FETCD_SUITES"] === "all";

/**
 * The suites that one of several ways to connect runs, `way` of `ways`. For ways that differ in something which all suites
 * pass alike, and which tests of its own or another file hold for every suite: each suite runs over one of them, and over
 * the next one another day. `FETCD_SUITES=all`: all suites over each.
 */
export function shareOf<T>(
  suites: Readonly<Record<string, T>>,
  way: number,
  ways: number,
): Readonly<Record<string, T>> {
  if (allShares) return suites;
  return Object.fromEntries(Object.entries(suites).filter((_, i) => (i + share) % ways === way));
}

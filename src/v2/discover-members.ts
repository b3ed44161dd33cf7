import { raceAbort } from "../transport/abort.ts";
import { type Address, type AddressRules, readAddress } from "../transport/http/read-address.ts";
import { Timeout } from "./errors.ts";
import { machines } from "./members.ts";
import { checkTimeout } from "./options.ts";
import type { Requester } from "./requester.ts";
import { isBlamed } from "./retry-policy.ts";

/** Addresses of the machine itself, of a link, or of a cloud's metadata: they mean another thing to each who hears them. */
const ofNobodyElse = /^(?:0\.0\.0\.0|\[::\]|169\.254\..*|\[fe80:.*)$/i;

/**
 * Adds to the given endpoints those that the members name: of the same scheme, and loopback ones only if a given one is
 * loopback too. What a member says is no reason to send a password anywhere else.
 */
async function discoverMembers(
  requester: Requester,
  prefix: string,
  given: readonly Address[],
  rules: AddressRules,
): Promise<void> {
  const schemes = new Set(given.map(({ url }) => new URL(url).protocol));
  const loopback = given.some((address) => address.loopback);
  const learned = (await machines(requester, prefix, { timeoutMs: Math.min(requester.timeoutMs, patienceMs) })).flatMap(
    (text) => {
      const address = readAddress(text, rules);
      if (typeof address === "string" || given.some(({ url }) => url === address.url)) return [];
      const { protocol, hostname } = new URL(address.url);
      return schemes.has(protocol) && (loopback || !address.loopback) && !ofNobodyElse.test(hostname) ? [address] : [];
    },
  );
  const all = [...given, ...learned];
  const known = requester.endpoints.all.map(({ url }) => url);
  // With the same members what is known of their health stays.
  if (all.map(({ url }) => url).join() !== known.join()) requester.setEndpoints(all);
}

/** A call waits no longer than this to hear of more members, in milliseconds. */
const patienceMs = 3000;

/** Asks for the members before the first call, and before the next one after a call that failed everywhere. */
export function discovering(
  requester: Requester,
  prefix: string,
  given: readonly Address[],
  rules: AddressRules,
): Requester {
  let known: Promise<void> | undefined;
  return {
    async call(call, read) {
      known ??= discoverMembers(requester, prefix, given, rules).catch(() => {
        // Those that are known will do; the next call asks again.
        known = undefined;
      });
      const { signal, timeoutMs = requester.timeoutMs } = call.options ?? {};
      const start = performance.now();
      const expired = (): Timeout =>
        new Timeout(`no member told of the others within ${timeoutMs} ms`, { outcome: "not-applied" });
      const deadline = requester.begin(signal, checkTimeout(timeoutMs), expired);
      await raceAbort(known, deadline.signal).finally(deadline.end);
      try {
        const left = Math.max(1, timeoutMs - (performance.now() - start));
        return await requester.call({ ...call, options: { signal, timeoutMs: left } }, read);
      } catch (error) {
        if (isBlamed(error)) known = undefined;
        throw error;
      }
    },
    begin: requester.begin,
    get endpoints() {
      return requester.endpoints;
    },
    setEndpoints: requester.setEndpoints,
    timeoutMs: requester.timeoutMs,
    close: requester.close,
  };
}

import { raceAbort } from "../transport/abort.ts";
import { memberAddresses } from "../discovery/member-addresses.ts";
import type { Address, AddressRules } from "../transport/http/read-address.ts";
import { Timeout } from "./errors.ts";
import { machines } from "./members.ts";
import { checkTimeout } from "./client-options.ts";
import type { Requester } from "./requester.ts";
import { isBlamed } from "./retry-policy.ts";

/** Adds to the given endpoints those that the members name and that may be called. */
async function discoverMembers(
  requester: Requester,
  prefix: string,
  given: readonly Address[],
  rules: AddressRules,
): Promise<void> {
  const named = await machines(requester, prefix, { timeoutMs: Math.min(requester.timeoutMs, patienceMs) });
  requester.setEndpoints([...given, ...memberAddresses(named, given, rules)]);
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
        new Timeout(`no member named the others within ${timeoutMs} ms`, { outcome: "not-applied" });
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
    endpoints: requester.endpoints,
    setEndpoints: requester.setEndpoints,
    timeoutMs: requester.timeoutMs,
    close: requester.close,
  };
}

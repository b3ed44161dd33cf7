import type { CallInfo } from "./caller.ts";
import type { ClientGateway } from "./gateway-transport.ts";
import type { Address } from "./http/read-address.ts";
import { isPromise } from "./platform.ts";
import { noteFailure } from "./retry/attempt.ts";

/** What is needed of a gateway to choose among its endpoints. */
export type EndpointsInUse = Pick<ClientGateway, "choose" | "endpoints">;

/** A call whose endpoint is chosen before it is sent, so that it is known whose answer it gets. */
export interface PlacedCall<C extends CallInfo> {
  readonly call: C;
  /** `undefined` where the transport does not choose among endpoints. */
  readonly endpoint: Address | undefined;
  /** What is wrong with the answer counts against the endpoint. Returns the error with that attempt in it. */
  blame(error: unknown): unknown;
}

/** A promise only where it is still to be learned which endpoints there are. */
export function placeCall<C extends CallInfo>(
  gateway: EndpointsInUse | undefined,
  call: C,
): PlacedCall<C> | Promise<PlacedCall<C>> {
  if (gateway === undefined) return { call, endpoint: undefined, blame: (error) => error };
  const endpoint = gateway.choose(call.endpoint, call.signal);
  return isPromise(endpoint) ? endpoint.then((known) => placed(gateway, call, known)) : placed(gateway, call, endpoint);
}

function placed<C extends CallInfo>(gateway: EndpointsInUse, call: C, endpoint: Address): PlacedCall<C> {
  const start = performance.now();
  return {
    call: { ...call, endpoint },
    endpoint,
    blame: (error) => noteFailure(gateway.endpoints, endpoint, error, { start }),
  };
}

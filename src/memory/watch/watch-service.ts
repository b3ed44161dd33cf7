import { type Endpoint, stream } from "../../gateway-server/rpc-endpoint.ts";
import { Watch } from "../../gateway-server/served-services.ts";
import { RpcError } from "../../gateway-server/rpc-error.ts";
import type { Server } from "../server.ts";
import { ServedWatches } from "./served-watches.ts";

export function watchEndpoints(server: Server): Endpoint[] {
  const { store, hub, clock, headerAt, access, settings } = server;
  return [
    stream(Watch.method.watch, (requests, sink, call) => {
      const watches = new ServedWatches(
        {
          store,
          hub,
          clock,
          header: headerAt,
          settings: {
            progressNotifyMs: settings.progressNotifyMs,
            maxRequestBytes: settings.maxRequestBytes,
            progressAlways: settings.release.before35,
          },
          refusal: (range) => refusalOf(() => access.read(call, range)),
        },
        (response) => sink.send(response),
      );
      call.onCancel(() => watches.close());
      // The stream goes on after its requests have ended.
      watches.take(requests);
    }),
  ];
}

function refusalOf(check: () => void): RpcError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof RpcError) return error;
    throw error;
  }
}

import { onTestFinished } from "vitest";
import { type Answer, responder, type Responder } from "../../e2e/responder.ts";
import { gatewayTransport, type GatewayTransport } from "../../src/transport/gateway-transport.ts";
import { scriptedFetch } from "./scripted-fetch.ts";

/** A server that answers everything the same way until the test ends, and a transport to it. */
export async function serving(
  answer: Answer | (() => Answer),
  options: { maxResponseBytes?: number; maxLineBytes?: number } = {},
): Promise<{ server: Responder; transport: GatewayTransport }> {
  const server = await responder(() => (typeof answer === "function" ? answer() : answer));
  onTestFinished(() => server.close());
  return { server, transport: gatewayTransport({ endpoints: server.url, ...options }) };
}

/** A transport whose every answer is this, without a server. */
export const inMemory = (response: () => Response): GatewayTransport =>
  gatewayTransport({ fetch: scriptedFetch(response).fetch });

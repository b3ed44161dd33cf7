/** `fetcd/transport`: etcd's JSON gateway as a Connect `Transport`, for use with Connect's own clients. */
export { createGatewayTransport } from "./connect-transport.ts";
export type { GatewayTransportOptions } from "./gateway-options.ts";
export type { GatewayTransport, PlainGet } from "./gateway-transport.ts";
export type { Interceptor } from "./connect-types.ts";
export type { Fetch } from "./http/fetch.ts";
export type { Endpoints } from "./retry/endpoints.ts";
export { type Attempt, EtcdError, type Outcome } from "./errors/etcd-error.ts";
export type { ClientReason, EtcdReason, Reason } from "./errors/reasons.ts";

/** `fetcd/transport`: etcd's JSON gateway as a Connect `Transport`, for use with Connect's own clients. */
export { createGatewayTransport } from "./connect-transport.ts";
export type { GatewayTransportOptions } from "./gateway-options.ts";
export type { GatewayTransport } from "./gateway-transport.ts";
export { type Attempt, EtcdError, type Outcome } from "./errors/etcd-error.ts";
export type { ClientReason, EtcdReason, Reason } from "./errors/reasons.ts";

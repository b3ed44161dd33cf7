import type { RpcError } from "./rpc-error.ts";

/**
 * How a server's JSON gateway words its answers: grpc-gateway 1 is in the official binaries of etcd up to 3.5,
 * grpc-gateway 2 in those from 3.6 on and in some distributions' builds of 3.5.
 */
export type Dialect = "gateway1" | "gateway2";

/** What the code of an error gives as HTTP status. */
export function httpStatus(code: number, dialect: Dialect, preconditionStatus: 400 | 412): number {
  switch (code) {
    case 1:
      return dialect === "gateway1" ? 408 : 499;
    case 3:
    case 11:
      return 400;
    case 9:
      return preconditionStatus;
    case 4:
      return 504;
    case 5:
      return 404;
    case 6:
    case 10:
      return 409;
    case 7:
      return 403;
    case 8:
      return 429;
    case 12:
      return 501;
    case 14:
      return 503;
    case 16:
      return 401;
    default:
      return 500;
  }
}

/** The body of an answer that is an error. */
export function errorBody({ code, message }: RpcError, dialect: Dialect): string {
  return JSON.stringify(dialect === "gateway1" ? { error: message, code, message } : { code, message });
}

/** The last line of a stream that ends with an error, or all that there is of it. Old gateways leave out the newline. */
export function streamErrorLine({ code, message }: RpcError, dialect: Dialect, status: number): string {
  if (dialect === "gateway2") return `${JSON.stringify({ error: { code, message } })}\n`;
  const error = { grpc_code: code, http_code: status, message, http_status: statusTexts[status] ?? "" };
  return JSON.stringify({ error });
}

const statusTexts: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  408: "Request Timeout",
  409: "Conflict",
  412: "Precondition Failed",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

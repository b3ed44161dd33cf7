import { amend, type EtcdError } from "../errors/etcd-error.ts";
import { createRedactor, redactCause } from "./redact.ts";

/** What only the sender of a request and etcd may know of it. */
export function secretsOf(header: Readonly<Record<string, string>> | undefined, message: object): string[] {
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(header ?? {})) {
    // "Bearer" and "Basic" are not secret.
    if (secretHeader.test(name)) secrets.push(value, ...value.split(" ").slice(1));
  }
  for (const name of secretFields) {
    const value: unknown = Object.hasOwn(message, name) ? Reflect.get(message, name) : undefined;
    if (typeof value === "string") secrets.push(value);
  }
  return secrets;
}

/** Also those that programs add by interceptors. */
const secretHeader = /auth|token|cookie|secret|key|password/i;
const secretFields = ["password", "hashedPassword"];

/** The error without the secrets; the same one where it has none. */
export function redactError(error: EtcdError, secrets: readonly string[]): EtcdError {
  if (secrets.length === 0) return error;
  const redact = createRedactor(secrets);
  const message = redact(error.message);
  const cause = redactCause(error.cause, redact);
  if (message === error.message && cause === error.cause) return error;
  return amend(error, { message, cause });
}

/** The texts of a message that an error may be made of, without the secrets. */
export function redactMessage<T extends object>(message: T, secrets: readonly string[]): T {
  if (secrets.length === 0) return message;
  const said: unknown = Reflect.get(message, "cancelReason");
  if (typeof said === "string" && said !== "") Reflect.set(message, "cancelReason", createRedactor(secrets)(said));
  return message;
}

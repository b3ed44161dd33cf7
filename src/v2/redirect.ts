import type { Redact } from "../transport/secrets/redact.ts";
import { RedirectRefused } from "./errors.ts";

export interface RedirectRules {
  readonly followRedirects: boolean;
  /** Whether the call carries a password, in its header or its body. */
  readonly secret: boolean;
  /** The origins that the password may be sent to. */
  readonly origins: ReadonlySet<string>;
  readonly method: string;
  readonly redact: Redact;
}

/** Whether an answer is a redirect. In a page nothing more can be read of it. */
export function isRedirect({ type, status }: Response): boolean {
  return type === "opaqueredirect" || [301, 302, 303, 307, 308].includes(status);
}

/**
 * The URL that a redirect leads to. It is followed only where `followRedirects` is on, and the method and body stay the
 * same; never from https to http; and with a password only to one of the endpoints given. Throws `RedirectRefused`
 * otherwise.
 */
export function redirectTarget(response: Response, from: string, hops: number, rules: RedirectRules): string {
  const refuse = (why: string): RedirectRefused =>
    new RedirectRefused(
      rules.redact(`${new URL(from).origin} answered with a redirect, which the client does not follow: ${why}`),
      {
        outcome: "not-applied",
        status: response.status,
      },
    );
  const location = response.headers.get("location");
  if (!rules.followRedirects) throw refuse("followRedirects is off");
  if (location === null || !URL.canParse(location, from)) throw refuse("its location is missing or invalid");
  const [source, target] = [new URL(from), new URL(location, from)];
  if (hops >= 5) throw refuse("it is the sixth");
  if (response.status < 307 && rules.method !== "GET")
    throw refuse(`${response.status} would make ${rules.method} a GET`);
  if (!/^https?:$/.test(target.protocol) || (source.protocol === "https:" && target.protocol === "http:")) {
    throw refuse(`${target.origin} is less secure`);
  }
  if (rules.secret && !rules.origins.has(target.origin)) throw refuse(`${target.origin} would get the password`);
  return target.href;
}

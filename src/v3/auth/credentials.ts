import type { NoteFailure } from "../../transport/shared-work.ts";
import { Auth } from "../../transport/codec/services.ts";
import type { Connection } from "../../transport/connection.ts";
import { EtcdError, invalidArgument } from "../../transport/errors/etcd-error.ts";
import type { Log } from "../../transport/log.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { fetchedToken, fixedToken, type TokenSource } from "../../transport/auth/token.ts";

/** How a client proves who it is: a user and password, which it logs in with, or a token that it already has. */
export type Credentials =
  | {
      /** The user to log in as. */
      readonly username: string;
      /** The user's password. It is sent with logins only. */
      readonly password: string;
      /** Go on without a token where authentication is not enabled. @default that is an error */
      readonly allowDisabled?: boolean | undefined;
      readonly token?: undefined;
    }
  | {
      /** A token as etcd gave it, without "Bearer". A function is asked again when a token is refused. */
      readonly token: string | (() => Promise<string>);
      readonly username?: undefined;
      readonly password?: undefined;
      readonly allowDisabled?: undefined;
    };

const credentialKinds: Kinds<Credentials> = {
  username: kind.anything,
  password: kind.anything,
  allowDisabled: kind.boolean,
  token: {
    expected: "a string that is not empty, or a function",
    accepts: (value): value is unknown => kind.string.accepts(value) || kind.func.accepts(value),
  },
};

/** `anonymous`: a connection without a token, to log in by. */
export function tokenSource(given: Credentials, anonymous: Connection, log: Log): TokenSource {
  const credentials = checkOptions("auth", given, credentialKinds);
  const { username, password, token, allowDisabled = false } = credentials;
  const { shareRequests, timeoutMs: limitMs } = anonymous;
  if (token !== undefined) {
    if (username !== undefined || password !== undefined) {
      throw invalidArgument("auth: expected username and password or token, got both");
    }
    return typeof token === "function"
      ? fetchedToken({ fetchToken: () => token(), shareRequests, limitMs, log })
      : fixedToken(token);
  }
  if (typeof username !== "string" || username === "" || typeof password !== "string" || password === "") {
    throw invalidArgument("auth: expected { username, password }, each a string that is not empty, or { token }");
  }
  const request = { name: username, password };
  async function fetchToken(onFailure: NoteFailure): Promise<string | undefined> {
    try {
      return (await anonymous.unary(Auth.method.authenticate, request, { onFailure })).token;
    } catch (error) {
      if (allowDisabled && EtcdError.is(error) && error.reason === "AuthNotEnabled") return undefined;
      throw error;
    }
  }
  return fetchedToken({ fetchToken, username, shareRequests, limitMs, log });
}

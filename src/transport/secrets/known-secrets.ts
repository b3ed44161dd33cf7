import type { EtcdError } from "../errors/etcd-error.ts";
import { redactError } from "./redact-error.ts";

/** What must not be in any error of a connection: what it was given, and the tokens that it has sent. */
export interface KnownSecrets {
  /** Takes note of a token that a request carries. */
  remember(token: string): void;
  /** The error without them. */
  clean(error: EtcdError): EtcdError;
}

/** How many tokens are remembered: a server may have kept an older one, and say it. */
const mostTokens = 4;

export function createKnownSecrets(given: readonly string[]): KnownSecrets {
  let tokens: readonly string[] = [];
  return {
    remember(token) {
      if (!tokens.includes(token)) tokens = [token, ...tokens].slice(0, mostTokens);
    },
    clean: (error) => redactError(error, [...given, ...tokens]),
  };
}

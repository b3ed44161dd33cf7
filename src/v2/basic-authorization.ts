import { toBinary } from "../transport/bytes.ts";
import { anything } from "../transport/option-kinds.ts";
import { invalid } from "./errors.ts";
import { checkText } from "./key-path.ts";
import { checkOptions } from "./client-options.ts";

export interface BasicAuthorization {
  /** The `authorization` header of HTTP Basic. */
  readonly header: string;
  readonly password: string;
}

export function basicAuthorization(given: {
  readonly username: string;
  readonly password: string;
}): BasicAuthorization {
  const { username, password } = checkOptions("auth", given, { username: anything, password: anything });
  const name = checkText(username, "auth.username");
  if (name === "" || name.includes(":"))
    throw invalid("auth.username: expected a string without a colon that is not empty");
  if (checkText(password, "auth.password") === "") throw invalid("auth.password: expected a string that is not empty");
  const bytes = new TextEncoder().encode(`${name}:${password}`);
  return { header: `Basic ${btoa(toBinary(bytes))}`, password };
}

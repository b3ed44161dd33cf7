import type { ServedRequest } from "../../gateway-server/http-request.ts";
import { badEscape, unescapePercent } from "./percent.ts";
import { V2Error, v2Code } from "./v2-error.ts";

/** The parameters of a request by name, each with its first value. */
export type FormFields = ReadonlyMap<string, string>;

/** Those of the body, if it is a form, before those of the query. Throws `V2Error` if it cannot be read. */
export function readForm({ method, url, headers, body }: ServedRequest): FormFields {
  const form = new Map<string, string>();
  if (["POST", "PUT", "PATCH"].includes(method) && isForm(headers.get("content-type"))) add(form, body);
  add(form, url.search.slice(1));
  return form;
}

function isForm(type: string | null): boolean {
  if (type === null) return false;
  const [media = "", ...parameters] = type.split(";").map((part) => part.trim());
  if (media === "") throw invalid("mime: no media type");
  if (parameters.some((parameter, i) => !parameter.includes("=") && (parameter !== "" || i < parameters.length - 1))) {
    throw invalid("mime: invalid media parameter");
  }
  return media.toLowerCase() === "application/x-www-form-urlencoded";
}

function add(form: Map<string, string>, text: string): void {
  for (const field of text.split("&")) {
    if (field === "") continue;
    if (field.includes(";")) throw invalid("invalid semicolon separator in query");
    const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(field)?.map(plain) ?? [];
    if (!form.has(name)) form.set(name, value);
  }
}

function plain(text: string): string {
  const value = unescapePercent(text.replaceAll("+", " "));
  if (value === undefined) throw invalid(`invalid URL escape ${JSON.stringify(badEscape(text))}`);
  return value;
}

function invalid(reason: string): V2Error {
  return new V2Error(v2Code.invalidForm, reason);
}

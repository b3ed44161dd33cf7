import { errorClasses, Unauthorized } from "./code-errors.ts";
import { EtcdV2Error, HttpFailure, NotEtcd } from "./errors.ts";
import { jsonObject, toIndex } from "./json.ts";

/** Of a write these say that etcd tried and does not know; every other code is a refusal. */
const undecided: ReadonlySet<number> = new Set([300, 301, 500]);

/** The error in an answer that is no success. `write`: whether the call was to change something. */
export function answerError(status: number, text: string, where: string, write: boolean): EtcdV2Error {
  const json = jsonObject(text) ?? {};
  const { message, cause } = json;
  const code = json["errorCode"];
  if (typeof code === "number" && typeof message === "string") {
    const outcome = write && undecided.has(code) ? "unknown" : "not-applied";
    const detail = typeof cause === "string" && cause !== "" ? `: ${cause}` : "";
    const init = { outcome, code, status, index: toIndex(json["index"]), cause } as const;
    return new (errorClasses.get(code) ?? EtcdV2Error)(`${message}${detail}`, init);
  }
  // A proxy's 5xx tells nothing of what became of the request behind it.
  const outcome = write && status >= 500 ? "unknown" : "not-applied";
  if (typeof message !== "string" && status === 404) {
    return new NotEtcd(`${where} is not there: etcd serves v2 with --enable-v2, and since 3.6 not at all`, {
      outcome,
      status,
    });
  }
  const said = typeof message === "string" ? `: ${message.slice(0, 1000)}` : "";
  if (status === 401) return new Unauthorized(`Unauthorized${said}`, { outcome, status, code: 110 });
  return new HttpFailure(`${where} answered ${status}${said}`, { outcome, status });
}

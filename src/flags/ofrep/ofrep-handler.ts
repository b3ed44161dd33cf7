import type { FlagContext } from "../flag-format.ts";
import type { Flags } from "../flags.ts";
import { murmur3 } from "../murmur3.ts";
import { failureAnswer, flagAnswer } from "./ofrep-answers.ts";
import { changeStream } from "./change-stream.ts";
import { checkOfrepOptions, type OfrepOptions, type OfrepSettings } from "./ofrep-options.ts";
import { readContext } from "./read-context.ts";

/**
 * A fetch handler that serves flags over OFREP, the protocol for which every SDK of OpenFeature has a provider:
 * `POST /ofrep/v1/evaluate/flags/{key}`, `POST /ofrep/v1/evaluate/flags`, and a stream that tells of changes. Requests for
 * other paths get 404.
 *
 * @example
 * const handle = createOfrepHandler(flags, { cors: ["https://app.example.com"] });
 * export default { fetch: (request) => handle(request) };
 */
export function createOfrepHandler(
  flags: Flags<object>,
  options?: OfrepOptions,
): (request: Request) => Promise<Response> {
  const settings = checkOfrepOptions(options);
  const root = `${settings.basePath}/ofrep/v1/`;
  let streams = 0;

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.startsWith(root) ? url.pathname.slice(root.length).replace(/\/$/, "") : "";
    if (path === "events" && settings.maxStreams > 0) return events(request);
    const key = /^evaluate\/flags(?:\/(?<key>[^/]+))?$/.exec(path)?.groups?.["key"];
    if (key === undefined && path !== "evaluate/flags") return new Response("no such path\n", { status: 404 });
    if (request.method !== "POST") return new Response("POST only\n", { status: 405, headers: { allow: "POST" } });
    const name = key === undefined ? undefined : decoded(key);
    const named = name === undefined ? {} : { key: name };
    try {
      const refused = await refusal(settings, request);
      if (refused !== undefined) return refused;
      const given = await readContext(request);
      if (given.fault !== undefined) return failureAnswer(given.status, "INVALID_CONTEXT", given.fault, named);
      await upToDate(url.searchParams.get("flagConfigEtag"));
      if (name !== undefined) return one(name, given.context);
      return all(given.context, request.headers.get("if-none-match"));
    } catch (error) {
      // What it says may be none of a client's business.
      return failureAnswer(500, "GENERAL", "the flags cannot be evaluated", named);
    }
  }

  function one(key: string, context: FlagContext): Response {
    const details = flags.find(key, context);
    if (details !== undefined) {
      const body = flagAnswer(key, details);
      if (details.errorCode === "PROVIDER_NOT_READY") return Response.json(body, { status: 500 });
      return Response.json(body, { status: details.errorCode === undefined ? 200 : 400 });
    }
    const { metadata } = flags;
    if (isUnknown()) return failureAnswer(500, "GENERAL", "etcd has not answered yet", { key, metadata });
    return failureAnswer(404, "FLAG_NOT_FOUND", `there is no flag ${JSON.stringify(key)}`, { key, metadata });
  }

  function all(context: FlagContext, known: string | null): Response {
    const found = flags.findAll(context);
    if (found.size === 0 && isUnknown()) return failureAnswer(500, "GENERAL", "etcd has not answered yet");
    const { metadata } = flags;
    const evaluated = Array.from(found, ([key, details]) => flagAnswer(key, details));
    const text = JSON.stringify({ flags: evaluated, metadata });
    const etag = `"${[0, 1].map((seed) => murmur3(text, seed).toString(16).padStart(8, "0")).join("")}"`;
    const headers = { etag, "cache-control": "private, no-cache" };
    if (known !== null && tags(known).includes(etag)) return new Response(null, { status: 304, headers });
    const endpoint = { requestUri: `${root}events` };
    const eventStreams = settings.maxStreams > 0 ? { eventStreams: [{ type: "sse", endpoint }] } : {};
    return Response.json({ flags: evaluated, metadata, ...eventStreams }, { headers });
  }

  function events(request: Request): Response {
    if (request.method !== "GET") return new Response("GET only\n", { status: 405, headers: { allow: "GET" } });
    if (streams >= settings.maxStreams) {
      return new Response("too many streams\n", { status: 429, headers: { "retry-after": "60" } });
    }
    streams++;
    return changeStream(flags, request, () => void streams--);
  }

  /** Whether it is not known which flags there are. */
  function isUnknown(): boolean {
    return flags.status !== "live" && Object.keys(flags.toJSON().flags).length === 0;
  }

  /** A client that an event has sent here may know of flags that this program has not seen yet. */
  async function upToDate(digest: string | null): Promise<void> {
    const { timeoutMs } = settings;
    if (timeoutMs > 0) await flags.ready({ timeoutMs });
    if (digest === null || digest === flags.digest || timeoutMs <= 0) return;
    await flags.refresh({ timeoutMs }).catch(() => undefined);
  }

  return async (request) => withCors(settings, request, preflight(request) ?? (await answer(request)));
}

async function refusal({ authorize }: OfrepSettings, request: Request): Promise<Response | undefined> {
  const access = await authorize(request);
  if (access === true) return undefined;
  if (access === 403) return new Response(null, { status: 403 });
  if (typeof access === "object" && access !== null && "retryAfterSec" in access) {
    const seconds = Math.max(1, Math.ceil(Number(access.retryAfterSec)) || 1);
    return new Response(null, { status: 429, headers: { "retry-after": String(seconds) } });
  }
  return new Response(null, { status: 401, headers: { "www-authenticate": "Bearer" } });
}

function preflight(request: Request): Response | undefined {
  if (request.method !== "OPTIONS") return undefined;
  const headers = {
    "access-control-allow-methods": "POST, GET",
    "access-control-allow-headers":
      "content-type, if-none-match, authorization, x-api-key, last-event-id, cache-control",
    "access-control-max-age": "86400",
  };
  return new Response(null, { status: 204, headers });
}

/** Lets pages of other origins read the answer, if they may. */
function withCors({ cors }: OfrepSettings, request: Request, response: Response): Response {
  if (cors !== "*" && cors.length === 0) return response;
  const origin = request.headers.get("origin");
  response.headers.append("vary", "origin");
  if (origin === null || (cors !== "*" && !cors.includes(origin))) return response;
  response.headers.set("access-control-allow-origin", cors === "*" ? "*" : origin);
  response.headers.set("access-control-expose-headers", "etag, retry-after");
  return response;
}

function tags(header: string): string[] {
  return header.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

import { invalidArgument, describe } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";

/** `true`: go on. `false` and `401`: no or wrong credentials. `403`: not for these. A pause: too many requests. */
export type OfrepAccess =
  | boolean
  | 401
  | 403
  | {
      /** Seconds after which the client may ask again. */
      readonly retryAfterSec: number;
    };

/** Options of {@link createOfrepHandler}. */
export interface OfrepOptions {
  /**
   * Who may evaluate flags, by `request.headers`, where clients send `authorization` or `x-api-key`. It is not asked for
   * the stream of changes, which has no headers and says nothing about flags.
   * @default everybody
   */
  readonly authorize?: ((request: Request) => OfrepAccess | Promise<OfrepAccess>) | undefined;
  /**
   * Origins whose pages may ask: `"*"`, or a list such as `["https://app.example.com"]`.
   * @default pages of the same origin alone
   */
  readonly cors?: "*" | readonly string[] | undefined;
  /**
   * What comes before `/ofrep/v1` in the path.
   * @default ""
   */
  readonly basePath?: string | undefined;
  /**
   * How many clients at a time may be told of changes as they happen, over server-sent events; each costs a watch. More
   * of them poll. `0`: all poll.
   * @default 100
   */
  readonly maxStreams?: number | undefined;
  /**
   * How long a request waits for flags that etcd has not answered yet, in milliseconds.
   * @default 2000
   */
  readonly timeoutMs?: number | undefined;
}

export interface OfrepSettings {
  readonly authorize: (request: Request) => unknown;
  readonly cors: "*" | readonly string[];
  readonly basePath: string;
  readonly maxStreams: number;
  readonly timeoutMs: number;
}

interface GivenOptions {
  readonly authorize?: unknown;
  readonly cors?: unknown;
  readonly basePath?: unknown;
  readonly maxStreams?: unknown;
  readonly timeoutMs?: unknown;
}

const ofrepKinds: Kinds<GivenOptions> = {
  authorize: kind.func,
  cors: kind.anything,
  basePath: kind.anything,
  maxStreams: kind.anything,
  timeoutMs: kind.anything,
};

export function checkOfrepOptions(given: OfrepOptions | undefined): OfrepSettings {
  const options = checkOptions<GivenOptions>("createOfrepHandler", given, ofrepKinds);
  const { authorize, cors = [], basePath = "", maxStreams = 100, timeoutMs = 2000 } = options;
  if (typeof basePath !== "string" || !/^(?:\/[^/?#]+)*$/.test(basePath)) {
    throw invalidArgument(`basePath: expected a path such as /api, got ${describe(basePath)}`);
  }
  return {
    authorize: typeof authorize === "function" ? (request) => authorize(request) as unknown : () => true,
    cors: originsOf(cors),
    basePath,
    maxStreams: numberOf(maxStreams, "maxStreams"),
    timeoutMs: numberOf(timeoutMs, "timeoutMs"),
  };
}

function originsOf(cors: unknown): "*" | readonly string[] {
  if (cors === "*") return cors;
  if (Array.isArray(cors) && cors.every((origin): origin is string => typeof origin === "string" && isOrigin(origin))) {
    return cors;
  }
  throw invalidArgument(
    `cors: expected "*" or a list of origins such as https://app.example.com, got ${describe(cors)}`,
  );
}

function isOrigin(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/.test(text);
}

function numberOf(value: unknown, option: string): number {
  if (typeof value === "number" && value >= 0) return value;
  throw invalidArgument(`${option}: expected a number, 0 or more, got ${describe(value)}`);
}

import { onTestFinished } from "vitest";
import { createMemoryEtcd, type MemoryEtcd, type MemoryEtcdOptions } from "../../src/memory/index.ts";

export interface V2Result {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

type Fields = Readonly<Record<string, string>>;

/** A memory whose v2 API is asked by path. */
export interface V2Memory {
  readonly memory: MemoryEtcd;
  call(method: string, path: string, fields?: Fields, init?: RequestInit): Promise<V2Result>;
  get(key: string, fields?: Fields): Promise<V2Result>;
  put(key: string, fields?: Fields): Promise<V2Result>;
  post(key: string, fields?: Fields): Promise<V2Result>;
  delete(key: string, fields?: Fields): Promise<V2Result>;
  /** The answer with its body yet to read. */
  open(path: string, init?: RequestInit): Promise<Response>;
}

export function v2Memory(options: MemoryEtcdOptions = {}): V2Memory {
  const memory = createMemoryEtcd({ clock: "virtual", seed: 1, ...options });
  onTestFinished(() => memory.close());
  const call: V2Memory["call"] = async (method, path, fields = {}, init = {}) => {
    const form = new URLSearchParams(fields);
    const query = form.size === 0 ? "" : `?${form}`;
    const response = await memory.fetch(`http://memory.test${path}${query}`, { method, ...init });
    const text = await response.text();
    const json = response.headers.get("content-type") === "application/json" && text !== "";
    const body: unknown = json ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body };
  };
  const keys =
    (method: string) =>
    (key: string, fields?: Fields): Promise<V2Result> =>
      call(method, `/v2/keys${key}`, fields);
  const open: V2Memory["open"] = (path, init) => memory.fetch(`http://memory.test${path}`, init);
  return { memory, call, get: keys("GET"), put: keys("PUT"), post: keys("POST"), delete: keys("DELETE"), open };
}

/** The lines of an answer, each as JSON; `count` of them, or all. */
export async function readLines(response: Response, count = Infinity): Promise<unknown[]> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const whole = (): string[] => text.split("\n").slice(0, -1);
  while (whole().length < count) {
    const next = await reader?.read();
    if (next === undefined || next.done) break;
    text += next.value;
  }
  return whole().map((line) => JSON.parse(line) as unknown);
}

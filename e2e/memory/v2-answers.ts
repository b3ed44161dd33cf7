export interface V2Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | null>>;
  readonly body: unknown;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface V2Watch {
  readonly head: V2Answer;
  /** The lines so far, each as JSON. */
  readonly lines: readonly unknown[];
  /** Whether the answer is complete. */
  readonly ended: boolean;
  /** Resolves when there are so many lines, or when the answer is complete if `ended`. */
  until(count: number, ended: boolean): Promise<void>;
  abort(): Promise<void>;
}

const compared = ["content-type", "x-etcd-index", "x-raft-term", "allow", "location"];
const present = ["x-etcd-cluster-id", "x-raft-index"];

/** What the answers of two servers that did the same have in common. `sorted`: the order of nodes counts. */
export async function v2Answer(response: Response, sorted: boolean): Promise<V2Answer> {
  const text = await response.text();
  const json = response.headers.get("content-type") === "application/json" && text !== "";
  const body: unknown = json ? comparable(JSON.parse(text), sorted) : text.replaceAll(/http:\/\/[\w.:]+/g, "URL");
  return { ...headOf(response), body };
}

/** Opens a watch. Resolves with its header. */
export async function v2Watch(url: string, fetch: Fetch): Promise<V2Watch> {
  const aborter = new AbortController();
  const response = await fetch(url, { signal: aborter.signal });
  const lines: unknown[] = [];
  let ended = false;
  let wake = (): void => undefined;
  const reading = (async () => {
    let rest = "";
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const whole = (rest + piece).split("\n");
      rest = whole.pop() ?? "";
      for (const line of whole) lines.push(comparable(JSON.parse(line), false));
      wake();
    }
    ended = true;
    wake();
  })().catch(() => undefined);
  return {
    head: { ...headOf(response), body: "" },
    lines,
    get ended() {
      return ended;
    },
    async until(count, end) {
      while (lines.length < count || (end && !ended)) await new Promise<void>((resolve) => (wake = resolve));
    },
    async abort() {
      aborter.abort();
      await reading;
    },
  };
}

function headOf({ status, headers }: Response): Omit<V2Answer, "body"> {
  const same = compared.map((name) => [name, headers.get(name)] as const);
  const there = present.map((name) => [name, headers.has(name) ? "there" : null] as const);
  return { status, headers: Object.fromEntries([...same, ...there]) };
}

/** Without what differs from server to server, and from second to second. */
function comparable(json: unknown, sorted: boolean): unknown {
  if (Array.isArray(json)) return json.map((each) => comparable(each, sorted));
  if (typeof json !== "object" || json === null) return json;
  const entries = Object.entries(json).map(([name, value]) => {
    if (["expiration", "ttl"].includes(name)) return [name, "there"] as const;
    if (["id", "leader", "name", "peerURLs", "clientURLs"].includes(name)) return [name, typeof value] as const;
    if (name !== "nodes" || sorted) return [name, comparable(value, sorted)] as const;
    const nodes = comparable(value, sorted) as { key: string }[];
    return [name, nodes.toSorted((a, b) => (a.key < b.key ? -1 : 1))] as const;
  });
  return Object.fromEntries(entries);
}

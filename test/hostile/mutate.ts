import fc from "fast-check";

/** What is done to one answer, or to one line of a stream. */
export type Mutation =
  /** The value at a place of the JSON is another. */
  | { readonly kind: "replace"; readonly at: number; readonly value: unknown }
  | { readonly kind: "remove"; readonly at: number }
  /** An element of a list comes many times. */
  | { readonly kind: "repeat"; readonly at: number; readonly times: number }
  /** Members that mean something to JavaScript. */
  | { readonly kind: "prototype"; readonly at: number }
  /** A value lies below so many lists or objects. */
  | { readonly kind: "nest"; readonly at: number; readonly depth: number; readonly list: boolean }
  | { readonly kind: "truncate"; readonly at: number }
  | { readonly kind: "splice"; readonly at: number; readonly text: string }
  | { readonly kind: "twice" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "status"; readonly status: number; readonly text: string | undefined };

/** One call that meets mutated answers. */
export interface Hostility {
  readonly mutations: readonly Mutation[];
  /** The first answer that is mutated, counted from 0, and how many are. */
  readonly from: number;
  readonly count: number;
}

const integers = [
  "9223372036854775807",
  "-9223372036854775808",
  "9223372036854775808",
  "0",
  "-1",
  "1e3",
  "1".repeat(5000),
];

const values: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, "", "AA==", "A", "=", {}, [], [{}], [[]], {
    "": 0,
  }),
  fc.constantFrom(...integers),
  fc.string({ maxLength: 20, unit: "binary" }),
  fc.jsonValue({ maxDepth: 3 }),
);

const bodies: readonly string[] = [
  "",
  "{}",
  "[]",
  "null",
  "\u0000",
  "\ufeff{}",
  "<!doctype html><title>Sign in</title>",
  `{"header":{"revision":"9223372036854775807"}}`,
  `{"header":{"cluster_id":"1","revision":"1"},"kvs":[${"{},".repeat(40_000)}{}]}`,
  `{"header":{"cluster_id":"1","revision":"1"},"members":[${"{},".repeat(40_000)}{}]}`,
  "[".repeat(100_000),
  `{"node":`.repeat(20_000),
  `{"header":${"[".repeat(3000)}${"]".repeat(3000)}}`,
  `{"action":"get"}`,
  `{"action":"get","node":{}}`,
  `{"action":"delete","node":{"key":"/a"}}`,
  `{"error":{"grpc_code":14,"message":"etcdserver: leader changed","http_code":503}}`,
  `{"error":"x","code":2,"message":"x"}`,
  `{"code":16,"message":"etcdserver: invalid auth token"}`,
  `{"result":null}`,
  `{"result":{"created":true,"canceled":true,"cancel_reason":"etcdserver: permission denied"}}`,
  `{"errorCode":401,"message":"The event in requested index is outdated and cleared","index":7}`,
  "x".repeat(300_000),
];

const place = fc.nat({ max: 400 });
const anyText = fc.oneof(fc.constantFrom(...bodies), fc.string({ maxLength: 30, unit: "binary" }));

export const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("replace" as const), at: place, value: values }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), at: place }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("repeat" as const), at: place, times: fc.constantFrom(2, 50, 3000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("prototype" as const), at: place }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("nest" as const),
      at: place,
      depth: fc.constantFrom(1, 70, 600, 5000),
      list: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("truncate" as const), at: fc.nat({ max: 2000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("splice" as const), at: fc.nat({ max: 2000 }), text: anyText }),
  },
  { weight: 1, arbitrary: fc.constant<Mutation>({ kind: "twice" }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("text" as const), text: anyText }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("status" as const),
      status: fc.constantFrom(200, 201, 299, 301, 307, 400, 401, 403, 404, 405, 412, 429, 500, 503, 599),
      text: fc.option(anyText, { nil: undefined }),
    }),
  },
);

export const hostilities: fc.Arbitrary<Hostility> = fc.record({
  mutations: fc.array(mutations, { minLength: 1, maxLength: 3 }),
  from: fc.nat({ max: 3 }),
  count: fc.constantFrom(1, 2, Infinity),
});

/** A list or object in a JSON value, and the name of something in it. */
type Waiter = readonly [container: unknown[] | Record<string, unknown>, name: string];

function places(json: unknown): Waiter[] {
  const found: Waiter[] = [];
  const open: unknown[] = [json];
  for (let next = open.pop(); next !== undefined && found.length < 1000; next = open.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const container = next as unknown[] | Record<string, unknown>;
    for (const [name, value] of Object.entries(container)) {
      found.push([container, name]);
      open.push(value);
    }
  }
  return found;
}

const polluting = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1,';

function inJson(text: string, change: (place: Waiter) => void, at: number): string {
  try {
    const json: unknown = JSON.parse(text);
    const all = places([json]);
    const chosen = all[at % all.length];
    if (chosen !== undefined) change(chosen);
    return JSON.stringify(json);
  } catch {
    return text;
  }
}

/** The text of an answer, mutated. */
export function mutated(text: string, mutation: Mutation): string {
  switch (mutation.kind) {
    case "replace":
      return inJson(text, ([container, name]) => Reflect.set(container, name, mutation.value), mutation.at);
    case "remove":
      return inJson(text, ([container, name]) => Reflect.deleteProperty(container, name), mutation.at);
    case "repeat":
      return inJson(
        text,
        ([container, name]) => {
          const value: unknown = Reflect.get(container, name);
          if (Array.isArray(container)) container.push(...Array.from({ length: mutation.times }, () => value));
          else
            Reflect.set(
              container,
              name,
              Array.from({ length: mutation.times }, () => value),
            );
        },
        mutation.at,
      );
    case "nest": {
      const [before, after] = mutation.list ? ["[", "]"] : ['{"node":', "}"];
      const mark = "\u2603";
      const marked = inJson(text, ([container, name]) => Reflect.set(container, name, mark), mutation.at);
      return marked.replace(`"${mark}"`, () => before.repeat(mutation.depth) + 1 + after.repeat(mutation.depth));
    }
    case "prototype": {
      const starts = [...text.matchAll(/\{(?=")/g)].map(({ index }) => index + 1);
      const at = starts[mutation.at % starts.length];
      return at === undefined ? text : text.slice(0, at) + polluting + text.slice(at);
    }
    case "truncate":
      return text.slice(0, mutation.at % (text.length + 1));
    case "splice": {
      const at = mutation.at % (text.length + 1);
      return text.slice(0, at) + mutation.text + text.slice(at);
    }
    case "twice":
      return text + text;
    case "text":
      return mutation.text;
    case "status":
      return mutation.text ?? text;
  }
}

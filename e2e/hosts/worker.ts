import { cache, createEtcd, type Cache, type Entry, type Etcd, withLock } from "fetcd";
import { createFlags, type Flags } from "fetcd/flags";

interface Env {
  readonly ETCD: string;
  readonly USERNAME: string;
  readonly PASSWORD: string;
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

// As README shows it: what all requests of an isolate use is made once.
let etcd: Etcd | undefined;
let flags: Flags<{ color: string }> | undefined;
let settings: Cache<Entry> | undefined;

/** What a request does: as many kinds as a Worker has. Resolves with what it saw. */
const kinds: Record<string, (client: Etcd, params: URLSearchParams, context: Context) => Promise<unknown>> = {
  async get(client, params) {
    return (await client.get("hosts/read", { timeoutMs: limitOf(params) }))?.text();
  },
  async put(client, params) {
    await client.put(`hosts/put/${params.get("key")}`, "x", { timeoutMs: limitOf(params) });
  },
  async once(client, params) {
    await client.put(`hosts/once/${params.get("key")}`, "x", { timeoutMs: limitOf(params), exactlyOnce: true });
  },
  async watchOnce(client, params) {
    const from = BigInt(params.get("from") ?? 0);
    return (
      await client.watchOnce(`hosts/watch/${params.get("key")}`, { timeoutMs: limitOf(params), from })
    ).entry.text();
  },
  async watch(client, params) {
    const from = BigInt(params.get("from") ?? 0);
    const seen: string[] = [];
    const signal = AbortSignal.timeout(limitOf(params));
    for await (const { entry } of client.watch(`hosts/watch/${params.get("key")}`, { from, signal })) {
      if (seen.push(entry.text()) === Number(params.get("events"))) break;
    }
    return seen;
  },
  async cache(client, params) {
    const timeoutMs = limitOf(params);
    settings ??= await cache(client, { prefix: "hosts/settings/" }, { mode: "poll", pollMs: false, timeoutMs });
    await settings.refresh({ timeoutMs });
    return settings.get("hosts/settings/a")?.text();
  },
  async flags(client, params, context) {
    flags ??= createFlags(client, { prefix: "hosts/flags/", defaults: { color: "none" }, ttl: 1 });
    context.waitUntil(flags.settled());
    await flags.ready({ timeoutMs: limitOf(params) });
    return flags.get("color");
  },
  async lock(client, params) {
    const name = params.get("key") ?? "";
    const work = async (): Promise<number> => {
      const count = Number((await client.get(`hosts/count/${name}`))?.text() ?? 0) + 1;
      await client.put(`hosts/count/${name}`, `${count}`);
      return count;
    };
    return withLock(client, `hosts/lock/${name}`, work, { ttl: 20, timeoutMs: limitOf(params) });
  },
};

function limitOf(params: URLSearchParams): number {
  return Number(params.get("limit"));
}

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const auth = { username: env.USERNAME, password: env.PASSWORD };
    etcd ??= createEtcd({ endpoints: env.ETCD, auth, timeoutMs: 60_000 });
    const began = Date.now();
    const work = kinds[pathname.slice(1)]?.(etcd, searchParams, context) ?? Promise.reject(new Error("no such kind"));
    try {
      const leave = searchParams.get("leave");
      if (leave !== null) {
        // Answers without waiting for what it has begun, which ends with the request.
        work.catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, Number(leave)));
        return Response.json({ left: true });
      }
      return Response.json({ value: (await work) ?? null, ms: Date.now() - began });
    } catch (error) {
      const { reason, message } = error as { reason?: string; message: string };
      return Response.json({ error: `${reason}: ${message}`, ms: Date.now() - began });
    }
  },
};

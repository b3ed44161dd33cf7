import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";

/** A way to a server that makes logins wait, and tells what became of each. */
export interface SlowLogins {
  readonly url: string;
  /** How long the next logins take, in milliseconds. */
  delayMs: number;
  /** Logins that were answered, and those whose client had left before. */
  readonly answered: number;
  readonly givenUp: number;
  /** The most logins that were answered and had been under way at the same time. */
  readonly mostAtOnce: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens a proxy on a port of 127.0.0.1 in front of `target`. */
export async function slowLogins(target: string): Promise<SlowLogins> {
  const logins: { readonly from: number; until: number | undefined }[] = [];
  let givenUp = 0;
  let delayMs = 0;
  const server = createServer((request, response) => {
    const isLogin = request.url?.endsWith("/auth/authenticate") === true;
    const login = { from: performance.now(), until: undefined as number | undefined };
    const forward = (): void => {
      if (response.destroyed) return;
      const { method, headers } = request;
      const upstream = httpRequest(target + request.url, { method, headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        if (isLogin) {
          login.until = performance.now();
          logins.push(login);
        }
      });
      upstream.on("error", () => response.destroy());
      response.on("close", () => upstream.destroy());
      request.pipe(upstream);
    };
    if (isLogin) response.on("close", () => void (login.until === undefined && givenUp++));
    if (isLogin && delayMs > 0) setTimeout(forward, delayMs);
    else forward();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get delayMs() {
      return delayMs;
    },
    set delayMs(ms) {
      delayMs = ms;
    },
    get answered() {
      return logins.length;
    },
    get givenUp() {
      return givenUp;
    },
    get mostAtOnce() {
      const under = (at: number): number => logins.filter(({ from, until = at }) => from <= at && at < until).length;
      return Math.max(0, ...logins.map(({ from }) => under(from)));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

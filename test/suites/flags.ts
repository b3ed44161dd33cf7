import { describe, expect, it } from "vitest";
import { createFlags, createOfrepHandler } from "../../src/flags/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { until } from "./tools.ts";

const checkout = {
  state: "ENABLED",
  variants: { old: "classic", new: "one-page" },
  defaultVariant: "old",
  targeting: { if: [{ "==": [{ var: "plan" }, "pro"] }, "new"] },
};

/** Flags out of etcd, evaluated where the program runs, and served to others by OFREP. */
export function flagSuite(connect: Connect): void {
  it.each(["poll", "watch"] as const)(
    "are read, evaluated for the given context, and follow etcd: %s",
    async (mode) => {
      const etcd = connect({ namespace: freshPrefix() });
      await etcd.put("flags/checkout", JSON.stringify(checkout));
      await etcd.put("flags/broken", "no JSON");
      const flags = createFlags(etcd, { prefix: "flags/", defaults: { checkout: "none", limit: 1 }, mode, ttl: 0.05 });
      await flags.ready();
      expect(flags.get("checkout")).toBe("classic");
      expect(flags.get("checkout", { plan: "pro" })).toBe("one-page");
      expect(flags.find("broken")).toMatchObject({ reason: "ERROR", errorCode: "PARSE_ERROR" });
      expect(flags.get("limit")).toBe(1);
      await etcd.put("flags/limit", "20");
      await until("the change is seen", () => flags.get("limit") === 20);
      await flags.close();
    },
  );

  describe("by OFREP", () => {
    const ofrep = "https://flags.example/ofrep/v1";

    it("are given one by one, and all at once, or 304 where nothing has changed", async () => {
      const etcd = connect({ namespace: freshPrefix() });
      await etcd.put("flags/checkout", JSON.stringify(checkout));
      await etcd.put("flags/ü", "20");
      const flags = createFlags(etcd, { prefix: "flags/", defaults: {}, ttl: 0 });
      const handle = createOfrepHandler(flags);
      const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
        handle(
          new Request(`${ofrep}/evaluate/flags${path}`, {
            method: "POST",
            body: JSON.stringify({ context: { plan: "pro" } }),
            headers: { "content-type": "application/json", ...headers },
          }),
        );
      expect(await (await ask("/checkout")).json()).toMatchObject({ value: "one-page", reason: "TARGETING_MATCH" });
      expect(await (await ask("/%C3%BC")).json()).toMatchObject({ key: "ü", value: 20, reason: "STATIC" });
      expect((await ask("/none")).status).toBe(404);
      const all = await ask("");
      expect(((await all.json()) as { flags: object[] }).flags).toHaveLength(2);
      const etag = all.headers.get("etag") ?? "";
      expect((await ask("", { "if-none-match": etag })).status).toBe(304);
      await etcd.put("flags/ü", "30");
      await flags.refresh();
      expect((await ask("", { "if-none-match": etag })).status).toBe(200);
      await flags.close();
    });

    it("tell of a change as it happens, for as long as somebody listens", async () => {
      const etcd = connect({ namespace: freshPrefix() });
      await etcd.put("flags/limit", "20");
      const flags = createFlags(etcd, { prefix: "flags/", defaults: {} });
      await flags.ready();
      const response = await createOfrepHandler(flags)(new Request(`${ofrep}/events`));
      expect(response.headers.get("content-type")).toContain("text/event-stream");
      const reader = response.body?.getReader();
      const utf8 = new TextDecoder();
      let text = "";
      const readMore = async (): Promise<void> => {
        const part = await reader?.read();
        expect(part?.done, "the stream goes on").toBe(false);
        text += utf8.decode(part?.value, { stream: true });
      };
      const lastTold = (): string => text.match(/^data: .*$/gm)?.at(-1) ?? "";
      for (let value = 30; lastTold() === ""; value++) {
        // The watch may begin after the first change: then it is told of as it begins.
        await etcd.put("flags/limit", String(value));
        await readMore();
      }
      expect(lastTold()).toContain("refetchEvaluation");
      // The watch may bring a change that came after the one told of first.
      while (!lastTold().includes(flags.digest)) await readMore();
      await reader?.cancel();
      await flags.close();
    });
  });
}

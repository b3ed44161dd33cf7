import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createNodeFetch, type NodeFetch } from "../../src/node/index.ts";
import { type BodyReader, readerOf } from "../../src/transport/http/body-reader.ts";
import { bodyText } from "../../src/transport/http/body-text.ts";

describe("an answer of createNodeFetch, read as the client reads it", () => {
  let server: Server;
  let url: string;
  let fetch: NodeFetch;

  beforeEach(async () => {
    server = createServer((request, response) => {
      if (request.url === "/nothing") {
        response.writeHead(204).end();
        return;
      }
      response.write("0123456789");
      if (request.url === "/cut") setImmediate(() => response.destroy());
      else response.end("é".repeat(5));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    fetch = createNodeFetch({ connections: 1 });
  });
  afterEach(async () => {
    await fetch.close();
    server.close();
  });

  it("makes no web stream, and is used afterwards", async () => {
    const answer = await fetch(url);
    const made = vi.spyOn(globalThis, "ReadableStream").mockImplementation(() => {
      throw new Error("a stream was made");
    });
    try {
      expect(await bodyText(answer, 100)).toEqual({ text: "0123456789ééééé", whole: true });
    } finally {
      made.mockRestore();
    }
    expect(answer.bodyUsed).toBe(true);
    await expect(answer.text()).rejects.toThrow(TypeError);
    await expect(bodyText(answer, 100)).rejects.toThrow(TypeError);
  });

  it("is cut at the limit, and gives its connection back, of which there is one", async () => {
    const { text, whole } = await bodyText(await fetch(url), 5);
    expect({ text, whole }).toEqual({ text: "01234", whole: false });
    expect(await (await fetch(url)).text()).toBe("0123456789ééééé");
  });

  it("answers all reads that wait, also where it is cancelled meanwhile", async () => {
    const reader = readerOf(await fetch(url)) as BodyReader;
    let length = 0;
    while (length < 20) length += (await reader.read()).value?.length ?? 0;
    const reads = [reader.read(), reader.read()];
    await reader.cancel();
    expect(await Promise.all(reads)).toEqual([{ done: true }, { done: true }]);
  });

  it("rejects where it breaks, is empty where there is no body, and comes out of a clone too", async () => {
    await expect(fetch(`${url}/cut`).then((answer) => bodyText(answer, 100))).rejects.toThrow(TypeError);
    expect(await bodyText(await fetch(`${url}/nothing`), 100)).toEqual({ text: "", whole: true });
    const answer = await fetch(url);
    const clone = answer.clone();
    const both = await Promise.all([answer, clone].map((each) => bodyText(each, 100)));
    expect(both.map(({ text }) => text)).toEqual(["0123456789ééééé", "0123456789ééééé"]);
  });
});

import { expect, it } from "vitest";
import { createEtcd } from "../../../src/index.ts";
import { createMemoryEtcd } from "../../../src/memory/index.ts";
import { take } from "../../suites/tools.ts";

it("a watch that reads its keys first is ready as of that read, however far the member is that confirms it", async () => {
  const memory = createMemoryEtcd();
  await using etcd = createEtcd({
    async fetch(url, init) {
      const answer = await memory.fetch(url, init);
      if (!String(url).endsWith("/watch") || answer.body === null) return answer;
      let first = true;
      const lagging = new TransformStream<string, string>({
        transform(text, controller) {
          controller.enqueue(first ? text.replace(/"revision":"\d+"/, '"revision":"1"') : text);
          first = false;
        },
      });
      const body = answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(lagging);
      return new Response(body.pipeThrough(new TextEncoderStream()), answer);
    },
  });
  for (const value of ["1", "2", "3"]) await etcd.put("k", value);
  const watch = etcd.watch("k", { onCompaction: "resync" });
  const { revision } = await watch.ready;
  expect(revision).toBe(4n);
  const put = await etcd.put("k", "4");
  expect(await take(1, watch)).toMatchObject([{ revision: put.revision }]);
  memory.close();
});

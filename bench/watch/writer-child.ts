import { Agent, request } from "node:http";
import type { Writes } from "./writer.ts";

const agent = new Agent({ keepAlive: true });
const atATime = 4;

function put(endpoint: string, key: string, value: string): Promise<void> {
  const body = JSON.stringify({ key: btoa(key), value: btoa(value) });
  return new Promise((resolve, reject) => {
    const sent = request(`${endpoint}/v3/kv/put`, { method: "POST", agent }, (answer) => {
      answer.resume();
      answer.once("end", resolve);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

process.on("message", ({ endpoint, keys, puts, value }: Writes) => {
  let next = 0;
  const write = async (): Promise<void> => {
    while (next < puts) await put(endpoint, keys[next++ % keys.length] ?? "", value);
  };
  void Promise.all(Array.from({ length: atATime }, write)).then(() => process.send?.("done"));
});

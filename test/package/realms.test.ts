import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "./project.ts";

/** Classes of the platform, of which there may be two: `instanceof` says no to those of another realm. */
const platform =
  /\binstanceof (?:\w*Error(?<!\b(?:Etcd|Rpc|V2|V2Auth|Connect)\w*Error)|U?int\d+\w*Array|ArrayBuffer|AbortSignal|Response|Request|ReadableStream|URL|Headers|Promise|RegExp|DOMException|Date|Map|Set|Blob)\b/;

it("src never asks by instanceof for a class of the platform: see src/transport/platform.ts", () => {
  const faults = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .flatMap((path) =>
      readFileSync(join(join(root, "src"), path), "utf8")
        .split("\n")
        .flatMap((line, i) => (platform.test(line) && !/^\s*(?:\*|\/\/)/.test(line) ? [`${path}:${i + 1}`] : [])),
    );
  expect(faults).toEqual([]);
  expect("error instanceof TypeError").toMatch(platform);
  expect("value instanceof Uint8Array").toMatch(platform);
  expect("error instanceof RpcError").not.toMatch(platform);
});

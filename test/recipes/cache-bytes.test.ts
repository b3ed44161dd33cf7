import { createMemoryEtcd } from "../../src/memory/index.ts";
import { cacheBytes } from "./cache-bytes.ts";

cacheBytes(() => ({ endpoints: "http://memory.test", fetch: createMemoryEtcd().fetch }));

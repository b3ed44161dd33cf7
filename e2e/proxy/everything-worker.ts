import { createProxy } from "fetcd/proxy";
import { letEverything } from "./everything.ts";

/** Set when this is bundled. */
declare const ETCD_ENDPOINT: string;

// As the page shows it: made with the Worker, before its first request.
export default { fetch: letEverything(createProxy, ETCD_ENDPOINT) };

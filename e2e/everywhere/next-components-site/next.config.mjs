import { dirname } from "node:path";

// Next is installed in the folder above: that is as far up as the bundler may look.
export default { cacheComponents: true, partialPrefetching: true, turbopack: { root: dirname(import.meta.dirname) } };

import { dirname } from "node:path";

// Next is installed in the folder above: that is as far up as the bundler may look. (Next 14 does not know the option.)
export default { turbopack: { root: dirname(import.meta.dirname) } };

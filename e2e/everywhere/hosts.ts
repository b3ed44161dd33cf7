import { bundlerHosts } from "./bundlers.ts";
import { dependencyHosts } from "./dependency-ends.ts";
import type { HostCheck } from "./host-check.ts";
import { jestHost } from "./jest.ts";
import { nextHost } from "./next.ts";
import { typeScriptHosts } from "./typescript.ts";
import { uiFlows } from "./ui-flows.ts";

const next16 = { next: "16.4.6", react: "19.3.1" };

/** The frameworks, test runners, bundlers, compilers and dependencies that the client is tested with, and the page of `fetcd ui` in browsers. */
export const hosts: readonly HostCheck[] = [
  nextHost("Next 14", { next: "14.2.35", react: "18.3.1" }),
  nextHost("Next 15", { next: "15.5.29", react: "19.3.1" }),
  nextHost("Next 16", next16),
  nextHost("Next 16 with cacheComponents", next16, "next-components-site"),
  jestHost("30.5.2"),
  ...bundlerHosts,
  ...typeScriptHosts,
  ...dependencyHosts,
  uiFlows,
];

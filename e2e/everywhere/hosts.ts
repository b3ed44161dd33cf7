import { nextHost } from "./next.ts";

/** What came out of the checks in one host. */
export interface HostReport {
  readonly passed: number;
  /** One sentence for each check that failed. */
  readonly faults: readonly string[];
}

/** A framework around the client: no runtime of its own, so it has checks of its own in place of the suites. */
export interface HostCheck {
  readonly name: string;
  readonly version: string;
  /** Rejects when the host cannot be started. */
  run(): Promise<HostReport>;
}

export const hosts: readonly HostCheck[] = [
  nextHost("Next 14", { next: "14.2.35", react: "18.3.1" }),
  nextHost("Next 15", { next: "15.5.29", react: "19.3.1" }),
  nextHost("Next 16", { next: "16.4.6", react: "19.3.1" }),
];

/** What came out of the checks in one host. */
export interface HostReport {
  readonly passed: number;
  /** One sentence for each check that failed. */
  readonly faults: readonly string[];
}

/**
 * A framework or a test runner around the client: no runtime of its own, so it has checks of its own in place of the suites.
 */
export interface HostCheck {
  readonly name: string;
  readonly version: string;
  /** Rejects when the host cannot be started. */
  run(): Promise<HostReport>;
}

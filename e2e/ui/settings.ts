import { allShares, share } from "../../test/share-of-suites.ts";
import type { BrowserName } from "../browser.ts";
import type { EtcdVersion } from "../etcd.ts";

/** What a flow is clicked through in. */
export interface Setting {
  readonly browser: BrowserName;
  readonly version: EtcdVersion;
  readonly auth: boolean;
  readonly members: 1 | 3;
}

/** Of root, where there is auth. */
export const rootPassword = "word-of-root";

/** Every combination; the one at `15 - i` differs from the one at `i` in everything. */
const settings = Array.from({ length: 16 }, (_, i): Setting => {
  const [browser, version, auth, members] = [1, 2, 4, 8].map((bit) => (i & bit) !== 0);
  return {
    browser: browser ? "firefox" : "chromium",
    version: version ? "3.4" : "3.5",
    auth: auth === true,
    members: members ? 3 : 1,
  };
});

interface Fitting {
  fits?(setting: Setting): boolean;
}

/**
 * Each setting with the flows that it runs: all that fit, with `FETCD_SUITES=all`. Otherwise two settings that differ in
 * everything, and each flow in one of them; in others on other days.
 */
export function settingsWithFlows<T extends Fitting>(
  flows: readonly T[],
): readonly (readonly [Setting, readonly T[]])[] {
  const fits = (flow: T, setting: Setting | undefined): boolean =>
    setting !== undefined && (flow.fits?.(setting) ?? true);
  if (allShares) return settings.map((each) => [each, flows.filter((flow) => fits(flow, each))]);
  const today = share % settings.length;
  const pair = [today, settings.length - 1 - today].flatMap((at) => settings[at] ?? []);
  const turn = Math.floor(share / settings.length);
  return pair.map((setting, which) => [
    setting,
    flows.filter((flow, i) => {
      const possible = pair.filter((each) => fits(flow, each));
      return possible.length === 1 ? possible[0] === setting : (i + turn) % 2 === which && possible.length > 1;
    }),
  ]);
}

export function nameOf({ browser, version, auth, members }: Setting): string {
  return `${browser}, etcd ${version}, ${members === 1 ? "1 member" : `${members} members`}, ${auth ? "with" : "without"} auth`;
}

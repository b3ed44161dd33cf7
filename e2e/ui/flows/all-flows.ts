import type { Flow } from "../stage.ts";
import { alarmFlows } from "./alarms-flows.ts";
import { browseFlows } from "./browse-flows.ts";
import { clusterFlows } from "./cluster-flows.ts";
import { connectionFlows } from "./connections-flows.ts";
import { editFlows } from "./edit-flows.ts";
import { flagFlows } from "./flags-flows.ts";
import { holdFlows } from "./holds-flows.ts";
import { hostileFlows } from "./hostile-flows.ts";
import { leaseFlows } from "./leases-flows.ts";
import { liveFlows } from "./live-flows.ts";
import { loginFlows } from "./login-flows.ts";
import { looksFlows } from "./looks-flows.ts";
import { manyKeysFlows } from "./many-keys-flows.ts";
import { memberFlows } from "./members-flows.ts";
import { rightsFlows } from "./rights-flows.ts";
import { userFlows } from "./users-flows.ts";

/** What people do with the page. Last what all members, or all programs that have no login, notice. */
export const allFlows: readonly Flow[] = [
  ...loginFlows,
  ...looksFlows,
  ...browseFlows,
  ...editFlows,
  ...manyKeysFlows,
  ...leaseFlows,
  ...holdFlows,
  ...flagFlows,
  ...liveFlows,
  ...connectionFlows,
  ...rightsFlows,
  ...hostileFlows,
  ...userFlows,
  ...clusterFlows,
  ...memberFlows,
  ...alarmFlows,
];

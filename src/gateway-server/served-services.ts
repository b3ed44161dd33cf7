import type * as election from "../gen/v3electionpb/election_pb.ts";
import type * as kv from "../gen/mvccpb/kv_pb.ts";
import type * as lock from "../gen/v3lockpb/lock_pb.ts";
import { schema } from "../gen/schema.ts";
import { serverSchema } from "../gen/server-schema.ts";
import { createSchema } from "../transport/codec/schema.ts";

// etcd's own locks and elections, which our client does not call and a server has. The others are those of the client.
export { Auth, Cluster, KV, Lease, Maintenance, Watch } from "../transport/codec/services.ts";

const whole = createSchema(`${schema}\n${serverSchema}`);

export const KeyValueSchema: typeof kv.KeyValueSchema = whole.message("mvccpb.KeyValue") as typeof kv.KeyValueSchema;
export const Lock: typeof lock.Lock = whole.service("v3lockpb.Lock") as typeof lock.Lock;
export const Election: typeof election.Election = whole.service("v3electionpb.Election") as typeof election.Election;

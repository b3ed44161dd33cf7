import type * as auth from "../../gen/etcdserverpb/auth_pb.ts";
import type * as cluster from "../../gen/etcdserverpb/cluster_pb.ts";
import type * as kv from "../../gen/etcdserverpb/kv_pb.ts";
import type * as lease from "../../gen/etcdserverpb/lease_pb.ts";
import type * as maintenance from "../../gen/etcdserverpb/maintenance_pb.ts";
import type * as watch from "../../gen/etcdserverpb/watch_pb.ts";
import { etcdSchema } from "./schema.ts";

// Typed by the generated code, which is not loaded for it. The text they are made of comes from the same protos.

export const KV: typeof kv.KV = etcdSchema.service("etcdserverpb.KV") as typeof kv.KV;
export const Watch: typeof watch.Watch = etcdSchema.service("etcdserverpb.Watch") as typeof watch.Watch;
export const Lease: typeof lease.Lease = etcdSchema.service("etcdserverpb.Lease") as typeof lease.Lease;
export const Cluster: typeof cluster.Cluster = etcdSchema.service("etcdserverpb.Cluster") as typeof cluster.Cluster;
export const Maintenance: typeof maintenance.Maintenance = etcdSchema.service(
  "etcdserverpb.Maintenance",
) as typeof maintenance.Maintenance;
export const Auth: typeof auth.Auth = etcdSchema.service("etcdserverpb.Auth") as typeof auth.Auth;

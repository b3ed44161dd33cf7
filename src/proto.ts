// The messages, enums and services of etcd's gRPC API, under etcd's names. `XSchema` describes message or enum `X`.

export {
  type KeyValue, KeyValueSchema, type Event, EventSchema, Event_EventType, Event_EventTypeSchema,
} from "./gen/mvccpb/kv_pb.ts";
export {
  type UserAddOptions, UserAddOptionsSchema, type User, UserSchema, type Permission, PermissionSchema,
  Permission_Type, Permission_TypeSchema, type Role, RoleSchema,
} from "./gen/authpb/auth_pb.ts";
export { type ResponseHeader, ResponseHeaderSchema } from "./gen/etcdserverpb/header_pb.ts";
export {
  KV, type RangeRequest, RangeRequestSchema, RangeRequest_SortOrder, RangeRequest_SortOrderSchema,
  RangeRequest_SortTarget, RangeRequest_SortTargetSchema, type RangeResponse, RangeResponseSchema,
  type RangeStreamResponse, RangeStreamResponseSchema, type PutRequest, PutRequestSchema, type PutResponse,
  PutResponseSchema, type DeleteRangeRequest, DeleteRangeRequestSchema, type DeleteRangeResponse,
  DeleteRangeResponseSchema, type RequestOp, RequestOpSchema, type ResponseOp, ResponseOpSchema, type Compare,
  CompareSchema, Compare_CompareResult, Compare_CompareResultSchema, Compare_CompareTarget,
  Compare_CompareTargetSchema, type TxnRequest, TxnRequestSchema, type TxnResponse, TxnResponseSchema,
  type CompactionRequest, CompactionRequestSchema, type CompactionResponse, CompactionResponseSchema,
} from "./gen/etcdserverpb/kv_pb.ts";
export {
  Watch, type WatchRequest, WatchRequestSchema, type WatchCreateRequest, WatchCreateRequestSchema,
  WatchCreateRequest_FilterType, WatchCreateRequest_FilterTypeSchema, type WatchCancelRequest,
  WatchCancelRequestSchema, type WatchProgressRequest, WatchProgressRequestSchema, type WatchResponse,
  WatchResponseSchema,
} from "./gen/etcdserverpb/watch_pb.ts";
export {
  Lease, type LeaseGrantRequest, LeaseGrantRequestSchema, type LeaseGrantResponse, LeaseGrantResponseSchema,
  type LeaseRevokeRequest, LeaseRevokeRequestSchema, type LeaseRevokeResponse, LeaseRevokeResponseSchema,
  type LeaseCheckpoint, LeaseCheckpointSchema, type LeaseCheckpointRequest, LeaseCheckpointRequestSchema,
  type LeaseCheckpointResponse, LeaseCheckpointResponseSchema, type LeaseKeepAliveRequest,
  LeaseKeepAliveRequestSchema, type LeaseKeepAliveResponse, LeaseKeepAliveResponseSchema,
  type LeaseTimeToLiveRequest, LeaseTimeToLiveRequestSchema, type LeaseTimeToLiveResponse,
  LeaseTimeToLiveResponseSchema, type LeaseLeasesRequest, LeaseLeasesRequestSchema, type LeaseStatus,
  LeaseStatusSchema, type LeaseLeasesResponse, LeaseLeasesResponseSchema,
} from "./gen/etcdserverpb/lease_pb.ts";
export {
  Cluster, type Member, MemberSchema, type MemberAddRequest, MemberAddRequestSchema, type MemberAddResponse,
  MemberAddResponseSchema, type MemberRemoveRequest, MemberRemoveRequestSchema, type MemberRemoveResponse,
  MemberRemoveResponseSchema, type MemberUpdateRequest, MemberUpdateRequestSchema, type MemberUpdateResponse,
  MemberUpdateResponseSchema, type MemberListRequest, MemberListRequestSchema, type MemberListResponse,
  MemberListResponseSchema, type MemberPromoteRequest, MemberPromoteRequestSchema, type MemberPromoteResponse,
  MemberPromoteResponseSchema,
} from "./gen/etcdserverpb/cluster_pb.ts";
export {
  Maintenance, type AlarmRequest, AlarmRequestSchema, AlarmRequest_AlarmAction, AlarmRequest_AlarmActionSchema,
  type AlarmMember, AlarmMemberSchema, type AlarmResponse, AlarmResponseSchema, type StatusRequest,
  StatusRequestSchema, type StatusResponse, StatusResponseSchema, type DowngradeInfo, DowngradeInfoSchema,
  type DefragmentRequest, DefragmentRequestSchema, type DefragmentResponse, DefragmentResponseSchema,
  type HashRequest, HashRequestSchema, type HashResponse, HashResponseSchema, type HashKVRequest,
  HashKVRequestSchema, type HashKVResponse, HashKVResponseSchema, type SnapshotRequest, SnapshotRequestSchema,
  type SnapshotResponse, SnapshotResponseSchema, type MoveLeaderRequest, MoveLeaderRequestSchema,
  type MoveLeaderResponse, MoveLeaderResponseSchema, type DowngradeRequest, DowngradeRequestSchema,
  DowngradeRequest_DowngradeAction, DowngradeRequest_DowngradeActionSchema, type DowngradeResponse,
  DowngradeResponseSchema, type DowngradeVersionTestRequest, DowngradeVersionTestRequestSchema, AlarmType,
  AlarmTypeSchema,
} from "./gen/etcdserverpb/maintenance_pb.ts";
export {
  Auth, type AuthEnableRequest, AuthEnableRequestSchema, type AuthEnableResponse, AuthEnableResponseSchema,
  type AuthDisableRequest, AuthDisableRequestSchema, type AuthDisableResponse, AuthDisableResponseSchema,
  type AuthStatusRequest, AuthStatusRequestSchema, type AuthStatusResponse, AuthStatusResponseSchema,
  type AuthenticateRequest, AuthenticateRequestSchema, type AuthenticateResponse, AuthenticateResponseSchema,
  type AuthUserAddRequest, AuthUserAddRequestSchema, type AuthUserAddResponse, AuthUserAddResponseSchema,
  type AuthUserGetRequest, AuthUserGetRequestSchema, type AuthUserGetResponse, AuthUserGetResponseSchema,
  type AuthUserListRequest, AuthUserListRequestSchema, type AuthUserListResponse, AuthUserListResponseSchema,
  type AuthUserDeleteRequest, AuthUserDeleteRequestSchema, type AuthUserDeleteResponse, AuthUserDeleteResponseSchema,
  type AuthUserChangePasswordRequest, AuthUserChangePasswordRequestSchema, type AuthUserChangePasswordResponse,
  AuthUserChangePasswordResponseSchema, type AuthUserGrantRoleRequest, AuthUserGrantRoleRequestSchema,
  type AuthUserGrantRoleResponse, AuthUserGrantRoleResponseSchema, type AuthUserRevokeRoleRequest,
  AuthUserRevokeRoleRequestSchema, type AuthUserRevokeRoleResponse, AuthUserRevokeRoleResponseSchema,
  type AuthRoleAddRequest, AuthRoleAddRequestSchema, type AuthRoleAddResponse, AuthRoleAddResponseSchema,
  type AuthRoleGetRequest, AuthRoleGetRequestSchema, type AuthRoleGetResponse, AuthRoleGetResponseSchema,
  type AuthRoleListRequest, AuthRoleListRequestSchema, type AuthRoleListResponse, AuthRoleListResponseSchema,
  type AuthRoleDeleteRequest, AuthRoleDeleteRequestSchema, type AuthRoleDeleteResponse, AuthRoleDeleteResponseSchema,
  type AuthRoleGrantPermissionRequest, AuthRoleGrantPermissionRequestSchema, type AuthRoleGrantPermissionResponse,
  AuthRoleGrantPermissionResponseSchema, type AuthRoleRevokePermissionRequest, AuthRoleRevokePermissionRequestSchema,
  type AuthRoleRevokePermissionResponse, AuthRoleRevokePermissionResponseSchema,
} from "./gen/etcdserverpb/auth_pb.ts";
export {
  Lock, type LockRequest, LockRequestSchema, type LockResponse, LockResponseSchema, type UnlockRequest,
  UnlockRequestSchema, type UnlockResponse, UnlockResponseSchema,
} from "./gen/v3lockpb/lock_pb.ts";
export {
  Election, type CampaignRequest, CampaignRequestSchema, type CampaignResponse, CampaignResponseSchema,
  type LeaderKey, LeaderKeySchema, type LeaderRequest, LeaderRequestSchema, type LeaderResponse,
  LeaderResponseSchema, type ResignRequest, ResignRequestSchema, type ResignResponse, ResignResponseSchema,
  type ProclaimRequest, ProclaimRequestSchema, type ProclaimResponse, ProclaimResponseSchema,
} from "./gen/v3electionpb/election_pb.ts";

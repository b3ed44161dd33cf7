// etcd's API up to 3.7 in a short notation, written apart from our .proto files so that a slip in those shows.
// Types of the same package go without its name. A line that starts with a space continues the one before.

/** Fields: number, name, type, and the oneof in brackets. */
export const messages = `
mvccpb.KeyValue: 1 key bytes; 2 create_revision int64; 3 mod_revision int64; 4 version int64; 5 value bytes;
  6 lease int64
mvccpb.Event: 1 type Event.EventType; 2 kv KeyValue; 3 prev_kv KeyValue
authpb.UserAddOptions: 1 no_password bool
authpb.User: 1 name bytes; 2 password bytes; 3 roles repeated string; 4 options UserAddOptions
authpb.Permission: 1 permType Permission.Type; 2 key bytes; 3 range_end bytes
authpb.Role: 1 name bytes; 2 keyPermission repeated Permission
etcdserverpb.ResponseHeader: 1 cluster_id uint64; 2 member_id uint64; 3 revision int64; 4 raft_term uint64
etcdserverpb.RangeRequest: 1 key bytes; 2 range_end bytes; 3 limit int64; 4 revision int64;
  5 sort_order RangeRequest.SortOrder; 6 sort_target RangeRequest.SortTarget; 7 serializable bool; 8 keys_only bool;
  9 count_only bool; 10 min_mod_revision int64; 11 max_mod_revision int64; 12 min_create_revision int64;
  13 max_create_revision int64
etcdserverpb.RangeResponse: 1 header ResponseHeader; 2 kvs repeated mvccpb.KeyValue; 3 more bool; 4 count int64
etcdserverpb.PutRequest: 1 key bytes; 2 value bytes; 3 lease int64; 4 prev_kv bool; 5 ignore_value bool;
  6 ignore_lease bool
etcdserverpb.PutResponse: 1 header ResponseHeader; 2 prev_kv mvccpb.KeyValue
etcdserverpb.DeleteRangeRequest: 1 key bytes; 2 range_end bytes; 3 prev_kv bool
etcdserverpb.DeleteRangeResponse: 1 header ResponseHeader; 2 deleted int64; 3 prev_kvs repeated mvccpb.KeyValue
etcdserverpb.RequestOp: 1 request_range RangeRequest [request]; 2 request_put PutRequest [request];
  3 request_delete_range DeleteRangeRequest [request]; 4 request_txn TxnRequest [request]
etcdserverpb.ResponseOp: 1 response_range RangeResponse [response]; 2 response_put PutResponse [response];
  3 response_delete_range DeleteRangeResponse [response]; 4 response_txn TxnResponse [response]
etcdserverpb.Compare: 1 result Compare.CompareResult; 2 target Compare.CompareTarget; 3 key bytes;
  4 version int64 [target_union]; 5 create_revision int64 [target_union]; 6 mod_revision int64 [target_union];
  7 value bytes [target_union]; 8 lease int64 [target_union]; 64 range_end bytes
etcdserverpb.TxnRequest: 1 compare repeated Compare; 2 success repeated RequestOp; 3 failure repeated RequestOp
etcdserverpb.TxnResponse: 1 header ResponseHeader; 2 succeeded bool; 3 responses repeated ResponseOp
etcdserverpb.CompactionRequest: 1 revision int64; 2 physical bool
etcdserverpb.CompactionResponse: 1 header ResponseHeader
etcdserverpb.HashRequest:
etcdserverpb.HashKVRequest: 1 revision int64
etcdserverpb.HashKVResponse: 1 header ResponseHeader; 2 hash uint32; 3 compact_revision int64; 4 hash_revision int64
etcdserverpb.HashResponse: 1 header ResponseHeader; 2 hash uint32
etcdserverpb.SnapshotRequest:
etcdserverpb.SnapshotResponse: 1 header ResponseHeader; 2 remaining_bytes uint64; 3 blob bytes; 4 version string
etcdserverpb.WatchRequest: 1 create_request WatchCreateRequest [request_union];
  2 cancel_request WatchCancelRequest [request_union]; 3 progress_request WatchProgressRequest [request_union]
etcdserverpb.WatchCreateRequest: 1 key bytes; 2 range_end bytes; 3 start_revision int64; 4 progress_notify bool;
  5 filters repeated WatchCreateRequest.FilterType; 6 prev_kv bool; 7 watch_id int64; 8 fragment bool
etcdserverpb.WatchCancelRequest: 1 watch_id int64
etcdserverpb.WatchProgressRequest:
etcdserverpb.WatchResponse: 1 header ResponseHeader; 2 watch_id int64; 3 created bool; 4 canceled bool;
  5 compact_revision int64; 6 cancel_reason string; 7 fragment bool; 11 events repeated mvccpb.Event
etcdserverpb.LeaseGrantRequest: 1 TTL int64; 2 ID int64
etcdserverpb.LeaseGrantResponse: 1 header ResponseHeader; 2 ID int64; 3 TTL int64; 4 error string
etcdserverpb.LeaseRevokeRequest: 1 ID int64
etcdserverpb.LeaseRevokeResponse: 1 header ResponseHeader
etcdserverpb.LeaseCheckpoint: 1 ID int64; 2 remaining_TTL int64
etcdserverpb.LeaseCheckpointRequest: 1 checkpoints repeated LeaseCheckpoint
etcdserverpb.LeaseCheckpointResponse: 1 header ResponseHeader
etcdserverpb.LeaseKeepAliveRequest: 1 ID int64
etcdserverpb.LeaseKeepAliveResponse: 1 header ResponseHeader; 2 ID int64; 3 TTL int64
etcdserverpb.LeaseTimeToLiveRequest: 1 ID int64; 2 keys bool
etcdserverpb.LeaseTimeToLiveResponse: 1 header ResponseHeader; 2 ID int64; 3 TTL int64; 4 grantedTTL int64;
  5 keys repeated bytes
etcdserverpb.LeaseLeasesRequest:
etcdserverpb.LeaseStatus: 1 ID int64
etcdserverpb.LeaseLeasesResponse: 1 header ResponseHeader; 2 leases repeated LeaseStatus
etcdserverpb.Member: 1 ID uint64; 2 name string; 3 peerURLs repeated string; 4 clientURLs repeated string;
  5 isLearner bool
etcdserverpb.MemberAddRequest: 1 peerURLs repeated string; 2 isLearner bool
etcdserverpb.MemberAddResponse: 1 header ResponseHeader; 2 member Member; 3 members repeated Member
etcdserverpb.MemberRemoveRequest: 1 ID uint64
etcdserverpb.MemberRemoveResponse: 1 header ResponseHeader; 2 members repeated Member
etcdserverpb.MemberUpdateRequest: 1 ID uint64; 2 peerURLs repeated string
etcdserverpb.MemberUpdateResponse: 1 header ResponseHeader; 2 members repeated Member
etcdserverpb.MemberListRequest: 1 linearizable bool
etcdserverpb.MemberListResponse: 1 header ResponseHeader; 2 members repeated Member
etcdserverpb.MemberPromoteRequest: 1 ID uint64
etcdserverpb.MemberPromoteResponse: 1 header ResponseHeader; 2 members repeated Member
etcdserverpb.DefragmentRequest:
etcdserverpb.DefragmentResponse: 1 header ResponseHeader
etcdserverpb.MoveLeaderRequest: 1 targetID uint64
etcdserverpb.MoveLeaderResponse: 1 header ResponseHeader
etcdserverpb.AlarmRequest: 1 action AlarmRequest.AlarmAction; 2 memberID uint64; 3 alarm AlarmType
etcdserverpb.AlarmMember: 1 memberID uint64; 2 alarm AlarmType
etcdserverpb.AlarmResponse: 1 header ResponseHeader; 2 alarms repeated AlarmMember
etcdserverpb.DowngradeRequest: 1 action DowngradeRequest.DowngradeAction; 2 version string
etcdserverpb.DowngradeResponse: 1 header ResponseHeader; 2 version string
etcdserverpb.DowngradeVersionTestRequest: 1 ver string
etcdserverpb.StatusRequest:
etcdserverpb.StatusResponse: 1 header ResponseHeader; 2 version string; 3 dbSize int64; 4 leader uint64;
  5 raftIndex uint64; 6 raftTerm uint64; 7 raftAppliedIndex uint64; 8 errors repeated string; 9 dbSizeInUse int64;
  10 isLearner bool; 11 storageVersion string; 12 dbSizeQuota int64; 13 downgradeInfo DowngradeInfo
etcdserverpb.DowngradeInfo: 1 enabled bool; 2 targetVersion string
etcdserverpb.AuthEnableRequest:
etcdserverpb.AuthDisableRequest:
etcdserverpb.AuthStatusRequest:
etcdserverpb.AuthenticateRequest: 1 name string; 2 password string
etcdserverpb.AuthUserAddRequest: 1 name string; 2 password string; 3 options authpb.UserAddOptions;
  4 hashedPassword string
etcdserverpb.AuthUserGetRequest: 1 name string
etcdserverpb.AuthUserDeleteRequest: 1 name string
etcdserverpb.AuthUserChangePasswordRequest: 1 name string; 2 password string; 3 hashedPassword string
etcdserverpb.AuthUserGrantRoleRequest: 1 user string; 2 role string
etcdserverpb.AuthUserRevokeRoleRequest: 1 name string; 2 role string
etcdserverpb.AuthRoleAddRequest: 1 name string
etcdserverpb.AuthRoleGetRequest: 1 role string
etcdserverpb.AuthUserListRequest:
etcdserverpb.AuthRoleListRequest:
etcdserverpb.AuthRoleDeleteRequest: 1 role string
etcdserverpb.AuthRoleGrantPermissionRequest: 1 name string; 2 perm authpb.Permission
etcdserverpb.AuthRoleRevokePermissionRequest: 1 role string; 2 key bytes; 3 range_end bytes
etcdserverpb.AuthEnableResponse: 1 header ResponseHeader
etcdserverpb.AuthDisableResponse: 1 header ResponseHeader
etcdserverpb.AuthStatusResponse: 1 header ResponseHeader; 2 enabled bool; 3 authRevision uint64
etcdserverpb.AuthenticateResponse: 1 header ResponseHeader; 2 token string
etcdserverpb.AuthUserAddResponse: 1 header ResponseHeader
etcdserverpb.AuthUserGetResponse: 1 header ResponseHeader; 2 roles repeated string
etcdserverpb.AuthUserDeleteResponse: 1 header ResponseHeader
etcdserverpb.AuthUserChangePasswordResponse: 1 header ResponseHeader
etcdserverpb.AuthUserGrantRoleResponse: 1 header ResponseHeader
etcdserverpb.AuthUserRevokeRoleResponse: 1 header ResponseHeader
etcdserverpb.AuthRoleAddResponse: 1 header ResponseHeader
etcdserverpb.AuthRoleGetResponse: 1 header ResponseHeader; 2 perm repeated authpb.Permission
etcdserverpb.AuthRoleListResponse: 1 header ResponseHeader; 2 roles repeated string
etcdserverpb.AuthUserListResponse: 1 header ResponseHeader; 2 users repeated string
etcdserverpb.AuthRoleDeleteResponse: 1 header ResponseHeader
etcdserverpb.AuthRoleGrantPermissionResponse: 1 header ResponseHeader
etcdserverpb.AuthRoleRevokePermissionResponse: 1 header ResponseHeader
etcdserverpb.RangeStreamResponse: 1 range_response RangeResponse
v3lockpb.LockRequest: 1 name bytes; 2 lease int64
v3lockpb.LockResponse: 1 header etcdserverpb.ResponseHeader; 2 key bytes
v3lockpb.UnlockRequest: 1 key bytes
v3lockpb.UnlockResponse: 1 header etcdserverpb.ResponseHeader
v3electionpb.CampaignRequest: 1 name bytes; 2 lease int64; 3 value bytes
v3electionpb.CampaignResponse: 1 header etcdserverpb.ResponseHeader; 2 leader LeaderKey
v3electionpb.LeaderKey: 1 name bytes; 2 key bytes; 3 rev int64; 4 lease int64
v3electionpb.LeaderRequest: 1 name bytes
v3electionpb.LeaderResponse: 1 header etcdserverpb.ResponseHeader; 2 kv mvccpb.KeyValue
v3electionpb.ResignRequest: 1 leader LeaderKey
v3electionpb.ResignResponse: 1 header etcdserverpb.ResponseHeader
v3electionpb.ProclaimRequest: 1 leader LeaderKey; 2 value bytes
v3electionpb.ProclaimResponse: 1 header etcdserverpb.ResponseHeader
`;

/** Values of enums. */
export const enums = `
mvccpb.Event.EventType: PUT=0; DELETE=1
authpb.Permission.Type: READ=0; WRITE=1; READWRITE=2
etcdserverpb.AlarmType: NONE=0; NOSPACE=1; CORRUPT=2
etcdserverpb.RangeRequest.SortOrder: NONE=0; ASCEND=1; DESCEND=2
etcdserverpb.RangeRequest.SortTarget: KEY=0; VERSION=1; CREATE=2; MOD=3; VALUE=4
etcdserverpb.Compare.CompareResult: EQUAL=0; GREATER=1; LESS=2; NOT_EQUAL=3
etcdserverpb.Compare.CompareTarget: VERSION=0; CREATE=1; MOD=2; VALUE=3; LEASE=4
etcdserverpb.WatchCreateRequest.FilterType: NOPUT=0; NODELETE=1
etcdserverpb.AlarmRequest.AlarmAction: GET=0; ACTIVATE=1; DEACTIVATE=2
etcdserverpb.DowngradeRequest.DowngradeAction: VALIDATE=0; ENABLE=1; CANCEL=2
`;

/** RPCs with their gateway paths, the main one first. */
export const rpcs = `
etcdserverpb.KV/Range: RangeRequest -> RangeResponse; /v3/kv/range
etcdserverpb.KV/RangeStream: RangeRequest -> stream RangeStreamResponse
etcdserverpb.KV/Put: PutRequest -> PutResponse; /v3/kv/put
etcdserverpb.KV/DeleteRange: DeleteRangeRequest -> DeleteRangeResponse; /v3/kv/deleterange
etcdserverpb.KV/Txn: TxnRequest -> TxnResponse; /v3/kv/txn
etcdserverpb.KV/Compact: CompactionRequest -> CompactionResponse; /v3/kv/compaction
etcdserverpb.Watch/Watch: stream WatchRequest -> stream WatchResponse; /v3/watch
etcdserverpb.Lease/LeaseGrant: LeaseGrantRequest -> LeaseGrantResponse; /v3/lease/grant
etcdserverpb.Lease/LeaseRevoke: LeaseRevokeRequest -> LeaseRevokeResponse; /v3/lease/revoke; /v3/kv/lease/revoke
etcdserverpb.Lease/LeaseKeepAlive: stream LeaseKeepAliveRequest -> stream LeaseKeepAliveResponse; /v3/lease/keepalive
etcdserverpb.Lease/LeaseTimeToLive: LeaseTimeToLiveRequest -> LeaseTimeToLiveResponse; /v3/lease/timetolive;
  /v3/kv/lease/timetolive
etcdserverpb.Lease/LeaseLeases: LeaseLeasesRequest -> LeaseLeasesResponse; /v3/lease/leases; /v3/kv/lease/leases
etcdserverpb.Cluster/MemberAdd: MemberAddRequest -> MemberAddResponse; /v3/cluster/member/add
etcdserverpb.Cluster/MemberRemove: MemberRemoveRequest -> MemberRemoveResponse; /v3/cluster/member/remove
etcdserverpb.Cluster/MemberUpdate: MemberUpdateRequest -> MemberUpdateResponse; /v3/cluster/member/update
etcdserverpb.Cluster/MemberList: MemberListRequest -> MemberListResponse; /v3/cluster/member/list
etcdserverpb.Cluster/MemberPromote: MemberPromoteRequest -> MemberPromoteResponse; /v3/cluster/member/promote
etcdserverpb.Maintenance/Alarm: AlarmRequest -> AlarmResponse; /v3/maintenance/alarm
etcdserverpb.Maintenance/Status: StatusRequest -> StatusResponse; /v3/maintenance/status
etcdserverpb.Maintenance/Defragment: DefragmentRequest -> DefragmentResponse; /v3/maintenance/defragment
etcdserverpb.Maintenance/Hash: HashRequest -> HashResponse; /v3/maintenance/hash
etcdserverpb.Maintenance/HashKV: HashKVRequest -> HashKVResponse; /v3/maintenance/hashkv
etcdserverpb.Maintenance/Snapshot: SnapshotRequest -> stream SnapshotResponse; /v3/maintenance/snapshot
etcdserverpb.Maintenance/MoveLeader: MoveLeaderRequest -> MoveLeaderResponse; /v3/maintenance/transfer-leadership
etcdserverpb.Maintenance/Downgrade: DowngradeRequest -> DowngradeResponse; /v3/maintenance/downgrade
etcdserverpb.Auth/AuthEnable: AuthEnableRequest -> AuthEnableResponse; /v3/auth/enable
etcdserverpb.Auth/AuthDisable: AuthDisableRequest -> AuthDisableResponse; /v3/auth/disable
etcdserverpb.Auth/AuthStatus: AuthStatusRequest -> AuthStatusResponse; /v3/auth/status
etcdserverpb.Auth/Authenticate: AuthenticateRequest -> AuthenticateResponse; /v3/auth/authenticate
etcdserverpb.Auth/UserAdd: AuthUserAddRequest -> AuthUserAddResponse; /v3/auth/user/add
etcdserverpb.Auth/UserGet: AuthUserGetRequest -> AuthUserGetResponse; /v3/auth/user/get
etcdserverpb.Auth/UserList: AuthUserListRequest -> AuthUserListResponse; /v3/auth/user/list
etcdserverpb.Auth/UserDelete: AuthUserDeleteRequest -> AuthUserDeleteResponse; /v3/auth/user/delete
etcdserverpb.Auth/UserChangePassword: AuthUserChangePasswordRequest -> AuthUserChangePasswordResponse;
  /v3/auth/user/changepw
etcdserverpb.Auth/UserGrantRole: AuthUserGrantRoleRequest -> AuthUserGrantRoleResponse; /v3/auth/user/grant
etcdserverpb.Auth/UserRevokeRole: AuthUserRevokeRoleRequest -> AuthUserRevokeRoleResponse; /v3/auth/user/revoke
etcdserverpb.Auth/RoleAdd: AuthRoleAddRequest -> AuthRoleAddResponse; /v3/auth/role/add
etcdserverpb.Auth/RoleGet: AuthRoleGetRequest -> AuthRoleGetResponse; /v3/auth/role/get
etcdserverpb.Auth/RoleList: AuthRoleListRequest -> AuthRoleListResponse; /v3/auth/role/list
etcdserverpb.Auth/RoleDelete: AuthRoleDeleteRequest -> AuthRoleDeleteResponse; /v3/auth/role/delete
etcdserverpb.Auth/RoleGrantPermission: AuthRoleGrantPermissionRequest -> AuthRoleGrantPermissionResponse;
  /v3/auth/role/grant
etcdserverpb.Auth/RoleRevokePermission: AuthRoleRevokePermissionRequest -> AuthRoleRevokePermissionResponse;
  /v3/auth/role/revoke
v3lockpb.Lock/Lock: LockRequest -> LockResponse; /v3/lock/lock
v3lockpb.Lock/Unlock: UnlockRequest -> UnlockResponse; /v3/lock/unlock
v3electionpb.Election/Campaign: CampaignRequest -> CampaignResponse; /v3/election/campaign
v3electionpb.Election/Proclaim: ProclaimRequest -> ProclaimResponse; /v3/election/proclaim
v3electionpb.Election/Leader: LeaderRequest -> LeaderResponse; /v3/election/leader
v3electionpb.Election/Observe: LeaderRequest -> stream LeaderResponse; /v3/election/observe
v3electionpb.Election/Resign: ResignRequest -> ResignResponse; /v3/election/resign
`;

import { EtcdV2Error } from "./errors.ts";

// One class for each code that etcd 0.4 to 3.5 documents, in etcd's words.

/** 100: There is nothing under this key. */
export class KeyNotFound extends EtcdV2Error {
  override readonly name = "KeyNotFound";
}
/** 101: The value or index is not the one compared with. */
export class CompareFailed extends EtcdV2Error {
  override readonly name = "CompareFailed";
}
/** 102: A directory where a value was expected. */
export class NotFile extends EtcdV2Error {
  override readonly name = "NotFile";
}
/** 103: The cluster takes no more peers. */
export class NoMorePeer extends EtcdV2Error {
  override readonly name = "NoMorePeer";
}
/** 104: A value where a directory was expected. */
export class NotDir extends EtcdV2Error {
  override readonly name = "NotDir";
}
/** 105: There is something under this key already. */
export class NodeExist extends EtcdV2Error {
  override readonly name = "NodeExist";
}
/** 106: The key is one that etcd keeps for itself. */
export class KeyIsPreserved extends EtcdV2Error {
  override readonly name = "KeyIsPreserved";
}
/** 107: The root cannot be written. */
export class RootROnly extends EtcdV2Error {
  override readonly name = "RootROnly";
}
/** 108: The directory is not empty: delete it with `recursive`. */
export class DirNotEmpty extends EtcdV2Error {
  override readonly name = "DirNotEmpty";
}
/** 109: A peer with this address exists already. */
export class ExistingPeerAddr extends EtcdV2Error {
  override readonly name = "ExistingPeerAddr";
}
/** 110: No user, a wrong password, or a permission that is missing: etcd does not say which. */
export class Unauthorized extends EtcdV2Error {
  override readonly name = "Unauthorized";
}
/** 200: The request has no value. */
export class ValueRequired extends EtcdV2Error {
  override readonly name = "ValueRequired";
}
/** 201: The request has no previous value to compare with. */
export class PrevValueRequired extends EtcdV2Error {
  override readonly name = "PrevValueRequired";
}
/** 202: The time to live is not a number. */
export class TTLNaN extends EtcdV2Error {
  override readonly name = "TTLNaN";
}
/** 203: The index is not a number. */
export class IndexNaN extends EtcdV2Error {
  override readonly name = "IndexNaN";
}
/** 204: The request has neither a value nor a time to live. */
export class ValueOrTTLRequired extends EtcdV2Error {
  override readonly name = "ValueOrTTLRequired";
}
/** 205: The timeout is not a number. */
export class TimeoutNaN extends EtcdV2Error {
  override readonly name = "TimeoutNaN";
}
/** 206: The request has no name. */
export class NameRequired extends EtcdV2Error {
  override readonly name = "NameRequired";
}
/** 207: The request has neither an index nor a value. */
export class IndexOrValueRequired extends EtcdV2Error {
  override readonly name = "IndexOrValueRequired";
}
/** 208: The request has an index and a value, which exclude each other. */
export class IndexValueMutex extends EtcdV2Error {
  override readonly name = "IndexValueMutex";
}
/** 209: A field of the request is not valid. */
export class InvalidField extends EtcdV2Error {
  override readonly name = "InvalidField";
}
/** 210: The form of the request cannot be read. */
export class InvalidForm extends EtcdV2Error {
  override readonly name = "InvalidForm";
}
/** 211: A refresh keeps the value and takes none. */
export class RefreshValue extends EtcdV2Error {
  override readonly name = "RefreshValue";
}
/** 212: A refresh needs a time to live. */
export class RefreshTTLRequired extends EtcdV2Error {
  override readonly name = "RefreshTTLRequired";
}
/** 300: etcd could not commit, in time or at all; see `cause`. */
export class RaftInternal extends EtcdV2Error {
  override readonly name = "RaftInternal";
}
/** 301: The members are electing a leader. */
export class LeaderElect extends EtcdV2Error {
  override readonly name = "LeaderElect";
}
/** 400: The watch ended since the member restored its store. */
export class WatcherCleared extends EtcdV2Error {
  override readonly name = "WatcherCleared";
}
/** 401: The events from this index on are no longer kept; etcd keeps the last 1000. */
export class EventIndexCleared extends EtcdV2Error {
  override readonly name = "EventIndexCleared";
}
/** 402: A standby of etcd 0.4 failed. */
export class StandbyInternal extends EtcdV2Error {
  override readonly name = "StandbyInternal";
}
/** 403: The number of active peers is not valid (etcd 0.4). */
export class InvalidActiveSize extends EtcdV2Error {
  override readonly name = "InvalidActiveSize";
}
/** 404: The delay before a standby is removed is not valid (etcd 0.4). */
export class InvalidRemoveDelay extends EtcdV2Error {
  override readonly name = "InvalidRemoveDelay";
}
/** 500: A client of etcd 0.4 failed. */
export class ClientInternal extends EtcdV2Error {
  override readonly name = "ClientInternal";
}

/** The same class as `CompareFailed`, under etcd's own name for the code. */
export const TestFailed: typeof CompareFailed = CompareFailed;
/** The same class as {@link CompareFailed}, under etcd's own name for the code. */
export type TestFailed = CompareFailed;

export type EtcdV2ErrorClass = new (...args: ConstructorParameters<typeof EtcdV2Error>) => EtcdV2Error;

/** The class of each `errorCode`. */
export const errorClasses: ReadonlyMap<number, EtcdV2ErrorClass> = new Map<number, EtcdV2ErrorClass>([
  [100, KeyNotFound],
  [101, CompareFailed],
  [102, NotFile],
  [103, NoMorePeer],
  [104, NotDir],
  [105, NodeExist],
  [106, KeyIsPreserved],
  [107, RootROnly],
  [108, DirNotEmpty],
  [109, ExistingPeerAddr],
  [110, Unauthorized],
  [200, ValueRequired],
  [201, PrevValueRequired],
  [202, TTLNaN],
  [203, IndexNaN],
  [204, ValueOrTTLRequired],
  [205, TimeoutNaN],
  [206, NameRequired],
  [207, IndexOrValueRequired],
  [208, IndexValueMutex],
  [209, InvalidField],
  [210, InvalidForm],
  [211, RefreshValue],
  [212, RefreshTTLRequired],
  [300, RaftInternal],
  [301, LeaderElect],
  [400, WatcherCleared],
  [401, EventIndexCleared],
  [402, StandbyInternal],
  [403, InvalidActiveSize],
  [404, InvalidRemoveDelay],
  [500, ClientInternal],
]);

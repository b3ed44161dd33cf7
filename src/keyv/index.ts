/** `fetcd/keyv`: etcd as a store of Keyv. */
export { createKeyvStore, type KeyvItem, type KeyvStore, type KeyvStoreOptions } from "./keyv-store.ts";

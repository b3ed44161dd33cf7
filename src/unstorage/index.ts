/** `fetcd/unstorage`: etcd as a driver of unstorage. */
export {
  createUnstorageDriver,
  type UnstorageDriver,
  type UnstorageDriverOptions,
  type UnstorageItemOptions,
  type UnstorageMeta,
} from "./unstorage-driver.ts";

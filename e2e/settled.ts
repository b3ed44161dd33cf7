import { setTimeout as sleep } from "node:timers/promises";

/**
 * Gives the other side the time to read what has been written to it. Bytes and a reset that are there together are
 * not told apart from bytes and an end by libuv, and other systems drop unread bytes when a reset comes.
 */
export function settled(): Promise<void> {
  return sleep(10);
}

import type { Interceptor } from "@connectrpc/connect";
import { type EtcdOptions, op } from "../../src/index.ts";
import type { Connect } from "./connect.ts";
import { bigValue, bytes } from "./tools.ts";

const letters = Array.from("abcdefghijklmnopqrstuvwxyz");

/** What follows a letter: such keys lie before and behind whatever begins with it and goes on as text. */
const before = [0x00, 0x80];
const behind = [0xff, 0xfe];

/** No text, then empty, in turn. */
const large = bigValue(1024 * 1024);
const smallValues = [Uint8Array.of(0xff, 0x00, 0x80), ""];

/**
 * Clients whose keys have odd neighbours: for every letter that a name may begin with, a key right before and one right
 * behind those names, which are not text; their values are not text, empty and 1 MiB large. They are laid before the first
 * request of a client goes out, by a client of their own.
 */
export function besideOddKeys(connect: Connect): Connect {
  const laid = new Map<string, Promise<void>>();

  async function lay(namespace: string): Promise<void> {
    const etcd = connect(namespace === "" ? {} : { namespace });
    const keys = letters.flatMap((letter) => [bytes(letter, ...before), bytes(letter, ...behind)]);
    await etcd.txn({ then: keys.map((key, i) => op.put(key, smallValues[i % 2] ?? "")) });
    await etcd.put(bytes("~", ...behind), large);
  }

  const beside = (options: Partial<EtcdOptions> = {}): ReturnType<Connect> => {
    const namespace = typeof options.namespace === "string" ? options.namespace : "";
    const first: Interceptor = (next) => async (request) => {
      let neighbours = laid.get(namespace);
      if (neighbours === undefined) laid.set(namespace, (neighbours = lay(namespace)));
      await neighbours;
      return next(request);
    };
    return connect({ ...options, interceptors: [first, ...(options.interceptors ?? [])] });
  };
  return Object.assign(beside, { target: connect.target });
}

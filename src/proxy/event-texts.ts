import type { MessageInitShape } from "@bufbuild/protobuf";
import { encodeMessage } from "../transport/codec/codec.ts";
import { Watch } from "../gateway-server/served-services.ts";
import { inFragments } from "../gateway-server/watch-fragments.ts";
import type { WatchCreateRequest, WatchResponseSchema } from "../gen/etcdserverpb/watch_pb.ts";
import { WatchCreateRequest_FilterType as Filter } from "../gen/enums.ts";
import type { Event } from "../gen/mvccpb/kv_pb.ts";
import type { RevisionEvents } from "../v3/watch/watch-state.ts";
import type { Rights } from "./caller-rights.ts";
import { stripped } from "./kv-rpcs.ts";

/** etcd's own bound on an answer, past which it splits one for a watch that asks for that. */
const maxFragmentBytes = 1.5 * 1024 * 1024;

type ResponseHeader = NonNullable<MessageInitShape<typeof WatchResponseSchema>["header"]>;

/** A message of events as JSON, but for the id of the watch, which stands between the two parts. */
export interface EventText {
  readonly before: string;
  readonly after: string;
}

/** What of a batch of events a caller is told; nothing, where it filters all of them. */
export type EventTexts = (
  batch: RevisionEvents,
  rights: Rights,
  request: WatchCreateRequest,
  header: () => ResponseHeader,
) => readonly EventText[];

/** Callers who share a watch of etcd, a namespace and filters are told the same, which is written once. */
export function createEventTexts(): EventTexts {
  const written = new WeakMap<RevisionEvents, Map<string, readonly EventText[]>>();
  return (batch, rights, request, header) => {
    const { filters, fragment } = request;
    const name = `${fragment} ${filters.join()} ${rights.keyspace.prefix.join()}`;
    const known = written.get(batch) ?? new Map<string, readonly EventText[]>();
    const found = known.get(name);
    if (found !== undefined) return found;
    const texts = write(batch, rights, request, header);
    known.set(name, texts);
    written.set(batch, known);
    return texts;
  };
}

function write(
  { events }: RevisionEvents,
  rights: Rights,
  { filters, fragment }: WatchCreateRequest,
  header: () => ResponseHeader,
): EventText[] {
  const wanted = events.filter(({ type }) => !filters.includes(type === 1 ? Filter.NODELETE : Filter.NOPUT));
  if (wanted.length === 0) return [];
  const own = { events: wanted.map((event) => renamed(rights, event)) };
  const parts = fragment ? inFragments(own, maxFragmentBytes) : [own];
  const before = encodeMessage(output, { header: header() }).slice(0, -1);
  return parts.map((part) => {
    const more = "fragment" in part && part.fragment === true ? '"fragment":true,' : "";
    return { before, after: `,${more}${encodeMessage(output, { events: part.events ?? [] }).slice(1)}` };
  });
}

const { output } = Watch.method.watch;

function renamed(rights: Rights, event: Event): Event {
  const { kv, prevKv } = event;
  return {
    ...event,
    ...(kv === undefined ? {} : { kv: stripped(rights, kv) }),
    ...(prevKv === undefined ? {} : { prevKv: stripped(rights, prevKv) }),
  };
}

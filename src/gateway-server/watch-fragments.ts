import type { MessageInitShape } from "@bufbuild/protobuf";
import type { WatchResponseSchema } from "../gen/etcdserverpb/watch_pb.ts";
import type { Event, KeyValue } from "../gen/mvccpb/kv_pb.ts";

type Response = MessageInitShape<typeof WatchResponseSchema> & { readonly events: Event[] };

/** What a message costs besides keys and values, about: tags, lengths, revisions. */
const overhead = 32;

/** The answer in parts below `maxBytes`, each with at least one event; all but the last say that more follows. */
export function inFragments(response: Response, maxBytes: number): Response[] {
  const parts: Response[] = [];
  let events: Event[] = [];
  let size = overhead;
  for (const event of response.events) {
    const more = overhead + sizeOf(event.kv) + sizeOf(event.prevKv);
    if (events.length > 0 && size + more >= maxBytes) {
      parts.push({ ...response, events, fragment: true });
      events = [];
      size = overhead;
    }
    events.push(event);
    size += more;
  }
  parts.push({ ...response, events });
  return parts;
}

function sizeOf(kv: KeyValue | undefined): number {
  return kv === undefined ? 0 : overhead + kv.key.length + kv.value.length;
}

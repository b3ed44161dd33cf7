import type { Selector, WatchEvent } from "fetcd";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { readableOf } from "../page-rights.ts";
import { goToKey } from "../page-route.ts";
import type { PageSession } from "../page-session.ts";
import { Graph } from "../ui/graph.tsx";
import { Icon } from "../ui/icon.tsx";
import { perform, showTrouble, tell } from "../ui/notice.tsx";
import { LiveBadge, Nothing, Refused } from "../ui/reading.tsx";
import { size } from "../ui/size.ts";
import { Table } from "../ui/table.tsx";
import { textField } from "../ui/text-field.ts";
import { labelOf } from "../keys/key-id.ts";
import { shortened } from "../keys/diff.ts";
import { losslessText } from "../keys/value-form.ts";

interface Seen {
  readonly id: number;
  readonly at: Date;
  readonly event: WatchEvent;
}

/** How many events are kept; older ones are dropped. */
const mostEvents = 500;
const rateSeconds = 60;
let lastId = 0;

/** Shows events below prefixes as they arrive. While paused, it collects events to show them later. */
export function LiveView({ session: { etcd, identity } }: { session: PageSession }): JSX.Element {
  const [prefixes, setPrefixes] = useState<readonly string[]>([""]);
  const [events, setEvents] = useState<readonly Seen[]>([]);
  const [held, setHeld] = useState<readonly Seen[] | undefined>(undefined);
  const [filter, setFilter] = useState("");
  const [kind, setKind] = useState("all");
  const [live, setLive] = useState(false);
  const [notify, setNotify] = useState(false);
  const [rates, setRates] = useState<readonly number[]>(() => Array.from({ length: rateSeconds }, () => 0));
  const incoming = useRef<Seen[]>([]);
  const notifying = useRef(notify);
  notifying.current = notify;

  useEffect(() => {
    const closed = new AbortController();
    setLive(false);
    // "All keys" means those that this user may read.
    const selectors = prefixes.flatMap((prefix) => (prefix === "" ? readableOf(identity.permissions) : [{ prefix }]));
    let silent = selectors.length;
    const follow = async (selector: Selector): Promise<void> => {
      const watch = etcd.watch(selector, { signal: closed.signal, prev: true });
      await watch.ready;
      if (--silent === 0) setLive(true);
      for await (const event of watch) {
        incoming.current.push({ id: ++lastId, at: new Date(), event });
        // Only the newest are shown, no matter how fast they arrive.
        if (incoming.current.length > mostEvents) incoming.current.splice(0, incoming.current.length - mostEvents);
      }
    };
    for (const selector of selectors) {
      follow(selector).catch((error: unknown) => {
        if (closed.signal.aborted) return;
        setLive(false);
        showTrouble(error);
      });
    }
    return () => closed.abort();
  }, [etcd, identity, prefixes]);

  // Draws a few times per second, no matter how many events there are.
  useEffect(() => {
    let count = 0;
    let ticks = 0;
    const timer = setInterval(() => {
      const taken = incoming.current.splice(0);
      count += taken.length;
      if (taken.length > 0) {
        setEvents((before) => [...taken.reverse(), ...before].slice(0, mostEvents));
        const [first] = taken;
        if (notifying.current && first !== undefined && document.hidden) {
          new Notification(`${first.event.type} ${labelOf(first.event.entry.keyBytes)}`);
        }
      }
      if (++ticks % 4 !== 0) return;
      const perSecond = count;
      count = 0;
      setRates((before) => [...before.slice(1), perSecond]);
    }, 250);
    return () => clearInterval(timer);
  }, []);

  async function askToNotify(): Promise<void> {
    if (notify) return setNotify(false);
    const answer = await Notification.requestPermission();
    setNotify(answer === "granted");
    tell(
      answer === "granted"
        ? "Notifies you of changes while this tab is hidden"
        : "The browser does not allow notifications",
    );
  }

  const wanted = filter.toLowerCase();
  const shown = (held ?? events).filter(
    ({ event: { type, entry } }) =>
      (kind === "all" || kind === type) && (wanted === "" || labelOf(entry.keyBytes).toLowerCase().includes(wanted)),
  );
  return (
    <section class="panel">
      <header>
        <h1>
          Live <LiveBadge live={live} />
        </h1>
        <button
          type="button"
          aria-pressed={held !== undefined}
          onClick={() => setHeld(held === undefined ? events : undefined)}
        >
          <Icon name={held === undefined ? "pause" : "play"} /> {held === undefined ? "Pause" : "Go on"}
        </button>
        <button type="button" onClick={() => setEvents([])}>
          Clear
        </button>
        <button type="button" aria-pressed={notify} onClick={() => void perform(askToNotify)}>
          Notify me
        </button>
      </header>
      <div class="card stack">
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            const prefix = textField(event.currentTarget, "prefix");
            const others = prefixes.filter((each) => each !== "" && each !== prefix);
            setPrefixes(prefix === "" ? [""] : [...others, prefix]);
            event.currentTarget.reset();
          }}
        >
          <label>
            Follow a prefix
            <input name="prefix" class="mono" spellcheck={false} placeholder="all keys" />
          </label>
          <button type="submit">Follow</button>
          <label>
            Filter
            <input
              type="search"
              spellcheck={false}
              value={filter}
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
          </label>
          <label>
            Kind
            <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
              <option value="all">puts and deletes</option>
              <option value="put">puts</option>
              <option value="delete">deletes</option>
            </select>
          </label>
        </form>
        <div>
          {prefixes.map((prefix) => (
            <span key={prefix} class="chip mono">
              {prefix === "" ? "all keys" : prefix}
              {prefix !== "" && (
                <button
                  type="button"
                  aria-label={`Stop following ${prefix}`}
                  onClick={() => {
                    const left = prefixes.filter((each) => each !== prefix);
                    setPrefixes(left.length === 0 ? [""] : left);
                  }}
                >
                  ×
                </button>
              )}
            </span>
          ))}
        </div>
        <Graph title="In the last minute" lines={[{ label: "events a second:", values: rates }]} />
      </div>
      {readableOf(identity.permissions).length === 0 ? (
        <Refused />
      ) : shown.length === 0 ? (
        <Nothing icon="live" title={held === undefined ? "Waiting for changes" : "Paused"}>
          <p>Every put and delete shows here the moment etcd has it.</p>
        </Nothing>
      ) : (
        <Table label="Events" mono columns={["Time", "What", "Key", "Value", "Revision"]}>
          {shown.slice(0, 200).map(({ id, at, event: { type, entry } }) => (
            <tr key={id}>
              <td class="num">{at.toLocaleTimeString()}</td>
              <td>
                <span class={`badge ${type === "put" ? "good" : "bad"}`}>{type}</span>
              </td>
              <td>
                <button type="button" class="quiet mono" onClick={() => goToKey(entry.keyBytes)}>
                  {labelOf(entry.keyBytes)}
                </button>
              </td>
              <td>{type === "put" && preview(entry.value)}</td>
              <td class="num">{String(entry.modRevision)}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

function preview(value: Uint8Array): string {
  const text = value.length > 4096 ? undefined : losslessText(value);
  return text === undefined ? size(value.length) : shortened(text).slice(0, 200);
}

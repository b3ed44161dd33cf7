import type { Entry, Etcd } from "fetcd";
import { createFlags, type FlagDetails } from "fetcd/flags";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { goToKey } from "../route.ts";
import type { Session } from "../session.ts";
import { attempt, tell } from "../ui/notice.tsx";
import { Nothing, Skeleton } from "../ui/reading.tsx";
import { Table } from "../ui/table.tsx";
import { textField } from "../ui/text-field.ts";
import { useLoaded } from "../ui/use-loaded.ts";
import { findFractional, rulesOf, sharesOf, withShare } from "./rules.ts";

/** A flag as it is stored: `definition` is undefined for a plain value. */
interface StoredFlag {
  readonly name: string;
  readonly entry: Entry;
  readonly definition: Readonly<Record<string, unknown>> | undefined;
}

const mostFlags = 1_000;
/** Made-up ids that a sample is taken over. */
const sampleSize = 1_000;

/** Feature flags: their state, their rules in words, and who gets what. */
export function FlagsView({ session: { etcd, readOnly } }: { session: Session }): JSX.Element {
  const [prefix, setPrefix] = useState("flags/");
  const [flags, reload] = useLoaded((signal) => readFlags(etcd, prefix, signal), [etcd, prefix]);
  useEffect(() => {
    const closed = new AbortController();
    const follow = async (): Promise<void> => {
      for await (const _ of etcd.watch({ prefix }, { signal: closed.signal }).batches()) await reload();
    };
    follow().catch(() => undefined);
    return () => closed.abort();
  }, [etcd, prefix, reload]);

  async function write(flag: StoredFlag, change: object, done: string): Promise<void> {
    const value = JSON.stringify({ ...flag.definition, ...change });
    const { updated, revision } = await etcd.update(flag.entry, value);
    await reload();
    if (!updated) throw new Error(`Somebody else changed ${flag.name} meanwhile: nothing was written.`);
    const { keyBytes, value: before, lease } = flag.entry;
    tell(done, () => etcd.put(keyBytes, before, { lease, guard: { modRevision: revision } }));
  }

  return (
    <section class="panel">
      <header>
        <h1>Flags</h1>
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            setPrefix(textField(event.currentTarget, "prefix"));
          }}
        >
          <label class="check">
            Below <input name="prefix" class="mono" defaultValue={prefix} required spellcheck={false} />
          </label>
          <button type="submit">Show</button>
        </form>
      </header>
      {flags === undefined ? (
        <Skeleton />
      ) : flags.length === 0 ? (
        <Nothing icon="flag" title={`No flags below ${prefix}`}>
          <p>
            A flag is a key with a flagd definition, or any JSON, as its value. <code>npx fetcd flags --help</code> says
            how to write them.
          </p>
        </Nothing>
      ) : (
        <>
          {flags.map((flag) => (
            <FlagCard key={flag.name} flag={flag} disabled={readOnly} onWrite={write} />
          ))}
          <WhoGetsWhat etcd={etcd} prefix={prefix} flags={flags} />
        </>
      )}
    </section>
  );
}

interface CardProps {
  readonly flag: StoredFlag;
  readonly disabled: boolean;
  onWrite(flag: StoredFlag, change: object, done: string): Promise<void>;
}

function FlagCard({ flag, disabled, onWrite }: CardProps): JSX.Element {
  const { name, definition, entry } = flag;
  const on = definition?.["state"] === "ENABLED";
  const targeting = definition?.["targeting"];
  const rules = rulesOf(targeting);
  const fractional = findFractional(targeting);
  const shares = fractional === undefined ? [] : sharesOf(fractional);
  const [share, setShare] = useState(shares[0]?.percent ?? 0);
  useEffect(() => setShare(shares[0]?.percent ?? 0), [shares[0]?.percent]);
  const variants = definition?.["variants"];
  return (
    <section class="card stack" aria-label={name}>
      <div class="row apart">
        <div class="row">
          <h2 class="mono">{name}</h2>
          {definition === undefined ? (
            <span class="badge">a plain value</span>
          ) : (
            <span class={`badge ${on ? "good" : ""}`}>{on ? "enabled" : "disabled"}</span>
          )}
          <small>
            changed at revision {String(entry.modRevision)}
            {changedBy(definition)}
          </small>
        </div>
        <div class="row">
          {definition !== undefined && (
            <button
              type="button"
              role="switch"
              aria-checked={on}
              aria-label={`${name} is enabled`}
              disabled={disabled}
              onClick={() =>
                void attempt(() =>
                  onWrite(flag, { state: on ? "DISABLED" : "ENABLED" }, `${name} is ${on ? "disabled" : "enabled"}`),
                )
              }
            >
              {on ? "Disable" : "Enable"}
            </button>
          )}
          <button type="button" onClick={() => goToKey(entry.keyBytes)}>
            Edit
          </button>
        </div>
      </div>
      {typeof variants === "object" && variants !== null && (
        <div>
          {Object.entries(variants).map(([variant, value]: [string, unknown]) => (
            <span key={variant} class={`badge ${variant === definition?.["defaultVariant"] ? "accent" : ""}`}>
              {variant}: {JSON.stringify(value)}
              {variant === definition?.["defaultVariant"] && ", the default"}
            </span>
          ))}
        </div>
      )}
      {rules.length > 0 && (
        <ol style={{ margin: 0, paddingLeft: "20px" }} aria-label="Rules">
          {rules.map(({ when, then }, i) => (
            <li key={i}>
              {when === undefined ? "Everybody else gets" : `If ${when}:`} <strong>{then}</strong>
            </li>
          ))}
        </ol>
      )}
      {shares.length === 2 && (
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            const change = { targeting: withShare(targeting, share) };
            void attempt(() => onWrite(flag, change, `${name}: ${shares[0]?.variant} for ${share} %`));
          }}
        >
          <label>
            {shares[0]?.variant} for {share} %, {shares[1]?.variant} for {Math.round((100 - share) * 10) / 10} %
            <input
              type="range"
              min="0"
              max="100"
              value={share}
              disabled={disabled}
              onInput={(event) => setShare(Number(event.currentTarget.value))}
            />
          </label>
          <button type="submit" disabled={disabled || share === shares[0]?.percent}>
            Roll out
          </button>
        </form>
      )}
    </section>
  );
}

interface WhoProps {
  readonly etcd: Etcd;
  readonly prefix: string;
  readonly flags: readonly StoredFlag[];
}

/** What programs get for a context, and how a flag divides over many ids. */
function WhoGetsWhat({ etcd, prefix, flags }: WhoProps): JSX.Element {
  const [context, setContext] = useState('{ "targetingKey": "user-1" }');
  const [answers, setAnswers] = useState<ReadonlyMap<string, FlagDetails<unknown>> | undefined>(undefined);
  const [sample, setSample] = useState<readonly (readonly [string, number])[] | undefined>(undefined);

  async function evaluate(name: string): Promise<void> {
    const given: unknown = JSON.parse(context);
    if (typeof given !== "object" || given === null) throw new Error("The context has to be a JSON object.");
    await using made = createFlags(etcd, { prefix, defaults: {} });
    await made.refresh();
    setAnswers(made.findAll({ ...given }));
    if (name === "") return setSample(undefined);
    const counts = new Map<string, number>();
    for (let i = 1; i <= sampleSize; i++) {
      const variant = made.find(name, { ...given, targetingKey: `user-${i}` })?.variant ?? "the program's default";
      counts.set(variant, (counts.get(variant) ?? 0) + 1);
    }
    setSample([...counts].sort(([, a], [, b]) => b - a));
  }

  return (
    <section class="card stack" aria-label="Who gets what">
      <h2>Who gets what</h2>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(() => evaluate(textField(event.currentTarget, "sample")));
        }}
      >
        <label style={{ flex: "1" }}>
          Context, as JSON
          <input
            class="mono"
            spellcheck={false}
            value={context}
            onInput={(event) => setContext(event.currentTarget.value)}
          />
        </label>
        <label>
          Over 1,000 ids
          <select name="sample">
            <option value="">no flag</option>
            {flags.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <button type="submit">Evaluate</button>
      </form>
      {sample !== undefined && (
        <p>
          {sample.map(([variant, count]) => (
            <span key={variant} class="badge accent">
              {variant}: {(count / sampleSize) * 100} %
            </span>
          ))}
        </p>
      )}
      {answers !== undefined && (
        <Table label="What it gets" columns={["Flag", "Value", "Variant", "Why"]}>
          {[...answers].map(([name, { value, variant, reason }]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="mono">{value === undefined ? "the program's default" : JSON.stringify(value)}</td>
              <td>{variant}</td>
              <td>{reason}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

async function readFlags(etcd: Etcd, prefix: string, signal: AbortSignal): Promise<StoredFlag[]> {
  const { entries } = await etcd.range({ prefix }, { limit: mostFlags, signal });
  return entries
    .filter(({ key }) => !key.slice(prefix.length).startsWith("$"))
    .map((entry) => ({ name: entry.key.slice(prefix.length), entry, definition: definitionOf(entry) }));
}

function definitionOf(entry: Entry): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = entry.json();
    if (typeof json !== "object" || json === null || !("state" in json) || !("variants" in json)) return undefined;
    return { ...json };
  } catch {
    return undefined;
  }
}

/** Who wrote it last, where the metadata says so: etcd does not keep it. */
function changedBy(definition: Readonly<Record<string, unknown>> | undefined): string {
  const metadata = definition?.["metadata"];
  const by: unknown =
    typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, "changedBy") : undefined;
  return typeof by === "string" ? `, by ${by}` : "";
}

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useRights } from "../page-rights.ts";
import type { PageSession } from "../page-session.ts";
import { Icon } from "../ui/icon.tsx";
import { tell } from "../ui/notice.tsx";
import { Nothing, Refused, Skeleton } from "../ui/reading.tsx";
import { textField } from "../ui/text-field.ts";
import { useLoaded } from "../ui/use-loaded.ts";
import { FlagCard } from "./flag-card.tsx";
import { NewFlag } from "./new-flag.tsx";
import { changedNowBy, readFlags, type StoredFlag } from "./stored-flag.ts";
import { WhoGetsWhat } from "./who-gets-what.tsx";

/** Lists feature flags with their state and rules, and shows who gets which variant. */
export function FlagsView({ session }: { session: PageSession }): JSX.Element {
  const { etcd, drafts, identity } = session;
  const rights = useRights(session);
  const [prefix, setPrefix] = useState("flags/");
  const [naming, setNaming] = useState(drafts.flags.has(""));
  const [flags, reload, refused] = useLoaded((signal) => readFlags(etcd, prefix, signal), [etcd, prefix]);
  useEffect(() => {
    const closed = new AbortController();
    const follow = async (): Promise<void> => {
      for await (const _ of etcd.watch({ prefix }, { signal: closed.signal }).batches()) await reload();
    };
    follow().catch(() => undefined);
    return () => closed.abort();
  }, [etcd, prefix, reload]);

  function closeNew(): void {
    drafts.flags.delete("");
    setNaming(false);
  }

  async function create(name: string, definition: object): Promise<void> {
    const key = prefix + name;
    const { created, revision } = await etcd.create(key, JSON.stringify(definition));
    if (!created) throw new Error(`Not created: ${key} already exists.`);
    closeNew();
    await reload();
    tell(`Created ${name}`, () => etcd.delete(key, { guard: { modRevision: revision } }));
  }

  async function write(flag: StoredFlag, change: object, done: string): Promise<void> {
    const value = JSON.stringify({ ...flag.definition, ...change, ...changedNowBy(identity.username, flag) });
    const { updated, revision } = await etcd.update(flag.entry, value);
    await reload();
    if (!updated) throw new Error(`Somebody else changed ${flag.name} meanwhile, so nothing was written.`);
    const { keyBytes, value: before, lease } = flag.entry;
    tell(done, () => etcd.put(keyBytes, before, { lease, guard: { modRevision: revision } }));
  }

  // Checked for an example key, since the name of the new flag is not known yet.
  const whyNotNew = rights.whyNotChange([new TextEncoder().encode(`${prefix}new`)]);
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
        <button type="button" disabled={whyNotNew !== undefined} title={whyNotNew} onClick={() => setNaming(true)}>
          <Icon name="plus" /> New flag
        </button>
      </header>
      {naming && <NewFlag drafts={drafts.flags} onCreate={create} onClose={closeNew} />}
      {refused ? (
        <Refused />
      ) : flags === undefined ? (
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
            <FlagCard
              key={flag.entry.key}
              flag={flag}
              drafts={drafts.flags}
              why={rights.whyNotChange([flag.entry.keyBytes])}
              onWrite={write}
            />
          ))}
          <WhoGetsWhat etcd={etcd} prefix={prefix} flags={flags} />
        </>
      )}
    </section>
  );
}

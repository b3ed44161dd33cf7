import type { Etcd } from "fetcd";
import { createFlags, type FlagDetails } from "fetcd/flags";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { perform } from "../ui/notice.tsx";
import { Table } from "../ui/table.tsx";
import { textField } from "../ui/text-field.ts";
import { countsOf, sampleSize, type Counts } from "./draft.ts";
import type { StoredFlag } from "./stored-flag.ts";

interface Props {
  readonly etcd: Etcd;
  readonly prefix: string;
  readonly flags: readonly StoredFlag[];
}

/** Shows what programs get for a context, and how a flag divides many ids among its variants. */
export function WhoGetsWhat({ etcd, prefix, flags }: Props): JSX.Element {
  const [context, setContext] = useState('{ "targetingKey": "user-1" }');
  const [answers, setAnswers] = useState<ReadonlyMap<string, FlagDetails<unknown>> | undefined>(undefined);
  const [sample, setSample] = useState<Counts | undefined>(undefined);

  async function evaluate(name: string): Promise<void> {
    const given: unknown = JSON.parse(context);
    if (typeof given !== "object" || given === null) throw new Error("The context has to be a JSON object.");
    await using made = createFlags(etcd, { prefix, defaults: {} });
    await made.refresh();
    setAnswers(made.findAll({ ...given }));
    if (name === "") return setSample(undefined);
    setSample(countsOf((context) => made.find(name, context)?.variant, { ...given }));
  }

  return (
    <section class="card stack" aria-label="Who gets what">
      <h2>Who gets what</h2>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void perform(() => evaluate(textField(event.currentTarget, "sample")));
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

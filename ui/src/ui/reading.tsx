import type { JSX } from "preact";

/** A view before there is anything to see in it. */
export function Reading({ title }: { readonly title: string }): JSX.Element {
  return (
    <section class="panel">
      <h1>{title}</h1>
      <p>Reading…</p>
    </section>
  );
}

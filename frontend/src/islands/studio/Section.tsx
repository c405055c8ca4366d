import type { ComponentChildren } from "preact";

/** One part of the panel beside the picture. */
export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="st-section">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

import type { ComponentChildren } from "preact";

interface NotReadyProps {
  readonly words: string;
  readonly urls: Readonly<Record<string, string>>;
  /** What may help beside the ways out. */
  readonly children?: ComponentChildren;
}

/** The studio has no bar of pages: these links are the way out. */
export function NotReady({ words, urls, children }: NotReadyProps) {
  return (
    <div class="st-failed">
      <p class="note bad" role="alert">
        {words}
      </p>
      <p class="st-failed-ways">
        <a href={urls.home ?? "/"}>Back to the project</a>
        {urls.recordings && <a href={urls.recordings}>Recordings</a>}
        <a href={location.href}>Try again</a>
        {children}
      </p>
    </div>
  );
}

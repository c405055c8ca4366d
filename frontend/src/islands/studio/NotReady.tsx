/** The studio has no bar of pages: these links are the way out. */
export function NotReady({ words, urls }: { words: string; urls: Readonly<Record<string, string>> }) {
  return (
    <div class="st-failed">
      <p class="note bad" role="alert">
        {words}
      </p>
      <p class="st-failed-ways">
        <a href={urls.home ?? "/"}>Back to the project</a>
        {urls.recordings && <a href={urls.recordings}>Recordings</a>}
        <a href={location.href}>Try again</a>
      </p>
    </div>
  );
}

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { FolderBrowser } from "./browser";
import type { RecordingsPage } from "./index";
import { ReadableTools } from "./tools";
import { UploadPanel } from "./upload";

const TABS = [
  { key: "server", name: "From the server" },
  { key: "upload", name: "Upload videos" },
  { key: "tool", name: "From another tool (zip)" },
] as const;
type Tab = (typeof TABS)[number]["key"];

/** Three ways in, one card. */
export function AddRecordings(page: RecordingsPage): JSX.Element {
  const tab = useSignal<Tab>("server");
  const step = (by: number) => {
    const at = TABS.findIndex(({ key }) => key === tab.value);
    const next = TABS[(at + by + TABS.length) % TABS.length];
    if (!next) return;
    tab.value = next.key;
    document.getElementById(`add-tab-${next.key}`)?.focus();
  };
  return (
    <section class="card stack tight">
      <h2 class="visually-hidden">Add recordings</h2>
      <div
        class="tabs"
        role="tablist"
        aria-label="Add recordings"
        onKeyDown={(event) => {
          if (event.key === "ArrowRight") step(1);
          if (event.key === "ArrowLeft") step(-1);
        }}
      >
        {TABS.map(({ key, name }) => (
          <button
            key={key}
            id={`add-tab-${key}`}
            type="button"
            role="tab"
            aria-selected={tab.value === key}
            aria-controls="add-panel"
            tabIndex={tab.value === key ? 0 : -1}
            onClick={() => {
              tab.value = key;
            }}
          >
            {name}
          </button>
        ))}
      </div>
      <div id="add-panel" role="tabpanel" aria-labelledby={`add-tab-${tab.value}`}>
        {/* Uploads that run stay mounted while another tab is in front. */}
        <div hidden={tab.value !== "server"}>
          <FolderBrowser {...page} />
        </div>
        <div hidden={tab.value !== "upload"}>
          <UploadPanel {...page} purpose="video" />
        </div>
        <div hidden={tab.value !== "tool"} class="stack tight">
          <ReadableTools {...page} />
          <UploadPanel {...page} purpose="deeplabcut_zip" />
        </div>
      </div>
    </section>
  );
}

import type { ComponentChildren, JSX } from "preact";
import type { Model } from "../../api/types";
import { counted, duration } from "../parts/format";
import { holdoutWords } from "../parts/model";
import { modelUrl, type ProjectUrls } from "../parts/project";

type Facts = Readonly<Record<string, unknown>>;

const part = (card: Facts, name: string): Facts => {
  const value = card[name];
  return typeof value === "object" && value !== null ? (value as Facts) : {};
};

const number = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** Whether no labelled frame was left to validate on; of a model that went on from another. */
export function isUnchecked(model: Model): boolean {
  const frames = part(model.card, "data").validation_frames;
  return Array.isArray(frames) && frames.length === 0 && "start" in part(model.card, "data");
}

/** What a confidence is, in the words of the model's own card. */
export function Meaning({ model }: { readonly model: Model }): JSX.Element | null {
  const { confidence, points_px, validation } = part(model.card, "meaning");
  if (typeof confidence !== "string") return null;
  return (
    <section class="card stack tight">
      <h2>What its numbers mean</h2>
      <dl class="facts">
        <dt>Confidence</dt>
        <dd>{confidence}</dd>
        {typeof points_px === "string" && (
          <>
            <dt>Position</dt>
            <dd>{points_px}</dd>
          </>
        )}
        {typeof validation === "string" && (
          <>
            <dt>Validation</dt>
            <dd>{validation}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

/** From what it was made: enough to trace it, and to make it again. */
export function CardFacts({
  model,
  urls,
}: {
  readonly model: Model;
  readonly urls: ProjectUrls;
}): JSX.Element {
  const card: Facts = model.card;
  const training = part(card, "training");
  const iterations = number(training.iterations);
  const seconds = number(training.seconds);
  const parameters = number(training.parameters);
  const software = Object.entries(part(card, "software"));
  return (
    <section class="card">
      <h2>Card</h2>
      <dl class="facts">
        <Fact name="Labels">
          {counted(model.snapshot.frame_count, "frame")}, {counted(model.snapshot.point_count, "point")},
          frozen {new Date(model.snapshot.created_at).toLocaleString()}
        </Fact>
        <Fact name="Held out">{holdoutWords(model.holdout)}</Fact>
        <WentOnFrom model={model} urls={urls} />
        <Fact name="Family">{networkFacts(model)}</Fact>
        <BesideLabels card={card} />
        <Fact name="Preset">
          {model.preset}, seed {String(part(card, "config").seed ?? model.config.seed ?? 0)}
        </Fact>
        {iterations !== null && seconds !== null && (
          <Fact name="Training">
            {counted(iterations, "iteration")} in {duration(seconds)}
          </Fact>
        )}
        {parameters !== null && <Fact name="Size">{counted(parameters, "weight")}</Fact>}
        <Fact name="Keypoints">{model.keypoints.join(", ")}</Fact>
        {software.length > 0 && (
          <Fact name="Made with">
            {software.map(([name, version]) => `${name} ${String(version)}`).join(", ")}
          </Fact>
        )}
        {typeof card.weights_sha256 === "string" && (
          <Fact name="Weights">
            <code>sha256 {card.weights_sha256}</code>
          </Fact>
        )}
      </dl>
    </section>
  );
}

/** The model whose weights this one began with, as its own card names it. */
function WentOnFrom({
  model,
  urls,
}: {
  readonly model: Model;
  readonly urls: ProjectUrls;
}): JSX.Element | null {
  const start = part(part(model.card, "data"), "start");
  if (typeof start.name !== "string") return null;
  const more = number(start.new_frames);
  const ancestors = Array.isArray(start.ancestors) ? start.ancestors.length : 1;
  return (
    <Fact name="Went on from">
      {model.parent_id === null ? (
        `${start.name} (deleted)`
      ) : (
        <a href={modelUrl(urls, model.parent_id)}>{start.name}</a>
      )}
      {more !== null && `, with ${counted(more, "frame")} that it had not learned`}
      {ancestors > 1 && `, after ${ancestors} trainings in a row`}
    </Fact>
  );
}

/** What it saw beside the labelled frames; nothing where it saw them alone. */
function BesideLabels({ card }: { readonly card: Facts }): JSX.Element | null {
  const around = number(part(card, "config").context_frames);
  if (around) return <Fact name="Sees as well">{`${around} frames before and after each`}</Fact>;
  const { unlabelled_frames: frames, videos } = part(part(card, "training"), "consistency");
  if (typeof frames !== "number" || !Array.isArray(videos)) return null;
  const names = videos.map((video: Facts) => String(video.name)).join(", ");
  return <Fact name="Saw as well">{`${counted(frames, "frame")} without labels, of ${names}`}</Fact>;
}

/** "Two stages, 3 networks that answer together, on resnet50". */
function networkFacts({ family_title, members, backbone }: Model): string {
  const several = members === 1 ? "" : `, ${members} networks that answer together`;
  const standing = backbone === "auto" ? "" : `, on ${backbone.replace(/^lab:/, "")}`;
  return `${family_title}${several}${standing}`;
}

function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

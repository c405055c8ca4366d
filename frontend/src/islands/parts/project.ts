import type { IslandContext } from "../context";

/** What the server writes into `data-props` of every island on a project page. */
export interface ProjectProps {
  readonly projectId: number;
  readonly projectName: string;
  readonly isDemo: boolean;
  readonly userId: number;
  readonly capabilities: readonly Capability[];
  readonly urls: ProjectUrls;
}

export type Capability =
  | "view"
  | "label"
  | "review"
  | "train"
  | "manage_data"
  | "manage_members"
  | "delete_project";

export interface ProjectUrls {
  readonly home: string;
  readonly recordings: string;
  readonly label: string;
  readonly models: string;
  readonly model: string;
  readonly results: string;
  readonly jobs: string;
  readonly people: string;
  readonly studio: string;
  readonly reconstruction: string;
}

export type ProjectContext<More = unknown> = IslandContext<ProjectProps & More>;

export function can(props: Pick<ProjectProps, "capabilities">, capability: Capability): boolean {
  return props.capabilities.includes(capability);
}

/** Whether a file or map may be deleted: by whoever made it, and by who manages the data. */
export function mayDelete(
  props: Pick<ProjectProps, "capabilities" | "userId">,
  made: { readonly made_by: number | null },
): boolean {
  return made.made_by === props.userId || can(props, "manage_data");
}

/** Which right a kind of job asks for: starting, cancelling and trying again are one right. */
const NEEDS: Readonly<Record<string, Capability>> = {
  "demo.render": "manage_data",
  "pose.film": "view",
  "pose.map": "view",
  "pose.predict": "train",
  "pose.reconstruct": "train",
  "pose.train": "train",
  "project.export": "view",
  "project.import_deeplabcut": "manage_data",
  "video.ingest": "manage_data",
  "video.suggest": "label",
};

export function mayChange(props: Pick<ProjectProps, "capabilities">, kind: string): boolean {
  const needed = NEEDS[kind];
  return needed !== undefined && props.capabilities.includes(needed);
}

/** The studio of one video, at a frame, with a result's predictions over it. */
export function studioUrl(
  urls: ProjectUrls,
  videoId: number,
  at: { readonly frame?: number; readonly result?: number } = {},
): string {
  const query = new URLSearchParams();
  if (at.frame !== undefined) query.set("frame", String(at.frame));
  if (at.result !== undefined) query.set("result", String(at.result));
  const path = urls.studio.replace("/videos/0/", `/videos/${videoId}/`);
  return query.size > 0 ? `${path}?${query}` : path;
}

/** The 3D page of a reconstruction. */
export function reconstructionUrl(urls: ProjectUrls, id: number): string {
  return urls.reconstruction.replace("/reconstructions/0/", `/reconstructions/${id}/`);
}

export function modelUrl(urls: ProjectUrls, modelId: number): string {
  return urls.model.replace("/models/0/", `/models/${modelId}/`);
}

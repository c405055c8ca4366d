import type { JSX } from "preact";
import { bodyOf } from "../api/client";
import type { Project } from "../api/types";
import type { IslandContext } from "./context";
import { counted } from "./parts/format";
import { show } from "./parts/page";
import { Loaded, Resource } from "./parts/resource";

interface ProjectsProps {
  /** Absent for an account that may not create projects. */
  readonly newUrl: string | null;
  /** With SLUG where the slug goes. */
  readonly projectUrl: string;
}

/** What am I part of, what waits for me. */
export function mount(root: HTMLElement, { api, signal, props }: IslandContext<ProjectsProps>): void {
  const projects = new Resource(() => bodyOf(api.GET("/api/v1/projects")));
  show(
    root,
    signal,
    <Loaded of={projects} what="your projects">
      {(list) => <ProjectList projects={list} {...props} />}
    </Loaded>,
  );
}

function ProjectList({
  projects,
  newUrl,
  projectUrl,
}: ProjectsProps & { readonly projects: readonly Project[] }): JSX.Element {
  if (projects.length === 0) {
    return (
      <section class="card empty">
        <b>You are in no project yet.</b>
        {newUrl ? (
          <>
            <p>
              Start one with the keypoints you want to follow, or ask a colleague to invite you to theirs.
            </p>
            <a class="btn primary" href={newUrl}>
              New project
            </a>
          </>
        ) : (
          <p>
            Ask a colleague to invite you to theirs, or an administrator of the site to let you start your
            own.
          </p>
        )}
      </section>
    );
  }
  return (
    <ul class="tiles wide">
      {projects.map((project) => (
        <li key={project.id}>
          <a class="card tile" href={projectUrl.replace("SLUG", project.slug)}>
            <span class="row apart">
              <b class="title">{project.name}</b>
              {project.is_demo && <span class="pill">demo</span>}
              {project.counts.running_jobs > 0 && (
                <span class="pill busy">{counted(project.counts.running_jobs, "job")} running</span>
              )}
            </span>
            {project.description && <span class="dim">{project.description}</span>}
            <span class="dim small">
              {counted(project.counts.recordings, "recording")} ·{" "}
              {counted(project.counts.labelled_frames, "labelled frame")} ·{" "}
              {counted(project.counts.models, "model")}
            </span>
            <span class="dim small">You are {project.role}.</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

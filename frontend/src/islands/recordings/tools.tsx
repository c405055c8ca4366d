import { Fragment, type JSX } from "preact";
import { useMemo } from "preact/hooks";
import { bodyOf } from "../../api/client";
import type { FileFormat } from "../../api/types";
import { Loaded, Resource } from "../parts/resource";
import type { RecordingsPage } from "./index";

/** Whose projects can be brought in, and what to hand in of each. */
export function ReadableTools({ api, props }: Pick<RecordingsPage, "api" | "props">): JSX.Element {
  const formats = useMemo(
    () =>
      new Resource<readonly FileFormat[]>(() =>
        bodyOf(
          api.GET("/api/v1/projects/{project_id}/formats", {
            params: { path: { project_id: props.projectId } },
          }),
        ),
      ),
    [api, props.projectId],
  );
  return (
    <Loaded of={formats} what="the formats">
      {(list) => (
        <dl class="facts">
          {list.filter(isWhole).map(({ name, title, reads }) => (
            <Fragment key={name}>
              <dt>{title}</dt>
              <dd>{reads}</dd>
            </Fragment>
          ))}
        </dl>
      )}
    </Loaded>
  );
}

/** One line for the tables: their layouts are read alike. */
function isWhole({ name, reads }: FileFormat): boolean {
  return reads !== "" && name !== "csv_wide";
}

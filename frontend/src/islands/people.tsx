import { type Signal, signal as state, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Api } from "../api/client";
import { bodyOf } from "../api/client";
import type { Member } from "../api/types";
import { Failure, useAction } from "./parts/action";
import { Confirm } from "./parts/confirm";
import { show } from "./parts/page";
import { can, type ProjectContext, type ProjectProps } from "./parts/project";
import { Loaded, Resource } from "./parts/resource";

type Role = Member["role"];

const ROLES: readonly { readonly key: Role; readonly may: string }[] = [
  { key: "owner", may: "everything, and delete the project" },
  { key: "manager", may: "add data, train, invite people" },
  { key: "reviewer", may: "label, and check the labels of others" },
  { key: "annotator", may: "label" },
  { key: "viewer", may: "look" },
];

interface PeopleProps {
  /** Whether the person who looks administers the site, and so says who may create projects. */
  readonly isAdmin: boolean;
}

interface PeoplePage {
  readonly api: Api;
  readonly props: ProjectProps & PeopleProps;
  readonly refresh: () => Promise<void>;
  /** The link of the last invitation: shown once, kept nowhere. */
  readonly invited: Signal<{ readonly email: string; readonly link: string | null } | null>;
}

/** Who is in the project and what each may do. */
export function mount(root: HTMLElement, { api, signal, props }: ProjectContext<PeopleProps>): void {
  const members = new Resource(() =>
    bodyOf(
      api.GET("/api/v1/projects/{project_id}/members", {
        params: { path: { project_id: props.projectId } },
      }),
    ),
  );
  const page: PeoplePage = { api, props, refresh: () => members.refresh(), invited: state(null) };
  show(
    root,
    signal,
    <div class="columns">
      <section class="card">
        <h2>Members</h2>
        <Loaded of={members} what="the members">
          {(list) => <MemberTable {...page} members={list} />}
        </Loaded>
      </section>
      <div class="stack">
        {can(props, "manage_members") && <Invite {...page} />}
        <section class="card">
          <h2>What each role may do</h2>
          <dl class="facts">
            {ROLES.map(({ key, may }) => [
              <dt key={`${key}-name`}>{key}</dt>,
              <dd key={`${key}-may`}>{may}</dd>,
            ])}
          </dl>
        </section>
      </div>
    </div>,
  );
}

function MemberTable({
  members,
  ...page
}: PeoplePage & { readonly members: readonly Member[] }): JSX.Element {
  const leaving = useSignal<Member | null>(null);
  return (
    <>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th>person</th>
              <th>role</th>
              {page.props.isAdmin && <th>new projects</th>}
              <th>
                <span class="visually-hidden">actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {members.map((member) => (
              <MemberRow
                key={member.user_id}
                {...page}
                member={member}
                onRemove={() => (leaving.value = member)}
              />
            ))}
          </tbody>
        </table>
      </div>
      {leaving.value && (
        <RemoveMember {...page} member={leaving.value} onClose={() => (leaving.value = null)} />
      )}
    </>
  );
}

function MemberRow({
  api,
  props,
  refresh,
  member,
  onRemove,
}: PeoplePage & { readonly member: Member; readonly onRemove: () => void }): JSX.Element {
  const action = useAction();
  const me = member.user_id === props.userId;
  const manage = can(props, "manage_members");
  const setRole = (role: Role) =>
    action.run(async () => {
      try {
        await api.PATCH("/api/v1/projects/{project_id}/members/{user_id}", {
          params: { path: { project_id: props.projectId, user_id: member.user_id } },
          body: { role },
        });
      } finally {
        await refresh();
      }
    });
  return (
    <tr>
      <td>
        {member.name} {me && <span class="pill">you</span>}{" "}
        {!member.joined && <span class="pill warn">invited</span>}
        {member.name !== member.email && <p class="dim small">{member.email}</p>}
        <Failure of={action.error} />
      </td>
      <td class="role-cell">
        {manage ? (
          <select
            aria-label={`Role of ${member.name}`}
            value={member.role}
            disabled={action.busy.value}
            onChange={(event) => void setRole(event.currentTarget.value as Role)}
          >
            {ROLES.map(({ key }) => (
              <option key={key} value={key}>
                {key}
              </option>
            ))}
          </select>
        ) : (
          member.role
        )}
      </td>
      {props.isAdmin && (
        <td>
          <MayCreateProjects api={api} refresh={refresh} member={member} />
        </td>
      )}
      <td class="num">
        {(manage || me) && (
          <button type="button" class="btn small quiet danger" onClick={onRemove}>
            {me ? "Leave" : "Remove"}
          </button>
        )}
      </td>
    </tr>
  );
}

/** A right on the whole site, not in this project; an administrator has it and keeps it. */
function MayCreateProjects({
  api,
  refresh,
  member,
}: Pick<PeoplePage, "api" | "refresh"> & { readonly member: Member }): JSX.Element {
  const action = useAction();
  const set = (allowed: boolean) =>
    action.run(async () => {
      try {
        await api.PATCH("/api/v1/users/{user_id}", {
          params: { path: { user_id: member.user_id } },
          body: { may_create_projects: allowed },
        });
      } finally {
        await refresh();
      }
    });
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          aria-label={`${member.name} may create projects`}
          checked={member.may_create_projects}
          disabled={member.is_admin || action.busy.value}
          onChange={(event) => void set(event.currentTarget.checked)}
        />
        {member.is_admin ? "administrator" : "may create"}
      </label>
      <Failure of={action.error} />
    </>
  );
}

function RemoveMember({
  api,
  props,
  refresh,
  member,
  onClose,
}: PeoplePage & { readonly member: Member; readonly onClose: () => void }): JSX.Element {
  const me = member.user_id === props.userId;
  const remove = async () => {
    await api.DELETE("/api/v1/projects/{project_id}/members/{user_id}", {
      params: { path: { project_id: props.projectId, user_id: member.user_id } },
    });
    if (me) window.location.assign("/");
    else await refresh();
  };
  return (
    <Confirm
      title={me ? "Leave this project?" : `Remove ${member.name}?`}
      verb={me ? "Leave project" : "Remove person"}
      onConfirm={remove}
      onClose={onClose}
    >
      <p>
        {me ? "You lose" : "They lose"} access at once. Labels that {me ? "you" : "they"} placed stay, with
        their name in the history.
      </p>
    </Confirm>
  );
}

function Invite({ api, props, refresh, invited }: PeoplePage): JSX.Element {
  const action = useAction();
  const email = useSignal("");
  const role = useSignal<Role>("annotator");
  const invite = (event: Event) => {
    event.preventDefault();
    void action.run(async () => {
      const answer = await bodyOf(
        api.POST("/api/v1/projects/{project_id}/members", {
          params: { path: { project_id: props.projectId } },
          body: { email: email.value.trim(), role: role.value },
        }),
      );
      invited.value = { email: answer.member.email, link: answer.link };
      email.value = "";
      await refresh();
    });
  };
  return (
    <form class="card stack tight" onSubmit={invite}>
      <h2>Invite</h2>
      <div class="field">
        <label for="invite-email">Email address</label>
        <input
          id="invite-email"
          type="email"
          required
          autocomplete="off"
          value={email.value}
          onInput={(event) => {
            email.value = event.currentTarget.value;
          }}
        />
      </div>
      <div class="field">
        <label for="invite-role">Role</label>
        <select
          id="invite-role"
          value={role.value}
          onChange={(event) => {
            role.value = event.currentTarget.value as Role;
          }}
        >
          {ROLES.map(({ key, may }) => (
            <option key={key} value={key}>
              {key}: {may}
            </option>
          ))}
        </select>
      </div>
      <Failure of={action.error} />
      <div class="actions">
        <button type="submit" class="btn primary" disabled={action.busy.value}>
          {action.busy.value ? "Inviting …" : "Invite"}
        </button>
      </div>
      {invited.value && <InviteLink {...invited.value} />}
    </form>
  );
}

function InviteLink({ email, link }: { readonly email: string; readonly link: string | null }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const copied = useSignal(false);
  if (!link) {
    return (
      <p class="note ok" role="status">
        {email} already has an account here and is now a member.
      </p>
    );
  }
  const copy = async () => {
    field.current?.select();
    // On plain http away from localhost there is no clipboard; the text is selected for the keyboard.
    if (!navigator.clipboard) return;
    await navigator.clipboard.writeText(link);
    copied.value = true;
  };
  return (
    <div class="note ok stack tight" role="status">
      <p>
        Send this link to <b>{email}</b>. It works once and is shown only now.
      </p>
      <div class="secret">
        <input ref={field} readOnly value={link} aria-label="Invitation link" class="mono" />
        <button type="button" class="btn" onClick={() => void copy()}>
          {copied.value ? "Copied" : "Copy"}
        </button>
      </div>
    </div>
  );
}

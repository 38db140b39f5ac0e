// Who is signed in to the console: one's own sessions; for an admin everybody's.

import { actButton } from "/web/console/action.js";
import { send } from "/web/console/api.js";
import { h } from "/web/console/dom.js";
import { ago, person, tag, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

// "Firefox 140, Linux" of a User-Agent; the whole of it is the title.
function browser(agent) {
  const named = /(Edg|OPR|Firefox|Chrome|Version)\/(\d+)/.exec(agent);
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent);
  const names = { Edg: "Edge", OPR: "Opera", Version: "Safari" };
  return named ? `${names[named[1]] ?? named[1]} ${named[2]}${system ? `, ${system[1]}` : ""}` : agent.slice(0, 40);
}

export const page = {
  path: "/sessions",
  title: "Console sessions",
  nav: "Console sessions",
  group: "Platform",
  right: null,
  order: 90,
  async show(root, { session }) {
    const all = session.may("staff.sessions");
    const list = listing({
      caption: "Console sessions",
      path: "/admin/sessions",
      filters: all ? [{ name: "user_id", label: "User id", type: "number" }] : [],
      empty: "Nobody is signed in.",
      columns: [
        { name: "user", label: "Who", render: (user, row) => h("span", { class: "tags" }, session.may("people.view") ? person(user) : h("bdi", {}, user.name), row.is_current ? tag("this one", "good") : null) },
        { name: "role", label: "Role", render: (role) => tag(role, "info") },
        { name: "factor", label: "Proved by", render: (factor) => ({ password: "Password", totp: "Password and code", recovery_code: "Password and recovery code" }[factor]) },
        { name: "ip_address", label: "Address" },
        { name: "user_agent", label: "Browser", render: (value) => value && h("span", { title: value }, browser(value)) },
        { name: "started_at", label: "Signed in", render: time },
        { name: "last_activity", label: "Last used", render: ago },
        {
          name: "end", label: "", render: (_, row) => (row.is_current ? h("span") : actButton("End session", {
            danger: true,
            note: "The browser that uses it is signed out at its next request.",
            changes: () => [{ label: `Session of ${row.user.name}`, before: "open", after: "ended" }],
            run: ({ reason }) => send("DELETE", `/admin/sessions/${row.id}`, { reason }),
            done: () => list.reload(),
          })),
        },
      ],
    });
    root.append(list);
  },
};

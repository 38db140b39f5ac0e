// The audit log: who of the staff did what, to whom, why, before and after.

import { h, inWords } from "/web/console/dom.js";
import { agency, person, room, tag, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

const LINKS = {
  user: (id) => person(id),
  room: (id) => room(id),
  agency: (id) => agency(id),
  report: (id) => h("a", { href: `#/reports/${id}` }, `Report ${id}`),
};

// In one piece, however narrow the column.
const kept = (value) => value && h("code", { class: "code kept" }, value);

function shown(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function changes(_, row) {
  const names = [...new Set([...Object.keys(row.before), ...Object.keys(row.after)])];
  if (names.length === 0) return null;
  return h("dl", { class: "changes-list" }, names.map((name) => h("div", {},
    h("dt", {}, inWords(name)),
    h("dd", { dir: "auto" }, name in row.before ? [shown(row.before[name]), " → "] : null, name in row.after ? shown(row.after[name]) : "gone"))));
}

export const page = {
  path: "/audit",
  title: "Audit log",
  nav: "Audit log",
  group: "Platform",
  right: "audit.view",
  order: 80,
  async show(root, { session }) {
    const mayLook = session.may("people.view");
    root.append(listing({
      caption: "Audit log",
      path: "/admin/audit",
      exportPath: "/admin/audit.csv",
      filters: [
        { name: "q", label: "Reason holds", type: "search" },
        { name: "action", label: "Act", type: "text", placeholder: "user.block" },
        { name: "actor_id", label: "By (id)", type: "number" },
        { name: "subject_type", label: "On a", type: "text", placeholder: "user" },
        { name: "subject_id", label: "Its id", type: "number" },
        { name: "from", label: "From", type: "date", moment: "start" },
        { name: "to", label: "To", type: "date", moment: "end" },
      ],
      empty: "Nobody did anything like that.",
      columns: [
        { name: "id", label: "Entry", numeric: true },
        { name: "created_at", label: "When", render: time },
        { name: "actor", label: "Who", render: (one, row) => (one ? h("span", { class: "tags" }, mayLook ? person(one) : h("bdi", {}, one.name), tag(row.actor_role, "info")) : "command line") },
        { name: "action", label: "Did", render: kept },
        { name: "subject_id", label: "To", render: (id, row) => LINKS[row.subject_type]?.(id) ?? `${inWords(row.subject_type)} ${id}` },
        { name: "reason", label: "Why", wide: true, render: (value) => value && h("bdi", { dir: "auto" }, value) },
        { name: "changes", label: "Before → after", wide: true, render: changes },
        { name: "ip_address", label: "From", render: kept },
      ],
    }));
  },
};

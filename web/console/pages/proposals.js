// What waits for a second person: rewards, prizes, prices and limits beyond what one may do alone.

import { actButton } from "/web/console/action.js";
import { send } from "/web/console/api.js";
import { h, inWords } from "/web/console/dom.js";
import { DASH, person, tag, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

const KINDS = { pending: "warn", carried_out: "good", declined: "plain" };
const RIGHTS = {
  level: "catalogues.manage", package: "catalogues.manage", ranking_prize: "rankings.prizes",
  settings: "settings.change",
};

const thing = (row) => [inWords(row.subject_type), row.subject_id].filter((one) => one !== null).join(" ");
const title = (row) => (row.verb.endsWith(".create") ? `New: ${thing(row)}` : `Change: ${thing(row)}`);
const words = (value) => (value === null ? DASH : typeof value === "object" ? JSON.stringify(value) : String(value));
// What is null in something new was not given.
const given = (row) => Object.entries(row.body).filter(([, value]) => value !== null || !row.verb.endsWith(".create"));
const lines = (row) => given(row).map(([name, value]) => ({ label: inWords(name), before: null, after: words(value) }));

function decide(row, session, done) {
  if (row.status !== "pending" || !session.may("proposals.decide") || !session.may(RIGHTS[row.subject_type])) return null;
  const path = `/admin/proposals/${row.id}`;
  return h("span", { class: "tags" },
    row.proposed_by === session.user.id ? null : actButton("Agree", {
      note: `${title(row)}. It holds from the moment you agree.`,
      changes: () => lines(row),
      run: ({ reason }) => send("POST", `${path}/agree`, { reason }),
      done,
    }),
    actButton("Decline", {
      danger: true,
      changes: () => [{ label: title(row), before: "waits for a second person", after: "declined" }],
      run: ({ reason }) => send("POST", `${path}/decline`, { reason }),
      done,
    }));
}

export const page = {
  path: "/proposals",
  title: "Waiting for a second person",
  nav: "Waiting for two",
  group: "Platform",
  right: "proposals.view",
  order: 5,
  async show(root, { session }) {
    const again = () => list.reload();
    const list = listing({
      caption: "Waiting for a second person",
      path: "/admin/proposals",
      empty: "Nothing waits, and nothing did.",
      filters: [{ name: "status", label: "Status", type: "select", options: ["", "pending", "carried_out", "declined"] }],
      columns: [
        { name: "verb", label: "What", render: (_, row) => title(row) },
        { name: "status", label: "Status", render: (value) => tag(inWords(value), KINDS[value]) },
        { name: "body", label: "Values", wide: true, render: (_, row) => h("ul", {}, lines(row).map((one) => h("li", {}, h("bdi", { dir: "auto" }, `${one.label}: ${one.after}`)))) },
        { name: "reason", label: "Why", wide: true, render: (value) => h("bdi", { dir: "auto" }, value) },
        { name: "proposed_by", label: "Proposed by", render: (value, row) => h("span", {}, person(value), " · ", time(row.proposed_at)) },
        { name: "decided_by", label: "Decided by", render: (value, row) => (value ? h("span", {}, person(value), ": ", h("bdi", { dir: "auto" }, row.decision)) : null) },
        { name: "act", label: "", render: (_, row) => decide(row, session, again) },
      ],
    });
    root.append(list);
  },
};

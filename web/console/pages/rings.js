// Rings: what looks made, the looks that found it, and whose exchange and transfers are held.

import { actButton } from "/web/console/action.js";
import { send } from "/web/console/api.js";
import { h } from "/web/console/dom.js";
import { count, money, percent, person, tag, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";
import { tabs } from "/web/console/tabs.js";

export const KINDS = {
  circle: "Gifts in a circle", pair: "A pair that gives only each other", burst: "A burst of new accounts",
  shared: "Giver and recipient on one device", reseller: "A reseller's own buyer",
};
export const STATUS = { open: "warn", dismissed: "plain", held: "bad" };

const either = (values) => [{ value: "", label: "Any" }, ...values.map(([value, label]) => ({ value, label }))];

function findings(root) {
  root.append(listing({
    caption: "Findings",
    path: "/admin/rings",
    empty: "Nothing was found.",
    rowLink: (row) => `#/rings/${row.id}`,
    filters: [
      { name: "status", label: "Status", type: "select", value: "open", options: either([["open", "Open"], ["held", "Held"], ["dismissed", "Dismissed"]]) },
      { name: "kind", label: "Kind", type: "select", options: either(Object.entries(KINDS)) },
      { name: "user_id", label: "Person's id", type: "number" },
    ],
    columns: [
      { name: "kind", label: "What", render: (kind) => KINDS[kind] },
      { name: "status", label: "Status", render: (status) => tag(status, STATUS[status]) },
      { name: "strength", label: "Strength", numeric: true, render: percent },
      { name: "members_count", label: "People", numeric: true, render: count },
      { name: "coins", label: "Coins", numeric: true, render: (coins) => money(coins) },
      { name: "first_at", label: "From", render: time },
      { name: "last_at", label: "To", render: time },
    ],
  }));
}

function looks(root, session) {
  const list = listing({
    caption: "Looks",
    path: "/admin/ring-runs",
    empty: "Nobody has looked yet.",
    key: "look_",
    tools: session.may("rings.decide") ? [actButton("Look now", {
      title: "Look for rings",
      fields: [{ name: "days", label: "Days back", type: "number", required: true, value: 14, min: 1, max: 92, help: "1–92. It goes on in the background, and gifts do not wait." }],
      changes: ({ days }) => [{ label: "Gifts that are looked at", before: "–", after: `of the last ${days ?? "…"} days` }],
      run: ({ days, reason }) => send("POST", "/admin/ring-runs", { days, reason }),
      done: () => list.reload(),
    })] : [],
    columns: [
      { name: "id", label: "Look", render: (id, row) => `#${id}${row.day ? `, the night's of ${row.day}` : ""}` },
      { name: "asked_by", label: "Asked by", render: (id) => (id ? person(id) : null) },
      { name: "progress_percent", label: "Done", render: (done, row) => (row.failure ? tag("failed", "bad") : h("span", {}, h("progress", { max: 100, value: done, "aria-label": "Progress" }), ` ${done} %`)) },
      { name: "found", label: "Found", numeric: true, render: count },
      { name: "since", label: "From", render: time },
      { name: "until", label: "To", render: time },
      { name: "finished_at", label: "Ended", render: time },
      { name: "failure", label: "Failure", wide: true },
    ],
  });
  root.append(list);
}

function holds(root, session) {
  const list = listing({
    caption: "Holds",
    path: "/admin/wallet-holds",
    key: "hold_",
    empty: "Nobody is held.",
    filters: [{ name: "user_id", label: "Person's id", type: "number" }],
    tools: session.may("wallets.hold") ? [actButton("Hold a person", {
      danger: true,
      fields: [{ name: "user_id", label: "Person's id", type: "number", required: true }],
      note: "Exchange, resellers' transfers and approvals are refused. Gifts and log-in go on.",
      changes: ({ user_id }) => [{ label: `Exchange and transfers of #${user_id ?? "…"}`, before: "free", after: "held" }],
      run: ({ user_id, reason }) => send("POST", `/admin/users/${user_id}/wallet-hold`, { reason }),
      done: () => list.reload(),
    })] : [],
    columns: [
      { name: "user_id", label: "Who", render: (id) => person(id) },
      { name: "reason", label: "Why", wide: true, render: (words) => h("bdi", {}, words) },
      { name: "finding_id", label: "Finding", render: (id) => (id ? h("a", { href: `#/rings/${id}` }, `#${id}`) : null) },
      { name: "placed_by", label: "By", render: (id) => person(id) },
      { name: "placed_at", label: "Since", render: time },
      {
        name: "lift", label: "", render: (_, row) => (session.may("wallets.hold") ? actButton("Lift", {
          title: `Lift the hold on #${row.user_id}`,
          changes: () => [{ label: `Exchange and transfers of #${row.user_id}`, before: "held", after: "free" }],
          run: ({ reason }) => send("POST", `/admin/users/${row.user_id}/wallet-lift`, { reason }),
          done: () => list.reload(),
        }) : null),
      },
    ],
  });
  root.append(list);
}

export const page = {
  path: "/rings",
  title: "Rings",
  nav: "Rings",
  group: "Money",
  right: "rings.view",
  order: 60,
  async show(root, { session }) {
    root.append(tabs([
      { id: "findings", label: "Findings", show: findings },
      { id: "looks", label: "Looks", show: (place) => looks(place, session) },
      { id: "holds", label: "Holds", show: (place) => holds(place, session) },
    ]));
  },
};

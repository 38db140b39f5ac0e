// Resellers: what they have, sold and are owed; who may sell, and who may no more.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { h } from "/web/console/dom.js";
import { count, money, tag, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

export const days = (value = 30) => ({
  name: "max_credit_days", label: "Longest credit, days", type: "number", required: true, value, min: 0, max: 365, help: "0: he gives no credit.",
});

const terms = (given) => (given === null || given === undefined ? null : given === 0 ? "sells, without credit" : `sells, credit up to ${given} days`);

async function appointed({ user_id, max_credit_days }) {
  if (!user_id) return [];
  const [person, found] = await Promise.all([
    get(`/admin/users/${user_id}`), get("/admin/resellers", { user_id, limit: 1 }),
  ]);
  return [
    { label: person.name, before: terms(found.data[0]?.max_credit_days) ?? "does not sell", after: terms(max_credit_days) },
    { label: "E-mail", before: person.email, after: person.email_verified_at ? "verified" : "not verified: it will be refused" },
  ];
}

export const page = {
  path: "/resellers",
  title: "Resellers",
  nav: "Resellers",
  group: "Money",
  right: "resellers.view",
  order: 50,
  async show(root, { session }) {
    const list = listing({
      caption: "Resellers",
      path: "/admin/resellers",
      rowLink: (row) => `#/resellers/${row.user_id}`,
      empty: "Nobody like that sells coins.",
      tools: session.may("resellers.manage") ? [actButton("Let somebody sell", {
        kind: "primary",
        note: "His e-mail has to be verified: a reseller must be reachable.",
        fields: [{ name: "user_id", label: "Person's id", type: "number", required: true }, days()],
        changes: appointed,
        run: ({ user_id, max_credit_days, reason }) => send("PUT", `/admin/resellers/${user_id}`, { max_credit_days, reason }),
        done: () => list.reload(),
      })] : [],
      filters: [
        { name: "user_id", label: "Person's id", type: "number" },
        { name: "overdue", label: "Credit", type: "select", options: [{ value: "", label: "Any" }, { value: "true", label: "Past its day" }] },
      ],
      columns: [
        { name: "user", label: "Reseller", render: (user) => h("bdi", { dir: "auto" }, user.name) },
        { name: "user_id", label: "Id", numeric: true },
        { name: "stock", label: "Stock", numeric: true, render: (value) => money(value) },
        { name: "sold_30_days", label: "Sold in 30 days", numeric: true, render: (value) => money(value) },
        { name: "on_credit", label: "On credit", numeric: true, render: (value, row) => `${money(value)} (${count(row.open_credits)})` },
        { name: "overdue", label: "Overdue", numeric: true, render: (value, row) => (row.overdue_credits ? h("a", { class: "bad", href: `#/coin-requests?reseller_id=${row.user_id}&overdue=true` }, `${money(value)} (${count(row.overdue_credits)})`) : null) },
        { name: "pending", label: "Waiting", numeric: true, render: (value, row) => (value ? h("a", { href: `#/coin-requests?reseller_id=${row.user_id}&status=pending` }, count(value)) : null) },
        { name: "max_credit_days", label: "Credit, days", numeric: true },
        { name: "is_blocked", label: "Standing", render: (value) => (value ? tag("blocked", "bad") : null) },
        { name: "created_at", label: "Since", render: time },
      ],
    });
    root.append(list);
  },
};

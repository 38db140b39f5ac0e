// Coin requests: who asked which reseller for what, what came of it, and what is late.

import { h } from "/web/console/dom.js";
import { money, person, tag, time } from "/web/console/format.js";
import { dates, status } from "/web/console/money.js";
import { listing } from "/web/console/table.js";

export const standing = (row) => h("span", { class: "tags" },
  status(row.status),
  row.settled_at ? tag("settled", "good") : null,
  row.is_overdue ? tag("overdue", "bad") : null);

export const page = {
  path: "/coin-requests",
  title: "Coin requests",
  nav: "Coin requests",
  group: "Money",
  right: "resellers.view",
  order: 60,
  async show(root) {
    root.append(listing({
      caption: "Coin requests",
      path: "/admin/coin-requests",
      rowLink: (row) => `#/coin-requests/${row.id}`,
      empty: "No such request.",
      filters: [
        { name: "status", label: "Status", type: "select", options: ["", "pending", "approved", "rejected", "cancelled"] },
        { name: "type", label: "Type", type: "select", options: ["", "purchase", "credit"] },
        { name: "overdue", label: "Credit", type: "select", options: [{ value: "", label: "Any" }, { value: "true", label: "Past its day" }] },
        { name: "user_id", label: "Person's id", type: "number" },
        { name: "reseller_id", label: "Reseller's id", type: "number" },
        ...dates,
      ],
      columns: [
        { name: "id", label: "Request", render: (value) => `Request ${value}` },
        { name: "status", label: "Status", render: (_, row) => standing(row) },
        { name: "user", label: "Asked by", render: (user) => person(user) },
        { name: "reseller", label: "Reseller", render: (user) => h("a", { href: `#/resellers/${user.id}` }, h("bdi", { dir: "auto" }, user.name)) },
        { name: "amount", label: "Coins", numeric: true, render: (value) => money(value) },
        { name: "type", label: "Type", render: (value, row) => (value === "credit" ? `Credit, ${row.credit_days} days` : "Purchase") },
        { name: "due_at", label: "Due", render: time },
        { name: "message", label: "Words", wide: true, render: (value) => (value ? h("bdi", { dir: "auto" }, value) : null) },
        { name: "created_at", label: "Asked", render: time },
      ],
    }));
  },
};

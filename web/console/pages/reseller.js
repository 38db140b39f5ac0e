// A reseller: his sums, his statement, his right to sell.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { figures } from "/web/console/card.js";
import { h, put } from "/web/console/dom.js";
import { count, money, person, tag, time } from "/web/console/format.js";
import { dates } from "/web/console/money.js";
import { days } from "/web/console/pages/resellers.js";
import { listing } from "/web/console/table.js";

function sums(summary) {
  return figures([
    { label: "Stock", value: money(summary.stock), note: "coins, now" },
    { label: "Sold", value: money(summary.sold), note: "in the time below" },
    { label: "Given on credit", value: money(summary.credited), note: "in the time below" },
    { label: "Settled", value: money(summary.settled), note: "in the time below" },
    { label: "Owed to him", value: money(summary.on_credit), note: `${count(summary.open_credits)} open, now` },
    { label: "Overdue", value: money(summary.overdue), note: `${count(summary.overdue_credits)} late, now`, kind: summary.overdue_credits ? "bad" : null },
  ]);
}

function acts(user, row, load) {
  const path = `/admin/resellers/${user.id}`;
  if (!row) {
    return [actButton("Let him sell", {
      note: "His e-mail has to be verified.",
      fields: [days()],
      changes: ({ max_credit_days }) => [{ label: user.name, before: "does not sell", after: `sells, credit up to ${max_credit_days} days` }],
      run: ({ max_credit_days, reason }) => send("PUT", path, { max_credit_days, reason }),
      done: load,
    })];
  }
  return [
    actButton("Change credit", {
      fields: [days(row.max_credit_days)],
      changes: ({ max_credit_days }) => [{ label: "Longest credit, days", before: row.max_credit_days, after: max_credit_days }],
      run: ({ max_credit_days, reason }) => send("PUT", path, { max_credit_days, reason }),
      done: load,
    }),
    actButton("Take the right to sell", {
      danger: true,
      note: "He sells no more from this moment on. What is owed to him stays owed.",
      changes: () => [{ label: user.name, before: "sells coins", after: "does not sell" }],
      run: ({ reason }) => send("DELETE", path, { reason }),
      done: load,
    }),
  ];
}

export const page = {
  path: "/resellers/:id",
  title: "Reseller",
  nav: null,
  group: "Money",
  right: "resellers.view",
  async show(root, { params, session, title }) {
    const id = encodeURIComponent(params.id);
    const user = await get(`/admin/users/${id}`);
    const totals = h("div", { "aria-live": "polite" });

    async function head() {
      const row = (await get("/admin/resellers", { user_id: id, limit: 1 })).data[0];
      title(user.name, h("span", { class: "tags" }, tag(row ? "reseller" : "sells no more", row ? "good" : "plain"), h("a", { href: `#/people/${user.id}` }, "The person")),
        ...(session.may("resellers.manage") ? acts(user, row, head) : []));
    }

    await head();
    root.append(totals, listing({
      caption: "Statement",
      path: `/admin/resellers/${id}/statement`,
      exportPath: `/admin/resellers/${id}/statement.csv`,
      empty: "Nothing was sold in this time.",
      filters: dates,
      onData: (_, page) => put(totals, sums(page.summary)),
      columns: [
        { name: "transaction_id", label: "Row", numeric: true },
        { name: "created_at", label: "When", render: time },
        { name: "kind", label: "How", render: (value, row) => h("span", { class: "tags" }, tag(value, value === "credit" ? "warn" : "plain"), row.is_overdue ? tag("overdue", "bad") : row.settled_at ? tag("settled", "good") : null) },
        { name: "user", label: "To", render: (one) => person(one) },
        { name: "amount", label: "Coins", numeric: true, render: (value) => money(value) },
        { name: "balance_after", label: "Stock after", numeric: true, render: (value) => money(value) },
        { name: "coin_request_id", label: "Request", render: (value) => (value ? h("a", { href: `#/coin-requests/${value}` }, `Request ${value}`) : null) },
        { name: "due_at", label: "Due", render: time },
        { name: "message", label: "Words", wide: true, render: (value) => (value ? h("bdi", { dir: "auto" }, value) : null) },
      ],
    }));
  },
};

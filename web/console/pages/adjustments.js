// Adjustments: coins and diamonds that staff give and take by the ledger; large ones by two of them.

import { actButton } from "/web/console/action.js";
import { get, random, send } from "/web/console/api.js";
import { h } from "/web/console/dom.js";
import { hundredths, money, person, time } from "/web/console/format.js";
import { status, unit } from "/web/console/money.js";
import { listing } from "/web/console/table.js";

const AMOUNT = /^[-−]?\d{1,15}(\.\d{1,2})?$/;
const asked = (amount) => amount.replace("−", "-");

async function effect({ user_id, currency, amount }) {
  if (!user_id || !amount || !AMOUNT.test(amount)) return [];
  const found = await get(`/admin/users/${user_id}`);
  const before = currency === "diamonds" ? found.diamond_balance : found.coin_balance;
  return [{
    label: `${currency === "diamonds" ? "Diamonds" : "Coins"} of ${found.name}`,
    before: money(before), after: money(hundredths(before) + hundredths(asked(amount))),
  }];
}

function give(done) {
  let key = random(16);
  return actButton("Give or take", {
    kind: "primary",
    note: "Posted to the ledger at once, or kept for a second person where it is beyond what one may post in a day.",
    fields: [
      { name: "user_id", label: "Person's id", type: "number", required: true },
      { name: "currency", label: "Currency", type: "select", value: "coins", options: ["coins", "diamonds"] },
      { name: "amount", label: "Amount", type: "money", required: true, help: "With a − in front it is taken." },
    ],
    changes: effect,
    run: ({ user_id, currency, amount, reason }) =>
      send("POST", "/admin/adjustments", { user_id, currency, amount: asked(amount), reason }, { key }),
    done: (made) => {
      key = random(16);
      done(made);
    },
  });
}

function decide(row, verb, after, done) {
  return actButton(verb === "approve" ? "Approve" : "Reject", {
    danger: verb === "reject",
    changes: () => [{ label: `${money(row.amount, unit(row.currency_type))} for #${row.user_id}`, before: row.status, after }],
    run: ({ reason }) => send("POST", `/admin/adjustments/${row.id}/${verb}`, { reason }),
    done,
  });
}

export const page = {
  path: "/adjustments",
  title: "Adjustments",
  nav: "Adjustments",
  group: "Money",
  right: "ledger.view",
  order: 40,
  async show(root, { session }) {
    const mayAct = session.may("ledger.adjust");
    const again = () => list.reload();
    const list = listing({
      caption: "Adjustments",
      path: "/admin/adjustments",
      empty: "No such adjustment.",
      tools: mayAct ? [give(again)] : [],
      filters: [
        { name: "status", label: "Status", type: "select", options: ["", "pending", "posted", "rejected"] },
        { name: "user_id", label: "Person's id", type: "number" },
      ],
      columns: [
        { name: "id", label: "Adjustment", render: (value) => h("a", { href: `#/ledger?source_type=Adjustment&source_id=${value}` }, `Adjustment ${value}`) },
        { name: "status", label: "Status", render: status },
        { name: "user_id", label: "Whose", render: (value) => person(value) },
        { name: "amount", label: "Amount", numeric: true, render: (value, row) => money(value, unit(row.currency_type)) },
        { name: "reason", label: "Reason", wide: true, render: (value) => h("bdi", { dir: "auto" }, value) },
        { name: "requested_by", label: "Asked by", render: (value) => person(value) },
        { name: "requested_at", label: "Asked", render: time },
        { name: "decided_by", label: "Decided by", render: (value) => person(value) },
        { name: "decision", label: "Why", wide: true },
        {
          name: "act", label: "", render: (_, row) => (row.status === "pending" && mayAct
            ? h("span", { class: "tags" }, decide(row, "approve", "posted", again), decide(row, "reject", "rejected", again))
            : null),
        },
      ],
    });
    root.append(list);
  },
};

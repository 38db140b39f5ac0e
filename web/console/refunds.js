// Refunds: columns, and the buttons of those that wait for a second person.
//
//   refundColumns(session, done)   for listing and table

import { actButton } from "/web/console/action.js";
import { send } from "/web/console/api.js";
import { h } from "/web/console/dom.js";
import { count, person, time } from "/web/console/format.js";
import { status } from "/web/console/money.js";

function decide(row, verb, after, done) {
  return actButton(verb === "approve" ? "Approve" : "Reject", {
    danger: verb === "reject",
    note: verb === "approve" ? "The provider is asked at once." : "The provider is not asked.",
    changes: () => [{ label: `Refund ${row.id} of order ${row.order_id} (${count(row.coins)} coins)`, before: row.status, after }],
    run: ({ reason }) => send("POST", `/admin/refunds/${row.id}/${verb}`, { reason }),
    done,
  });
}

export const refundColumns = (session, done) => [
  { name: "id", label: "Refund", render: (value) => `Refund ${value}` },
  { name: "status", label: "Status", render: status },
  { name: "order_id", label: "Order", render: (value) => h("a", { href: `#/orders/${value}` }, `Order ${value}`) },
  { name: "coins", label: "Coins", numeric: true, render: count },
  { name: "reason", label: "Reason", wide: true, render: (value) => h("bdi", { dir: "auto" }, value) },
  { name: "requested_by", label: "Asked by", render: (value) => person(value) },
  { name: "requested_at", label: "Asked", render: time },
  { name: "decided_by", label: "Decided by", render: (value) => person(value) },
  { name: "detail", label: "Provider's words", wide: true, render: (value, row) => value ?? row.provider_reference },
  {
    name: "act", label: "", render: (_, row) => (row.status === "pending" && session.may("orders.manage")
      ? h("span", { class: "tags" }, decide(row, "approve", "given back", done), decide(row, "reject", "rejected", done))
      : null),
  },
];

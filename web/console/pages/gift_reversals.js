// Gifts taken back: one line each, by two of the staff where it is large.

import { act, actButton } from "/web/console/action.js";
import { random, send } from "/web/console/api.js";
import { h } from "/web/console/dom.js";
import { money, person, time } from "/web/console/format.js";
import { status } from "/web/console/money.js";
import { listing } from "/web/console/table.js";

const NOTE = "Coins go back to the sender; diamonds are taken from who earned by it, and what is spent becomes a debt. Open boards, room sums and the agency's earnings follow.";
const reverse = (id, reason, key) => send("POST", `/admin/gift-transactions/${id}/reverse`, { reason }, { key });

function take(done) {
  return h("button", {
    type: "button",
    class: "primary",
    onclick: async () => {
      const key = random(16);
      const made = await act({
        title: "Take a gift back",
        note: NOTE,
        danger: true,
        fields: [{ name: "id", label: "Gift's line", type: "number", required: true, help: "Its id in the ledger: what the row was moved by." }],
        changes: ({ id }) => (id ? [{ label: `Gift ${id}`, before: "given", after: "taken back, or waiting for a second person" }] : []),
        run: ({ id, reason }) => reverse(id, reason, key),
      });
      if (made) done();
    },
  }, "Take a gift back");
}

function decide(row, session, done) {
  const words = `Gift ${row.gift_transaction_id} of ${money(row.total_cost, "coins")}`;
  return h("span", { class: "tags" },
    row.requested_by === session.user.id ? null : actButton("Take back", {
      danger: true,
      note: NOTE,
      changes: () => [{ label: words, before: "waits for a second person", after: "taken back" }],
      run: ({ reason }) => reverse(row.gift_transaction_id, reason, random(16)),
      done,
    }),
    actButton("Let it stand", {
      changes: () => [{ label: words, before: "waits for a second person", after: "stands" }],
      run: ({ reason }) => send("POST", `/admin/gift-transactions/${row.gift_transaction_id}/keep`, { reason }),
      done,
    }));
}

export const page = {
  path: "/gift-reversals",
  title: "Gifts taken back",
  nav: "Gifts taken back",
  group: "Money",
  right: "ledger.view",
  order: 45,
  async show(root, { session }) {
    const mayAct = session.may("ledger.adjust");
    const again = () => list.reload();
    const list = listing({
      caption: "Gifts taken back",
      path: "/admin/gift-reversals",
      empty: "No gift was taken back.",
      tools: mayAct ? [take(again)] : [],
      filters: [{ name: "status", label: "Status", type: "select", options: ["", "pending", "reversed"] }],
      columns: [
        { name: "gift_transaction_id", label: "Gift", render: (value) => h("a", { href: `#/ledger?source_type=GiftTransaction&source_id=${value}` }, `Gift ${value}`) },
        { name: "status", label: "Status", render: status },
        { name: "sender_id", label: "Sender", render: (value) => person(value) },
        { name: "coins_returned", label: "Coins back", numeric: true, render: (value) => money(value) },
        { name: "recipient_id", label: "Recipient", render: (value) => person(value) },
        { name: "recipient_diamonds", label: "Diamonds taken", numeric: true, render: (value) => money(value) },
        { name: "recipient_owed", label: "Owed", numeric: true, render: (value) => money(value) },
        { name: "owner_id", label: "Agency's owner", render: (value) => person(value) },
        { name: "owner_diamonds", label: "Commission taken", numeric: true, render: (value) => money(value) },
        { name: "reason", label: "Reason", wide: true, render: (value) => h("bdi", { dir: "auto" }, value) },
        { name: "requested_by", label: "Asked by", render: (value) => person(value) },
        { name: "requested_at", label: "Asked", render: time },
        { name: "act", label: "", render: (_, row) => (row.status === "pending" && mayAct ? decide(row, session, again) : null) },
      ],
    });
    root.append(list);
  },
};

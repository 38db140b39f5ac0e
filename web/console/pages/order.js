// One order: ours, what its provider said and says now, its ledger rows, its refunds.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { card, facts, grid } from "/web/console/card.js";
import { fault, h, loading, put } from "/web/console/dom.js";
import { ago, code, count, money, person, time } from "/web/console/format.js";
import { ledgerColumns, provider, status } from "/web/console/money.js";
import { refundColumns } from "/web/console/refunds.js";
import { table } from "/web/console/table.js";

const plain = (value) => (value !== null && typeof value === "object" ? JSON.stringify(value) : value === null ? null : String(value));

function ours(order) {
  return facts([
    ["Status", status(order.status)],
    ["Buyer", person(order.user)],
    ["Provider", provider(order.provider)],
    ["Package", order.package_name],
    ["Price", money(order.price, order.currency)],
    ["Coins", `${count(order.coin_amount)} + ${count(order.bonus_coins)} bonus`],
    ["Taken back", count(order.refunded_coins)],
    ["Ordered", time(order.created_at)],
    ["Paid", time(order.paid_at)],
    ["Refunded", time(order.refunded_at)],
    order.provider === "google_play" && ["Consumed", time(order.consumed_at)],
    ["Payment's name there", code(order.reference)],
    ["Our name there", code(order.binding)],
    ["Product there", code(order.product_id)],
    ["Asked about next", order.check_at ? ago(order.check_at) : "no more"],
    ["Ordered from", order.ip_address],
    ["Browser", order.user_agent],
  ]);
}

function theirs(order) {
  const place = h("div", { "aria-live": "polite", class: "stack" }, h("p", { class: "help" }, "Not asked yet."));
  const ask = async () => {
    put(place, loading("Asking the provider …"));
    try {
      const view = await get(`/admin/orders/${order.id}/provider`);
      put(place,
        facts([
          ["Payment", status(view.status)],
          ["The payer has back", view.taken_back === null ? "not told" : `${view.taken_back} of it`],
          ["Does not fit", view.fault],
          ["Asked", time(view.asked_at)],
        ]),
        facts(Object.entries(view.said).map(([name, value]) => [name, plain(value)])));
    } catch (error) {
      put(place, fault(error));
    }
  };
  return card("The provider's view", {
    wide: true,
    note: "How the payment stands there at this moment. Asking settles nothing.",
    tools: [h("button", { type: "button", onclick: ask }, "Ask now")],
  }, place);
}

const EVENTS = [
  { name: "kind", label: "What", render: (value) => code(value) },
  { name: "outcome", label: "Became", render: status },
  { name: "detail", label: "Why", wide: true },
  { name: "deliveries", label: "Times", numeric: true },
  { name: "received_at", label: "Heard", render: time },
  { name: "payload", label: "Said", wide: true, render: (value) => h("details", {}, h("summary", {}, "Show"), facts(Object.entries(value).map(([name, one]) => [name, plain(one)]))) },
];

export const page = {
  path: "/orders/:id",
  title: "Order",
  nav: null,
  group: "Money",
  right: "orders.view",
  async show(root, { params, session, title }) {
    const path = `/admin/orders/${encodeURIComponent(params.id)}`;

    function draw(order) {
      const mayAct = session.may("orders.manage");
      const left = order.refundable_coins;
      title(`Order ${order.id}`, ...(mayAct ? [
        order.provider === "sandbox" ? null : actButton("Look again", {
          note: "Asks the provider how the payment stands, and settles the order by the answer.",
          changes: () => [{ label: `Order ${order.id}`, before: order.status, after: "as the provider says" }],
          run: ({ reason }) => send("POST", `${path}/look`, { reason }),
          done: draw,
        }),
        order.no_refund ? null : actButton("Refund", {
          danger: true,
          note: `${provider(order.provider)} gives back what is left of the payment. Coins that are spent become a debt.`,
          changes: () => [
            { label: `Order ${order.id}`, before: order.status, after: "refunded" },
            { label: `Coins of ${order.user.name}`, before: null, after: `−${count(left)}` },
          ],
          run: ({ reason }) => send("POST", `${path}/refund`, { reason }, { idempotent: true }),
          done: load,
        }),
      ].filter(Boolean) : []));
      put(root,
        mayAct && order.no_refund && order.status === "paid" ? h("p", { class: "note", role: "note" }, order.no_refund) : null,
        grid(
          card("The order", { wide: true }, ours(order)),
          theirs(order),
          card("Refunds", { wide: true, note: left ? `${count(left)} coins could be taken back.` : null },
            table({ caption: "Refunds of this order", rows: order.refunds, columns: refundColumns(session, load), empty: "Nobody asked for one." })),
          card("What the provider said", { wide: true },
            table({ caption: "Messages of the provider", rows: order.events, columns: EVENTS, empty: "Nothing was heard of it." })),
          card("Ledger", { wide: true, tools: [h("a", { href: `#/ledger?source_type=RechargeOrder&source_id=${order.id}` }, "In the ledger")] },
            table({ caption: "Ledger rows of this order", rows: order.transactions, columns: ledgerColumns, empty: "It moved nothing." }))));
    }

    async function load() {
      draw(await get(path));
    }

    await load();
  },
};

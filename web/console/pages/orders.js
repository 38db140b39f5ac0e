// Orders: found by any name of the payment, by buyer, provider, status and time.

import { count, money, person, time } from "/web/console/format.js";
import { dates, provider, PROVIDERS, status } from "/web/console/money.js";
import { listing } from "/web/console/table.js";

export const page = {
  path: "/orders",
  title: "Orders",
  nav: "Orders",
  group: "Money",
  right: "orders.view",
  order: 10,
  async show(root) {
    root.append(listing({
      caption: "Orders",
      path: "/admin/orders",
      exportPath: "/admin/orders.csv",
      rowLink: (row) => `#/orders/${row.id}`,
      empty: "No such order.",
      filters: [
        { name: "reference", label: "Find", type: "search", placeholder: "Session, payment intent, token, order number …" },
        { name: "provider", label: "Provider", type: "select", options: PROVIDERS },
        { name: "status", label: "Status", type: "select", options: ["", "pending", "paid", "failed", "refunded"] },
        { name: "user_id", label: "Buyer's id", type: "number" },
        ...dates,
      ],
      columns: [
        { name: "id", label: "Order", render: (value) => `Order ${value}` },
        { name: "status", label: "Status", render: status },
        { name: "user", label: "Buyer", render: (user) => person(user) },
        { name: "provider", label: "Provider", render: provider },
        { name: "price", label: "Price", numeric: true, render: (value, row) => money(value, row.currency) },
        { name: "coin_amount", label: "Coins", numeric: true, render: (value, row) => count(value + row.bonus_coins) },
        { name: "refunded_coins", label: "Taken back", numeric: true, render: (value) => (value ? count(value) : null) },
        { name: "package_name", label: "Package" },
        { name: "created_at", label: "Ordered", render: time },
        { name: "paid_at", label: "Paid", render: time },
      ],
    }));
  },
};

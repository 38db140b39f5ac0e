// Refunds that staff asked for: what waits for a second person, for the provider, and what became of them.

import { refundColumns } from "/web/console/refunds.js";
import { listing } from "/web/console/table.js";

export const page = {
  path: "/refunds",
  title: "Refunds",
  nav: "Refunds",
  group: "Money",
  right: "orders.view",
  order: 20,
  async show(root, { session }) {
    const list = listing({
      caption: "Refunds",
      path: "/admin/refunds",
      empty: "No refund like that.",
      filters: [{ name: "status", label: "Status", type: "select", options: ["", "pending", "asked", "done", "refused", "rejected"] }],
      columns: refundColumns(session, () => list.reload()),
    });
    root.append(list);
  },
};

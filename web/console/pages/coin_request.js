// One coin request, with its proofs and the ledger row that it moved.

import { get } from "/web/console/api.js";
import { card, facts, grid } from "/web/console/card.js";
import { empty, h } from "/web/console/dom.js";
import { money, person, time } from "/web/console/format.js";
import { ledgerColumns } from "/web/console/money.js";
import { standing } from "/web/console/pages/coin_requests.js";
import { table } from "/web/console/table.js";

export const page = {
  path: "/coin-requests/:id",
  title: "Coin request",
  nav: null,
  group: "Money",
  right: "resellers.view",
  async show(root, { params, session, title }) {
    const row = await get(`/admin/coin-requests/${encodeURIComponent(params.id)}`);
    title(`Coin request ${row.id}`);
    const proofs = [row.proof_1, row.proof_2, row.proof_3].filter(Boolean);
    const moved = session.may("ledger.view")
      ? (await get("/admin/transactions", { source_type: "CoinRequest", source_id: row.id })).data
      : null;
    root.append(grid(
      card("The request", { wide: true }, facts([
        ["Status", standing(row)],
        ["Asked by", person(row.user)],
        ["Reseller", h("a", { href: `#/resellers/${row.reseller.id}` }, h("bdi", { dir: "auto" }, row.reseller.name))],
        ["Coins", money(row.amount)],
        ["Type", row.type],
        ["Days of credit", row.credit_days],
        ["Due", time(row.due_at)],
        ["Settled", time(row.settled_at)],
        ["Asked", time(row.created_at)],
        ["Last changed", time(row.updated_at)],
        ["Changed by", person(row.updated_by)],
        ["Words of who asked", row.message && h("bdi", { dir: "auto" }, row.message)],
        ["The reseller's words", row.action_message && h("bdi", { dir: "auto" }, row.action_message)],
      ])),
      card("Proofs", {}, proofs.length
        ? h("ul", {}, proofs.map((url, at) => h("li", {}, h("a", { href: url, target: "_blank", rel: "noopener" }, `Proof ${at + 1}`))))
        : empty("None was sent.")),
      ...(moved ? [card("Ledger", { wide: true }, table({ caption: "Ledger rows of this request", rows: moved, columns: ledgerColumns, empty: "It moved nothing." }))] : [])));
  },
};

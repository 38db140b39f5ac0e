// The ledger: every movement, both sides named, linked to people and to what moved it.

import { dates, ledgerColumns, MOVEMENTS } from "/web/console/money.js";
import { listing } from "/web/console/table.js";

export const page = {
  path: "/ledger",
  title: "Ledger",
  nav: "Ledger",
  group: "Money",
  right: "ledger.view",
  order: 30,
  async show(root) {
    root.append(listing({
      caption: "Ledger rows",
      path: "/admin/transactions",
      exportPath: "/admin/transactions.csv",
      empty: "No such row.",
      filters: [
        { name: "user_id", label: "Person's id", type: "number" },
        { name: "type", label: "Type", type: "select", options: ["", ...MOVEMENTS] },
        { name: "currency_type", label: "Currency", type: "select", options: [{ value: "", label: "Any" }, { value: 1, label: "Coins" }, { value: 2, label: "Diamonds" }] },
        ...dates,
        { name: "source_type", label: "Moved by", type: "select", options: [{ value: "", label: "Anything" }, { value: "RechargeOrder", label: "Order" }, { value: "CoinRequest", label: "Coin request" }, { value: "GiftTransaction", label: "Gift" }, { value: "Adjustment", label: "Adjustment" }, { value: "GameTransaction", label: "Game" }] },
        { name: "source_id", label: "Its id", type: "number" },
      ],
      columns: ledgerColumns,
    }));
  },
};

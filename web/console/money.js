// What the pages of money share: statuses, links from a ledger row to what moved it, times.
//
//   status(word)            a tag in the colour of what it means
//   source(type, id)        a link to what moved a ledger row
//   ledgerColumns           columns of ledger rows, for listing and table
//   MOVEMENTS, PROVIDERS    what filters offer

import { h, inWords } from "/web/console/dom.js";
import { DASH, money, person, tag, time } from "/web/console/format.js";

export const MOVEMENTS = [
  "recharge", "recharge_bonus", "recharge_refund", "recharge_reinstated", "debt_repayment", "gift",
  "agency_commission", "lucky_win", "transfer", "coin_request", "exchange", "level_reward",
  "ranking_prize", "frame_purchase", "theme_purchase", "game_bet", "game_win", "game_rollback",
  "adjustment", "account_closure", "opening_balance",
];
export const PROVIDERS = [
  { value: "", label: "Any" },
  { value: "stripe", label: "Stripe" },
  { value: "google_play", label: "Google Play" },
  { value: "app_store", label: "App Store" },
  { value: "sandbox", label: "Sandbox" },
];
const KINDS = {
  paid: "good", done: "good", posted: "good", approved: "good", settled: "good",
  pending: "warn", asked: "warn", received: "warn", unknown_order: "bad",
  failed: "bad", refused: "bad", refunded: "info", rejected: "plain", cancelled: "plain",
};
const UNITS = { 1: "coins", 2: "diamonds" };

export const status = (word) => (word ? tag(word, KINDS[word] ?? "plain") : DASH);
export const provider = (name) => PROVIDERS.find((one) => one.value === name)?.label ?? inWords(name);
export const unit = (currency) => UNITS[currency] ?? "";

const PLACES = {
  RechargeOrder: (id) => [`#/orders/${id}`, `Order ${id}`],
  CoinRequest: (id) => [`#/coin-requests/${id}`, `Coin request ${id}`],
  Adjustment: (id) => [`#/ledger?source_type=Adjustment&source_id=${id}`, `Adjustment ${id}`],
};

// Where there is no page of its own: every ledger row that the same thing moved.
export function source(type, id) {
  if (!type) return DASH;
  const words = inWords(type.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase());
  const [href, label] = PLACES[type]?.(id) ?? [`#/ledger?source_type=${encodeURIComponent(type)}&source_id=${id}`, `${words} ${id}`];
  return h("a", { href }, label);
}

function change(row) {
  const sign = row.direction === 1 ? "−" : "+";
  return h("span", { class: row.direction === 1 ? "bad" : "good" }, `${sign}${money(row.amount, unit(row.currency_type))}`);
}

function other(row) {
  if (!row.beneficiary_id) return DASH;
  return h("span", {}, person(row.beneficiary_id), ` +${money(row.beneficiary_amount, unit(row.beneficiary_currency_type))}`);
}

export const ledgerColumns = [
  { name: "id", label: "Row", numeric: true },
  { name: "created_at", label: "When", render: time },
  { name: "type", label: "Type", render: (value) => h("a", { href: `#/ledger?type=${value}` }, inWords(value)) },
  { name: "user_id", label: "Whose", render: (value) => person(value) },
  { name: "amount", label: "Amount", numeric: true, render: (_, row) => change(row) },
  { name: "user_balance_after", label: "Balance after", numeric: true, render: (value) => money(value) },
  { name: "beneficiary_id", label: "Other side", render: (_, row) => other(row) },
  { name: "transactionable_id", label: "Moved by", render: (_, row) => source(row.transactionable_type, row.transactionable_id) },
  { name: "description", label: "Words", wide: true, render: (value) => h("bdi", { dir: "auto" }, value ?? DASH) },
];

export const dates = [
  { name: "from", label: "From", type: "date", moment: "start" },
  { name: "to", label: "To", type: "date", moment: "end" },
];

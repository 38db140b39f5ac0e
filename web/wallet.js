// What the user has, moving as the stream says; the ledger's last rows; recharging.

import { inWords } from "/web/api.js";
import { $, coins, count, fault, h, hundredths, keyed, setText, time, toast } from "/web/dom.js";

const ROWS = 12;
const LEDGER_PAUSE_MS = 500;

const WORDS = {
  recharge: "Recharge",
  recharge_bonus: "Recharge bonus",
  recharge_refund: "Refund",
  debt_repayment: "Debt repaid",
  agency_commission: "Agency commission",
  lucky_win: "Lucky win",
  transfer: "Transfer",
  coin_request: "Coin request",
  exchange: "Exchange",
  level_reward: "Level reward",
  ranking_prize: "Ranking prize",
  gift_reversal: "Gift taken back",
  frame_purchase: "Frame bought",
  theme_purchase: "Theme bought",
  game_bet: "Game bet",
  game_win: "Game won",
  game_rollback: "Game bet returned",
  adjustment: "Adjustment",
  account_closure: "Account closed",
};

export class Wallet {
  constructor(api) {
    this.api = api;
    this.values = null;
    this.listeners = [];
    for (const button of ["purse", "open-recharge"]) $(button).addEventListener("click", () => this.recharge());
  }

  begin(user) {
    this.user = user;
    this.values = null;
    this.update({ ...user.wallet, wealth_xp: user.wealth_xp, charm_xp: user.charm_xp });
  }

  async load() {
    const user = await this.api.get("/me").catch(() => null);
    if (user) this.update({ ...user.wallet, wealth_xp: user.wealth_xp, charm_xp: user.charm_xp });
  }

  get coins() {
    return hundredths(this.values?.coin_balance ?? "0");
  }

  update(values) {
    const before = this.values;
    this.values = { ...before, ...values };
    this.move("purse-coins", before?.coin_balance, this.values.coin_balance);
    this.move("purse-diamonds", before?.diamond_balance, this.values.diamond_balance);
    const shown = [
      ["Coins", coins(this.values.coin_balance)],
      ["Diamonds", coins(this.values.diamond_balance)],
      ["Wealth XP", count(this.values.wealth_xp)],
      ["Charm XP", count(this.values.charm_xp)],
      ["Coins spent", coins(this.values.total_spent)],
      ["Diamonds earned", coins(this.values.total_received)],
      ...(hundredths(this.values.debt) > 0n ? [["Debt", coins(this.values.debt)]] : []),
    ];
    keyed(
      $("balances"),
      shown,
      ([label]) => label,
      ([label]) => h("div", {}, h("dt", { textContent: label }), h("dd")),
      (element, [, value]) => setText(element.querySelector("dd"), value),
    );
    for (const listener of this.listeners) listener();
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.loadLedger(), LEDGER_PAUSE_MS);
  }

  move(id, before, after) {
    const element = $(id);
    setText(element, coins(after));
    if (before === undefined || before === after) return;
    element.dataset.moved = hundredths(after) > hundredths(before) ? "up" : "down";
    element.getAnimations().forEach((animation) => animation.cancel());
    element.animate([{ transform: "translateY(-3px)" }, { transform: "none" }], { duration: 300, easing: "ease-out" });
    setTimeout(() => delete element.dataset.moved, 900);
  }

  async loadLedger() {
    if (!this.api.token) return;
    let rows;
    try {
      rows = (await this.api.get(`/wallet/transactions?limit=${ROWS}`)).data;
    } catch {
      // The next movement asks again.
      return;
    }
    $("no-ledger").hidden = rows.length > 0;
    keyed($("ledger"), rows, (row) => row.id, (row) => this.ledgerRow(row));
  }

  ledgerRow(row) {
    const mine = row.user_id === this.user.id;
    const isGain = !mine || row.direction === 2;
    const amount = mine ? row.amount : row.beneficiary_amount;
    const currency = mine ? row.currency_type : row.beneficiary_currency_type;
    const after = mine ? row.user_balance_after : row.beneficiary_balance_after;
    const words = row.type === "gift" ? (mine ? "Gift sent" : "Gift received") : (WORDS[row.type] ?? row.type);
    const unit = currency === 1 ? "coins" : "diamonds";
    return h(
      "li",
      { className: "ledger-row", dataset: { gain: isGain ? "yes" : "no", type: row.type } },
      h("span", { className: "ledger-type", textContent: row.quantity > 1 ? `${words} × ${count(row.quantity)}` : words }),
      h("span", { className: `ledger-amount ${unit}`, textContent: `${isGain ? "+" : "−"}${coins(amount)}`, title: unit }),
      h("span", { className: "hint", textContent: `row ${row.id} · ${time(row.created_at)}` }),
      h("span", { className: "hint ledger-after", textContent: after === null ? "" : `then ${coins(after)}` }),
    );
  }

  async recharge() {
    const dialog = $("recharge");
    if (dialog.open) return;
    fault(dialog, null);
    $("packages").replaceChildren();
    dialog.showModal();
    try {
      const { data } = await this.api.get("/recharge/packages?limit=100");
      $("packages").replaceChildren(...data.map((one) => this.package(one)));
      if (!data.length) fault(dialog, "No package is sold in your country.");
    } catch (error) {
      fault(dialog, inWords(error));
    }
  }

  package(one) {
    const price = new Intl.NumberFormat("en", { style: "currency", currency: one.currency }).format(Number(one.price));
    const button = h(
      "button",
      { type: "button", className: "package", onclick: () => this.buy(one, button) },
      h("span", { className: "coins", textContent: count(one.coin_amount) }),
      h("span", { className: "hint", dir: "auto", textContent: one.name }),
      h("span", { className: "price", textContent: price }),
    );
    if (one.bonus_coins) button.append(h("span", { className: "tag", textContent: `+ ${count(one.bonus_coins)} bonus` }));
    if (one.is_popular) button.append(h("span", { className: "tag", textContent: "popular" }));
    return h("li", {}, button);
  }

  async buy(one, button) {
    const dialog = $("recharge");
    button.disabled = true;
    fault(dialog, null);
    try {
      const order = await this.api.once("/recharge/orders", { package_id: one.id, provider: "sandbox" });
      await this.api.post(`/recharge/orders/${order.id}/sandbox`, { outcome: "paid" });
      dialog.close();
      toast(`${count(order.coin_amount + order.bonus_coins)} coins are yours.`, "good");
    } catch (error) {
      fault(dialog, inWords(error));
    } finally {
      button.disabled = false;
    }
  }
}

// The gift tray: to whom, what, how many.

import { inWords } from "/web/api.js";
import { $, art, avatar, coins, count, h, hundredths, keyed, name, setText, toast } from "/web/dom.js";

const MOST_RECIPIENTS = 20;
const CATEGORIES = { normal: "Normal", lucky: "Lucky", cp: "Couple", vip: "VIP", country: "Country" };

export class Tray {
  constructor(api, wallet) {
    this.api = api;
    this.wallet = wallet;
    this.gifts = [];
    this.people = new Map();
    this.chosen = new Set();
    this.category = null;
    this.gift = null;
    this.onChange = () => {};
    wallet.listeners.push(() => this.drawButton());
    $("quantity").addEventListener("input", () => this.drawButton());
    $("send-gift").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  async begin(user) {
    this.me = user.id;
    this.gift = null;
    try {
      this.gifts = (await this.api.get("/gifts?sort=price&limit=100")).data;
    } catch (error) {
      if (this.api.token) toast(inWords(error), "fault");
      return;
    }
    this.gift = this.gifts.find((gift) => gift.can_send) ?? null;
    this.drawGifts();
    this.drawButton();
  }

  enter(roomId) {
    this.roomId = roomId;
    this.chosen.clear();
  }

  // Who is in the room, the likeliest recipients first.
  setPeople(users) {
    this.people = new Map(users.filter((user) => user.id !== this.me).map((user) => [user.id, user]));
    for (const id of this.chosen) {
      if (!this.people.has(id)) this.chosen.delete(id);
    }
    this.drawRecipients();
  }

  // Whoever was chosen; until then, whom a gift would most likely be for.
  get recipients() {
    if (this.chosen.size) return [...this.chosen];
    const [first] = this.people.keys();
    return first === undefined ? [] : [first];
  }

  toggle(user) {
    if (user.id === this.me) return;
    if (!this.chosen.delete(user.id)) {
      if (this.chosen.size === MOST_RECIPIENTS) {
        toast(`A gift goes to at most ${MOST_RECIPIENTS} people.`, "fault");
        return;
      }
      this.chosen.add(user.id);
    }
    this.drawRecipients();
    this.onChange();
  }

  drawRecipients() {
    const users = this.recipients.map((id) => this.people.get(id));
    const create = (user) =>
      h(
        "li",
        {},
        h("button", { type: "button", className: "chip", title: "Take off the list", onclick: () => this.toggle(user) }, avatar(user), name(user)),
      );
    keyed($("recipients"), users, (user) => user.id, create);
    $("recipients").dataset.empty = users.length ? "" : "Nobody else is here yet";
    this.drawButton();
  }

  drawGifts() {
    const known = Object.keys(CATEGORIES).filter((one) => this.gifts.some((gift) => gift.category === one));
    const chip = (category, label) =>
      h("button", {
        type: "button",
        className: "chip",
        textContent: label,
        ariaPressed: String(this.category === category),
        onclick: () => {
          this.category = category;
          this.drawGifts();
        },
      });
    const focused = [...$("categories").children].indexOf(document.activeElement);
    $("categories").replaceChildren(chip(null, "All"), ...known.map((one) => chip(one, CATEGORIES[one])));
    $("categories").children[focused]?.focus();
    const shown = this.gifts.filter((gift) => !this.category || gift.category === this.category);
    keyed(
      $("gifts"),
      shown,
      (gift) => gift.id,
      (gift) => this.giftTile(gift),
      (element, gift) => (element.firstChild.ariaPressed = String(gift === this.gift)),
    );
  }

  giftTile(gift) {
    const needs = gift.vip_level_required ? `VIP ${gift.vip_level_required}` : (gift.country_specific ?? "");
    const button = h(
      "button",
      {
        type: "button",
        className: "gift",
        disabled: !gift.can_send,
        title: gift.can_send ? (gift.description ?? gift.name) : `Needs ${needs}`,
        dataset: { rarity: gift.rarity },
        onclick: () => {
          this.gift = gift;
          this.drawGifts();
          this.drawButton();
        },
      },
      art(gift.thumbnail_url),
      h("span", { className: "gift-name", dir: "auto", textContent: gift.name }),
      h("span", { className: "coins", textContent: coins(gift.price) }),
    );
    if (needs) button.append(h("span", { className: "tag", textContent: needs }));
    return h("li", {}, button);
  }

  get cost() {
    const quantity = Number($("quantity").value);
    if (!this.gift || !Number.isInteger(quantity) || quantity < 1 || quantity > 9999) return null;
    return hundredths(this.gift.price) * BigInt(quantity) * BigInt(this.recipients.length);
  }

  drawButton() {
    const button = $("send");
    const { cost } = this;
    const isShort = cost !== null && cost > this.wallet.coins;
    button.disabled = this.isSending || !cost;
    button.dataset.short = isShort ? "yes" : "";
    if (!this.gift) setText(button, "Choose a gift");
    else if (!this.recipients.length) setText(button, "Nobody to send to");
    else if (!cost) setText(button, "1–9,999 at once");
    else setText(button, isShort ? `Recharge: ${coins(cost)} needed` : `Send for ${coins(cost)}`);
  }

  async send() {
    if (this.isSending || !this.cost) return;
    if (this.cost > this.wallet.coins) {
      this.wallet.recharge();
      return;
    }
    this.isSending = true;
    this.drawButton();
    try {
      const sent = await this.api.once("/gifts/send", {
        gift_id: this.gift.id,
        recipient_ids: this.recipients,
        quantity: Number($("quantity").value),
        room_id: this.roomId,
      });
      if (sent.lucky && hundredths(sent.lucky.payout) > 0n) toast(`Lucky: ${coins(sent.lucky.payout)} coins came back.`, "good");
      this.wallet.update({ coin_balance: sent.coin_balance, wealth_xp: sent.wealth_xp });
    } catch (error) {
      toast(inWords(error), "fault");
      if (error.code === "wallet.insufficient_coins") this.wallet.recharge();
    } finally {
      this.isSending = false;
      this.drawButton();
    }
  }
}

// What a gift cost everybody together, for the chat: "Rose × 3".
export function giftInWords(gift) {
  return gift.quantity > 1 ? `${gift.gift.name} × ${count(gift.quantity)}` : gift.gift.name;
}

// The chat: messages, gifts and arrivals in the order of time, and one's own words.

import { inWords, random } from "/web/api.js";
import { $, art, avatar, coins, h, hundredths, keyed, minute, name, setText, toast } from "/web/dom.js";
import { feed } from "/web/state.js";
import { giftInWords } from "/web/tray.js";

const NEAR_THE_END_PX = 80;

export class Chat {
  constructor(api) {
    this.api = api;
    $("say").addEventListener("submit", (event) => {
      event.preventDefault();
      this.say();
    });
  }

  enter(roomId) {
    this.roomId = roomId;
    this.unsent = null;
  }

  toTheEnd() {
    $("feed").scrollTop = $("feed").scrollHeight;
  }

  draw(state) {
    const list = $("feed");
    const follows = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_THE_END_PX;
    keyed(list, feed(state), (entry) => entry.key, create, update);
    if (follows) this.toTheEnd();
  }

  async say() {
    const field = $("words");
    const content = field.value.trim();
    if (!content || this.isSending) return;
    // The same words after a failure go under the same name, so that they are said once.
    if (this.unsent?.content !== content) this.unsent = { content, client_id: random(12) };
    this.isSending = true;
    try {
      await this.api.post(`/rooms/${this.roomId}/messages`, this.unsent);
      this.unsent = null;
      field.value = "";
    } catch (error) {
      toast(inWords(error), "fault");
    } finally {
      this.isSending = false;
    }
  }
}

function create(entry) {
  if (entry.gift) return h("li", { className: "given" });
  if (entry.note) return noteEntry(entry.note);
  const { message } = entry;
  return h(
    "li",
    { className: "said" },
    avatar(message.sender),
    h("p", {}, name(message.sender), h("time", { dateTime: message.sent_at, textContent: minute(message.sent_at) })),
    h("p", { className: "content", dir: "auto" }),
  );
}

function update(element, { message, gift, costs }) {
  if (gift && element.shown !== gift.id) {
    element.shown = gift.id;
    element.replaceChildren(...giftEntry(gift, costs));
  }
  if (!message) return;
  element.dataset.deleted = message.is_deleted ? "yes" : "";
  setText(element.lastChild, message.is_deleted ? "This message was deleted." : message.content);
}

function giftEntry(gift, costs) {
  const spent = costs.map(hundredths).reduce((sum, cost) => sum + cost);
  const [first, ...others] = gift.lines;
  const more = others.length ? ` and ${others.length} more` : "";
  const words = h("p", {}, name(gift.sender), " gave ", name(first.recipient), `${more} `);
  words.append(h("b", { dir: "auto", textContent: giftInWords(gift) }));
  const facts = h("p", { className: "hint" }, h("span", { className: "coins", textContent: coins(spent) }));
  if (gift.combo > 1) facts.append(h("span", { className: "tag", textContent: `combo ×${gift.combo}` }));
  if (gift.lucky_payout && gift.lucky_payout !== "0.00") {
    facts.append(h("span", { className: "tag", textContent: `${coins(gift.lucky_payout)} came back` }));
  }
  return [art(gift.gift.thumbnail_url), words, facts];
}

function noteEntry({ user, words }) {
  return h("li", { className: "note" }, ...(user ? [name(user, ""), ` ${words}`] : [words]));
}

// The open rooms, most popular first, asked for again every few seconds while they are looked at.

import { inWords } from "/web/api.js";
import { $, coins, count, country, h, keyed, name, picture, setText, toast } from "/web/dom.js";

const REFRESH_MS = 4000;
const PAGE = 48;

export class Lobby {
  constructor(api) {
    this.api = api;
    this.pages = 1;
    this.isFailing = false;
    $("more-rooms").addEventListener("click", () => {
      this.pages += 1;
      this.load();
    });
    document.addEventListener("visibilitychange", () => this.timer && this.load());
  }

  start() {
    this.stop();
    this.timer = setInterval(() => this.load(), REFRESH_MS);
    this.load();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
  }

  async load() {
    if (document.visibilityState !== "visible") return;
    const rooms = [];
    let next = null;
    try {
      for (let page = 0; page < this.pages && (page === 0 || next); page += 1) {
        const cursor = next ? `&cursor=${encodeURIComponent(next)}` : "";
        const answer = await this.api.get(`/rooms?sort=popular&limit=${PAGE}${cursor}`);
        rooms.push(...answer.data);
        next = answer.next_cursor;
      }
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing && this.timer) toast(inWords(error), "fault");
      this.isFailing = true;
      return;
    }
    if (this.timer) this.draw(rooms, next !== null);
  }

  draw(rooms, areMore) {
    const people = rooms.reduce((sum, room) => sum + room.participant_count, 0);
    setText($("lobby-count"), rooms.length ? `${rooms.length}${areMore ? "+" : ""} open, ${count(people)} people inside` : "");
    $("no-rooms").hidden = rooms.length > 0;
    $("more-rooms").hidden = !areMore;
    keyed($("rooms"), rooms, (room) => room.id, create, update);
  }
}

function create(room) {
  const card = h(
    "a",
    { className: "room-card", href: `#/rooms/${room.id}` },
    h("span", { className: "cover" }),
    h("span", { className: "room-card-name", dir: "auto" }),
    h("span", { className: "room-card-about hint" }),
    h(
      "span",
      { className: "room-card-facts" },
      h("span", { className: "people-now" }),
      h("span", { className: "coins coins-today" }),
      h("span", { className: "level" }),
    ),
  );
  return h("li", {}, card);
}

function update(element, room) {
  const part = (selector) => element.querySelector(selector);
  setText(part(".room-card-name"), room.name);
  setText(part(".people-now"), `${count(room.participant_count)} here`);
  part(".people-now").dataset.empty = room.participant_count ? "" : "yes";
  setText(part(".coins-today"), `${coins(room.daily_coins_spent)} today`);
  setText(part(".level"), `Level ${room.room_level}`);
  const shown = [room.logo, room.owner.name, room.country, room.type].join("\n");
  if (element.shown === shown) return;
  element.shown = shown;
  part(".cover").replaceChildren(picture(room.logo, ""));
  part(".room-card-about").replaceChildren(
    country(room.country),
    " ",
    name(room.owner, ""),
    ...(room.has_password ? [h("span", { className: "tag", textContent: "private" })] : []),
  );
}

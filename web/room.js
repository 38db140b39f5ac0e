// One room: joined over HTTP, kept fresh by its stream, drawn at most once per frame.

import { inWords, Refusal } from "/web/api.js";
import { Chat } from "/web/chat.js";
import { $, avatar, coins, count, country, fault, h, keyed, name, onFrame, picture, setText, toast } from "/web/dom.js";
import { clearSky, flyGift } from "/web/sky.js";
import { fold, fromJoin, withMetrics } from "/web/state.js";

const RETRY_MS = 1500;
const PAST_GIFTS = 20;
const WIDE = matchMedia("(min-width: 1100px)");
const WHY_OUT = {
  left: "You left this room.",
  moved: "You are in another room now.",
  absent: "You were away for too long and were taken out of the room.",
  kicked: "Whoever runs the room put you out.",
  removed: "The platform took you out of the room.",
};

export class RoomScreen {
  constructor({ api, realtime, tray, frames, leave }) {
    Object.assign(this, { api, realtime, tray, frames, leave });
    this.chat = new Chat(api);
    this.id = null;
    this.state = null;
    this.onShown = () => {};
    this.drawSoon = onFrame(() => this.state && this.draw());
    this.tray.onChange = this.drawSoon;
    $("come-back").addEventListener("click", () => this.enter());
    for (const tab of document.querySelectorAll("[role=tab]")) {
      tab.addEventListener("click", () => this.showTab(tab.dataset.tab));
      tab.addEventListener("keydown", (event) => this.moveTab(event));
    }
    WIDE.addEventListener("change", () => this.showTab(this.tab));
    this.showTab(WIDE.matches ? "stream" : "chat");
  }

  get stream() {
    return this.id === null ? null : `room:${this.id}`;
  }

  async open(id, user) {
    if (this.id === id) return;
    this.wanted = id;
    await this.goOut();
    if (this.wanted !== id) return;
    this.id = id;
    this.me = user;
    await this.enter();
  }

  async close() {
    this.wanted = null;
    await this.goOut();
  }

  async goOut() {
    if (this.id === null) return;
    const { id, stream, isInside } = this;
    this.realtime.unfollow(stream);
    this.id = this.state = null;
    this.isInside = false;
    this.frames.place(null);
    clearSky();
    if (isInside && this.api.token) await this.api.post(`/rooms/${id}/leave`).catch(() => {});
  }

  // Join, or, being inside, fetch the state afresh; then go on with the stream behind it.
  async enter(password) {
    const { id } = this;
    let screen;
    try {
      screen = await this.api.post(`/rooms/${id}/join`, password ? { password } : {});
    } catch (error) {
      if (id === this.id) this.notIn(error);
      return;
    }
    if (id !== this.id) return;
    $("ask-password").close();
    const isNew = this.state === null;
    const past = this.state;
    this.state = { ...fromJoin(screen), gifts: past?.gifts ?? [], notes: past?.notes ?? [] };
    this.isInside = true;
    $("outside").hidden = true;
    this.frames.place({ ...screen.stream });
    this.realtime.follow(screen.stream.name, screen.stream);
    if (isNew) {
      this.tray.enter(screen.room.id);
      this.chat.enter(id);
      this.showFirst();
      this.loadPastGifts(id);
    }
    this.drawSoon();
  }

  showFirst() {
    // Nothing of the room before is to be seen while this one is drawn.
    this.draw();
    this.onShown();
    this.chat.toTheEnd();
    $("room-name").focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  notIn(error) {
    if (error.code === "room.wrong_password") {
      this.askPassword(error);
    } else if (!(error instanceof Refusal) || error.status === 503) {
      // Back as soon as the platform is.
      setTimeout(() => this.id !== null && this.enter(), RETRY_MS);
    } else if (this.state) {
      this.out(error.message);
    } else if (error.status !== 401) {
      toast(error.message, "fault");
      this.id = null;
      this.leave();
    }
  }

  askPassword(error) {
    const dialog = $("ask-password");
    const form = $("password-form");
    setText($("password-title"), "This room is private");
    fault(dialog, dialog.open ? `${error.message}; ${error.body.tries_left} tries left.` : null);
    if (dialog.open) return;
    form.reset();
    const giveUp = () => {
      if (this.state === null && this.id !== null) {
        this.id = null;
        this.leave();
      }
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      this.enter(form.elements.namedItem("password").value);
    };
    form.querySelector("[value=cancel]").onclick = () => dialog.close();
    dialog.onclose = giveUp;
    dialog.showModal();
  }

  out(why) {
    this.isInside = false;
    setText($("outside-why"), why);
    $("outside").hidden = false;
  }

  apply(event) {
    this.state = fold(this.state, event);
    if (event.type === "gift.sent") flyGift(event.data, (userId) => this.placeOf(userId));
    else if (event.type === "participant.left" && event.data.user_id === this.me.id) {
      this.realtime.unfollow(this.stream, { isOver: true });
      this.out(WHY_OUT[event.data.reason] ?? "You are out of this room.");
    } else if (event.type === "room.closed") {
      this.realtime.unfollow(this.stream, { isOver: true });
      this.isInside = false;
      const isSuspended = event.data.reason === "suspended";
      toast(isSuspended ? "This room was suspended." : "The room was closed by its owner.");
      this.id = this.state = null;
      this.leave();
    }
    this.drawSoon();
  }

  measure(metrics) {
    this.state = withMetrics(this.state, metrics);
    this.drawSoon();
  }

  async loadPastGifts(id) {
    const answer = await this.api.get(`/rooms/${id}/gifts?limit=${PAST_GIFTS}`).catch(() => null);
    if (!answer || id !== this.id) return;
    const told = new Set(this.state.gifts.flatMap((gift) => gift.lines.map((line) => line.gift_transaction_id)));
    const past = answer.data.filter((line) => !told.has(line.id)).map(pastGift);
    this.state = { ...this.state, gifts: [...past.reverse(), ...this.state.gifts] };
    this.drawSoon();
  }

  draw() {
    const { state } = this;
    const { room } = state;
    document.title = `${room.name} · FlyLive`;
    setText($("room-name"), room.name);
    if ($("room-logo").shown !== room.logo) {
      $("room-logo").shown = room.logo;
      $("room-logo").replaceChildren(picture(room.logo, ""));
    }
    const about = JSON.stringify([room.owner.name, room.country, room.room_level, room.type]);
    if ($("room-about").shown !== about) {
      $("room-about").shown = about;
      $("room-about").replaceChildren("hosted by ", name(room.owner), " · ", country(room.country), ` · Level ${room.room_level}${room.type === "private" ? " · private" : ""}`);
    }
    $("greeting").hidden = !room.greetings;
    setText($("greeting"), room.greetings ?? "");
    $("greeting").title = room.greetings ?? "";
    drawMetrics(room);
    this.tray.setPeople(this.likelyRecipients());
    this.drawSeats();
    this.drawPeople();
    this.chat.draw(state);
  }

  drawSeats() {
    const create = (seat) =>
      h(
        "li",
        {},
        h(
          "button",
          { type: "button", className: "seat", onclick: () => this.sit(seat.seat_number) },
          h("span", { className: "seat-place" }),
          h("span", { className: "seat-name" }),
        ),
      );
    keyed($("seats"), this.state.seats, (seat) => seat.seat_number, create, (element, seat) => this.updateSeat(element.firstChild, seat));
  }

  updateSeat(button, seat) {
    const { user } = seat;
    const isMine = user?.id === this.me.id;
    const isChosen = user !== null && this.tray.recipients.includes(user.id);
    const shown = JSON.stringify([seat, isMine, isChosen]);
    if (button.shown === shown) return;
    button.shown = shown;
    const [place, label] = button.children;
    const number = h("span", { className: "seat-number", textContent: seat.is_locked ? "locked" : String(seat.seat_number) });
    place.replaceChildren(user ? avatar(user) : number);
    if (seat.is_muted) place.append(h("span", { className: "tag muted", textContent: "muted" }));
    label.replaceChildren(user ? name(user, "") : seat.is_locked ? "" : "Sit down");
    if (user && user.id === this.state.room.user_id) place.append(h("span", { className: "tag host", textContent: "host" }));
    button.disabled = user === null && seat.is_locked;
    Object.assign(button.dataset, { user: user ? String(user.id) : "", mine: isMine ? "yes" : "", chosen: isChosen ? "yes" : "" });
    const does = isMine ? "leave it" : user ? "choose for a gift" : seat.is_locked ? "locked" : "take it";
    button.ariaLabel = `Seat ${seat.seat_number}${user ? `, ${user.name}` : ""}: ${does}`;
    button.title = button.ariaLabel;
    if (user && !isMine) button.ariaPressed = String(isChosen);
    else button.removeAttribute("aria-pressed");
  }

  async sit(number) {
    const seat = this.state.seats.find((one) => one.seat_number === number);
    const address = `/rooms/${this.id}/seats/${number}`;
    if (seat.user && seat.user.id !== this.me.id) {
      this.tray.toggle(seat.user);
      return;
    }
    try {
      await (seat.user ? this.api.delete(address) : this.api.put(address));
    } catch (error) {
      const free = error.body?.free_seats;
      const hint = free ? ` Free seats: ${free.join(", ") || "none"}.` : "";
      toast(`${inWords(error)}.${hint}`.replace("..", "."), "fault");
    }
  }

  drawPeople() {
    const { participants, room } = this.state;
    const create = ({ user }) =>
      h(
        "li",
        {},
        h(
          "button",
          { type: "button", className: "person", dataset: { user: String(user.id) }, onclick: () => this.tray.toggle(user) },
          avatar(user),
          name(user),
          country(user.country),
          h("span", { className: "role hint" }),
        ),
      );
    keyed($("people"), participants, (one) => one.id, create, (element, one) => {
      const isMe = one.user_id === this.me.id;
      const seat = one.seat_number ? ` · seat ${one.seat_number}` : "";
      setText(element.querySelector(".role"), `${isMe ? "you · " : ""}${one.role}${seat}`);
      element.firstChild.disabled = isMe;
      element.firstChild.ariaPressed = String(this.tray.recipients.includes(one.user_id));
    });
    setText($("people-count"), `${count(room.participant_count)} of ${count(room.max_participants)}`);
    const unseen = room.participant_count - participants.length;
    $("people-more").hidden = unseen <= 0;
    setText($("people-more"), `and ${count(unseen)} more`);
  }

  // The host, then whoever sits, then everybody else.
  likelyRecipients() {
    const { participants, room, seats } = this.state;
    const host = participants.filter((one) => one.user_id === room.user_id);
    const seated = seats.map((seat) => seat.user).filter(Boolean);
    return [...host.map((one) => one.user), ...seated, ...participants.map((one) => one.user)];
  }

  placeOf(userId) {
    const shown = document.querySelectorAll(`[data-user="${userId}"]`);
    return [...shown].find((element) => element.getClientRects().length) ?? (userId === this.me.id ? $("me") : null);
  }

  showTab(tab) {
    // Where there is space, chat and gifts stand open beside the others.
    this.tab = WIDE.matches && ["chat", "gifts"].includes(tab) ? "stream" : tab;
    $("room").dataset.tab = this.tab;
    for (const one of document.querySelectorAll("[role=tab]")) {
      const isShown = one.dataset.tab === this.tab;
      one.ariaSelected = String(isShown);
      one.tabIndex = isShown ? 0 : -1;
    }
    if (this.tab === "chat") this.chat.toTheEnd();
  }

  moveTab(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...document.querySelectorAll("[role=tab]")].filter((one) => one.offsetParent);
    const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
    this.showTab(next.dataset.tab);
    next.focus();
  }
}

function drawMetrics(room) {
  const shown = [
    ["Here now", count(room.participant_count)],
    ["Coins today", coins(room.daily_coins_spent)],
    ["Coins in all", coins(room.total_coins_spent)],
    ["Popularity", coins(room.popularity_index)],
    ["Room XP", count(room.room_xp)],
  ];
  keyed(
    $("metrics"),
    shown,
    ([label]) => label,
    ([label]) => h("div", {}, h("dt", { textContent: label }), h("dd")),
    (element, [, value]) => setText(element.querySelector("dd"), value),
  );
}

// A line of the room's feed, as the event that once told of it.
function pastGift(line) {
  const recipient = { id: line.recipient_id, name: line.recipient_name };
  return {
    id: `past-${line.id}`,
    at: line.sent_at,
    sender: { id: line.sender_id, name: line.sender_name },
    gift: { id: line.gift_id, name: line.gift_name, thumbnail_url: line.thumbnail_url },
    quantity: line.quantity,
    total_cost: line.total_cost,
    combo: line.combo,
    lucky_payout: null,
    lines: [{ gift_transaction_id: line.id, recipient }],
  };
}

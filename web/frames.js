// The stream as it is: every frame of the socket, newest first, for whoever builds a client.

import { $, h, onFrame, setText, time } from "/web/dom.js";

const KEPT = 200;

export class Frames {
  constructor() {
    this.waiting = [];
    this.position = null;
    this.drawSoon = onFrame(() => this.draw());
    $("show-values").addEventListener("change", ({ target }) => {
      $("frames").dataset.values = target.checked ? "shown" : "";
    });
  }

  clear() {
    this.waiting = [];
    this.place(null);
    $("frames").replaceChildren();
  }

  // Where the room's stream stands; null while none is followed.
  place(position) {
    this.position = position && { ...position, joined: position.seq };
    this.drawSoon();
  }

  add(frame) {
    if (frame.op === "event" && frame.stream === this.position?.name && frame.seq > this.position.seq) {
      this.position.seq = frame.seq;
      this.position.epoch = frame.epoch;
    }
    this.waiting.push(frame);
    if (this.waiting.length > KEPT) this.waiting.shift();
    this.drawSoon();
  }

  draw() {
    const { position } = this;
    setText($("position"), position ? `${position.name} · epoch ${position.epoch} · seq ${position.seq}` : "No room’s stream is followed.");
    setText($("so-far"), position ? `joined at seq ${position.joined}, ${position.seq - position.joined} events since, none missing` : "");
    const list = $("frames");
    const waiting = this.waiting.splice(0);
    list.prepend(...waiting.reverse().map(row));
    while (list.childElementCount > KEPT) list.lastElementChild.remove();
  }
}

function row(frame) {
  const { op, stream, seq, type, data, at, words, ...rest } = frame;
  const item = h("li", { className: "frame", dataset: { op } });
  if (op === "note") {
    item.append(h("span", { className: "words", textContent: words }), stamp(at));
    return item;
  }
  const body = data ?? rest;
  const summary = h(
    "summary",
    {},
    h("span", { className: "seq", textContent: seq === undefined ? "–" : String(seq), title: stream ?? "" }),
    h("span", { className: "type", textContent: type ?? op }),
    stamp(at),
    h("span", { className: "brief", textContent: JSON.stringify(body).slice(0, 160) }),
  );
  const details = h("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) {
      details.append(h("pre", { textContent: JSON.stringify(frame, null, 2), tabIndex: 0 }));
    }
  });
  item.append(details);
  return item;
}

function stamp(at) {
  return at ? h("time", { dateTime: at, textContent: time(at) }) : null;
}

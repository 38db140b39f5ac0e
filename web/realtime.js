// The socket: follows streams at their place (epoch and sequence), and after a break goes on
// behind the last event it has. An event comes to `hooks.event` exactly once and in order.

import { Refusal } from "/web/api.js";

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 8000;

export class Realtime {
  // hooks: event(frame), value(frame), frame(entry) for every frame and note,
  // status(kind, words), rejoin(stream, reason) fetches a room's state afresh and calls
  // follow(), lost(stream, refusal), reset() says that the own stream skipped, ended(code).
  constructor(api, hooks) {
    this.api = api;
    this.hooks = hooks;
    this.rooms = new Map();
    this.own = null;
    this.socket = null;
    this.isRunning = false;
    this.isGreeted = false;
    this.hasBeenHere = false;
    this.pauses = 0;
    this.lastId = 0;
    const hurry = () => document.visibilityState === "visible" && this.timer && this.connect();
    window.addEventListener("online", hurry);
    document.addEventListener("visibilitychange", hurry);
  }

  start() {
    if (this.isRunning) return;
    this.isRunning = true;
    this.connect();
  }

  stop() {
    this.isRunning = false;
    this.own = null;
    this.hasBeenHere = false;
    this.rooms.clear();
    this.drop();
    this.hooks.status("off", "");
  }

  // Go on with a room's stream behind `position`, the place of a state that was just fetched.
  follow(stream, { epoch, seq }) {
    const before = this.rooms.get(stream);
    const place = { epoch, seq, isStale: false, isSubscribed: before?.isSubscribed ?? false };
    this.rooms.set(stream, place);
    if (place.isSubscribed) {
      for (const frame of before.waiting ?? []) this.take(frame);
    } else if (this.isGreeted) {
      this.subscribe(stream, place);
    }
  }

  // `isOver`: the gateway has ended it already, with the event that says so.
  unfollow(stream, { isOver = false } = {}) {
    const place = this.rooms.get(stream);
    this.rooms.delete(stream);
    if (place?.isSubscribed && this.isGreeted && !isOver) this.say({ op: "unsubscribe", id: this.nextId(), stream });
  }

  async connect() {
    this.drop();
    const turn = (this.turn = {});
    this.hooks.status("busy", this.hasBeenHere ? "reconnecting" : "connecting");
    let ticket;
    try {
      ticket = await this.api.post("/realtime/tickets");
    } catch (error) {
      if (turn !== this.turn || !this.isRunning) return;
      if (error instanceof Refusal && error.status === 401) return;
      this.comeBack();
      return;
    }
    if (turn !== this.turn || !this.isRunning) return;
    const socket = new WebSocket(this.address(ticket));
    this.socket = socket;
    socket.onmessage = ({ data }) => socket === this.socket && this.hear(JSON.parse(data));
    socket.onclose = ({ code, reason }) => socket === this.socket && this.closed(code, reason);
  }

  address({ url, ticket }) {
    const address = new URL(url);
    // A server that listens everywhere does not know by which name it was reached.
    if (["0.0.0.0", "[::]"].includes(address.hostname)) address.hostname = location.hostname;
    address.searchParams.set("ticket", ticket);
    if (this.own) {
      address.searchParams.set("epoch", this.own.epoch);
      address.searchParams.set("after", this.own.seq);
    }
    return address;
  }

  drop() {
    clearTimeout(this.timer);
    clearInterval(this.heart);
    this.timer = null;
    this.turn = null;
    const socket = this.socket;
    this.socket = null;
    this.isGreeted = false;
    for (const place of this.rooms.values()) place.isSubscribed = false;
    socket?.close();
  }

  closed(code, reason) {
    this.note(`closed with ${code}${reason ? `: ${reason}` : ""}`);
    if (code >= 4200 && code < 4300) {
      this.stop();
      this.hooks.ended(code);
      return;
    }
    if (code >= 4100 && code < 4200) {
      this.own = null;
      for (const stream of this.rooms.keys()) this.stale(stream, "afresh");
    }
    this.comeBack();
  }

  comeBack() {
    this.drop();
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** this.pauses, LONGEST_PAUSE_MS);
    this.pauses += 1;
    this.hooks.status("down", "offline, coming back");
    // Not all at once after a restart.
    this.timer = setTimeout(() => this.connect(), longest * (0.5 + Math.random() / 2));
  }

  say(command) {
    this.socket.send(JSON.stringify(command));
  }

  nextId() {
    this.lastId += 1;
    return this.lastId;
  }

  note(words) {
    this.hooks.frame({ op: "note", words, at: new Date().toISOString() });
  }

  hear(frame) {
    this.isAnswered = true;
    if (frame.op !== "pong") this.hooks.frame(frame);
    this[`on_${frame.op}`]?.(frame);
  }

  on_hello(frame) {
    this.isGreeted = true;
    this.pauses = 0;
    const [own] = frame.streams;
    if (this.own === null) this.own = { ...own };
    this.hooks.status("live", "live");
    this.beat(frame.heartbeat_ms);
    for (const [stream, place] of this.rooms) {
      if (!place.isStale) this.subscribe(stream, place);
    }
    this.hasBeenHere = true;
  }

  // A socket can die without a word: what is not answered until the next beat is dead.
  beat(every_ms) {
    this.isAnswered = true;
    this.heart = setInterval(() => {
      if (!this.isAnswered) {
        this.note("no answer from the gateway");
        this.comeBack();
        return;
      }
      this.isAnswered = false;
      this.say({ op: "ping" });
    }, every_ms);
  }

  subscribe(stream, place) {
    place.isSubscribed = true;
    place.id = this.nextId();
    place.asked = place.seq;
    place.isResumed = this.hasBeenHere && place.isFollowed;
    place.isFollowed = true;
    this.say({ op: "subscribe", id: place.id, stream, epoch: place.epoch, after: place.seq });
  }

  on_reply(frame) {
    const [stream, place] = [...this.rooms].find(([, one]) => one.id === frame.id) ?? [];
    if (!place) return;
    if (!frame.ok) {
      place.isSubscribed = false;
      this.note(`refused: ${frame.error.detail}`);
      if (frame.error.status === 503) setTimeout(() => this.isGreeted && this.rooms.has(stream) && this.subscribe(stream, place), 1000);
      else this.hooks.lost(stream, frame.error);
      return;
    }
    if (place.isResumed && frame.data.epoch === place.epoch) {
      const missed = Math.max(frame.data.seq - place.asked, 0);
      const words = `resumed at seq ${place.asked}, ${missed} event${missed === 1 ? "" : "s"} caught up`;
      this.note(words);
      this.hooks.status("live", words);
    }
  }

  on_event(frame) {
    const place = this.rooms.get(frame.stream);
    if (place?.isStale) place.waiting.push(frame);
    else this.take(frame);
  }

  take(frame) {
    const place = frame.stream === this.own?.name ? this.own : this.rooms.get(frame.stream);
    if (!place) return;
    if (frame.epoch === place.epoch && frame.seq <= place.seq) return;
    if (frame.epoch !== place.epoch || frame.seq !== place.seq + 1) {
      // The platform promises that this does not happen; whoever relies on it checks it.
      this.note(`gap in ${frame.stream}: ${place.epoch}/${place.seq}, then ${frame.epoch}/${frame.seq}`);
      this.on_resync({ stream: frame.stream, epoch: frame.epoch, seq: frame.seq, reason: "gap" });
      return;
    }
    place.seq = frame.seq;
    this.hooks.event(frame);
  }

  on_value(frame) {
    this.hooks.value(frame);
  }

  on_resync(frame) {
    if (frame.stream === this.own?.name) {
      Object.assign(this.own, { epoch: frame.epoch, seq: frame.seq });
      this.hooks.reset();
    } else if (this.rooms.has(frame.stream)) {
      this.stale(frame.stream, frame.reason);
    }
  }

  // Keep what comes until the state behind it has been fetched; see follow().
  stale(stream, reason) {
    const place = this.rooms.get(stream);
    place.isStale = true;
    place.waiting = [];
    this.note(`${stream}: state is fetched afresh (${reason})`);
    this.hooks.rejoin(stream, reason);
  }
}

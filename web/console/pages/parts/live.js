// A room's state, kept fresh by its stream, which is asked for every two seconds.
//
//   follow(roomId, {draw(state), failed(error)}) → {ready, now(), stop()}
//
// Folding is that of flylive.rooms.events: the state and the position came in one snapshot.

import { get } from "/web/console/api.js";

const EVERY_MS = 2_000;
const MESSAGES = 50;
const GIFTS = 20;

const without = (list, key, value) => list.filter((one) => one[key] !== value);

function replaced(list, fresh, key) {
  const at = list.findIndex((one) => one[key] === fresh[key]);
  return at < 0 ? [...list, fresh] : list.map((one, index) => (index === at ? fresh : one));
}

// False: look at the room anew.
function fold(state, { type, data }) {
  if (type === "participant.joined" || type === "participant.updated") {
    state.participants = replaced(state.participants, data.participant, "user_id");
    if (data.participant_count !== undefined) state.room.participant_count = data.participant_count;
  } else if (type === "participant.left") {
    state.participants = without(state.participants, "user_id", data.user_id);
    state.room.participant_count = data.participant_count;
  } else if (type === "seat.updated") {
    state.seats = replaced(state.seats, data.seat, "seat_number").sort((one, other) => one.seat_number - other.seat_number);
  } else if (type === "room.updated") {
    state.room = data.room;
    state.seats = state.seats.filter((one) => one.seat_number <= data.room.mic_seat_quantity);
  } else if (type === "message.created") {
    state.messages = [...state.messages, data.message].slice(-MESSAGES);
  } else if (type === "message.deleted") {
    state.messages = state.messages.map((one) => (one.id === data.id ? { ...one, is_deleted: true, content: "", attachment_url: null } : one));
  } else if (type === "gift.sent") {
    state.giftsAreOld = true;
  } else if (type === "room.closed") {
    return false;
  }
  return true;
}

export function follow(roomId, { draw, failed }) {
  let state = null;
  let timer = 0;
  let isOver = false;
  let running = null;

  async function look() {
    const seen = await get(`/admin/rooms/${roomId}/live`);
    state = { ...seen, participants: seen.participants.data, seq: seen.stream?.seq ?? 0, epoch: seen.stream?.epoch ?? null };
  }

  async function hear() {
    for (;;) {
      const page = await get(`/admin/rooms/${roomId}/events`, { after: state.seq, limit: 100 });
      if (state.epoch !== null && page.epoch !== state.epoch) return look();
      state.epoch = page.data.length ? page.epoch : state.epoch;
      for (const event of page.data) {
        if (!fold(state, event)) return look();
      }
      state.seq = page.next_after;
      if (page.data.length < 100) break;
    }
    if (state.giftsAreOld) {
      state.gifts = (await get(`/admin/rooms/${roomId}/gifts`, { limit: GIFTS })).data;
      state.giftsAreOld = false;
    }
  }

  async function step() {
    clearTimeout(timer);
    try {
      await (state === null ? look() : hear());
      if (!isOver) draw(state);
    } catch (error) {
      // Too far behind, or another epoch: the next look begins anew.
      if (error.status === 410 || error.status === 404) state = null;
      if (!isOver && error.status !== 410) failed(error);
    }
    if (!isOver) timer = setTimeout(now, EVERY_MS);
  }

  // One question at a time: two answers folded at once would tell a message twice.
  function now() {
    running = (running ?? Promise.resolve()).then(() => (isOver ? null : step()));
    return running;
  }

  return {
    ready: now(),
    now,
    stop: () => {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

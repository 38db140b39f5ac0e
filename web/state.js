// A room as its stream tells it: what `join` answered, then one event after another. The same
// state as a fresh join, at any moment; every function here is pure.

const FEED = 50;

export function fromJoin(screen) {
  return {
    room: screen.room,
    seats: screen.seats,
    participants: screen.participants.data,
    messages: screen.messages,
    seatRequests: screen.seat_requests,
    gifts: [],
    notes: [],
    isClosed: false,
  };
}

const byId = (one, other) => one.id - other.id;
const bySeat = (one, other) => one.seat_number - other.seat_number;
const newest = (list) => list.slice(-FEED);

function withParticipant(state, participant, participant_count = state.room.participant_count) {
  const others = state.participants.filter((one) => one.user_id !== participant.user_id);
  return {
    ...state,
    room: { ...state.room, participant_count },
    participants: [...others, participant].sort(byId),
  };
}

const folds = {
  "participant.joined": (state, { participant, participant_count }, event) => ({
    ...withParticipant(state, participant, participant_count),
    notes: newest([...state.notes, note(event, participant.user, "came in")]),
  }),
  "participant.updated": (state, { participant }) => withParticipant(state, participant),
  "participant.left": (state, { user_id, participant_count }) => ({
    ...state,
    room: { ...state.room, participant_count },
    participants: state.participants.filter((one) => one.user_id !== user_id),
  }),
  "seat.updated": (state, { seat }) => ({
    ...state,
    seats: [...state.seats.filter((one) => one.seat_number !== seat.seat_number), seat].sort(bySeat),
  }),
  "seat.requested": (state, { request }) => ({
    ...state,
    seatRequests: [
      ...state.seatRequests.filter((one) => one.id !== request.id),
      ...(request.status === "pending" ? [request] : []),
    ].sort(byId),
  }),
  "room.updated": (state, { room }) => ({
    ...state,
    room,
    seats: state.seats.filter((seat) => seat.seat_number <= room.mic_seat_quantity),
  }),
  "room.closed": (state) => ({ ...state, isClosed: true, participants: [] }),
  "room.level_up": (state, { level_number, name }, event) => ({
    ...state,
    room: { ...state.room, room_level: level_number },
    notes: newest([...state.notes, note(event, null, `The room reached level ${level_number}, ${name}`)]),
  }),
  "message.created": (state, { message }) => ({ ...state, messages: newest([...state.messages, message]) }),
  "message.deleted": (state, { seq }) => ({
    ...state,
    messages: state.messages.map((message) =>
      message.seq === seq
        ? { ...message, is_deleted: true, content: "", attachment_url: null, attachment_type: null }
        : message,
    ),
  }),
  "gift.sent": (state, gift, event) => ({
    ...state,
    gifts: newest([...state.gifts, { ...gift, seq: event.seq, at: event.at }]),
  }),
};

function note(event, user, words) {
  return { seq: event.seq, at: event.at, user, words };
}

// The state after one event; an event of a type that is not known yet changes nothing.
export function fold(state, event) {
  const step = folds[event.type];
  return step ? step(state, event.data, event) : state;
}

// `room.metrics`: the newest state of what changes often; its fields are the room's own.
export function withMetrics(state, metrics) {
  return { ...state, room: { ...state.room, ...metrics } };
}

// What the chat shows, in the order of time. The gifts of a combo are one entry: the newest
// gift with what all of them cost, each as a string.
export function feed(state) {
  const entries = [
    ...state.messages.map((message) => ({ key: `m${message.id}`, at: message.sent_at, message })),
    ...combos(state.gifts),
    ...state.notes.map((one) => ({ key: `n${one.seq}`, at: one.at, note: one })),
  ];
  for (const entry of entries) entry.moment = Date.parse(entry.at);
  return entries.sort((one, other) => one.moment - other.moment).slice(-2 * FEED);
}

function combos(gifts) {
  const entries = [];
  const running = new Map();
  for (const gift of gifts) {
    const between = [gift.sender.id, gift.gift.id, ...gift.lines.map((line) => line.recipient.id)].join(":");
    const entry = running.get(between);
    if (entry && gift.combo === entry.gift.combo + 1) {
      entry.gift = gift;
      entry.costs.push(gift.total_cost);
    } else {
      const begun = { key: `g${gift.id}`, at: gift.at, gift, costs: [gift.total_cost] };
      running.set(between, begun);
      entries.push(begun);
    }
  }
  return entries;
}

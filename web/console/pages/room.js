// A room live: who is in it, its seats, chat and gifts as they come, and keeping order.
// Whoever watches is not in the room: nobody is told, and nobody is counted.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { card, facts, grid } from "/web/console/card.js";
import { fault, h, inWords, put } from "/web/console/dom.js";
import { country, money, person, tag, time } from "/web/console/format.js";
import { follow } from "/web/console/pages/parts/live.js";
import { roomTags } from "/web/console/pages/rooms.js";
import { listing } from "/web/console/table.js";

const name = (value) => h("bdi", { dir: "auto" }, value);

function acts(room, session, done) {
  const of = `/admin/rooms/${room.id}`;
  const may = session.may("rooms.manage") && !room.deleted_at;
  const edit = (label, field, before, after, more = {}) => actButton(label, {
    changes: () => [{ label: inWords(field), before, after }],
    run: ({ reason }) => send("PATCH", of, { [field]: after, reason }),
    done,
    ...more,
  });
  return [
    session.may("messages.manage") && !room.deleted_at && actButton("Speak as the system", {
      note: "Everybody in the room reads it; no name stands beside it.",
      fields: [{ name: "content", label: "Words", type: "textarea", required: true, maxlength: 2000 }],
      run: (values) => send("POST", `${of}/messages`, values),
    }),
    may && edit(room.is_featured ? "Feature no longer" : "Feature", "is_featured", room.is_featured, !room.is_featured),
    may && edit(room.is_hidden ? "Show in lists" : "Hide from lists", "is_hidden", room.is_hidden, !room.is_hidden),
    may && (room.status === "suspended"
      ? edit("Open again", "status", "suspended", "active")
      : edit("Suspend", "status", room.status, "suspended", {
        danger: true,
        note: "Everybody is put out at once, and nobody comes in, its owner neither.",
        changes: () => [
          { label: "Status", before: room.status, after: "suspended" },
          { label: "People inside", before: room.participant_count, after: 0 },
        ],
      })),
  ].filter(Boolean);
}

function banButton(room, user, done) {
  const isOwner = user.id === room.user_id;
  return actButton("Put out", {
    danger: true,
    kind: "danger-quiet small",
    note: isOwner ? "An owner is not banned from his room: to keep him out, suspend it." : "What the staff say nobody in the room can undo.",
    fields: isOwner ? [] : [{
      name: "ban_minutes", label: "May come back", type: "select", value: "60",
      options: [
        { value: "0", label: "at once" }, { value: "10", label: "in 10 minutes" }, { value: "60", label: "in an hour" },
        { value: "1440", label: "in a day" }, { value: "10080", label: "in a week" }, { value: "43200", label: "in 30 days" },
      ],
    }],
    changes: ({ ban_minutes: minutes }) => [
      { label: user.name, before: "in the room", after: "out" },
      { label: "Banned", before: "no", after: Number(minutes ?? 0) ? `for ${minutes} minutes` : "no" },
    ],
    run: ({ ban_minutes: minutes, reason }) => send("DELETE", `/admin/rooms/${room.id}/participants/${user.id}`, { ban_minutes: Number(minutes ?? 0), reason }),
    done,
  });
}

function drawPeople(state, session, again) {
  const may = session.may("rooms.manage");
  return h("ul", { class: "rows", "aria-label": "People inside" }, state.participants.map((one) => h("li", {},
    h("span", { class: "tags" }, person(one.user), one.role === "listener" ? null : tag(one.role, "info"), one.is_muted ? tag("muted", "warn") : null),
    may && one.user_id !== session.user.id ? h("span", { class: "row-acts" },
      actButton(one.is_muted ? "Unmute" : "Mute", {
        kind: "quiet small",
        changes: () => [{ label: `${one.user.name} is muted`, before: one.is_muted, after: !one.is_muted }].map((row) => ({ ...row, before: row.before ? "yes" : "no", after: row.after ? "yes" : "no" })),
        run: ({ reason }) => send("PATCH", `/admin/rooms/${state.room.id}/participants/${one.user_id}`, { is_muted: !one.is_muted, reason }),
        done: again,
      }),
      banButton(state.room, one.user, again)) : null)));
}

function drawSeats(state, session, again) {
  const may = session.may("rooms.manage");
  const of = (seat) => `/admin/rooms/${state.room.id}/seats/${seat.seat_number}`;
  const turn = (seat, field, on, off) => actButton(seat[field] ? off : on, {
    kind: "quiet small",
    changes: () => [
      { label: `Seat ${seat.seat_number}: ${inWords(field)}`, before: seat[field] ? "yes" : "no", after: seat[field] ? "no" : "yes" },
      ...(field === "is_locked" && !seat.is_locked && seat.user ? [{ label: "Sits there", before: seat.user.name, after: null }] : []),
    ],
    run: ({ reason }) => send("PATCH", of(seat), { [field]: !seat[field], reason }),
    done: again,
  });
  return h("ol", { class: "seats", "aria-label": "Seats" }, state.seats.map((seat) => h("li", {},
    h("span", { class: "seat-number" }, seat.seat_number),
    h("span", { class: "tags" }, seat.user ? person(seat.user) : h("span", { class: "soft" }, "empty"), seat.is_locked ? tag("locked", "warn") : null, seat.is_muted ? tag("muted", "warn") : null),
    may ? h("span", { class: "row-acts" },
      turn(seat, "is_locked", "Lock", "Unlock"),
      turn(seat, "is_muted", "Mute", "Unmute"),
      seat.user ? actButton("Unseat", {
        kind: "danger-quiet small",
        changes: () => [{ label: `Seat ${seat.seat_number}`, before: seat.user.name, after: "empty" }],
        run: ({ reason }) => send("DELETE", of(seat), { reason }),
        done: again,
      }) : null) : null)));
}

export function words(message) {
  if (message.is_deleted) return h("em", { class: "soft" }, "deleted");
  return [
    message.content ? h("span", { class: "said", dir: "auto" }, message.content) : null,
    message.attachment_url ? h("a", { href: message.attachment_url, target: "_blank", rel: "noopener" }, ` ${inWords(message.attachment_type ?? "attachment")}`) : null,
  ];
}

function drawChat(state, session, again) {
  return h("ol", { class: "chat", "aria-label": "Chat", "aria-live": "off" }, state.messages.map((one) => h("li", {},
    h("span", { class: "when" }, time(one.sent_at)),
    h("div", {},
      one.message_type === "system" ? tag("system", "info") : person(one.sender), " ", words(one)),
    session.may("messages.manage") && !one.is_deleted ? actButton("Delete", {
      kind: "danger-quiet small",
      note: "Its words go everywhere, also for those who were away.",
      changes: () => [{ label: `Message of ${one.sender.name}`, before: one.content || inWords(one.message_type), after: "deleted" }],
      run: ({ reason }) => send("DELETE", `/admin/messages/${one.id}`, { reason }),
      done: again,
    }) : null)));
}

function drawGifts(state) {
  if (state.gifts.length === 0) return h("p", { class: "help" }, "None yet.");
  return h("ol", { class: "chat", "aria-label": "Gifts" }, state.gifts.map((one) => h("li", {},
    h("span", { class: "when" }, time(one.sent_at)),
    h("div", {}, person(one.sender_id, one.sender_name), " → ", person(one.recipient_id, one.recipient_name), " ", name(one.gift_name), one.quantity > 1 ? ` ×${one.quantity}` : "",
      h("span", { class: "soft" }, ` · ${money(one.total_cost, "coins")}`)))));
}

// Live panels that are drawn anew only where something changed, so that no open menu is lost.
function panels(root, session, room, onLeave) {
  const places = Object.fromEntries(["seats", "people", "chat", "gifts"].map((one) => [one, h("div", { class: "live-panel" })]));
  const trouble = h("div", {});
  const count = h("span", {});
  let shown = {};
  const again = () => live.now();

  function draw(state) {
    count.textContent = `${state.room.participant_count} inside`;
    const parts = {
      seats: [state.seats, () => drawSeats(state, session, again)],
      people: [state.participants, () => drawPeople(state, session, again)],
      chat: [state.messages, () => drawChat(state, session, again)],
      gifts: [state.gifts, () => drawGifts(state)],
    };
    for (const [part, [data, make]] of Object.entries(parts)) {
      const text = JSON.stringify(data);
      if (shown[part] === text) continue;
      shown[part] = text;
      const place = places[part];
      const isAtEnd = place.scrollTop + place.clientHeight >= place.scrollHeight - 40;
      put(place, make());
      if (part === "chat" && isAtEnd) place.scrollTop = place.scrollHeight;
    }
    put(trouble);
  }

  const live = follow(room.id, { draw, failed: (error) => put(trouble, fault(error)) });
  onLeave(() => live.stop());
  const board = h("div", { class: "live", "aria-busy": "true" },
    card("Seats", {}, places.seats),
    card("People", { tools: [count] }, places.people),
    card("Chat", {}, places.chat),
    card("Gifts", {}, places.gifts));
  root.append(trouble, board);
  return live.ready.then(() => board.removeAttribute("aria-busy"));
}

export const page = {
  path: "/rooms/:id",
  title: "Room",
  nav: null,
  group: "Rooms",
  right: "rooms.view",
  async show(root, { params, session, title, onLeave }) {
    const live = h("div", { class: "stack" });
    const head = h("div", { class: "stack" });
    const rest = h("div", { class: "stack" });
    root.append(live, head, rest);

    async function draw() {
      const { room, moderators } = await get(`/admin/rooms/${params.id}`);
      title(room.name, roomTags(room), acts(room, session, draw));
      put(head, grid(
        card("Room", {}, facts([
          ["Id", room.id],
          ["Owner", person(room.owner)],
          ["Country", country(room.country)],
          ["Type", inWords(room.type)],
          ["Seats", `${room.seat_mode === "apply" ? "By request" : "Free to take"}, ${room.mic_seat_quantity}`],
          ["Holds", `Up to ${room.max_participants} people`],
          ["Since", time(room.created_at)],
          room.deleted_at && ["Deleted", time(room.deleted_at)],
        ])),
        card("Coins and level", {}, facts([
          ["Today", money(room.daily_coins_spent)], ["This week", money(room.weekly_coins_spent)],
          ["This month", money(room.monthly_coins_spent)], ["Ever", money(room.total_coins_spent)],
          ["Level", room.room_level], ["XP", money(String(room.room_xp))], ["Popularity", money(room.popularity_index)],
        ])),
        card("Runs it", {}, h("ul", { class: "links" }, h("li", {}, person(room.owner), " ", tag("owner", "info")),
          moderators.map((one) => h("li", {}, person(one.user), " ", one.is_present ? tag("inside", "good") : tag("away")))))));
      return room;
    }

    const room = await draw();
    if (!room.deleted_at && session.may("rooms.watch")) {
      await panels(live, session, room, onLeave);
    } else if (!room.deleted_at) {
      live.append(h("p", { class: "note" }, "Your role does not include watching what goes on inside."));
    }
    if (room.deleted_at) return;
    const bans = listing({
      caption: "Bans", key: "b_", path: `/admin/rooms/${room.id}/bans`, empty: "Nobody is banned.",
      columns: [
        { name: "user", label: "Who", render: (one) => person(one) },
        { name: "until", label: "Until", render: time },
        { name: "banner", label: "By", render: (one, row) => h("span", { class: "tags" }, one ? person(one) : null, row.is_by_staff ? tag("staff", "info") : null) },
        { name: "reason", label: "Told him", wide: true, render: (value) => value && name(value) },
        {
          name: "end", label: "",
          render: (_, row) => (session.may("rooms.manage") ? actButton("Let in", {
            kind: "quiet small",
            changes: () => [{ label: `${row.user.name} is banned`, before: `until ${row.until.slice(0, 16).replace("T", " ")}`, after: "no" }],
            run: ({ reason }) => send("DELETE", `/admin/rooms/${room.id}/bans/${row.user_id}`, { reason }),
            done: () => bans.reload(),
          }) : null),
        },
      ],
    });
    rest.append(card("Bans", { wide: true }, bans));
  },
};

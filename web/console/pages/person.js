// One person: everything that staff need to know of him, and what they may do.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { card, facts, figures, grid } from "/web/console/card.js";
import { h, inWords, put } from "/web/console/dom.js";
import { agency, ago, code, country, day, money, person, room, tag, time } from "/web/console/format.js";
import { timeline } from "/web/console/pages/parts/timeline.js";
import { listing, table } from "/web/console/table.js";
import { tabs } from "/web/console/tabs.js";
import { vipButtons } from "/web/console/vip.js";

const CURRENCIES = { 1: "coins", 2: "diamonds" };
const ROLES = ["admin", "moderator", "finance", "catalogue", "support", "read_only"];

const name = (value) => h("bdi", { dir: "auto" }, value);

function standing(user) {
  return h("span", { class: "tags" },
    user.deleted_at ? tag("deleted", "bad") : null,
    user.is_blocked ? tag("blocked", "bad") : null,
    user.staff_role ? tag(user.staff_role, "info") : null,
    user.vip_level && new Date(user.vip_expires_at) > new Date() ? tag(`VIP ${user.vip_level}`, "warn") : null,
    Number(user.debt) > 0 ? tag("in debt", "bad") : null);
}

// What may be done; each asks for its reason and shows what it changes.
function acts(user, session, again) {
  const of = `/admin/users/${user.id}`;
  const may = (right) => session.may(right) && user.id !== session.user.id && !user.deleted_at;
  return [
    may("people.note") && actButton("Write a note", {
      note: "Read by the rest of the staff. It cannot be changed or taken away.",
      fields: [{ name: "content", label: "Note", type: "textarea", required: true, maxlength: 2000 }],
      run: (values) => send("POST", `${of}/notes`, values),
      done: again,
    }),
    may("people.signature") && actButton("Give a signature", {
      fields: [{ name: "signature", label: "New signature", required: true, inputmode: "numeric", help: "1–20 digits, the first one not 0." }],
      changes: ({ signature }) => [{ label: "Signature", before: user.signature, after: signature }],
      run: (values) => send("PUT", `${of}/signature`, values),
      done: again,
    }),
    ...(may("people.vip") ? vipButtons(user, session, again) : []),
    may("staff.roles") && actButton(user.staff_role ? "Change the role" : "Give a role", {
      fields: [{ name: "role", label: "Role", type: "select", required: true, value: user.staff_role ?? "support", options: ROLES }],
      changes: ({ role }) => [{ label: "Role behind the console", before: user.staff_role, after: role }],
      run: (values) => send("PUT", `${of}/role`, values),
      done: again,
    }),
    may("staff.roles") && user.staff_role && actButton("Take the role", {
      danger: true,
      changes: () => [{ label: "Role behind the console", before: user.staff_role, after: null }],
      run: (values) => send("DELETE", `${of}/role`, values),
      done: again,
    }),
    may("people.end_sessions") && actButton("End sessions", {
      danger: true,
      note: "Every device is signed out at once. He may sign in again.",
      changes: () => [{ label: "Access tokens that hold", before: user.tokens_count, after: 0 }],
      run: (values) => send("DELETE", `${of}/tokens`, values),
      done: again,
    }),
    may("people.block") && (user.is_blocked
      ? actButton("Unblock", {
        changes: () => [{ label: "Blocked", before: `since ${day(user.blocked_at)}: ${user.block_reason}`, after: "no" }],
        run: (values) => send("POST", `${of}/unblock`, values),
        done: again,
      })
      : actButton("Block", {
        danger: true,
        note: "His tokens, sockets, seat and stay end at once, everywhere. He reads the reason when he signs in.",
        changes: () => [
          { label: "Blocked", before: "no", after: "yes" },
          { label: "Access tokens that hold", before: user.tokens_count, after: 0 },
          { label: "In a room now", before: user.room_id ? `#${user.room_id}` : "no", after: "no" },
        ],
        run: (values) => send("POST", `${of}/block`, values),
        done: again,
      })),
  ].filter(Boolean);
}

function overview(user, session) {
  return (root) => root.append(
    user.is_blocked ? h("p", { class: "note bad" }, `Blocked since ${day(user.blocked_at)}: `, name(user.block_reason ?? "no reason kept")) : "",
    figures([
      { label: "Coins", value: money(user.coin_balance) },
      { label: "Diamonds", value: money(user.diamond_balance) },
      { label: "Coins spent", value: money(user.total_spent) },
      { label: "Diamonds earned", value: money(user.total_received) },
      { label: "Coins owed", value: money(user.debt), kind: Number(user.debt) > 0 ? "bad" : null },
    ]),
    grid(
      card("Profile", {}, facts([
        ["Name", name(user.name)],
        ["Id", user.id],
        ["Signature", code(user.signature)],
        ["E-mail", user.email && h("span", {}, user.email, " ", user.email_verified_at ? tag("verified", "good") : tag("not verified", "warn"))],
        ["Phone", user.phone],
        ["Born", user.dob],
        ["Gender", { 1: "Male", 2: "Female", 3: "Other" }[user.gender]],
        ["Country", country(user.country)],
        ["Since", time(user.created_at)],
        ["Last here", ago(user.last_active_at)],
        user.deleted_at && ["Deleted", time(user.deleted_at)],
      ])),
      card("Standing", {}, facts([
        ["Wealth XP", money(String(user.wealth_xp))],
        ["Charm XP", money(String(user.charm_xp))],
        ["VIP", user.vip_level ? h("span", {}, `level ${user.vip_level} until `, time(user.vip_expires_at)) : "none"],
        ["Agency", user.agency_id ? agency(user.agency_id) : null],
        ["In a room now", user.room_id ? room(user.room_id) : "no"],
        ["Signs in with", user.identities.length ? h("span", { class: "tags" }, user.identities.map((one) => tag(one.provider, "plain"))) : "password"],
        ["Tokens that hold", user.tokens_count],
        ["Staff", user.staff_role && inWords(user.staff_role)],
      ])),
      card("Elsewhere", {}, h("ul", { class: "links" },
        session.may("orders.view") ? h("li", {}, h("a", { href: `#/orders?user_id=${user.id}` }, "Orders")) : null,
        session.may("resellers.view") ? h("li", {}, h("a", { href: `#/coin-requests?user_id=${user.id}` }, "Coin requests")) : null,
        session.may("ledger.view") ? h("li", {}, h("a", { href: `#/ledger?user_id=${user.id}` }, "Ledger")) : null,
        session.may("audit.view") ? h("li", {}, h("a", { href: `#/audit?subject_type=user&subject_id=${user.id}` }, "What staff did to him")) : null,
        session.may("audit.view") && user.staff_role ? h("li", {}, h("a", { href: `#/audit?actor_id=${user.id}` }, "What he did as staff")) : null,
        session.may("rooms.view") ? h("li", {}, h("a", { href: `#/rooms?owner_id=${user.id}` }, "Rooms that he owns")) : null)),
    ),
    user.audit.length ? card("What staff did last", { wide: true }, table({
      caption: "What staff did last",
      rows: user.audit,
      columns: [
        { name: "action", label: "What", render: (value) => inWords(value) },
        { name: "actor", label: "Who", render: (one) => (one ? person(one) : "command line") },
        { name: "reason", label: "Why", wide: true, render: (value) => name(value ?? "") },
        { name: "created_at", label: "When", render: time },
      ],
    })) : "",
  );
}

const ledger = (user) => (root) => root.append(listing({
  caption: "Ledger", key: "l_", path: "/admin/transactions", exportPath: "/admin/transactions.csv",
  fixed: { user_id: user.id },
  filters: [
    { name: "currency_type", label: "Currency", type: "select", options: [{ value: "", label: "Any" }, { value: "1", label: "Coins" }, { value: "2", label: "Diamonds" }] },
    { name: "from", label: "From", type: "date", moment: "start" },
    { name: "to", label: "To", type: "date", moment: "end" },
  ],
  empty: "No coin or diamond of his ever moved.",
  columns: [
    { name: "id", label: "Row", numeric: true },
    { name: "created_at", label: "When", render: time },
    { name: "type", label: "Type", render: inWords },
    {
      name: "amount", label: "For him", numeric: true,
      render: (_, row) => (row.user_id === user.id
        ? `${row.direction === 1 ? "−" : "+"}${money(row.amount, CURRENCIES[row.currency_type])}`
        : `+${money(row.beneficiary_amount, CURRENCIES[row.beneficiary_currency_type])}`),
    },
    {
      name: "balance", label: "Balance after", numeric: true,
      render: (_, row) => money(row.user_id === user.id ? row.user_balance_after : row.beneficiary_balance_after),
    },
    {
      name: "other", label: "Other side",
      render: (_, row) => (row.user_id === user.id ? person(row.beneficiary_id) : person(row.user_id)),
    },
    { name: "transactionable_id", label: "From", render: (value, row) => (value ? `${row.transactionable_type} ${value}` : null) },
    { name: "description", label: "Note", wide: true },
  ],
}));

const gifts = (user, box) => listing({
  caption: box === "sent" ? "Gifts sent" : "Gifts received", key: box === "sent" ? "s_" : "r_",
  path: `/admin/users/${user.id}/gifts`, fixed: { box },
  empty: box === "sent" ? "He sent no gift." : "He received no gift.",
  columns: [
    { name: "sent_at", label: "When", render: time },
    { name: "gift", label: "Gift", render: (one, row) => h("span", {}, name(one.name), row.quantity > 1 ? ` ×${row.quantity}` : "") },
    { name: "person", label: box === "sent" ? "To" : "From", render: (one) => person(one) },
    { name: "room", label: "Room", render: (one) => (one ? room(one) : "private") },
    { name: "total_cost", label: "Coins", numeric: true, render: (value) => money(value) },
    { name: "recipient_earnings", label: "Diamonds to recipient", numeric: true, render: (value) => money(value) },
    { name: "agency_commission", label: "Commission", numeric: true, render: (value) => money(value) },
    { name: "combo", label: "Combo", numeric: true, render: (value) => (value > 1 ? value : null) },
  ],
});

const games = (user) => (root) => root.append(listing({
  caption: "Games", key: "g_", path: "/admin/game-transactions", fixed: { user_id: user.id },
  filters: [{ name: "round_id", label: "Round", type: "text" }],
  empty: "He never played.",
  columns: [
    { name: "created_at", label: "When", render: time },
    { name: "type", label: "Call", render: inWords },
    { name: "game_id", label: "Game", render: (value) => `#${value}` },
    { name: "round_id", label: "Round", render: code },
    { name: "requested", label: "Asked", numeric: true, render: (value) => (value === null ? null : money(value)) },
    { name: "amount", label: "Moved", numeric: true, render: (value) => money(value) },
    { name: "code", label: "Answer", render: (value) => (value ? tag(value, "warn") : tag("done", "good")) },
    { name: "provider_transaction_id", label: "Provider's id", render: code },
  ],
}));

const rooms = (user) => async (root) => {
  const found = await get(`/admin/users/${user.id}/rooms`);
  root.append(
    grid(
      card("Now", {}, found.current
        ? facts([["In", room(found.current.room)], ["As", inWords(found.current.role)], ["On seat", found.current.seat_number], ["Muted", found.current.is_muted], ["Since", time(found.current.joined_at)]])
        : h("p", { class: "help" }, "In no room.")),
      card("Moderates", {}, found.moderated.length
        ? h("ul", { class: "links" }, found.moderated.map((one) => h("li", {}, room(one))))
        : h("p", { class: "help" }, "No room.")),
    ),
    card("Owns", { wide: true }, table({
      caption: "Rooms that he owns", rows: found.owned, empty: "No room.", rowLink: (row) => `#/rooms/${row.id}`,
      columns: [
        { name: "name", label: "Name", render: name },
        { name: "status", label: "Status", render: (value) => tag(value, value === "active" ? "good" : "bad") },
        { name: "participant_count", label: "People", numeric: true },
        { name: "total_coins_spent", label: "Coins ever", numeric: true, render: (value) => money(value) },
        { name: "created_at", label: "Since", render: time },
      ],
    })),
    card("Where he was", { wide: true }, listing({
      caption: "Where he was", key: "h_", path: `/admin/users/${user.id}/stays`, empty: "He never entered a room.",
      columns: [
        { name: "room", label: "Room", render: (one) => room(one) },
        { name: "role", label: "As", render: inWords },
        { name: "joined_at", label: "Came", render: time },
        { name: "left_at", label: "Left", render: (value) => (value ? time(value) : tag("there now", "good")) },
      ],
    })),
  );
};

const agencyOf = (user) => async (root) => {
  const found = await get(`/admin/users/${user.id}/agency`);
  root.append(
    grid(
      card("Agency", {}, found.membership
        ? facts([["Agency", agency(found.membership)], ["As", inWords(found.membership.role)], ["Since", time(found.joined_at)]])
        : h("p", { class: "help" }, "In no agency.")),
      card("Earned in agencies", {}, facts([
        ["Gifts", found.earnings.earnings], ["Diamonds, all in all", money(found.earnings.amount)],
        ["To the owners", money(found.earnings.commission_amount)], ["Kept", money(found.earnings.kept_amount)],
      ])),
    ),
    card("Requests", { wide: true }, table({
      caption: "Requests", rows: found.requests, empty: "None.",
      columns: [
        { name: "agency_name", label: "Agency", render: (value, row) => agency(row.agency_id, value) },
        { name: "type", label: "Kind", render: inWords },
        { name: "status", label: "Status", render: (value) => tag(value) },
        { name: "message", label: "Message", wide: true, render: (value) => value && name(value) },
        { name: "created_at", label: "When", render: time },
      ],
    })),
  );
};

const devices = (user, session) => async (root) => {
  const found = await get(`/admin/users/${user.id}/devices`);
  root.append(
    card("Signed in", { wide: true, note: "Access tokens that hold." }, listing({
      caption: "Access tokens", key: "t_", path: `/admin/users/${user.id}/tokens`, empty: "Signed in nowhere.",
      columns: [
        { name: "name", label: "Device", render: name },
        { name: "ip_address", label: "Address", render: code },
        { name: "user_agent", label: "Program", wide: true },
        { name: "last_used_at", label: "Last used", render: ago },
        { name: "expires_at", label: "Ends", render: time },
      ],
    })),
    card("Addresses", { wide: true, note: "Of log-ins that hold and of orders. Forgotten after 90 days." }, table({
      caption: "Addresses", rows: found.addresses, empty: "None is kept.",
      columns: [
        { name: "ip_address", label: "Address", render: code },
        { name: "logins", label: "Log-ins", numeric: true },
        { name: "orders", label: "Orders", numeric: true },
        { name: "first_at", label: "First", render: time },
        { name: "last_at", label: "Last", render: time },
      ],
    })),
    card("Notified devices", { wide: true }, table({
      caption: "Notified devices", rows: found.devices, empty: "None.",
      columns: [
        { name: "device_name", label: "Device", render: (value) => name(value ?? "unnamed") },
        { name: "platform", label: "Platform", render: inWords },
        { name: "created_at", label: "Since", render: time },
        { name: "updated_at", label: "Last registered", render: time },
      ],
    })),
    ...(found.sessions.length === 0 && !session.may("staff.sessions") ? [] : [card("Console sessions", { wide: true }, table({
      caption: "Console sessions", rows: found.sessions, empty: "None.",
      columns: [
        { name: "ip_address", label: "Address", render: code },
        { name: "user_agent", label: "Browser", wide: true },
        { name: "last_activity", label: "Last used", render: ago },
      ],
    }))]),
    card("Identities at providers", { wide: true }, table({
      caption: "Identities at providers", rows: user.identities, empty: "None.",
      columns: [
        { name: "provider", label: "Provider", render: inWords },
        { name: "email", label: "E-mail there" },
        { name: "created_at", label: "Since", render: time },
      ],
    })),
  );
};

const progress = (user) => async (root) => {
  const [levels, couples, wardrobe] = await Promise.all([
    user.deleted_at ? { history: [] } : get(`/admin/users/${user.id}/levels`),
    get(`/admin/users/${user.id}/couples`), get(`/admin/users/${user.id}/wardrobe`),
  ]);
  root.append(
    card("Levels that he had", { wide: true }, table({
      caption: "Levels that he had", rows: levels.history ?? [], empty: "None beyond the first.",
      columns: [
        { name: "type", label: "Ladder", render: inWords },
        { name: "name", label: "Level", render: (value, row) => `${row.level_number ?? ""} ${value ?? ""}` },
        { name: "achieved_at", label: "Reached", render: time },
        { name: "ended_at", label: "Left", render: (value) => (value ? time(value) : tag("holds", "good")) },
      ],
    })),
    card("Couples", { wide: true }, table({
      caption: "Couples", rows: couples.data, empty: "None.",
      columns: [
        { name: "partner", label: "With", render: (one) => person(one) },
        { name: "formed_at", label: "From", render: time },
        { name: "ended_at", label: "Until", render: (value) => (value ? time(value) : tag("together", "good")) },
        { name: "end_reason", label: "Ended by", render: (value) => value && inWords(value) },
        { name: "coins_given", label: "Coins given", numeric: true, render: (value) => money(value) },
        { name: "coins_received", label: "Coins received", numeric: true, render: (value) => money(value) },
      ],
    })),
    card("Frames", { wide: true }, table({
      caption: "Frames", rows: wardrobe.frames, empty: "None.",
      columns: [
        { name: "name", label: "Frame", render: (value, row) => name(value ?? row.frame?.name ?? `#${row.frame_id}`) },
        { name: "is_active", label: "Worn" },
        { name: "expires_at", label: "Until", render: (value) => (value ? time(value) : "for ever") },
        { name: "purchased_at", label: "Since", render: time },
      ],
    })),
    card("Themes", { wide: true }, table({
      caption: "Themes", rows: wardrobe.themes, empty: "None bought.",
      columns: [
        { name: "name", label: "Theme", render: (value, row) => name(value ?? row.theme?.name ?? `#${row.theme_id}`) },
        { name: "purchased_at", label: "Since", render: time },
      ],
    })),
  );
};

const reportColumns = (other) => [
  { name: "id", label: "Report", numeric: true },
  { name: "created_at", label: "When", render: time },
  other,
  { name: "subject_type", label: "Of a", render: inWords },
  { name: "reason", label: "For", render: inWords },
  { name: "status", label: "Status", render: (value) => tag(value, { open: "warn", upheld: "bad" }[value] ?? "plain") },
];

const reports = (user) => (root) => root.append(
  card("About him", { wide: true }, listing({
    caption: "Reports about him", key: "a_", path: "/admin/reports", fixed: { subject_user_id: user.id }, empty: "Nobody reported him.",
    rowLink: (row) => `#/reports/${row.id}`,
    columns: reportColumns({ name: "reporter", label: "By", render: (one) => person(one) }),
  })),
  card("By him", { wide: true }, listing({
    caption: "Reports by him", key: "b_", path: "/admin/reports", fixed: { reporter_id: user.id }, empty: "He reported nobody.",
    rowLink: (row) => `#/reports/${row.id}`,
    columns: reportColumns({ name: "subject_user", label: "Whose", render: (one) => person(one) }),
  })),
);

const notes = (user) => (root) => root.append(listing({
  caption: "Notes", key: "n_", path: `/admin/users/${user.id}/notes`, empty: "Nobody wrote anything down.",
  columns: [
    { name: "created_at", label: "When", render: time },
    { name: "content", label: "Note", wide: true, render: (value) => h("span", { class: "said", dir: "auto" }, value) },
    { name: "author", label: "By", render: (one, row) => h("span", { class: "tags" }, person(one), tag(row.author_role, "info")) },
  ],
}));

export const page = {
  path: "/people/:id",
  title: "Person",
  nav: null,
  group: "People",
  right: "people.view",
  async show(root, { params, session, title }) {
    const draw = async () => {
      const user = await get(`/admin/users/${params.id}`);
      title(user.name, standing(user), acts(user, session, draw));
      put(root, tabs([
        { id: "overview", label: "Overview", show: overview(user, session) },
        { id: "timeline", label: "Timeline", show: (one) => timeline(one, user, session) },
        { id: "ledger", label: "Ledger", show: ledger(user), hidden: !session.may("ledger.view") },
        { id: "sent", label: "Gifts sent", show: (one) => one.append(gifts(user, "sent")) },
        { id: "received", label: "Gifts received", show: (one) => one.append(gifts(user, "received")) },
        { id: "games", label: "Games", show: games(user), hidden: !session.may("games.view") },
        { id: "rooms", label: "Rooms", show: rooms(user) },
        { id: "agency", label: "Agency", show: agencyOf(user) },
        { id: "devices", label: "Devices", show: devices(user, session) },
        { id: "standing", label: "Standing", show: progress(user) },
        { id: "reports", label: "Reports", show: reports(user), hidden: !session.may("reports.view") },
        { id: "notes", label: "Notes", show: notes(user) },
      ], { label: "About this person" }));
    };
    await draw();
  },
};

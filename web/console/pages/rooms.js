// Rooms: found whatever became of them.

import { h } from "/web/console/dom.js";
import { country, money, person, tag, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

const STATES = ["", "active", "hidden", "suspended", "inactive", "deleted"];

export function roomTags(row) {
  return h("span", { class: "tags" },
    row.deleted_at ? tag("deleted", "bad") : tag(row.status, { active: "good", suspended: "bad" }[row.status] ?? "plain"),
    row.type === "private" ? tag("private", "plain") : null,
    row.is_featured ? tag("featured", "info") : null,
    row.is_hidden ? tag("hidden", "warn") : null);
}

export const page = {
  path: "/rooms",
  title: "Rooms",
  nav: "Rooms",
  group: "Rooms",
  right: "rooms.view",
  order: 10,
  async show(root, { session }) {
    root.append(listing({
      caption: "Rooms",
      path: "/admin/rooms",
      filters: [
        { name: "q", label: "Find", type: "search", placeholder: "Part of a name, or an id" },
        { name: "live", label: "People inside", type: "select", options: [{ value: "", label: "Any" }, { value: "true", label: "Live now" }] },
        { name: "status", label: "Status", type: "select", options: STATES },
        { name: "featured", label: "Featured", type: "select", options: [{ value: "", label: "Any" }, { value: "true", label: "Yes" }, { value: "false", label: "No" }] },
        { name: "country", label: "Country", type: "text", placeholder: "AE", maxlength: 3 },
        { name: "owner_id", label: "Owner's id", type: "number" },
      ],
      rowLink: (row) => `#/rooms/${row.id}`,
      empty: "No room is like that.",
      columns: [
        { name: "name", label: "Room", render: (value) => h("bdi", { dir: "auto" }, value) },
        { name: "id", label: "Id", numeric: true },
        { name: "owner", label: "Owner", render: (one) => (session.may("people.view") ? person(one) : h("bdi", {}, one.name)) },
        { name: "country", label: "Country", render: country },
        { name: "state", label: "Status", render: (_, row) => roomTags(row) },
        { name: "participant_count", label: "People", numeric: true },
        { name: "daily_coins_spent", label: "Coins today", numeric: true, render: (value) => money(value) },
        { name: "total_coins_spent", label: "Coins ever", numeric: true, render: (value) => money(value) },
        { name: "room_level", label: "Level", numeric: true },
        { name: "created_at", label: "Since", render: time },
      ],
    }));
  },
};

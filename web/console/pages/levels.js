// Levels of wealth, charm, rooms and VIP: what they need, what they give, once each.

import { editButton, switchButton } from "/web/console/catalogue.js";
import { h, inWords } from "/web/console/dom.js";
import { count, tag } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

const PATH = "/admin/levels";
const TYPES = ["wealth", "charm", "room", "vip"];
const NEW = [
  { name: "type", label: "Type", type: "select", options: TYPES, required: true, value: "wealth" },
  { name: "level_number", label: "Number", type: "number", required: true, min: 1 },
];
const FIELDS = [
  { name: "name", label: "Name", required: true, maxlength: 100 },
  { name: "required_xp", label: "XP needed", type: "number", required: true, min: 0 },
  { name: "coin_reward", label: "Coins", type: "number", value: 0, min: 0, none: 0 },
  { name: "diamond_reward", label: "Diamonds", type: "number", value: 0, min: 0, none: 0 },
  { name: "frame_rewards", label: "Frames, by id", type: "list", numbers: true, none: [], value: [], help: "Parted by commas." },
  { name: "privileges", label: "Privileges", type: "json", none: {}, value: {}, help: "As docs/reference/badges.md has them." },
  { name: "icon_url", label: "Icon", type: "picture" },
  { name: "badge_url", label: "Badge", type: "picture" },
];

export const page = {
  path: "/levels",
  title: "Levels",
  nav: "Levels",
  group: "Catalogue",
  right: "catalogues.manage",
  order: 40,
  async show(root) {
    const done = () => list.reload();
    const list = listing({
      caption: "Levels", path: PATH, limit: 100, empty: "No levels like that.",
      filters: [{ name: "type", label: "Type", type: "select", options: ["", ...TYPES] }],
      tools: [editButton("New level", { noun: "level", path: PATH, fields: [...NEW, ...FIELDS], kind: "primary", note: "Whoever has the XP for it reaches it by a run.", done })],
      columns: [
        { name: "name", label: "Level", render: (name) => h("bdi", { dir: "auto" }, name) },
        { name: "type", label: "Type", render: inWords },
        { name: "level_number", label: "Number", numeric: true },
        { name: "required_xp", label: "XP needed", numeric: true, render: count },
        { name: "coin_reward", label: "Coins", numeric: true, render: (value) => (value ? count(value) : null) },
        { name: "diamond_reward", label: "Diamonds", numeric: true, render: (value) => (value ? count(value) : null) },
        { name: "frame_rewards", label: "Frames", render: (ids) => ids.map((id) => `#${id}`).join(", ") || null },
        { name: "privileges", label: "Privileges", wide: true, render: (given) => (Object.keys(given ?? {}).length ? h("code", { class: "code" }, JSON.stringify(given)) : null) },
        { name: "is_active", label: "Reached", render: (isActive) => tag(isActive ? "yes" : "retired", isActive ? "good" : "plain") },
        {
          name: "act", label: "", render: (_, row) => h("span", { class: "acts" },
            editButton("Edit", { noun: "level", path: PATH, row, fields: FIELDS, note: "Another reward holds for whoever reaches the level from then on. Other XP brings everybody to where he stands, by a run.", done }),
            switchButton({ noun: "level", path: PATH, row, done })),
        },
      ],
    });
    root.append(list);
  },
};

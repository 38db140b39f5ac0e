// Frames: sold by days, worn around avatars.

import { editButton, switchButton } from "/web/console/catalogue.js";
import { h } from "/web/console/dom.js";
import { money, tag } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

const PATH = "/admin/frames";
const FIELDS = [
  { name: "name", label: "Name", required: true, maxlength: 100 },
  { name: "description", label: "Description", type: "textarea", maxlength: 2000 },
  { name: "price", label: "Price in coins", type: "money", required: true },
  { name: "static_src", label: "Still picture", type: "picture" },
  { name: "animated_src", label: "Animated picture", type: "picture" },
  { name: "thumbnail_url", label: "Thumbnail", type: "picture" },
  { name: "category", label: "Category", maxlength: 50, required: true, value: "standard" },
  { name: "rarity", label: "Rarity", type: "select", options: ["common", "rare", "epic", "legendary"], value: "common" },
  { name: "duration_days", label: "Days for one", type: "number", min: 1, value: 30, sendsEmpty: true, help: "Left empty: forever." },
  { name: "vip_level_required", label: "VIP level needed", type: "number", value: 0, min: 0, max: 7, none: 0 },
  { name: "level_required", label: "Wealth level needed", type: "number", value: 1, min: 1, none: 1 },
];

export const page = {
  path: "/frames",
  title: "Frames",
  nav: "Frames",
  group: "Catalogue",
  right: "catalogues.manage",
  order: 20,
  async show(root) {
    const done = () => list.reload();
    const list = listing({
      caption: "Frames", path: PATH, empty: "No frames yet.",
      tools: [editButton("New frame", { noun: "frame", path: PATH, fields: FIELDS, kind: "primary", done })],
      columns: [
        { name: "name", label: "Frame", render: (name) => h("bdi", { dir: "auto" }, name) },
        { name: "static_src", label: "", render: (url) => (url ? h("img", { src: url, alt: "", class: "swatch-picture", loading: "lazy" }) : null) },
        { name: "id", label: "Id", numeric: true },
        { name: "price", label: "Price", numeric: true, render: (price) => money(price) },
        { name: "duration_days", label: "Days", numeric: true, render: (days) => days ?? "forever" },
        { name: "category", label: "Category" },
        { name: "rarity", label: "Rarity" },
        { name: "vip_level_required", label: "VIP", numeric: true, render: (level) => level || null },
        { name: "level_required", label: "Level", numeric: true, render: (level) => (level > 1 ? level : null) },
        { name: "is_active", label: "Sold", render: (isActive) => tag(isActive ? "yes" : "retired", isActive ? "good" : "plain") },
        {
          name: "act", label: "", render: (_, row) => h("span", { class: "acts" },
            editButton("Edit", { noun: "frame", path: PATH, row, fields: FIELDS, note: "Whoever has it keeps his days; with another picture a run changes whoever wears it.", done }),
            switchButton({ noun: "frame", path: PATH, row, done })),
        },
      ],
    });
    root.append(list);
  },
};

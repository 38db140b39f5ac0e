// Gifts: the catalogue, with the odds of lucky ones and what they pay back, exactly.

import { editButton, switchButton } from "/web/console/catalogue.js";
import { h } from "/web/console/dom.js";
import { country, money, tag } from "/web/console/format.js";
import { oddsEditor } from "/web/console/odds.js";
import { listing } from "/web/console/table.js";

const CATEGORIES = ["normal", "lucky", "cp", "country", "vip"];
const RARITIES = ["common", "rare", "epic", "legendary"];
const PATH = "/admin/gifts";
const FIELDS = [
  { name: "name", label: "Name", required: true, maxlength: 100 },
  { name: "price", label: "Price in coins", type: "money", required: true },
  { name: "category", label: "Category", type: "select", options: CATEGORIES, required: true, value: "normal" },
  { name: "rarity", label: "Rarity", type: "select", options: RARITIES, value: "common" },
  { name: "subcategory", label: "Subcategory", maxlength: 50 },
  { name: "description", label: "Description", type: "textarea", maxlength: 2000 },
  { name: "thumbnail_url", label: "Picture", type: "picture", required: false },
  { name: "animation_url", label: "Animation", type: "picture" },
  { name: "sound_url", label: "Sound", help: "An address of the platform's own." },
  { name: "wealth_xp_multiplier", label: "Wealth XP for each coin", type: "money", value: "1.00", none: "0" },
  { name: "charm_xp_multiplier", label: "Charm XP for each coin", type: "money", value: "1.00", none: "0" },
  { name: "vip_level_required", label: "VIP level needed", type: "number", value: 0, min: 0, max: 7, none: 0 },
  { name: "country_specific", label: "Only in this country", placeholder: "AE", maxlength: 3 },
];

const chance = (given) => {
  if (!given) return null;
  const [top, bottom = "1"] = given.split("/");
  return `${((Number(top) / Number(bottom)) * 100).toFixed(2)} %`;
};

export const page = {
  path: "/gifts",
  title: "Gifts",
  nav: "Gifts",
  group: "Catalogue",
  right: "catalogues.manage",
  order: 10,
  async show(root) {
    const done = () => list.reload();
    const list = listing({
      caption: "Gifts", path: PATH, empty: "No gifts like that.",
      filters: [
        { name: "category", label: "Category", type: "select", options: ["", ...CATEGORIES] },
        { name: "is_active", label: "Given", type: "select", options: ["", { value: "true", label: "Yes" }, { value: "false", label: "Retired" }] },
      ],
      tools: [editButton("New gift", { noun: "gift", path: PATH, fields: FIELDS, body: oddsEditor, kind: "primary", done })],
      columns: [
        { name: "name", label: "Gift", render: (name) => h("bdi", { dir: "auto" }, name) },
        { name: "thumbnail_url", label: "", render: (url) => (url ? h("img", { src: url, alt: "", class: "swatch-picture", loading: "lazy" }) : null) },
        { name: "id", label: "Id", numeric: true },
        { name: "price", label: "Price", numeric: true, render: (price) => money(price) },
        { name: "category", label: "Category", render: (name) => tag(name, name === "lucky" ? "warn" : "plain") },
        { name: "rarity", label: "Rarity" },
        { name: "expected_return", label: "Pays back", numeric: true, render: (given) => (given ? h("span", { title: `exactly ${given}` }, chance(given)) : null) },
        { name: "vip_level_required", label: "VIP", numeric: true, render: (level) => level || null },
        { name: "country_specific", label: "Country", render: (iso) => (iso ? country(iso) : null) },
        { name: "is_active", label: "Given", render: (isActive) => tag(isActive ? "yes" : "retired", isActive ? "good" : "plain") },
        {
          name: "act", label: "", render: (_, row) => h("span", { class: "acts" },
            editButton("Edit", { noun: "gift", path: PATH, row, fields: FIELDS, body: oddsEditor, note: "What was given stays as it was: price, share and odds are frozen with it.", done }),
            switchButton({ noun: "gift", path: PATH, row, done })),
        },
      ],
    });
    root.append(list);
  },
};

// Themes of rooms: bought once or free; one is the default.

import { editButton, switchButton } from "/web/console/catalogue.js";
import { h } from "/web/console/dom.js";
import { money, tag } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

const PATH = "/admin/themes";
const FIELDS = [
  { name: "name", label: "Name", required: true, maxlength: 100 },
  { name: "description", label: "Description", type: "textarea", maxlength: 2000 },
  { name: "price", label: "Price in coins", type: "money", value: "0.00", none: "0", help: "0: free." },
  { name: "background_image", label: "Background", type: "picture" },
  { name: "css_styles", label: "Styles", type: "json", none: {}, value: {}, help: "Properties that colour, such as {\"--accent\": \"#ffd27d\"}; what may not stand there is named." },
  { name: "vip_level_required", label: "VIP level needed", type: "number", value: 0, min: 0, max: 7, none: 0 },
  { name: "is_default", label: "The default theme", type: "checkbox", value: false },
];

export const page = {
  path: "/themes",
  title: "Themes",
  nav: "Themes",
  group: "Catalogue",
  right: "catalogues.manage",
  order: 30,
  async show(root) {
    const done = () => list.reload();
    const list = listing({
      caption: "Themes", path: PATH, empty: "No themes yet.",
      tools: [editButton("New theme", { noun: "theme", path: PATH, fields: FIELDS, kind: "primary", done })],
      columns: [
        { name: "name", label: "Theme", render: (name) => h("bdi", { dir: "auto" }, name) },
        { name: "background_image", label: "", render: (url) => (url ? h("img", { src: url, alt: "", class: "swatch-picture", loading: "lazy" }) : null) },
        { name: "id", label: "Id", numeric: true },
        { name: "price", label: "Price", numeric: true, render: (price) => (price === "0.00" ? "free" : money(price)) },
        { name: "css_styles", label: "Styles", wide: true, render: (styles) => h("code", { class: "code" }, JSON.stringify(styles)) },
        { name: "vip_level_required", label: "VIP", numeric: true, render: (level) => level || null },
        { name: "is_active", label: "To be had", render: (isActive, row) => h("span", { class: "tags" }, tag(isActive ? "yes" : "retired", isActive ? "good" : "plain"), row.is_default ? tag("default", "info") : null) },
        {
          name: "act", label: "", render: (_, row) => h("span", { class: "acts" },
            editButton("Edit", { noun: "theme", path: PATH, row, fields: FIELDS, done }),
            switchButton({ noun: "theme", path: PATH, row, done })),
        },
      ],
    });
    root.append(list);
  },
};

// Every table that one's role may look at.

import { get } from "/web/console/api.js";
import { card, grid } from "/web/console/card.js";
import { field, h, put } from "/web/console/dom.js";
import { readQuery, writeQuery } from "/web/console/table.js";

const GROUPS = ["People", "Rooms", "Money", "Catalogue", "Platform"];

export const page = {
  path: "/tables",
  title: "Tables",
  nav: "Tables",
  group: "Platform",
  right: null,
  order: 40,
  async show(root) {
    const { data } = await get("/admin/tables");
    const place = h("div");
    const find = h("form", { class: "filters", role: "search", "aria-label": "Find a table" },
      field({ name: "find", label: "Find", type: "search", placeholder: "Name of a table or of a column", value: readQuery().find ?? "" }));
    function draw() {
      const words = find.elements.find.value.trim().toLowerCase();
      writeQuery({ find: words });
      const fits = (one) => [one.label, one.name, ...one.columns.map((column) => column.name)].some((name) => name.toLowerCase().includes(words));
      const shown = data.filter(fits);
      put(place, shown.length === 0 ? h("p", { class: "note" }, "No table is called that.") : grid(
        GROUPS.filter((group) => shown.some((one) => one.group === group)).map((group) =>
          card(group, {}, h("ul", { class: "links" }, shown.filter((one) => one.group === group).map((one) =>
            h("li", {}, h("a", { href: `#/tables/${one.name}` }, one.label), " ", h("code", { class: "code soft" }, one.name))))))));
    }
    find.addEventListener("input", draw);
    find.addEventListener("submit", (event) => event.preventDefault());
    draw();
    root.append(find, place);
  },
};

// Badges: rules over metrics, checked as they are saved, given to whoever has earned them.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { editButton, switchButton } from "/web/console/catalogue.js";
import { h, inWords } from "/web/console/dom.js";
import { tag } from "/web/console/format.js";
import { requirementsEditor } from "/web/console/requirements.js";
import { listing } from "/web/console/table.js";

const PATH = "/admin/badges";
const FIELDS = [
  { name: "name", label: "Name", required: true, maxlength: 100 },
  { name: "description", label: "Description", type: "textarea", maxlength: 2000 },
  { name: "category", label: "Category", type: "select", options: ["achievement", "activity", "personal", "room"], required: true, value: "achievement", help: "Badges of rooms are about rooms and their metrics." },
  { name: "rarity", label: "Rarity", type: "select", options: ["common", "rare", "epic", "legendary"], value: "common" },
  { name: "icon_url", label: "Icon", type: "picture" },
];

export const page = {
  path: "/badges",
  title: "Badges",
  nav: "Badges",
  group: "Catalogue",
  right: "catalogues.manage",
  order: 50,
  async show(root) {
    const language = await get("/admin/badge-metrics");
    const body = requirementsEditor(language);
    const done = () => list.reload();

    function inShort(rule) {
      if (rule.all || rule.any) return `(${(rule.all ?? rule.any).map(inShort).join(rule.all ? " and " : " or ")})`;
      if (rule.not) return `not ${inShort(rule.not)}`;
      const comparison = Object.keys(language.comparisons).find((name) => name in rule);
      return `${inWords(rule.metric).toLowerCase()} ${language.comparisons[comparison]} ${rule[comparison].toLocaleString("en")}`;
    }

    const list = listing({
      caption: "Badges", path: PATH, empty: "No badges yet.",
      tools: [editButton("New badge", { noun: "badge", path: PATH, fields: FIELDS, body, kind: "primary", done })],
      columns: [
        { name: "name", label: "Badge", render: (name) => h("bdi", { dir: "auto" }, name) },
        { name: "icon_url", label: "", render: (url) => (url ? h("img", { src: url, alt: "", class: "swatch-picture", loading: "lazy" }) : null) },
        { name: "id", label: "Id", numeric: true },
        { name: "category", label: "Category", render: inWords },
        { name: "rarity", label: "Rarity" },
        { name: "requirements", label: "Requirements", wide: true, render: inShort },
        { name: "is_active", label: "Given", render: (isActive) => tag(isActive ? "yes" : "retired", isActive ? "good" : "plain") },
        {
          name: "act", label: "", render: (_, row) => {
            const whom = row.category === "room" ? "room" : "user";
            return h("span", { class: "acts" },
              editButton("Edit", { noun: "badge", path: PATH, row, fields: FIELDS, body, note: "Whoever has the badge keeps it.", done }),
              actButton("Give", {
                title: `Give badge ${row.name}`,
                fields: [{ name: "id", label: `${inWords(whom)}'s id`, type: "number", required: true, min: 1 }],
                changes: ({ id }) => (id ? [{ label: `${inWords(whom)} ${id}`, before: "without it, if he has not earned it", after: row.name }] : []),
                run: ({ id, reason }) => send("POST", `${PATH}/${row.id}/grants`, { reason, [`${whom}_id`]: id }),
              }),
              switchButton({ noun: "badge", path: PATH, row, done }));
          },
        },
      ],
    });
    root.append(list);
  },
};

// People: found by whatever is known of them.

import { h } from "/web/console/dom.js";
import { ago, country, money, tag, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

function standing(row) {
  return [
    row.deleted_at ? tag("deleted", "bad") : null,
    row.is_blocked ? tag("blocked", "bad") : null,
    row.staff_role ? tag(row.staff_role, "info") : null,
    row.vip_level ? tag(`VIP ${row.vip_level}`, "warn") : null,
  ].filter(Boolean);
}

export const page = {
  path: "/people",
  title: "People",
  nav: "People",
  group: "People",
  right: "people.view",
  order: 10,
  async show(root) {
    root.append(listing({
      caption: "People",
      path: "/admin/users",
      filters: [{ name: "q", label: "Find", type: "search", placeholder: "Name, signature, e-mail, phone or id", help: "Part of a name, or a whole signature, e-mail, phone number or id." }],
      rowLink: (row) => `#/people/${row.id}`,
      empty: "Nobody is known by that.",
      columns: [
        { name: "name", label: "Name", render: (value) => h("bdi", { dir: "auto" }, value) },
        { name: "id", label: "Id", numeric: true },
        { name: "signature", label: "Signature", numeric: true },
        { name: "email", label: "E-mail", wide: true },
        { name: "phone", label: "Phone" },
        { name: "country", label: "Country", render: country },
        { name: "coin_balance", label: "Coins", numeric: true, render: (value) => money(value) },
        { name: "diamond_balance", label: "Diamonds", numeric: true, render: (value) => money(value) },
        { name: "standing", label: "Standing", render: (_, row) => (standing(row).length ? h("span", { class: "tags" }, standing(row)) : null) },
        { name: "last_active_at", label: "Last here", render: ago },
        { name: "created_at", label: "Since", render: time },
      ],
    }));
  },
};

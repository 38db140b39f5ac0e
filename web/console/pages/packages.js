// Recharge packages: what is sold, for how much, where.

import { actButton } from "/web/console/action.js";
import { send } from "/web/console/api.js";
import { h } from "/web/console/dom.js";
import { code, count, country, money, tag, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

const LABELS = {
  name: "Name", coin_amount: "Coins", bonus_coins: "Bonus coins", price: "Price", currency: "Currency",
  country_restrictions: "Sold in", google_product_id: "Google product", apple_product_id: "Apple product",
  is_popular: "Popular",
};

function fields(row = {}) {
  return [
    { name: "name", label: LABELS.name, required: true, value: row.name, maxlength: 100 },
    { name: "coin_amount", label: LABELS.coin_amount, type: "number", required: true, value: row.coin_amount },
    { name: "bonus_coins", label: LABELS.bonus_coins, type: "number", value: row.bonus_coins ?? 0 },
    { name: "price", label: LABELS.price, type: "money", required: true, value: row.price },
    { name: "currency", label: LABELS.currency, required: true, value: row.currency ?? "USD", maxlength: 3 },
    { name: "country_restrictions", label: LABELS.country_restrictions, value: (row.country_restrictions ?? []).join(", "), help: "Country codes, parted by commas; none: sold everywhere." },
    { name: "google_product_id", label: LABELS.google_product_id, value: row.google_product_id },
    { name: "apple_product_id", label: LABELS.apple_product_id, value: row.apple_product_id },
    { name: "is_popular", label: LABELS.is_popular, type: "checkbox", value: row.is_popular },
  ];
}

function read({ reason, ...values }) {
  const codes = (values.country_restrictions ?? "").split(/[\s,]+/).filter(Boolean);
  return { ...values, bonus_coins: values.bonus_coins ?? 0, currency: values.currency ?? "", country_restrictions: codes.length ? codes : null };
}

const shown = (value) => (Array.isArray(value) ? value.join(", ") : value === true ? "Yes" : value === false ? "No" : value === undefined ? null : value);
const differ = (one, other) => JSON.stringify(one ?? null) !== JSON.stringify(other ?? null);

function changes(row, values) {
  return Object.entries(read(values)).filter(([name, value]) => name in LABELS && differ(value, row?.[name]))
    .map(([name, value]) => ({ label: LABELS[name], before: shown(row?.[name]), after: shown(value) }));
}

function sell(row, isActive, done) {
  return actButton(isActive ? "Sell again" : "Retire", {
    danger: !isActive,
    note: isActive ? null : "It is sold no more. Orders that were made keep their terms.",
    changes: () => [{ label: row.name, before: row.is_active ? "sold" : "retired", after: isActive ? "sold" : "retired" }],
    run: ({ reason }) => send("PATCH", `/admin/packages/${row.id}`, { is_active: isActive, reason }),
    done,
  });
}

export const page = {
  path: "/packages",
  title: "Packages",
  nav: "Packages",
  group: "Catalogue",
  right: "catalogues.manage",
  order: 20,
  async show(root) {
    const again = () => list.reload();
    const list = listing({
      caption: "Packages",
      path: "/admin/packages",
      empty: "No such package.",
      tools: [actButton("New package", {
        kind: "primary",
        fields: fields(),
        changes: (values) => changes(null, values),
        run: (values) => send("POST", "/admin/packages", { ...read(values), reason: values.reason }),
        done: again,
      })],
      filters: [
        { name: "is_active", label: "Sold", type: "select", options: [{ value: "", label: "Any" }, { value: "true", label: "Sold" }, { value: "false", label: "Retired" }] },
        { name: "country", label: "Sold in", type: "text", placeholder: "AE", maxlength: 3 },
      ],
      columns: [
        { name: "name", label: "Package", render: (value) => h("bdi", { dir: "auto" }, value) },
        { name: "is_active", label: "Standing", render: (value, row) => h("span", { class: "tags" }, tag(value ? "sold" : "retired", value ? "good" : "plain"), row.is_popular ? tag("popular", "info") : null) },
        { name: "coin_amount", label: "Coins", numeric: true, render: count },
        { name: "bonus_coins", label: "Bonus", numeric: true, render: (value) => (value ? count(value) : null) },
        { name: "price", label: "Price", numeric: true, render: (value, row) => money(value, row.currency) },
        { name: "country_restrictions", label: "Sold in", render: (value) => (value ? h("span", { class: "tags" }, value.map(country)) : "everywhere") },
        { name: "google_product_id", label: "Google product", render: code },
        { name: "apple_product_id", label: "Apple product", render: code },
        { name: "updated_at", label: "Changed", render: time },
        {
          name: "act", label: "", render: (_, row) => h("span", { class: "tags" },
            actButton("Edit", {
              fields: fields(row),
              changes: (values) => changes(row, values),
              run: (values) => {
                const given = read(values);
                const changed = Object.fromEntries(Object.entries(given).filter(([name, value]) => differ(value, row[name])));
                return send("PATCH", `/admin/packages/${row.id}`, { ...changed, reason: values.reason });
              },
              done: again,
            }),
            sell(row, !row.is_active, again)),
        },
      ],
    });
    root.append(list);
  },
};

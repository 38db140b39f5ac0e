// Games and their providers: limits, countries, and the secrets that providers sign with.

import { act, actButton } from "/web/console/action.js";
import { send } from "/web/console/api.js";
import { editButton, switchButton } from "/web/console/catalogue.js";
import { card } from "/web/console/card.js";
import { h, put } from "/web/console/dom.js";
import { code, money, tag, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";
import { tabs } from "/web/console/tabs.js";

const PATH = "/admin/games";
const NEW = [
  { name: "provider_id", label: "Provider's id", type: "number", required: true, min: 1 },
  { name: "code", label: "Code", required: true, maxlength: 50, help: "Lower-case letters, digits and _; it stands in addresses." },
];
const FIELDS = [
  { name: "name", label: "Name", required: true, maxlength: 100 },
  { name: "launch_url", label: "Launch address", required: true, maxlength: 480 },
  { name: "thumbnail_url", label: "Picture", help: "An address, or a path that begins with /." },
  { name: "min_bet", label: "Lowest bet", type: "money", required: true },
  { name: "max_bet", label: "Highest bet", type: "money", required: true },
  { name: "max_win", label: "Highest win", type: "money", required: true },
  { name: "country_restrictions", label: "Only in", type: "list", placeholder: "AE, SA", help: "Countries, parted by commas. Left empty: everywhere." },
  { name: "blocked_countries", label: "Not in", type: "list", placeholder: "US", help: "Left empty: nowhere." },
];

export const page = {
  path: "/games",
  title: "Games",
  nav: "Games",
  group: "Catalogue",
  right: "games.manage",
  order: 60,
  async show(root, { session }) {
    function games(place) {
      const done = () => list.reload();
      const list = listing({
        caption: "Games", path: PATH, key: "game_", empty: "No games yet.",
        tools: [editButton("New game", { noun: "game", path: PATH, fields: [...NEW, ...FIELDS], kind: "primary", done })],
        columns: [
          { name: "name", label: "Game", render: (name) => h("bdi", { dir: "auto" }, name) },
          { name: "code", label: "Code", render: code },
          { name: "provider_id", label: "Provider", numeric: true },
          { name: "min_bet", label: "Lowest bet", numeric: true, render: (value) => money(value) },
          { name: "max_bet", label: "Highest bet", numeric: true, render: (value) => money(value) },
          { name: "max_win", label: "Highest win", numeric: true, render: (value) => money(value) },
          { name: "country_restrictions", label: "Only in", render: (codes) => codes?.join(", ") },
          { name: "blocked_countries", label: "Not in", render: (codes) => codes?.join(", ") },
          { name: "is_active", label: "Played", render: (isActive) => tag(isActive ? "yes" : "off", isActive ? "good" : "plain") },
          {
            name: "act", label: "", render: (_, row) => h("span", { class: "acts" },
              editButton("Edit", { noun: "game", path: PATH, row, fields: FIELDS, done }), switchButton({ noun: "game", path: PATH, row, done })),
          },
        ],
      });
      place.append(list);
    }

    function providers(place) {
      const secret = h("div", { class: "stack" });
      // Told once: it stands here until the page is left, and nowhere else.
      const tell = (result) => {
        put(secret, card(`The secret of ${result.provider.name}`, {
          note: "It is told this once. Give it to the provider by a safe way.",
          tools: [h("button", { type: "button", onclick: () => put(secret) }, "I have it")],
        }, h("pre", { class: "words", tabindex: 0 }, result.secret)));
        list.reload();
        secret.querySelector("button").focus();
      };
      const list = listing({
        caption: "Providers", path: "/admin/game-providers", key: "provider_", empty: "No providers yet.",
        tools: [h("button", { type: "button", class: "primary", onclick: make }, "New provider")],
        columns: [
          { name: "name", label: "Provider" },
          { name: "id", label: "Id", numeric: true },
          { name: "secret_version", label: "Secret", numeric: true, render: (version) => `no. ${version}` },
          { name: "previous_until", label: "The one before holds until", render: time },
          { name: "is_active", label: "Heard", render: (isActive) => tag(isActive ? "yes" : "suspended", isActive ? "good" : "bad") },
          {
            name: "act", label: "", render: (_, row) => h("span", { class: "acts" },
              actButton("New secret", {
                title: `New secret for ${row.name}`, danger: true,
                fields: [{ name: "drops_previous", label: "The one before ends at once (after a leak)", type: "checkbox" }],
                changes: ({ drops_previous }) => [
                  { label: "Secret", before: `no. ${row.secret_version}`, after: `no. ${row.secret_version + 1}` },
                  { label: "The one before", before: "holds", after: drops_previous ? "ends at once" : "holds for a day" },
                ],
                run: (values) => send("POST", `/admin/game-providers/${row.id}/secret`, values),
                done: tell,
              }),
              actButton(row.is_active ? "Suspend" : "Let go on", {
                title: `${row.is_active ? "Suspend" : "Let go on"} ${row.name}`, danger: row.is_active,
                note: row.is_active ? "None of his calls is heard from then on." : null,
                changes: () => [{ label: "Heard", before: row.is_active ? "yes" : "no", after: row.is_active ? "no" : "yes" }],
                run: ({ reason }) => send("PATCH", `/admin/game-providers/${row.id}`, { reason, is_active: !row.is_active }),
                done: () => list.reload(),
              })),
          },
        ],
      });
      async function make() {
        const result = await act({
          title: "New provider", submit: "Add provider",
          fields: [{ name: "name", label: "Name", required: true, maxlength: 50, help: "Lower-case letters, digits and _." }],
          changes: ({ name }) => [{ label: "Provider", before: null, after: name }],
          run: (values) => send("POST", "/admin/game-providers", values),
        });
        if (result) tell(result);
      }
      place.append(secret, list);
    }

    root.append(tabs([
      { id: "games", label: "Games", show: games },
      { id: "providers", label: "Providers", show: providers, hidden: !session.may("games.providers") },
    ]));
  },
};

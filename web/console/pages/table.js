// One table: its columns, filters and orders as the server declares them, and all of it as CSV.

import { get } from "/web/console/api.js";
import { h, inWords } from "/web/console/dom.js";
import { money, person, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

const USERS = new Set([
  "user_id", "sender_id", "recipient_id", "beneficiary_id", "owner_id", "actor_id", "asked_by", "requested_by", "decided_by", "reporter_id",
  "subject_user_id", "follower_id", "following_id", "blocker_id", "blocked_id", "partner_id", "granted_by", "requested_from", "updated_by", "changed_by",
  "tokenable_id", "muted_by", "banned_by", "processed_by", "proposed_by", "accepted_by", "ended_by",
]);
const NUMBERS = new Set(["smallint", "integer", "bigint", "numeric"]);
const MOMENT = "timestamp with time zone";

function filters(declared) {
  return declared.filters.flatMap((one) => {
    const help = one.needs ? `Together with ${one.needs}.` : undefined;
    if (one.how === "range" && one.type === MOMENT) {
      return [
        { name: one.names[0], label: inWords(one.names[0]), type: "date", moment: "start", help },
        { name: one.names[1], label: inWords(one.names[1]), type: "date", moment: "end", help },
      ];
    }
    const [name] = one.names;
    const label = one.how === "contains" ? `Part of ${name.replaceAll("_", " ")}` : inWords(name);
    if (one.type === "boolean") return [{ name, label, type: "select", options: ["", { value: "true", label: "Yes" }, { value: "false", label: "No" }], help }];
    return [{ name, label, type: one.type === "date" ? "date" : "text", placeholder: one.needs ? `with ${one.needs.replaceAll("_", " ")}` : undefined, help }];
  });
}

export const page = {
  path: "/tables/:name",
  title: "Table",
  nav: null,
  group: "Platform",
  right: null,
  async show(root, { params, session, title }) {
    const { data } = await get("/admin/tables");
    const declared = data.find((one) => one.name === params.name);
    if (!declared) {
      root.append(h("p", { class: "note" }, "Your role does not include this table, or there is none of this name."));
      return;
    }
    title(declared.label, h("a", { href: "#/tables" }, "All tables"));
    const linked = session.may("people.view");
    const render = ({ name, type }) => (value, row) => {
      if (value === null || value === undefined || value === "") return null;
      if (linked && (USERS.has(name) || (declared.name === "users" && name === "id"))) return person(value);
      if (type === MOMENT) return time(value);
      if (type === "numeric") return money(value);
      if (typeof value === "object") return h("code", { class: "code" }, JSON.stringify(value));
      if (typeof value === "string") return h("bdi", { dir: "auto" }, value);
      return value;
    };
    root.append(listing({
      caption: declared.label,
      path: `/admin/tables/${declared.name}`,
      exportPath: `/admin/tables/${declared.name}.csv`,
      filters: filters(declared),
      empty: "No rows like that.",
      columns: declared.columns.map((column) => ({
        name: column.name,
        label: inWords(column.name),
        render: render(column),
        numeric: NUMBERS.has(column.type),
        wide: ["text", "jsonb", "json"].includes(column.type),
        sort: declared.sorts.includes(column.name),
      })),
    }));
  },
};

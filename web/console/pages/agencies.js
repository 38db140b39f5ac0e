// Agencies of any status.

import { h } from "/web/console/dom.js";
import { money, person, percent, tag, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

export const agencyTag = (status) => tag(status, { active: "good", suspended: "bad" }[status] ?? "plain");

export const page = {
  path: "/agencies",
  title: "Agencies",
  nav: "Agencies",
  group: "People",
  right: "agencies.view",
  order: 30,
  async show(root, { session }) {
    root.append(listing({
      caption: "Agencies",
      path: "/admin/agencies",
      filters: [
        { name: "q", label: "Find", type: "search", placeholder: "Part of a name" },
        { name: "status", label: "Status", type: "select", options: ["", "active", "inactive", "suspended"] },
      ],
      rowLink: (row) => `#/agencies/${row.id}`,
      empty: "No agency is like that.",
      columns: [
        { name: "name", label: "Agency", render: (value) => h("bdi", { dir: "auto" }, value) },
        { name: "id", label: "Id", numeric: true },
        { name: "owner", label: "Owner", render: (one) => (session.may("people.view") ? person(one) : h("bdi", {}, one.name)) },
        { name: "status", label: "Status", render: agencyTag },
        { name: "member_count", label: "Members", numeric: true, render: (value, row) => `${value} of ${row.member_limit}` },
        { name: "commission_rate", label: "Commission", numeric: true, render: percent },
        { name: "total_earnings", label: "Diamonds ever", numeric: true, render: (value) => money(value) },
        { name: "is_recruiting", label: "Recruits" },
        { name: "created_at", label: "Since", render: time },
      ],
    }));
  },
};

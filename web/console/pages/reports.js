// What people report: the queue.

import { inWords } from "/web/console/dom.js";
import { ago, person, tag } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

export const reportTag = (status) => tag(status, { open: "warn", upheld: "bad" }[status] ?? "plain");

export const page = {
  path: "/reports",
  title: "Reports",
  nav: "Reports",
  group: "People",
  right: "reports.view",
  order: 20,
  async show(root) {
    root.append(listing({
      caption: "Reports",
      path: "/admin/reports",
      filters: [
        { name: "status", label: "Status", type: "select", value: "open", options: [{ value: "open", label: "Open" }, { value: "upheld", label: "Upheld" }, { value: "dismissed", label: "Dismissed" }, { value: "", label: "Any" }] },
        { name: "subject_type", label: "Of a", type: "select", options: ["", "user", "room", "message", "agency"] },
        { name: "subject_user_id", label: "Answers for it (id)", type: "number" },
        { name: "reporter_id", label: "Reported by (id)", type: "number" },
      ],
      rowLink: (row) => `#/reports/${row.id}`,
      empty: "No report waits.",
      columns: [
        { name: "id", label: "Report", numeric: true },
        { name: "subject_type", label: "Of a", render: inWords },
        { name: "subject_user", label: "Answers for it", render: (one) => person(one) },
        { name: "reason", label: "For", render: inWords },
        { name: "details", label: "Words", wide: true },
        { name: "reporter", label: "By", render: (one) => person(one) },
        { name: "others", label: "Others of it", numeric: true },
        { name: "status", label: "Status", render: reportTag },
        { name: "created_at", label: "When", render: ago },
      ],
    }));
  },
};

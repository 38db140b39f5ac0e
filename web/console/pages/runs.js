// Catalogue runs: going through everybody after a change of the catalogue, and at night.

import { h } from "/web/console/dom.js";
import { count, tag, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

const KINDS = { done: "good", running: "info", waiting: "plain", superseded: "plain" };
const EVERY_MS = 5_000;

export const page = {
  path: "/runs",
  title: "Catalogue runs",
  nav: "Catalogue runs",
  group: "Catalogue",
  right: "catalogues.manage",
  order: 80,
  async show(root, { onLeave }) {
    let timer = 0;
    const list = listing({
      caption: "Catalogue runs", path: "/admin/catalogue-runs", empty: "Nothing has been changed yet.",
      onData: (rows) => {
        clearTimeout(timer);
        // The night's runs wait for hours: only what moves is worth asking for again.
        if (rows.some((one) => one.status === "running")) timer = setTimeout(() => list.reload(), EVERY_MS);
      },
      columns: [
        { name: "id", label: "Run", render: (id) => `#${id}` },
        { name: "kind", label: "About", render: (kind, row) => `${kind.replaceAll("_", " ")}${row.subject ? ` of ${row.subject}` : ""}${row.subject_id ? ` #${row.subject_id}` : ""}` },
        { name: "status", label: "Status", render: (status) => tag(status, KINDS[status]) },
        { name: "progress_percent", label: "Progress", render: (percent) => h("span", { class: "share" }, h("progress", { class: "progress", max: 100, value: percent, "aria-label": "Progress" }), " ", h("bdi", {}, `${percent} %`)) },
        { name: "done", label: "Looked at", numeric: true, render: count },
        { name: "changed", label: "Changed", numeric: true, render: count },
        { name: "failed", label: "Left out", numeric: true, render: count },
        { name: "starts_at", label: "From", render: time },
        { name: "finished_at", label: "Ended", render: time },
      ],
    });
    onLeave(() => clearTimeout(timer));
    root.append(list);
  },
};

// The ledger's proof: runs and what they found row by row, seals, and the months of the ledger.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { card, facts } from "/web/console/card.js";
import { h, inWords, put, toast } from "/web/console/dom.js";
import { code, count, person, tag, time } from "/web/console/format.js";
import { listing, table } from "/web/console/table.js";
import { tabs } from "/web/console/tabs.js";

const KINDS = { fits: "good", unfit: "bad", failed: "bad", broken: "bad", running: "info", waiting: "plain" };
const WORDS = { fits: "all is well", unfit: "rows do not fit", broken: "ended without a word" };
const EVERY_MS = 2_000;

const status = (name) => tag(WORDS[name] ?? name, KINDS[name]);

function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const at = bytes ? Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
  return `${(bytes / 1000 ** at).toLocaleString("en", { maximumFractionDigits: 1 })} ${units[at]}`;
}

export const page = {
  path: "/proof",
  title: "Ledger proof",
  nav: "Ledger proof",
  group: "Platform",
  right: "proof.view",
  order: 30,
  async show(root, { session, onLeave }) {
    const mayRun = session.may("proof.run");

    function runs(place) {
      const detail = h("div", { class: "stack" });
      let timer = 0;
      let opened = 0;
      onLeave(() => clearTimeout(timer));

      async function open(id, isFirst = true) {
        opened = id;
        clearTimeout(timer);
        const run = await get(`/admin/proofs/${id}`);
        if (opened !== id) return;
        const close = h("button", { type: "button", onclick: () => { opened = 0; clearTimeout(timer); put(detail); } }, "Close");
        const isLive = ["waiting", "running"].includes(run.status);
        put(detail, card(`Run ${run.id}`, { tools: [close] },
          facts([
            ["Came to", status(run.status)], ["About", run.since ? ["rows since ", time(run.since)] : "everything"], ["Begun", time(run.started_at)], ["Ended", time(run.finished_at)],
            ["Ledger rows read", count(run.rows_read)], ["Rows that do not fit", count(run.rows_unfit)],
            run.asked_by ? ["Asked by", session.may("people.view") ? person(run.asked_by) : `#${run.asked_by}`] : ["Begun by", run.started_by],
          ]),
          isLive ? h("p", { role: "status" }, h("progress", { class: "progress", "aria-label": "The proof runs" }), ` ${run.progress ?? "waits for a worker"}`) : null,
          run.failure ? h("pre", { class: "words", tabindex: 0 }, run.failure) : null,
          run.findings.length ? [
            h("h3", {}, run.findings.length < run.rows_unfit ? `The first ${run.findings.length} of ${count(run.rows_unfit)}` : "Row by row"),
            table({
              caption: "Rows that do not fit", rows: run.findings, columns: [
                { name: "invariant", label: "Promise", render: (name, row) => h("span", { title: row.promise }, inWords(name)) },
                { name: "row", label: "Row", wide: true, render: code },
                { name: "promise", label: "What must hold", wide: true },
              ],
            }),
          ] : null,
          h("details", {}, h("summary", {}, "What is proved"), table({
            caption: "What is proved", rows: run.invariants, columns: [
              { name: "name", label: "Name", render: inWords }, { name: "promise", label: "Promise", wide: true },
            ],
          }))));
        if (isFirst) {
          detail.scrollIntoView({ block: "nearest" });
          close.focus();
        }
        if (isLive) timer = setTimeout(() => open(id, false).catch(() => {}), EVERY_MS);
        else if (!isFirst) list.reload();
      }

      const since = { name: "hours", label: "Only the last hours", type: "number", min: 1, max: 720, help: "Left empty: everything, from the first row on." };
      const list = listing({
        caption: "Runs of the proof", path: "/admin/proofs", empty: "The proof has not run yet: it begins an hour after the first ledger row.",
        tools: mayRun ? [actButton("Prove now", {
          kind: "primary", fields: [since],
          note: "A worker reads the ledger and adds it up again; nobody waits for it meanwhile.",
          changes: ({ hours }) => [{ label: "Proof", before: "not asked for", after: hours ? `rows of the last ${hours} hours` : "everything" }],
          run: ({ hours, reason }) => send("POST", "/admin/proofs", { reason, ...(hours ? { since: new Date(Date.now() - hours * 3_600_000).toISOString() } : {}) }),
          done: (run) => { list.reload(); open(run.id); },
        })] : [],
        columns: [
          { name: "id", label: "Run", render: (id) => h("button", { type: "button", onclick: () => open(id) }, `#${id}`) },
          { name: "status", label: "Came to", render: status },
          { name: "since", label: "About", render: (moment) => (moment ? ["since ", time(moment)] : "everything") },
          { name: "started_by", label: "By" },
          { name: "started_at", label: "Begun", render: time },
          { name: "finished_at", label: "Ended", render: time },
          { name: "rows_read", label: "Rows read", numeric: true, render: count },
          { name: "rows_unfit", label: "Do not fit", numeric: true, render: count },
        ],
      });
      place.append(list, detail);
    }

    function seals(place) {
      const last = h("div");
      place.append(last, listing({
        caption: "Seals", path: "/admin/seals", key: "seal_", limit: 20, empty: "Nothing is sealed yet: a span closes when it is full, or ten minutes old.",
        onData: (rows) => {
          if (last.hasChildNodes() || rows.length === 0) return;
          put(last, card("The last seal", { note: "Noted elsewhere, it stands for every row before it: nobody can change one of them and arrive at it again." }, h("p", {}, code(rows[0].seal))));
        },
        columns: [
          { name: "number", label: "Seal", numeric: true, render: count },
          { name: "from_id", label: "From row", numeric: true },
          { name: "to_id", label: "To row", numeric: true },
          { name: "row_count", label: "Rows", numeric: true, render: count },
          { name: "sealed_at", label: "Sealed", render: time },
          { name: "seal", label: "Hash", wide: true, render: code },
        ],
      }));
    }

    async function months(place) {
      const shown = await get("/admin/partitions");
      put(place,
        shown.strays.length ? h("p", { class: "alarm", role: "alert" }, "Rows lie in DEFAULT, where none ought to lie: ",
          shown.strays.map((one) => `${count(one.rows)} of ${one.table} in ${one.month.slice(0, 7)}`).join("; "), ". ", h("code", {}, "flylive partitions move"), " gives them a month.") : null,
        card("Months", {
          note: "Made three months ahead by themselves. Rows are PostgreSQL's estimate.",
          tools: session.may("partitions.manage") ? [actButton("Make months ahead", {
            fields: [{ name: "ahead", label: "Months after this one", type: "number", required: true, value: 3, min: 1, max: 24 }],
            changes: ({ ahead }) => [{ label: "Months ahead", before: "as they are", after: `${ahead} at the least` }],
            run: ({ ahead, reason }) => send("POST", "/admin/partitions", { ahead, reason }),
            done: ({ job_id }) => toast(`Job ${job_id} makes them; it stands under Jobs.`),
          }), h("button", { type: "button", onclick: () => months(place) }, "Ask again")] : [],
        }, table({
          caption: "Months", rows: shown.data, columns: [
            { name: "name", label: "Partition", render: code },
            { name: "table", label: "Table" },
            { name: "month", label: "Month", render: (month, row) => (month ? month.slice(0, 7) : row.is_detached ? "–" : "DEFAULT") },
            { name: "rows", label: "Rows, about", numeric: true, render: count },
            { name: "bytes", label: "Size", numeric: true, render: size },
            { name: "is_detached", label: "", render: (isDetached) => (isDetached ? tag("detached", "warn") : null) },
          ],
        })));
    }

    root.append(tabs([
      { id: "runs", label: "Runs", show: runs },
      { id: "seals", label: "Seals", show: seals },
      { id: "months", label: "Months", show: months },
    ]));
  },
};

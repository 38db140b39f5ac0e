// Boards as they stand, periods that are over with what they paid, prizes, and making boards anew.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { card, facts } from "/web/console/card.js";
import { editButton } from "/web/console/catalogue.js";
import { h, inWords, loading, put } from "/web/console/dom.js";
import { agency, count, money, person, room, tag, time } from "/web/console/format.js";
import { listing, table } from "/web/console/table.js";
import { tabs } from "/web/console/tabs.js";

const CATEGORIES = ["wealth", "charm", "room", "agency", "game"];
const PERIODS = ["daily", "weekly", "monthly", "all_time"];
const GAMES = ["teen_patti", "fruit_loop"];
const KINDS = { done: "good", running: "info", waiting: "plain", failed: "bad", broken: "bad" };
const EVERY_MS = 2_000;

const board = (_, row) => `${inWords(row.category)}${row.subcategory ? ` · ${inWords(row.subcategory)}` : ""}`;
const span = (_, row) => (row.period === "all_time" ? "all time" : row.period_start === row.period_end ? row.period_start : `${row.period_start} – ${row.period_end}`);
const BOARD = [{ name: "category", label: "Board", render: board }, { name: "period", label: "Period", render: inWords }, { name: "period_start", label: "Days", render: span }];

export const page = {
  path: "/rankings",
  title: "Rankings",
  nav: "Rankings",
  group: "Platform",
  right: "rankings.view",
  order: 20,
  async show(root, { session, onLeave }) {
    const mayManage = session.may("rankings.manage");
    const mayPrize = session.may("rankings.prizes");
    const link = (kind, value, right) => (session.may(right) ? kind(value) : h("bdi", { dir: "auto" }, value.name ?? `#${value.id ?? value}`));
    const who = (row) => (row.user ? link(person, row.user, "people.view") : row.room ? link(room, row.room, "rooms.manage") : row.agency ? link(agency, row.agency, "agencies.manage") : null);
    const given = (prize) => [
      prize.coins !== "0.00" ? money(prize.coins, "coins") : null, prize.diamonds !== "0.00" ? money(prize.diamonds, "diamonds") : null,
      prize.frame_id ? (prize.frame_name ? `frame ${prize.frame_name}` : `frame #${prize.frame_id}`) : null,
      prize.badge_id ? (prize.badge_name ? `badge ${prize.badge_name}` : `badge #${prize.badge_id}`) : null,
    ].filter(Boolean).join(", ");

    async function boards(place) {
      const shown = h("div", { class: "stack" });
      async function open(row) {
        put(shown, loading());
        const query = { period: row.period, subcategory: row.subcategory, limit: 50 };
        const found = await get(`/admin/rankings/boards/${row.category}`, query);
        put(shown, card(`${board(null, row)}, ${inWords(row.period).toLowerCase()}`, { tools: [h("button", { type: "button", onclick: () => put(shown) }, "Close")] }, table({
          caption: "Places of the board", rows: found.data, empty: "Nobody stands there yet.",
          columns: [
            { name: "rank_position", label: "Place", numeric: true },
            { name: "who", label: "Who", render: (_, one) => who(one) },
            { name: "score", label: "Score", numeric: true, render: (score) => money(score, "coins") },
          ],
        })));
        shown.querySelector("button")?.focus();
      }
      async function draw() {
        const { running, due } = await get("/admin/rankings");
        put(place,
          due.length === 0 ? null : card("Over, and not closed yet", { note: "The worker closes each by itself; what is late can be closed here." }, table({
            caption: "Periods to close", rows: due,
            columns: [...BOARD, { name: "closes_at", label: "Can be closed from", render: time }, {
              name: "close", label: "", render: (_, row) => (mayManage ? actButton("Close now", {
                title: `Close ${board(null, row)}, ${row.period} of ${row.period_start}`,
                note: "Places are frozen for good and prizes are paid, once.",
                changes: () => [{ label: "Period", before: "open", after: "closed, its prizes paid" }],
                run: ({ reason }) => send("POST", "/admin/rankings/close", { reason, category: row.category, subcategory: row.subcategory, period: row.period, period_start: row.period_start }),
                done: draw,
              }) : null),
            }],
          })),
          table({
            caption: "Boards that run", rows: running, empty: "Nobody stands on any board.",
            columns: [
              ...BOARD,
              { name: "subjects", label: "Stand on it", numeric: true, render: count },
              { name: "who", label: "Leads", render: (_, row) => who(row) },
              { name: "score", label: "With", numeric: true, render: (score) => money(score, "coins") },
              { name: "open", label: "", render: (_, row) => h("button", { type: "button", "aria-label": `Show ${board(null, row)}, ${row.period}`, onclick: () => open(row) }, "Show") },
            ],
          }), shown);
      }
      await draw();
    }

    function closed(place) {
      const shown = h("div", { class: "stack" });
      function open(row) {
        const list = listing({
          caption: "Frozen places", path: "/admin/rankings/places", key: "place_",
          fixed: { category: row.category, subcategory: row.subcategory, period: row.period, period_start: row.period_start },
          columns: [
            { name: "rank_position", label: "Place", numeric: true },
            { name: "who", label: "Who", render: (_, one) => who(one) },
            { name: "score", label: "Score", numeric: true, render: (score) => money(score, "coins") },
            { name: "prizes", label: "Was given", wide: true, render: (prizes) => prizes.map(given).join("; ") || null },
          ],
        });
        put(shown, card(`${board(null, row)}, ${row.period} of ${row.period_start}`, { tools: [h("button", { type: "button", onclick: () => put(shown) }, "Close")] }, list));
        shown.querySelector("button")?.focus();
      }
      place.append(listing({
        caption: "Closed periods", path: "/admin/rankings/periods", empty: "No period was closed yet.",
        filters: [{ name: "category", label: "Board", type: "select", options: ["", ...CATEGORIES] }, { name: "period", label: "Period", type: "select", options: ["", ...PERIODS.slice(0, 3)] }],
        columns: [
          ...BOARD,
          { name: "closed_at", label: "Closed", render: time },
          { name: "places", label: "Places", numeric: true, render: count },
          { name: "winners", label: "With a prize", numeric: true, render: count },
          { name: "coins", label: "Coins paid", numeric: true, render: (value) => money(value) },
          { name: "diamonds", label: "Diamonds paid", numeric: true, render: (value) => money(value) },
          { name: "open", label: "", render: (_, row) => h("button", { type: "button", "aria-label": `Show ${board(null, row)}, ${row.period} of ${row.period_start}`, onclick: () => open(row) }, "Show") },
        ],
      }), shown);
    }

    async function prizes(place) {
      const fields = [
        { name: "category", label: "Board", type: "select", options: CATEGORIES, required: true, value: "wealth" },
        { name: "subcategory", label: "Game", type: "select", options: [{ value: "", label: "–" }, ...GAMES], help: "For the board of games alone." },
        { name: "period", label: "Period", type: "select", options: PERIODS.slice(0, 3), required: true, value: "daily" },
        { name: "rank_from", label: "From place", type: "number", required: true, value: 1, min: 1, max: 1000 },
        { name: "rank_to", label: "To place", type: "number", required: true, value: 1, min: 1, max: 1000, help: "Each place from the one to the other gets all of it." },
        { name: "coins", label: "Coins", type: "money", value: "0.00", none: "0" },
        { name: "diamonds", label: "Diamonds", type: "money", value: "0.00", none: "0" },
        { name: "frame_id", label: "Frame's id", type: "number" },
        { name: "badge_id", label: "Badge's id", type: "number" },
      ];
      const list = listing({
        caption: "Prizes", path: "/admin/ranking-prizes", key: "prize_", empty: "No board pays a prize.",
        filters: [{ name: "category", label: "Board", type: "select", options: ["", ...CATEGORIES] }, { name: "period", label: "Period", type: "select", options: ["", ...PERIODS.slice(0, 3)] }],
        tools: mayPrize ? [editButton("New prize", { noun: "prize", path: "/admin/ranking-prizes", fields, kind: "primary", done: () => list.reload() })] : [],
        columns: [
          { name: "category", label: "Board", render: board },
          { name: "period", label: "Period", render: inWords },
          { name: "rank_from", label: "Places", numeric: true, render: (from, row) => (from === row.rank_to ? from : `${from} – ${row.rank_to}`) },
          { name: "gets", label: "Each gets", wide: true, render: (_, row) => given(row) },
          ...(mayPrize ? [{
            name: "act", label: "", render: (_, row) => h("span", { class: "acts" },
              editButton("Edit", { noun: "prize", path: "/admin/ranking-prizes", row, fields, note: "It holds for periods that close from now on.", done: () => list.reload() }),
              actButton("Delete", {
                title: `Delete prize ${row.id}`, danger: true, note: "What was paid stays paid.",
                changes: () => [{ label: `${board(null, row)}, ${row.period}, places ${row.rank_from} – ${row.rank_to}`, before: given(row), after: "nothing" }],
                run: ({ reason }) => send("DELETE", `/admin/ranking-prizes/${row.id}`, { reason }),
                done: () => list.reload(),
              })),
          }] : []),
        ],
      });
      place.append(list);
    }

    function rebuilds(place) {
      const now = h("div", { class: "stack" });
      let timer = 0;
      onLeave(() => clearTimeout(timer));
      async function follow(id) {
        const run = await get(`/admin/rankings/rebuilds/${id}`);
        put(now, card(`Rebuild ${run.id}`, {}, h("p", { role: "status" },
          h("progress", { class: "progress", max: run.steps, value: run.step, "aria-label": "Steps done" }), ` ${run.step} of ${run.steps} steps · ${run.progress ?? inWords(run.status)}`),
        facts([["Status", tag(run.status, KINDS[run.status])], ["Asked", time(run.asked_at)], ["Begun", time(run.started_at)], ["Ended", time(run.finished_at)], run.failure ? ["Why not", run.failure] : null])));
        if (["waiting", "running"].includes(run.status)) timer = setTimeout(() => follow(id).catch(() => {}), EVERY_MS);
        else list.reload();
      }
      const list = listing({
        caption: "Boards made anew", path: "/admin/rankings/rebuilds", key: "rebuild_", empty: "The boards were never made anew.",
        tools: mayManage ? [actButton("Make the boards anew", {
          note: "Counts the running boards again from the gifts and the ledger. Gifts go on meanwhile; the boards stand still until it is done.",
          changes: () => [{ label: "Running boards", before: "as they stand", after: "counted anew" }],
          run: ({ reason }) => send("POST", "/admin/rankings/rebuilds", { reason }),
          done: (run) => { list.reload(); follow(run.id); },
        })] : [],
        onData: (rows) => { const live = rows.find((one) => ["waiting", "running"].includes(one.status)); if (live && !now.hasChildNodes()) follow(live.id); },
        columns: [
          { name: "id", label: "Rebuild", numeric: true },
          { name: "status", label: "Status", render: (status) => tag(status, KINDS[status]) },
          { name: "started_by", label: "By", render: (by, row) => (by === "staff" ? link(person, row.asked_by, "people.view") : "the command line") },
          { name: "asked_at", label: "Asked", render: time },
          { name: "finished_at", label: "Ended", render: time },
          { name: "step", label: "Steps", numeric: true, render: (step, row) => `${step} of ${row.steps}` },
          { name: "progress", label: "Last step", wide: true },
          { name: "failure", label: "Why not", wide: true },
        ],
      });
      place.append(now, list);
    }

    root.append(tabs([
      { id: "boards", label: "Boards", show: boards },
      { id: "closed", label: "Closed periods", show: closed },
      { id: "prizes", label: "Prizes", show: prizes },
      { id: "rebuilds", label: "Making anew", show: rebuilds },
    ]));
  },
};

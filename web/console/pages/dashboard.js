// The platform at one look: now, today, over time, by country. Asked again every few seconds.

import { get } from "/web/console/api.js";
import { card, figures, grid } from "/web/console/card.js";
import { barChart, lineChart } from "/web/console/chart.js";
import { fault, field, h, loading, put } from "/web/console/dom.js";
import { ago, count, country, money } from "/web/console/format.js";
import { readQuery, table, writeQuery } from "/web/console/table.js";

const LIVE_MS = 5_000;
const SERIES_MS = 60_000;
const PERIODS = [["hour", "By hour"], ["day", "By day"], ["week", "By week"], ["month", "By month"]];

const coins = (value) => money(value);

// A moment of the platform's zone as the axis says it.
function label(at, period, timezone) {
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  }).formatToParts(new Date(at)).map((one) => [one.type, one.value]));
  if (period === "month") return `${parts.year}-${parts.month}`;
  if (period === "hour") return `${parts.day}. ${parts.hour}:${parts.minute}`;
  return `${parts.month}-${parts.day}`;
}

function nowCard(shown) {
  return card("Now", { wide: true, note: shown.folded_at ? null : "No sums yet: the worker has not run." },
    figures([
      { label: "People active", value: count(shown.now.active), note: "in the last ten minutes" },
      { label: "In rooms", value: count(shown.now.in_rooms) },
      { label: "Rooms with somebody in", value: count(shown.now.rooms) },
      { label: "Coins held", value: coins(shown.ever.coins_held) },
      { label: "Diamonds held", value: coins(shown.ever.diamonds_held) },
      { label: "People registered", value: count(shown.today.new), note: "today" },
    ]));
}

const ROWS = [
  ["coins_bought", "Coins bought"], ["coins_bonus", "Bonus coins"], ["coins_spent", "Coins spent"],
  ["coins_refunded", "Coins refunded"], ["coins_created", "Coins created"], ["coins_destroyed", "Coins destroyed"],
  ["diamonds_earned", "Diamonds earned"], ["diamonds_exchanged", "Diamonds exchanged"],
  ["gift_coins", "Coins of gifts"], ["gifts", "Gifts", count], ["lucky_wins", "Lucky wins"],
  ["game_bets", "Game bets"], ["game_wins", "Game wins"], ["reseller_sales", "Sold by resellers"],
  ["debts_repaid", "Debts repaid"], ["new", "New people", count],
];

function periods(shown) {
  return card("What moved", { wide: true, note: `Days begin at midnight in ${shown.timezone}.` }, table({
    caption: "What moved",
    columns: [{ name: "label", label: "" }, ...["today", "yesterday", "month", "ever"].map((name) => ({ name, label: { today: "Today", yesterday: "Yesterday", month: "This month", ever: "Ever" }[name], numeric: true }))],
    rows: ROWS.map(([name, words, format = coins]) => ({
      label: words, today: format(shown.today[name]), yesterday: format(shown.yesterday[name]), month: format(shown.month[name]), ever: format(shown.ever[name]),
    })),
  }));
}

function tops(shown) {
  const bars = (people) => people.map((one) => ({ label: one.name, value: one.coins, href: `#/people/${one.user_id}`, note: one.country }));
  return [
    card("Top hosts today", {}, barChart({ title: "Coins received", bars: bars(shown.top_hosts), format: coins })),
    card("Top senders today", {}, barChart({ title: "Coins given", bars: bars(shown.top_senders), format: coins })),
    card("Debts and credit", {}, figures([
      { label: "Owed after refunds", value: coins(shown.debts.coins), note: `by ${count(shown.debts.people)} people`, kind: Number(shown.debts.people) ? "warn" : null },
      { label: "Credit of resellers", value: coins(shown.debts.credit_open), note: "open" },
      { label: "Overdue credit", value: coins(shown.debts.credit_overdue), note: `${count(shown.debts.credit_overdue_count)} requests`, kind: shown.debts.credit_overdue_count ? "bad" : null },
    ])),
  ];
}

function charts(shown) {
  const points = (name) => shown.data.map((one) => [label(one.starts_at, shown.period, shown.timezone), one[name]]);
  const lines = (title, format, names) => lineChart({ title, format, series: names.map(([name, words]) => ({ name: words, points: points(name) })) });
  return [
    lines("Coins bought and spent", coins, [["coins_bought", "Bought"], ["coins_spent", "Spent"], ["coins_refunded", "Refunded"]]),
    lines("Coins created, destroyed and held", coins, [["coins_created", "Created"], ["coins_destroyed", "Destroyed"], ["coins_held", "Held"]]),
    lines("Diamonds", coins, [["diamonds_earned", "Earned"], ["diamonds_exchanged", "Exchanged"], ["diamonds_held", "Held"]]),
    lines("Gifts", count, [["gifts", "Gifts"]]),
    lines("People", count, [["new", "New"], ["active", "Active"], ["in_rooms", "In rooms at once"]]),
    lines("Rooms with somebody in", count, [["rooms", "Rooms"]]),
  ];
}

export const page = {
  path: "/dashboard",
  title: "Dashboard",
  nav: "Dashboard",
  group: "Overview",
  right: "dashboard.view",
  order: 0,
  async show(root) {
    const kept = readQuery();
    const state = { period: kept.period ?? "day", country: kept.country ?? "" };
    const trouble = h("div", { role: "status" });
    const fresh = h("p", { class: "help" });
    const top = h("div", { class: "grid" }, loading());
    const over = h("div", { class: "grid" }, loading());
    const places = h("div", {}, loading());
    const form = h("form", { class: "filters", role: "search", "aria-label": "What to show" },
      field({ name: "period", label: "Over time", type: "select", value: state.period, options: PERIODS.map(([value, words]) => ({ value, label: words })) }),
      field({ name: "country", label: "Country", type: "search", value: state.country, placeholder: "All", maxlength: 3, help: "Such as AE; empty for everybody." }));
    root.append(h("div", { class: "stack" }, h("div", { class: "list-bar" }, form, fresh), trouble, top,
      card("Over time", { wide: true }, over), card("Countries today", { wide: true }, places)));

    let asked = 0;
    async function live() {
      const mine = ++asked;
      try {
        const shown = await get("/admin/dashboard", { country: state.country });
        if (mine !== asked || !root.isConnected) return;
        const open = new Set([...top.querySelectorAll("details[open]")].map((one) => one.closest("section")?.querySelector("h2")?.textContent));
        const at = document.activeElement?.closest?.("a")?.getAttribute("href");
        const isInside = top.contains(document.activeElement);
        put(top, nowCard(shown), periods(shown), tops(shown));
        for (const one of top.querySelectorAll("details")) one.open = open.has(one.closest("section")?.querySelector("h2")?.textContent);
        if (isInside && at) top.querySelector(`a[href="${CSS.escape(at)}"]`)?.focus();
        put(fresh, "Counted ", shown.folded_at ? ago(shown.folded_at) : "–", ", asked again every few seconds.");
        put(trouble);
      } catch (error) {
        if (mine === asked) put(trouble, fault(error));
      }
    }
    async function slow() {
      try {
        const [shown, some] = await Promise.all([
          get("/admin/dashboard/series", state),
          get("/admin/dashboard/countries"),
        ]);
        if (!root.isConnected) return;
        put(over, charts(shown));
        put(places, some.data.length === 0 ? h("p", { class: "note" }, "Nothing to show.") : [
          barChart({ title: "Coins spent", format: coins, bars: some.data.slice(0, 10).map((one) => ({ label: one.country, value: one.coins_spent })) }),
          table({
            caption: "Countries",
            rows: some.data,
            columns: [
              { name: "country", label: "Country", render: country },
              ...[["coins_bought", "Bought"], ["coins_spent", "Spent"], ["diamonds_earned", "Diamonds earned"], ["diamonds_exchanged", "Exchanged"], ["coins_held", "Coins held"], ["diamonds_held", "Diamonds held"]].map(([name, words]) => ({ name, label: words, numeric: true, render: coins })),
              ...[["gifts", "Gifts"], ["new", "New people"], ["active", "Active"]].map(([name, words]) => ({ name, label: words, numeric: true, render: count })),
            ],
          }),
        ]);
      } catch (error) {
        put(trouble, fault(error));
      }
    }
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => {
      state.period = form.elements.period.value;
      state.country = form.elements.country.value.trim().toUpperCase();
      writeQuery({ period: state.period === "day" ? "" : state.period, country: state.country });
      live();
      slow();
    });
    await Promise.all([live(), slow()]);
    const timers = [];
    const every = (ms, work) => timers.push(setInterval(() => {
      if (!root.isConnected) timers.forEach(clearInterval);
      else if (!document.hidden) work();
    }, ms));
    every(LIVE_MS, live);
    every(SERIES_MS, slow);
  },
};

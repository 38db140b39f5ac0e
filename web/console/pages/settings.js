// Settings of the economy: what holds, another's effect on last week's real rows, and saving it.

import { act } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { card, facts, figures, grid } from "/web/console/card.js";
import { announce, empty, fault, field, h, loading, put } from "/web/console/dom.js";
import { count, hundredths, money, person, tag, time } from "/web/console/format.js";
import { listing, table } from "/web/console/table.js";

const LABELS = {
  recipient_share_percent: "Recipients' share, %",
  exchange_rate: "Coins for one diamond",
  maximum_return: "Ceiling of returns",
  adjustment_limit: "Adjustments one may post alone in a day",
  refund_limit: "Coins one may refund alone in a day",
  exchange_daily_diamonds: "Diamonds a user may exchange in a day",
  reseller_daily_coins: "Coins a reseller may hand out in a day",
  buyer_daily_coins: "Coins a user may get from resellers in a day",
  game_daily_loss_coins: "Coins a user may lose at games in a day",
};
const WAIT_MS = 400;

const share = (fraction) => {
  const [part, whole = "1"] = fraction.split("/");
  return (Number(part) / Number(whole)).toFixed(4);
};

function difference(now, then) {
  const change = hundredths(then) - hundredths(now);
  return change === 0n ? "no change" : `${change > 0n ? "+" : ""}${money(change)}`;
}

function effect(preview) {
  const rows = [
    ["Recipients' diamonds", preview.gifts.diamonds],
    ["Agencies' commissions", preview.gifts.commissions],
    ["Platform's fee, in coins", preview.gifts.platform_fee],
    ["Coins for exchanged diamonds", preview.exchanges.coins],
  ].map(([label, sums]) => ({ label, ...sums, difference: difference(sums.now, sums.then) }));
  return [
    preview.is_whole ? null : h("p", { class: "note", role: "note" }, "Last week has more gifts than can be added up in some seconds: this is its newest part."),
    facts([["From", time(preview.since)], ["To", time(preview.until)], ["Gifts", count(preview.gifts.lines)], ["Coins spent on them", money(preview.gifts.coins)], ["Exchanges", count(preview.exchanges.exchanges)], ["Diamonds exchanged", money(preview.exchanges.diamonds)]]),
    table({
      caption: "Last week, as it was and as it would have been", rows,
      columns: [
        { name: "label", label: "Last week" },
        { name: "booked", label: "As booked", numeric: true, render: (value) => money(value) },
        { name: "now", label: "By what holds now", numeric: true, render: (value) => money(value) },
        { name: "then", label: "By the new values", numeric: true, render: (value) => money(value) },
        { name: "difference", label: "Difference", numeric: true },
      ],
    }),
    preview.limits.length ? table({
      caption: "People's days beyond the limits", rows: preview.limits.map((one) => ({ ...one, label: LABELS[one.name] })),
      columns: [
        { name: "label", label: "Limit" },
        { name: "days", label: "People's days with any", numeric: true, render: count },
        { name: "beyond_now", label: "Beyond it now", numeric: true, render: count },
        { name: "beyond_then", label: "Beyond the new one", numeric: true, render: count },
      ],
    }) : null,
    facts([
      ["Lucky return + share × rate, now", `${share(preview.returns.now)} of at most ${preview.returns.ceiling_now}`],
      ["Then", `${share(preview.returns.then)} of at most ${preview.returns.ceiling_then}`],
    ]),
  ];
}

function pump(problem) {
  return [fault(problem), problem.body.gifts?.length ? table({
    caption: "Lucky gifts that would return too much", rows: problem.body.gifts,
    columns: [
      { name: "name", label: "Gift" },
      { name: "expected_return", label: "Returns of its cost", numeric: true, render: (value) => share(value) },
      { name: "is_active", label: "Standing", render: (value) => tag(value ? "given" : "retired", value ? "good" : "plain") },
    ],
  }) : null];
}

function editor(settings, mayChange, load) {
  const form = h("form", { class: "fields", novalidate: true, "aria-label": "New values" }, settings.data.map((one) => field({
    name: one.name, label: LABELS[one.name] ?? one.name, type: one.kind === "decimal" ? "money" : "number", value: one.value,
    help: one.description,
  })));
  const place = h("div", { class: "stack", "aria-live": "polite" }, empty("Change a value: what last week would have been by it is shown here."));
  const save = h("button", { type: "button", class: "primary", disabled: true }, "Save …");
  const reset = h("button", { type: "button" }, "As it holds");
  let last = null;
  let asked = 0;

  function changes() {
    const found = {};
    for (const one of settings.data) {
      const given = form.elements[one.name].value.trim();
      const isSame = given === one.value || (given !== "" && Number(given) === Number(one.value));
      if (!isSame) found[one.name] = given === "" ? null : given;
    }
    return found;
  }

  function mark(errors) {
    for (const one of form.querySelectorAll(".field")) {
      const error = errors.find((each) => each.field === `changes.${one.dataset.name}`);
      const words = one.querySelector(".field-fault");
      words.hidden = !error;
      words.textContent = error?.message ?? "";
      one.querySelector("input").toggleAttribute("aria-invalid", Boolean(error));
    }
  }

  async function look() {
    const mine = ++asked;
    const given = changes();
    save.disabled = true;
    mark([]);
    if (Object.keys(given).length === 0) {
      put(place, empty("These are the values that hold."));
      return;
    }
    put(place, loading("Adding up last week …"));
    try {
      last = await send("POST", "/admin/settings/preview", { changes: given });
      if (mine !== asked) return;
      put(place, effect(last));
      announce("The effect on last week is shown");
      save.disabled = !mayChange;
    } catch (error) {
      if (mine !== asked) return;
      mark(error.errors ?? []);
      put(place, error.code === "settings.pump" ? pump(error) : fault(error));
    }
  }

  save.addEventListener("click", async () => {
    const given = changes();
    const saved = await act({
      title: "Save the settings",
      note: "They hold from this moment on, in every process, for what is given and exchanged from then.",
      changes: () => last.changes.map((one) => ({ label: LABELS[one.name] ?? one.name, before: one.before, after: one.after })),
      run: ({ reason }) => send("PATCH", "/admin/settings", { version: settings.version, changes: given, reason }),
    });
    if (saved) await load();
  });
  reset.addEventListener("click", () => {
    for (const one of settings.data) form.elements[one.name].value = one.value;
    look();
  });
  let typing = 0;
  form.addEventListener("input", () => {
    clearTimeout(typing);
    asked += 1;
    save.disabled = true;
    typing = setTimeout(look, WAIT_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look();
  });
  return grid(
    card("New values", { note: "An empty field takes the environment's value again.", tools: mayChange ? [reset, save] : [reset] }, form),
    card("Their effect on last week", { note: "Computed from its real gifts and exchanges; what people would have done otherwise is not guessed." }, place));
}

const shown = (value, row) => (row.kind !== "integer" ? value : value === "0" && row.name.includes("daily") ? "no limit" : count(value));

const NOW = [
  { name: "label", label: "Setting" },
  { name: "value", label: "Holds", numeric: true, render: shown },
  { name: "default", label: "Environment", numeric: true, render: shown },
  { name: "is_overridden", label: "", render: (value) => (value ? tag("set by staff", "info") : null) },
  { name: "changed_by", label: "Changed by", render: (value) => person(value) },
  { name: "changed_at", label: "When", render: time },
  { name: "reason", label: "Why", wide: true },
];

const HISTORY = [
  { name: "id", label: "Version", render: (value) => `Version ${value}` },
  { name: "created_at", label: "When", render: time },
  { name: "changed_by", label: "Who", render: (value) => person(value) },
  { name: "after", label: "What", wide: true, render: (after, row) => h("ul", {}, Object.keys({ ...row.before, ...after }).map((name) => h("li", {}, `${LABELS[name] ?? name}: ${row.before[name] ?? "–"} → ${after[name] ?? "–"}`))) },
  { name: "reason", label: "Why", wide: true, render: (value) => h("bdi", { dir: "auto" }, value) },
];

export const page = {
  path: "/settings",
  title: "Economy settings",
  nav: "Economy settings",
  group: "Money",
  right: "settings.view",
  order: 70,
  async show(root, { session }) {
    const mayChange = session.may("settings.change");

    async function load() {
      const settings = await get("/admin/settings");
      const room = settings.highest_return;
      put(root,
        figures([
          { label: "Share × rate", value: share(product(settings)), note: "coins that come back through diamonds" },
          { label: "Most generous lucky gift", value: share(settings.lucky_return), note: "of its cost" },
          { label: "A lucky gift may return", value: share(room), note: "at most, with what holds" },
        ]),
        editor(settings, mayChange, load),
        card("What holds", { note: `Version ${settings.version}` }, table({ caption: "Settings that hold", columns: NOW, rows: settings.data.map((one) => ({ ...one, label: LABELS[one.name] ?? one.name })) })),
        card("Changes", {}, listing({ caption: "Changes of the settings", path: "/admin/settings/history", columns: HISTORY, empty: "Nothing was ever changed: the environment's values hold." })));
    }

    await load();
  },
};

// Exactly: percent and rate are hundredths.
function product(settings) {
  const [percent, rate] = ["recipient_share_percent", "exchange_rate"].map((name) => hundredths(settings.data.find((one) => one.name === name).value));
  return `${percent * rate}/1000000`;
}

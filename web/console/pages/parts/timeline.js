// Everything that happened to one person, newest first, from one address.

import { get } from "/web/console/api.js";
import { announce, fault, field, h, inWords, put } from "/web/console/dom.js";
import { money, person, room, tag, time } from "/web/console/format.js";

const KINDS = ["", "ledger", "gift", "room", "report", "moderation", "login", "note", "audit"];
const LABELS = { "": "Everything", ledger: "Ledger", gift: "Gifts", room: "Rooms", report: "Reports", moderation: "Order in rooms", login: "Log-ins", note: "Notes", audit: "Acts of staff" };
const COLOURS = { ledger: "good", gift: "info", report: "warn", moderation: "bad", note: "warn", audit: "info" };
const CURRENCIES = { 1: "coins", 2: "diamonds" };

const said = (words) => h("q", { class: "said", dir: "auto" }, words);
const place = (entry) => (entry.room ? [" in ", room(entry.room)] : []);

function changed(before, after) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const shown = (value) => (value === null || value === undefined ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value));
  return names.length ? h("span", { class: "soft" }, names.map((name) => ` · ${inWords(name)}: ${shown(before?.[name])} → ${shown(after?.[name])}`)) : null;
}

const WORDS = {
  paid: ({ data, person: other }) => [inWords(data.type), ` ${data.direction === 1 ? "−" : "+"}${money(data.amount, CURRENCIES[data.currency_type])}`, other ? [" to ", person(other)] : null, h("span", { class: "soft" }, ` · then ${money(data.balance_after)}`)],
  received: (entry) => (entry.kind === "gift"
    ? ["Got ", h("bdi", {}, entry.gift?.name ?? "a gift"), entry.data.quantity > 1 ? ` ×${entry.data.quantity}` : "", " from ", person(entry.person), place(entry), h("span", { class: "soft" }, ` · +${money(entry.data.recipient_earnings, "diamonds")}`)]
    : [inWords(entry.data.type), ` +${money(entry.data.amount, CURRENCIES[entry.data.currency_type])}`, " from ", person(entry.person), h("span", { class: "soft" }, ` · then ${money(entry.data.balance_after)}`)]),
  sent: (entry) => ["Sent ", h("bdi", {}, entry.gift?.name ?? "a gift"), entry.data.quantity > 1 ? ` ×${entry.data.quantity}` : "", " to ", person(entry.person), place(entry), h("span", { class: "soft" }, ` · −${money(entry.data.total_cost, "coins")}`)],
  stayed: (entry) => ["Came into ", entry.room ? room(entry.room) : "a room", ` as ${entry.data.role}`, entry.data.left_at ? [", left ", time(entry.data.left_at)] : ", is there now"],
  reported: ({ data, id, person: by }) => [h("a", { href: `#/reports/${id}` }, "Reported"), " by ", person(by), ` for ${inWords(data.reason).toLowerCase()} `, tag(data.status, data.status === "open" ? "warn" : "plain")],
  filed: ({ data, id, person: of }) => [h("a", { href: `#/reports/${id}` }, "Reported"), ` a ${data.subject_type}`, of ? [" of ", person(of)] : null, ` for ${inWords(data.reason).toLowerCase()} `, tag(data.status, data.status === "open" ? "warn" : "plain")],
  banned: (entry) => ["Banned by ", entry.data.is_by_staff ? "the staff, " : "", person(entry.person), place(entry), " until ", time(entry.data.until), entry.data.reason ? [" ", said(entry.data.reason)] : null],
  muted: (entry) => ["Muted by ", person(entry.person), place(entry)],
  logged_in: ({ data }) => ["Signed in on ", h("bdi", {}, data.device), h("span", { class: "soft" }, [data.ip_address, data.user_agent].filter(Boolean).map((one) => ` · ${one}`))],
  noted: ({ data, person: by }) => [person(by), " wrote: ", said(data.content)],
  acted_on: ({ data, person: by }) => [by ? person(by) : "The command line", `: ${inWords(data.action)} `, data.reason ? said(data.reason) : null, changed(data.before, data.after)],
};

function line(entry) {
  return h("li", {},
    h("span", { class: "when" }, time(entry.at)),
    tag(LABELS[entry.kind], COLOURS[entry.kind] ?? "plain"),
    h("div", {}, WORDS[entry.what](entry)));
}

export function timeline(root, user, session) {
  let cursor = null;
  let kind = "";
  let asked = 0;
  const list = h("ol", { class: "timeline", "aria-label": "Timeline" });
  const state = h("div", {});
  const left = h("p", { class: "help", hidden: true });
  const more = h("button", { type: "button", class: "more", hidden: true, onclick: () => load(false) }, "Older");
  const allowed = KINDS.filter((one) => (one !== "ledger" || session.may("ledger.view")) && (one !== "report" || session.may("reports.view")));
  const choice = field({ name: "kind", label: "Show", type: "select", options: allowed.map((one) => ({ value: one, label: LABELS[one] })) });
  choice.addEventListener("change", (event) => {
    kind = event.target.value;
    load(true);
  });

  async function load(isFresh) {
    const mine = ++asked;
    more.disabled = true;
    if (isFresh) {
      cursor = null;
      put(list);
    }
    list.setAttribute("aria-busy", "true");
    try {
      const page = await get(`/admin/users/${user.id}/timeline`, { kind, cursor, limit: 50 });
      if (mine !== asked) return;
      list.append(...page.data.map(line));
      cursor = page.next_cursor;
      put(state, list.children.length ? null : h("p", { class: "note" }, "Nothing happened yet."));
      left.hidden = page.left_out.length === 0;
      left.textContent = `Your role does not include: ${page.left_out.map((one) => LABELS[one]).join(", ")}.`;
      more.hidden = cursor === null;
      announce(`${list.children.length} entries`);
    } catch (error) {
      if (mine === asked) put(state, fault(error));
    } finally {
      if (mine === asked) {
        more.disabled = false;
        list.removeAttribute("aria-busy");
      }
    }
  }

  root.append(h("div", { class: "filters" }, choice), left, list, state, more);
  return load(true);
}

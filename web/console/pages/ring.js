// One finding: who is in it, what counted, the gifts and sums it rests on; hold, lift, dismiss.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { card, facts } from "/web/console/card.js";
import { h, inWords, put } from "/web/console/dom.js";
import { count, money, percent, person, tag, time } from "/web/console/format.js";
import { KINDS, STATUS } from "/web/console/pages/rings.js";
import { table } from "/web/console/table.js";

const SIGNS = {
  base: "What it looks like", exclusive: "At least half of what each gives and gets", only_each_other: "Hardly anything to anybody else",
  balanced: "As much comes back as goes", recycled: "Diamonds exchanged and given again", shared: "One device, or one address with one browser",
  new: "Accounts of this week", one_sided: "Little comes back", couple: "They are a couple here", many: "Many accounts",
  main_source: "Most of what he gets", popular: "Many others give to him too", all_to_him: "Nearly all goes to this one",
  several: "Several givers on it", returned: "The buyer gives the coins back",
};
const EVIDENCE = { gifts: "Gifts in all", gift: "Gift", sale: "Sale", exchange: "Exchange", device: "One device", origin: "One address and browser" };

function acts(found, session, again) {
  const path = `/admin/rings/${found.id}`;
  const button = (label, verb, right, changes, more = {}) => (session.may(right) ? actButton(label, {
    changes: () => changes, run: ({ reason }) => send("POST", `${path}/${verb}`, { reason }), done: again, ...more,
  }) : null);
  const status = (after) => ({ label: "Finding", before: found.status, after });
  const free = found.members.filter((one) => !one.is_held);
  if (found.status === "open") {
    return [
      button("Hold exchange and transfers", "hold", "wallets.hold",
        [status("held"), ...free.map((one) => ({ label: `Exchange and transfers of ${one.user.name}`, before: "free", after: "held" }))],
        { danger: true, note: "Exchange, resellers' transfers and approvals are refused for everybody in it. Gifts and log-in go on; nobody is banned." }),
      button("Dismiss", "dismiss", "rings.decide", [status("dismissed")], { note: "Found again, it stays dismissed." }),
    ];
  }
  if (found.status === "held") {
    return [button("Lift the holds", "lift", "wallets.hold",
      [status("open"), ...found.members.filter((one) => one.is_held).map((one) => ({ label: `Exchange and transfers of ${one.user.name}`, before: "held", after: "free, unless held by hand" }))])];
  }
  return [button("Open again", "reopen", "rings.decide", [status("open")])];
}

function shares(given) {
  return [
    given.least_share ? ["Smallest link, of what its giver gave and its recipient got", percent(Math.round(given.least_share * 100))] : null,
    given.source_share ? ["Of all that the recipient got", percent(Math.round(given.source_share * 100))] : null,
    given.balance ? ["Smallest link over largest", percent(Math.round(given.balance * 100))] : null,
    ["Coins exchanged over coins given", percent(Math.round(given.recycled * 100))],
    given.returned ? ["Given back by the buyer", percent(Math.round(given.returned * 100))] : null,
    given.others ? ["Others who give to the recipient", count(given.others)] : null,
  ];
}

function draw(root, found, session, again) {
  const names = new Map(found.members.map((one) => [one.user.id, one.user]));
  const who = (id) => (id === null ? null : person(names.get(id) ?? id));
  put(root, h("div", { class: "stack" },
    card(KINDS[found.kind], { wide: true, tools: acts(found, session, again) }, facts([
      ["Status", tag(found.status, STATUS[found.status])],
      ["Coins", money(found.coins)],
      ["Gifts", count(found.facts.gifts)],
      ["From", time(found.first_at)],
      ["To", time(found.last_at)],
      ["Found", time(found.updated_at)],
      found.decision ? ["Decision", h("bdi", {}, found.decision)] : null,
      found.decided_by ? ["Decided by", person(found.decided_by)] : null,
    ])),
    h("div", { class: "grid" },
      card("What counted", { note: `${found.strength} of 100 points; 50 make a finding. Each sign alone has an honest reason.` },
        table({
          caption: "Points",
          rows: Object.entries(found.facts.points ?? {}).map(([name, value]) => ({ sign: SIGNS[name] ?? inWords(name), value })),
          columns: [{ name: "sign", label: "Sign" }, { name: "value", label: "Points", numeric: true, render: (value) => (value < 0 ? `−${-value}` : `+${value}`) }],
        }),
        facts(shares(found.facts))),
      card("People", {}, table({
        caption: "People",
        rows: found.members,
        columns: [
          { name: "user", label: "Who", render: (user) => person(user) },
          { name: "role", label: "Role", render: (role) => tag(role) },
          { name: "is_held", label: "Exchange and transfers", render: (is) => (is ? tag("held", "bad") : "free") },
        ],
      }))),
    card("Evidence", { wide: true }, table({
      caption: "Evidence",
      rows: found.evidence,
      columns: [
        { name: "kind", label: "What", render: (kind) => EVIDENCE[kind] },
        { name: "user_id", label: "Who", render: who },
        { name: "other_id", label: "To, or with", render: who },
        { name: "amount", label: "Coins", numeric: true, render: (amount) => money(amount) },
        { name: "count", label: "Count", numeric: true, render: count },
        { name: "source_id", label: "Row", numeric: true, render: (id) => (id ? `#${id}` : null) },
        { name: "at", label: "When", render: time },
      ],
    }))));
}

export const page = {
  path: "/rings/:id",
  title: "Finding",
  nav: null,
  group: "Money",
  right: "rings.view",
  async show(root, { params, session }) {
    const again = async () => draw(root, await get(`/admin/rings/${params.id}`), session, again);
    await again();
  },
};

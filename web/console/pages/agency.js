// One agency: its people, what they earned down to each gift, its requests.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { card, facts, figures, grid } from "/web/console/card.js";
import { h, inWords, put } from "/web/console/dom.js";
import { ago, money, percent, person, tag, time } from "/web/console/format.js";
import { agencyTag } from "/web/console/pages/agencies.js";
import { listing } from "/web/console/table.js";
import { tabs } from "/web/console/tabs.js";

const name = (value) => h("bdi", { dir: "auto" }, value);
const SPAN = [
  { name: "from", label: "From", type: "date", moment: "start" },
  { name: "to", label: "To", type: "date", moment: "end" },
];
const SUMS = [
  { name: "earnings", label: "Gifts", numeric: true },
  { name: "amount", label: "Diamonds", numeric: true, render: (value) => money(value) },
  { name: "commission_amount", label: "Commission", numeric: true, render: (value) => money(value) },
  { name: "kept_amount", label: "Kept by members", numeric: true, render: (value) => money(value) },
];

function acts(agency, session, done) {
  if (!session.may("agencies.manage") || agency.status === "inactive") return [];
  const of = `/admin/agencies/${agency.id}`;
  const isSuspended = agency.status === "suspended";
  return [
    actButton("Change the terms", {
      note: "What was earned stays as it was.",
      fields: [
        { name: "commission_rate", label: "Commission, percent", type: "money", value: agency.commission_rate },
        { name: "member_limit", label: "Most members", type: "number", value: agency.member_limit },
      ],
      changes: (values) => [
        { label: "Commission", before: `${agency.commission_rate} %`, after: `${values.commission_rate ?? agency.commission_rate} %` },
        { label: "Most members", before: agency.member_limit, after: values.member_limit ?? agency.member_limit },
      ].filter((one) => String(one.before) !== String(one.after)),
      run: ({ commission_rate: rate, member_limit: most, reason }) => send("PATCH", of, {
        reason,
        ...(rate === null ? {} : { commission_rate: rate }),
        ...(most === null ? {} : { member_limit: most }),
      }),
      done,
    }),
    actButton(isSuspended ? "Open again" : "Suspend", {
      danger: !isSuspended,
      note: isSuspended ? "It earns and takes people in again from now on." : "While it is suspended it earns nothing and takes nobody in; its people stay in it.",
      changes: () => [{ label: "Status", before: agency.status, after: isSuspended ? "active" : "suspended" }],
      run: ({ reason }) => send("PATCH", of, { status: isSuspended ? "active" : "suspended", reason }),
      done,
    }),
  ];
}

const earned = (agency, group, columns) => listing({
  caption: "Earnings", key: `${group}_`, path: `/admin/agencies/${agency.id}/earnings`, fixed: { group },
  filters: SPAN, empty: "Nothing was earned in that time.", columns,
});

const members = (agency) => (root) => root.append(listing({
  caption: "Members", key: "m_", path: `/admin/agencies/${agency.id}/members`,
  filters: [{ name: "sort", label: "First", type: "select", options: [{ value: "joined", label: "Who joined first" }, { value: "active", label: "Who was here last" }] }],
  columns: [
    { name: "user", label: "Member", render: (one) => person(one) },
    { name: "agency_role", label: "As", render: (value) => (value === "member" ? null : tag(value, "info")) },
    { name: "agency_joined_at", label: "Joined", render: time },
    { name: "last_active_at", label: "Last here", render: ago },
  ],
}));

const requests = (agency) => (root) => root.append(listing({
  caption: "Requests", key: "r_", path: `/admin/agencies/${agency.id}/requests`, empty: "None.",
  filters: [
    { name: "status", label: "Status", type: "select", options: ["", "pending", "approved", "rejected", "cancelled"] },
    { name: "type", label: "Kind", type: "select", options: ["", "application", "invitation"] },
  ],
  columns: [
    { name: "user", label: "Who", render: (one) => person(one) },
    { name: "type", label: "Kind", render: inWords },
    { name: "status", label: "Status", render: (value) => tag(value, value === "pending" ? "warn" : "plain") },
    { name: "message", label: "Message", wide: true, render: (value) => value && name(value) },
    { name: "created_at", label: "When", render: time },
    { name: "processed_by", label: "Decided by", render: (value) => value && person(value) },
  ],
}));

export const page = {
  path: "/agencies/:id",
  title: "Agency",
  nav: null,
  group: "People",
  right: "agencies.view",
  async show(root, { params, session, title }) {
    async function draw() {
      const agency = await get(`/admin/agencies/${params.id}`);
      title(agency.name, agencyTag(agency.status), acts(agency, session, draw));
      put(root,
        figures([
          { label: "Members", value: `${agency.member_count} of ${agency.member_limit}` },
          { label: "Commission", value: percent(agency.commission_rate) },
          { label: "Commission ever", value: money(agency.total_earnings, "diamonds") },
        ]),
        grid(card("Agency", {}, facts([
          ["Id", agency.id], ["Owner", person(agency.owner)], ["Recruits", agency.is_recruiting],
          ["Says", agency.description && name(agency.description)], ["Since", time(agency.created_at)],
        ]))),
        tabs([
          { id: "members", label: "Members", show: members(agency) },
          { id: "days", label: "Earnings by day", show: (one) => one.append(earned(agency, "day", [{ name: "day", label: "Day" }, ...SUMS])) },
          { id: "people", label: "Earnings by member", show: (one) => one.append(earned(agency, "member", [{ name: "user_name", label: "Member", render: (value, row) => person(row.user_id, value) }, ...SUMS])) },
          {
            id: "gifts",
            label: "Gift by gift",
            show: (one) => one.append(earned(agency, "none", [
              { name: "earned_at", label: "When", render: time },
              { name: "user_name", label: "Member", render: (value, row) => person(row.user_id, value) },
              { name: "gift", label: "Gift", render: (gift) => (gift ? h("span", {}, name(gift.name), gift.quantity > 1 ? ` ×${gift.quantity}` : "") : "before the platform") },
              { name: "cost", label: "Coins", numeric: true, render: (_, row) => money(row.gift?.total_cost) },
              { name: "amount", label: "Diamonds", numeric: true, render: (value) => money(value) },
              { name: "commission_rate", label: "Rate", numeric: true, render: percent },
              { name: "commission_amount", label: "Commission", numeric: true, render: (value) => money(value) },
              { name: "kept_amount", label: "Kept", numeric: true, render: (value) => money(value) },
            ])),
          },
          { id: "requests", label: "Requests", show: requests(agency) },
        ], { label: "About this agency" }));
    }
    await draw();
  },
};

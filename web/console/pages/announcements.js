// What the platform tells its people: written, scheduled, taken back.

import { actButton } from "/web/console/action.js";
import { send } from "/web/console/api.js";
import { h } from "/web/console/dom.js";
import { count, country, tag, time } from "/web/console/format.js";
import { listing } from "/web/console/table.js";

const AUDIENCES = [
  { value: "everybody", label: "Everybody" },
  { value: "country", label: "A country" },
  { value: "hosts", label: "Hosts (members of agencies)" },
  { value: "vip", label: "VIP from a level on" },
];
const KINDS = { running: "good", scheduled: "info", cancelled: "bad" };

const moment = (text) => (text ? new Date(text).toISOString() : null);
const shownMoment = (text, other) => (text ? `${new Date(text).toISOString().slice(0, 16).replace("T", " ")} UTC` : other);

function audience(row) {
  if (row.audience === "country") return ["In ", country(row.country)];
  if (row.audience === "vip") return `VIP ${row.min_vip_level} and above`;
  return row.audience === "hosts" ? "Hosts" : "Everybody";
}

function reach(values) {
  const label = AUDIENCES.find((one) => one.value === values.audience)?.label;
  if (values.audience === "country") return `${label}: ${values.country ?? "?"}`;
  return values.audience === "vip" ? `${label}: ${values.min_vip_level ?? "?"}` : label;
}

const write = (done) => actButton("Write an announcement", {
  kind: "primary",
  submit: "Announce",
  note: "Who is online hears of it once; who comes later finds it for as long as it runs. It cannot be changed, only taken back.",
  fields: [
    { name: "title", label: "Title", required: true, maxlength: 100 },
    { name: "content", label: "Words", type: "textarea", required: true, maxlength: 2000 },
    { name: "audience", label: "For", type: "select", value: "everybody", options: AUDIENCES },
    { name: "country", label: "Country", maxlength: 3, help: "With the audience “A country”: such as AE." },
    { name: "min_vip_level", label: "VIP level", type: "number", help: "With the audience “VIP”: 1 to 7." },
    { name: "starts_at", label: "From", type: "datetime", help: "Your local time. Empty: at once." },
    { name: "ends_at", label: "Until", type: "datetime", help: "Your local time. Empty: until it is taken back." },
    { name: "is_pushed", label: "Notify devices too", type: "checkbox" },
  ],
  changes: (values) => [
    { label: "Told to", before: null, after: reach(values) },
    { label: "From", before: null, after: shownMoment(values.starts_at, "at once") },
    { label: "Until", before: null, after: shownMoment(values.ends_at, "it is taken back") },
    { label: "Devices", before: null, after: values.is_pushed ? "notified, who wants it" : "not notified" },
  ],
  run: (values) => send("POST", "/admin/announcements", {
    ...values,
    country: values.audience === "country" ? values.country : null,
    min_vip_level: values.audience === "vip" ? values.min_vip_level : null,
    starts_at: moment(values.starts_at),
    ends_at: moment(values.ends_at),
  }),
  done,
});

function progress(row) {
  if (row.status === "scheduled") return null;
  if (row.told_at) return tag("done", "good");
  if (row.status === "cancelled") return tag("stopped", "plain");
  return `${row.last_user_id ? Math.floor((row.told_upto * 100) / row.last_user_id) : 0} %`;
}

export const page = {
  path: "/announcements",
  title: "Announcements",
  nav: "Announcements",
  group: "Platform",
  right: "announcements.view",
  order: 20,
  async show(root, { session, title }) {
    const may = session.may("announcements.write");
    const list = listing({
      caption: "Announcements",
      path: "/admin/announcements",
      filters: [{ name: "status", label: "Status", type: "select", options: ["", "scheduled", "running", "over", "cancelled"] }],
      empty: "Nothing was announced.",
      columns: [
        { name: "title", label: "Title", wide: true, render: (value, row) => h("details", {}, h("summary", {}, h("bdi", { dir: "auto" }, value)), h("p", { class: "said", dir: "auto" }, row.content)) },
        { name: "status", label: "Status", render: (value) => tag(value, KINDS[value] ?? "plain") },
        { name: "audience", label: "For", render: (_, row) => h("span", {}, audience(row)) },
        { name: "starts_at", label: "From", render: time },
        { name: "ends_at", label: "Until", render: (value) => (value ? time(value) : "taken back") },
        { name: "told_count", label: "Heard online", numeric: true, render: count },
        { name: "devices_count", label: "Devices", numeric: true, render: (value, row) => (row.is_pushed ? count(value) : "–") },
        { name: "progress", label: "Told", render: (_, row) => progress(row) },
        {
          name: "end", label: "",
          render: (_, row) => (may && ["scheduled", "running"].includes(row.status) ? actButton("Take back", {
            danger: true,
            kind: "danger-quiet small",
            note: "Nobody more hears of it. Who has seen it has seen it.",
            changes: () => [{ label: row.title, before: row.status, after: "cancelled" }],
            run: ({ reason }) => send("POST", `/admin/announcements/${row.id}/cancel`, { reason }),
            done: () => list.reload(),
          }) : null),
        },
      ],
    });
    if (may) title("Announcements", write(() => list.reload()));
    root.append(list);
  },
};

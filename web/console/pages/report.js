// One report: what was shown when it came, what stands around it now, and the decision.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { card, facts, grid } from "/web/console/card.js";
import { fault, h, inWords, put } from "/web/console/dom.js";
import { agency, person, room, tag, time } from "/web/console/format.js";
import { reportTag } from "/web/console/pages/reports.js";
import { words } from "/web/console/pages/room.js";

const name = (value) => h("bdi", { dir: "auto" }, value);

function decide(report, session, done) {
  if (report.status !== "open" || !session.may("reports.decide")) return [];
  const button = (label, status, danger) => actButton(label, {
    danger,
    note: "Closes the report. To block, suspend or delete, use the links beside the evidence first.",
    changes: () => [{ label: "Report", before: "open", after: status }],
    run: ({ reason }) => send("POST", `/admin/reports/${report.id}/decide`, { status, reason }),
    done,
  });
  return [button("Uphold", "upheld", true), button("Dismiss", "dismissed", false)];
}

function lines(messages, reportedId, label, known = {}) {
  if (messages.length === 0) return h("p", { class: "help" }, "Nothing was written.");
  return h("ol", { class: "chat", "aria-label": label }, messages.map((one) => h("li", { class: one.id === reportedId ? "reported" : null },
    h("span", { class: "when" }, time(one.sent_at)),
    h("div", {}, one.message_type === "system" ? tag("system", "info") : person(one.sender ?? known[one.sender_id] ?? one.sender_id), " ", words(one),
      one.id === reportedId ? [" ", tag("reported", "bad")] : null))));
}

function evidence(report) {
  const known = Object.fromEntries([report.reporter, report.subject_user].filter(Boolean).map((one) => [one.id, one]));
  const { user, room: shown, agency: house, messages } = report.evidence;
  return [
    user && facts([["Name", name(user.name)], ["Signature", user.signature], ["Country", user.country], ["Picture", user.avatar_image]]),
    shown && facts([["Room", name(shown.name)], ["Type", inWords(shown.type)], ["Greets with", shown.greetings && name(shown.greetings)], ["Logo", shown.logo]]),
    house && facts([["Agency", name(house.name)], ["Says", house.description && name(house.description)]]),
    messages && lines(messages, report.subject_type === "message" ? report.subject_id : null, "Messages as they were", known),
  ].filter(Boolean);
}

// The same place as it stands now, wider to both sides.
function around(report) {
  const list = h("div", {});
  const trouble = h("div", {});
  let messages = [];
  const reported = report.subject_type === "message" ? report.subject_id : null;
  const earlier = h("button", { type: "button", class: "quiet", onclick: () => load("before") }, "Earlier");
  const later = h("button", { type: "button", class: "quiet", onclick: () => load("after") }, "Later");

  async function load(side) {
    earlier.disabled = later.disabled = true;
    try {
      const params = { limit: 20 };
      if (side === "before") params.before = messages[0].seq;
      if (side === "after") params.after = messages.at(-1).seq;
      const { data } = await get(`/admin/reports/${report.id}/messages`, params);
      messages = side === "before" ? [...data, ...messages] : [...messages, ...data];
      put(list, lines(messages, reported, "Messages as they are now"));
      put(trouble);
      earlier.hidden = messages.length === 0 || messages[0].seq === 1;
      later.hidden = messages.length === 0 || (side === "after" && data.length < 20);
    } catch (error) {
      put(trouble, fault(error));
    } finally {
      earlier.disabled = later.disabled = false;
    }
  }

  load();
  return card("Around it now", { wide: true, note: "As it stands at this moment; what was deleted since is kept in the evidence." }, h("div", { class: "row-acts" }, earlier), list, h("div", { class: "row-acts" }, later), trouble);
}

function links(report, session) {
  const place = report.evidence.messages?.find((one) => one.id === report.subject_id)?.room_id ?? (report.subject_type === "room" ? report.subject_id : null);
  return h("ul", { class: "links" },
    report.subject_user ? h("li", {}, "Block, note, end sessions: ", person(report.subject_user)) : null,
    place && session.may("rooms.view") ? h("li", {}, "Watch, ban, suspend: ", room(place, "the room")) : null,
    report.subject_type === "agency" && session.may("agencies.view") ? h("li", {}, "Suspend: ", agency(report.subject_id, "the agency")) : null,
    h("li", {}, h("a", { href: `#/reports?status=&subject_user_id=${report.subject_user_id}` }, "Other reports about him")),
    h("li", {}, h("a", { href: `#/reports?status=&reporter_id=${report.reporter_id}` }, "Other reports by the reporter")));
}

export const page = {
  path: "/reports/:id",
  title: "Report",
  nav: null,
  group: "People",
  right: "reports.view",
  async show(root, { params, session, title }) {
    async function draw() {
      const report = await get(`/admin/reports/${params.id}`);
      const canDelete = report.subject_type === "message" && session.may("messages.manage");
      title(`Report ${report.id}`, reportTag(report.status), canDelete ? actButton("Delete the message", {
        danger: true,
        note: "Its words go everywhere; the evidence stays.",
        changes: () => [{ label: "Message", before: "shown", after: "deleted" }],
        run: ({ reason }) => send("DELETE", `/admin/messages/${report.subject_id}`, { reason }),
        done: draw,
      }) : null, decide(report, session, draw));
      put(root,
        grid(
          card("Report", {}, facts([
            ["Of a", inWords(report.subject_type)],
            ["Answers for it", person(report.subject_user)],
            ["For", inWords(report.reason)],
            ["Words", report.details && h("span", { class: "said", dir: "auto" }, report.details)],
            ["By", person(report.reporter)],
            ["When", time(report.created_at)],
            ["Others of the same", report.others],
          ])),
          card("Decision", {}, report.status === "open" ? h("p", { class: "help" }, "It waits for one.") : facts([
            ["Decided", reportTag(report.status)], ["By", person(report.decider)], ["When", time(report.decided_at)],
            ["Because", name(report.decision)],
          ])),
          card("To act", {}, links(report, session))),
        card("What was shown then", { wide: true, note: "Kept as it was when the report came, whatever is changed or deleted." }, evidence(report)),
        ["message", "room"].includes(report.subject_type) && session.may("reports.decide") ? around(report) : null);
    }
    await draw();
  },
};

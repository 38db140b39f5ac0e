// VIP for the page of a person: vipButtons(person, session, done) → buttons, [] without the right.

import { actButton } from "/web/console/action.js";
import { send } from "/web/console/api.js";

const DAY_MS = 86_400_000;
const until = (moment) => new Date(moment).toISOString().slice(0, 16).replace("T", " ");

function held(person) {
  const holds = person.vip_level > 0 && new Date(person.vip_expires_at) > new Date();
  return holds ? `VIP ${person.vip_level} until ${until(person.vip_expires_at)} UTC` : "none";
}

export function vipButtons(person, session, done) {
  if (!session.may("people.vip")) return [];
  const path = `/admin/users/${person.id}/vip`;
  return [
    actButton("Give VIP", {
      note: "It stands until its days are over or purchases earn a higher level. It pays no rewards.",
      fields: [
        { name: "vip_level", label: "Level", type: "select", required: true, value: "1", options: [1, 2, 3, 4, 5, 6, 7].map((one) => ({ value: one, label: one === 7 ? "7 (FLSVIP)" : String(one) })) },
        { name: "days", label: "Days from now", type: "number", required: true, value: 30, min: 1, max: 365 },
      ],
      changes: ({ vip_level, days }) => [{
        label: "VIP level", before: held(person),
        after: days ? `VIP ${vip_level} until ${until(Date.now() + days * DAY_MS)} UTC` : null,
      }],
      run: ({ vip_level, days, reason }) => send("PUT", path, { vip_level: Number(vip_level), days, reason }),
      done,
    }),
    actButton("End VIP", {
      danger: true,
      note: "Ends a level that was given. What purchases of the last 30 days earn is left.",
      changes: () => [{ label: "VIP level", before: held(person), after: "what purchases earn" }],
      run: ({ reason }) => send("DELETE", path, { reason }),
      done,
    }),
  ];
}

// One's own way in: the phone that gives codes, and recovery codes.

import { act } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { card, facts } from "/web/console/card.js";
import { h, put } from "/web/console/dom.js";
import { enrolment, recoveryCodes } from "/web/console/enrol.js";
import { tag } from "/web/console/format.js";

const CODE = { name: "code", label: "Code", required: true, autocomplete: "one-time-code", maxlength: 32, help: "Six digits from your phone, or a recovery code." };

export const page = {
  path: "/security",
  title: "Your sign-in",
  nav: "Your sign-in",
  group: "Platform",
  right: null,
  order: 95,
  async show(root) {
    async function draw() {
      const state = await get("/admin/totp");
      put(root, card("Codes from your phone", {
        note: state.is_required ? "Required here for everybody of the staff." : "Not required here, and worth it all the same.",
      }, state.is_enrolled ? enrolled(state) : setUp()));
    }

    function setUp() {
      const place = h("div", { class: "narrow" }, h("button", {
        type: "button", class: "primary", onclick: () => put(place, enrolment({ done: draw })),
      }, "Set up a phone"));
      return place;
    }

    function enrolled(state) {
      const place = h("div", { class: "stack" },
        facts([["Phone", tag("set up", "good")], ["Recovery codes left", state.recovery_codes]]),
        h("div", { class: "card-tools" },
          h("button", {
            type: "button", onclick: async () => {
              const answer = await act({
                title: "New recovery codes", reason: false, fields: [CODE],
                note: "The older ones are no longer good.",
                changes: () => [{ label: "Recovery codes", before: `${state.recovery_codes} left`, after: "10 new ones" }],
                run: ({ code }) => send("POST", "/admin/totp/recovery-codes", { code }),
              });
              if (answer) put(place, recoveryCodes(answer.recovery_codes, draw));
            },
          }, "New recovery codes"),
          h("button", {
            type: "button", class: "danger-quiet", onclick: async () => {
              const done = await act({
                title: "Take the phone off", danger: true, reason: false, fields: [CODE],
                note: "All your sessions end; you sign in anew.",
                changes: () => [{ label: "Phone", before: "set up", after: "taken off" }],
                run: ({ code }) => send("DELETE", "/admin/totp", { code }),
              });
              if (done) location.reload();
            },
          }, "Take the phone off")));
      return place;
    }

    await draw();
  },
};

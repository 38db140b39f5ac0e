// What nobody may write, in any room or to anybody.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { card, facts } from "/web/console/card.js";
import { h, put } from "/web/console/dom.js";

const PATH = "/admin/message-filter";
const parts = (text) => (text ?? "").split("\n").map((one) => one.trim()).filter(Boolean);

export const page = {
  path: "/message-filter",
  title: "Message filter",
  nav: "Message filter",
  group: "Rooms",
  right: "messages.manage",
  order: 60,
  async show(root) {
    async function draw() {
      const kept = await get(PATH);
      const edit = actButton("Change the filter", {
        kind: "primary",
        fields: [
          { name: "words", label: "Words", type: "textarea", rows: 8, value: kept.words.join("\n"), help: "One on a line." },
          { name: "allows_links", label: "Links may be written", type: "checkbox", value: kept.allows_links },
        ],
        changes: (values) => {
          const words = parts(values.words);
          const added = words.filter((one) => !kept.words.includes(one));
          const gone = kept.words.filter((one) => !words.includes(one));
          return [
            added.length ? { label: "Not to be written any more", before: null, after: added.join(", ") } : null,
            gone.length ? { label: "May be written again", before: gone.join(", "), after: null } : null,
            values.allows_links === kept.allows_links ? null : { label: "Links", before: kept.allows_links ? "allowed" : "refused", after: values.allows_links ? "allowed" : "refused" },
          ].filter(Boolean);
        },
        run: (values) => send("PUT", PATH, { reason: values.reason, words: parts(values.words), allows_links: values.allows_links }),
        done: draw,
      });
      put(root, card("What nobody may write", { tools: [edit], note: "A message with one of these words is refused, and its sender is told which." },
        facts([["Links", kept.allows_links ? "may be written" : "are refused"], ["Words", kept.words.length]]),
        kept.words.length ? h("ul", { class: "tags" }, kept.words.map((word) => h("li", { class: "tag" }, h("bdi", { dir: "auto" }, word)))) : h("p", { class: "note" }, "No words are refused.")));
    }
    await draw();
  },
};

// The odds of a lucky gift: chances and what each pays back, with the exact expected return as one
// types. The server computes it (POST /admin/gifts/odds); above the ceiling nothing can be saved.

import { send } from "/web/console/api.js";
import { h, put } from "/web/console/dom.js";

const FIRST = [{ weight: 80, multiplier: "0" }, { weight: 20, multiplier: "1.00" }];

export function oddsEditor(row) {
  const entries = (row?.lucky_odds?.entries ?? FIRST).map((one) => ({ ...one }));
  const body = h("tbody");
  const verdict = h("p", { class: "odds-verdict", role: "status" });
  const element = h("fieldset", { class: "field editor", dataset: { name: "lucky_odds" }, hidden: true },
    h("legend", {}, "Odds"),
    h("div", { class: "scroll" }, h("table", {},
      h("caption", { class: "visually-hidden" }, "Odds"),
      h("thead", {}, h("tr", {}, ["Weight", "Pays × cost", "Chance", ""].map((one) => h("th", { scope: "col", class: one === "Chance" ? "numeric" : null }, one || h("span", { class: "visually-hidden" }, "Remove"))))),
      body)),
    h("div", { class: "card-tools" }, h("button", { type: "button", onclick: () => { entries.push({ weight: 1, multiplier: "1" }); draw(); } }, "Add a line")),
    verdict,
    h("p", { class: "field-fault", id: "odds-fault", hidden: true }));

  const total = () => entries.reduce((sum, one) => sum + (Number.isSafeInteger(one.weight) ? one.weight : 0), 0);
  const changed = () => element.dispatchEvent(new Event("input", { bubbles: true }));

  function chances() {
    const all = total();
    [...body.children].forEach((line, at) => {
      line.children[2].textContent = all ? `${((entries[at].weight / all) * 100).toFixed(4).replace(/\.?0+$/, "")} %` : "–";
    });
  }

  function draw() {
    put(body, entries.map((one, at) => h("tr", {},
      h("td", {}, h("input", { type: "number", min: 1, step: 1, value: one.weight, "aria-label": `Weight of line ${at + 1}`, oninput: (event) => { one.weight = Number(event.target.value); chances(); } })),
      h("td", {}, h("input", { type: "text", inputmode: "decimal", value: one.multiplier, "aria-label": `Line ${at + 1} pays`, oninput: (event) => { one.multiplier = event.target.value.trim(); } })),
      h("td", { class: "numeric" }),
      h("td", {}, h("button", { type: "button", class: "icon", disabled: entries.length === 1, "aria-label": `Remove line ${at + 1}`, onclick: () => { entries.splice(at, 1); draw(); } }, "✕")))));
    chances();
    changed();
  }
  draw();

  return {
    element,
    label: "Odds",
    read: (values) => {
      const isLucky = values.category === "lucky";
      element.hidden = !isLucky;
      return { lucky_odds: isLucky ? { entries, total: total() } : null };
    },
    check: async (values) => {
      if (values.category !== "lucky") return;
      verdict.textContent = "";
      const tried = await send("POST", "/admin/gifts/odds", { lucky_odds: { entries, total: total() } });
      verdict.className = `odds-verdict ${tried.fits ? "good" : "bad"}`;
      verdict.textContent = `Returns ${tried.expected_return} of the cost (${tried.expected_percent} %). The most that holds now: ${tried.highest_return} (${tried.highest_percent} %).`;
      if (!tried.fits) throw new Error("These odds pay back more than they may.");
    },
  };
}

// The requirements of a badge as a tree: all of, any of, not, and a metric compared with a number.
// The language is the server's (GET /admin/badge-metrics); it names the place of what is wrong.

import { h, inWords, put } from "/web/console/dom.js";

const KINDS = [["metric", "A metric"], ["all", "All of these"], ["any", "Any of these"], ["not", "Not this"]];

const kindOf = (node) => ["all", "any", "not"].find((one) => one in node) ?? "metric";

export function requirementsEditor(language) {
  const comparisons = Object.keys(language.comparisons);
  return (row) => {
    let tree = structuredClone(row?.requirements ?? { metric: "gifts_sent", gte: 100 });
    let subject = row?.category === "room" ? "room" : "user";
    const place = h("div", { class: "tree" });
    const element = h("fieldset", { class: "field editor", dataset: { name: "requirements" } },
      h("legend", {}, "Requirements"), place, h("p", { class: "field-fault", hidden: true }));
    const metrics = () => language.metrics.filter((one) => one.subject === subject);
    const fresh = () => ({ metric: metrics()[0].name, gte: 1 });
    const changed = () => element.dispatchEvent(new Event("input", { bubbles: true }));

    function draw() {
      put(place, node(tree, (to) => { tree = to; }, null, 1, "Requirement"));
    }

    function redraw() {
      draw();
      changed();
    }

    function turned(one, kind) {
      const inner = one.all ?? one.any ?? (one.not ? [one.not] : [one]);
      if (kind === "metric") return inner.find((part) => "metric" in part) ?? fresh();
      return kind === "not" ? { not: inner[0] } : { [kind]: inner };
    }

    function node(one, replace, remove, depth, words) {
      const kind = kindOf(one);
      const choice = h("select", { "aria-label": `${words}: kind`, onchange: (event) => { replace(turned(one, event.target.value)); redraw(); } },
        KINDS.filter(([name]) => name === "metric" || name === kind || depth < language.max_depth).map(([name, label]) =>
          h("option", { value: name, selected: name === kind }, label)));
      const gone = remove ? h("button", { type: "button", class: "icon", "aria-label": `Remove ${words}`, onclick: () => { remove(); redraw(); } }, "✕") : null;
      if (kind === "metric") {
        const metric = language.metrics.find((candidate) => candidate.name === one.metric);
        return h("div", { class: "tree-line" }, choice, compare(one, metric, words), gone,
          h("span", { class: "help" }, metric ? `${metric.words}${metric.is_prompt ? "" : " · looked at by night"}` : ""));
      }
      const parts = kind === "not" ? [one.not] : one[kind];
      return h("div", { class: "tree-node" },
        h("div", { class: "tree-line" }, choice, gone),
        h("div", { class: "tree-parts" },
          parts.map((part, at) => node(part,
            (to) => { if (kind === "not") one.not = to; else parts[at] = to; },
            kind !== "not" && parts.length > 1 ? () => parts.splice(at, 1) : null,
            depth + 1, `${words} ${at + 1}`)),
          kind === "not" ? null : h("button", { type: "button", onclick: () => { parts.push(fresh()); redraw(); } }, "Add one")));
    }

    function compare(one, metric, words) {
      const comparison = comparisons.find((name) => name in one) ?? "gte";
      return [
        h("select", { "aria-label": `${words}: metric`, title: metric?.words, onchange: (event) => { one.metric = event.target.value; redraw(); } },
          metrics().map((candidate) => h("option", { value: candidate.name, selected: candidate.name === one.metric, title: candidate.words }, inWords(candidate.name)))),
        h("select", { "aria-label": `${words}: comparison`, onchange: (event) => { const target = one[comparison]; delete one[comparison]; one[event.target.value] = target; redraw(); } },
          comparisons.map((name) => h("option", { value: name, selected: name === comparison }, language.comparisons[name]))),
        h("input", { type: "number", min: 0, max: metric?.most, step: 1, value: one[comparison], "aria-label": `${words}: number`, oninput: (event) => { one[comparison] = Number(event.target.value); } }),
      ];
    }

    draw();
    return {
      element,
      label: "Requirements",
      read: (values) => {
        const now = values.category === "room" ? "room" : "user";
        if (now !== subject) {
          // A room has other metrics than a user: what was said of one says nothing of the other.
          subject = now;
          tree = fresh();
          draw();
        }
        return { requirements: structuredClone(tree) };
      },
    };
  };
}

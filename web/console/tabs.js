// Tabs of a page; the chosen one stands in the URL (?tab=) and is drawn when it is first shown.
//
//   tabs([{id, label, show(root) , hidden?}], {label?, name?}) → element
//
// `show` draws into `root` once, and may be async; hidden: true leaves a tab out (no right to it).
// Keyboard: ← → Home End, as WAI-ARIA has it.

import { fault, h, loading, put, uid } from "/web/console/dom.js";
import { readQuery, writeQuery } from "/web/console/table.js";

export function tabs(given, { label = "Parts of this page", name = "tab" } = {}) {
  const all = given.filter((one) => !one.hidden);
  const stem = uid("tabs");
  const panels = all.map((one) => h("div", { role: "tabpanel", id: `${stem}-panel-${one.id}`, "aria-labelledby": `${stem}-${one.id}`, class: "tab-panel", hidden: true }));
  const buttons = all.map((one, at) => h("button", {
    type: "button", role: "tab", id: `${stem}-${one.id}`, "aria-controls": panels[at].id, onclick: () => choose(at),
  }, one.label));
  const drawn = new Set();

  function choose(at, isFirst = false) {
    buttons.forEach((button, index) => {
      button.setAttribute("aria-selected", String(index === at));
      button.tabIndex = index === at ? 0 : -1;
      panels[index].hidden = index !== at;
    });
    if (!isFirst) writeQuery({ [name]: at === 0 ? "" : all[at].id });
    if (drawn.has(at)) return;
    drawn.add(at);
    const root = panels[at];
    put(root, loading());
    const fresh = h("div", { class: "stack" });
    Promise.resolve().then(() => all[at].show(fresh)).then(() => put(root, fresh), (error) => {
      drawn.delete(at);
      put(root, fault(error));
    });
  }

  const list = h("div", { role: "tablist", "aria-label": label, class: "tabs" }, buttons);
  list.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const isRtl = getComputedStyle(list).direction === "rtl";
    const step = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1 }[event.key];
    const next = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : step === undefined ? -1 : (at + step + all.length) % all.length;
    if (at < 0 || next < 0) return;
    event.preventDefault();
    choose(next);
    buttons[next].focus();
  });
  if (all.length) choose(Math.max(0, all.findIndex((one) => one.id === readQuery()[name])), true);
  return h("div", { class: "tabbed" }, list, panels);
}

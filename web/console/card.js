// Panels and definition lists.
//
//   card(title, {tools?, note?, wide?}, ...children) → a panel with a heading
//   facts([[label, value], …]) → a definition list; null and undefined show as "–", values may be
//                                nodes; entries that are null or false are left out
//   figures([{label, value, note?, kind?}]) → large numbers in a row; kind: good | bad | warn
//   grid(...children)          → panels side by side where there is room

import { h, uid } from "/web/console/dom.js";
import { orDash } from "/web/console/format.js";

export function card(title, { tools = [], note, wide = false } = {}, ...children) {
  const id = uid("card");
  return h("section", { class: wide ? "card wide" : "card", "aria-labelledby": id },
    h("header", { class: "card-head" }, h("h2", { id }, title), h("div", { class: "card-tools" }, tools)),
    note ? h("p", { class: "help" }, note) : null,
    children);
}

export function facts(entries) {
  return h("dl", { class: "facts" }, entries.filter(Boolean).map(([label, value]) =>
    h("div", {}, h("dt", {}, label), h("dd", {}, value === true ? "Yes" : value === false ? "No" : orDash(value)))));
}

export function figures(entries) {
  return h("dl", { class: "figures" }, entries.filter(Boolean).map(({ label, value, note, kind }) =>
    h("div", { dataset: kind ? { kind } : {} }, h("dt", {}, label), h("dd", {}, orDash(value)), note ? h("dd", { class: "help" }, note) : null)));
}

export const grid = (...children) => h("div", { class: "grid" }, children);

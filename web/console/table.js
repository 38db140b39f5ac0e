// Lists. A list of the API ({data, next_cursor}) as a table with filters, sorting and export.
//
//   listing({path, columns, filters?, exportPath?, rowLink?, empty?, caption?, sort?, fixed?, key?,
//            limit?, tools?, onData?}) → element; element.reload() asks anew
//
//   columns  [{name, label, render?(value, row), sort?, numeric?, wide?}]
//            sort: true, or the name that goes into ?sort= ("-name" is the other direction; only
//            for lists whose address takes `sort`)
//   filters  [{name, label, type: text|search|select|date|number, options?, value?, moment?}]
//            moment: "start" | "end" — a date goes out as RFC 3339: that day's beginning, or the
//            next day's (for addresses whose `to` is not in it)
//   rowLink  (row) => "#/people/12"; the first cell becomes the link, the row can be clicked
//   fixed    parameters that always go along, such as {user_id: 12}
//   key      a prefix for the names in the URL, where a page has more than one list
//   tools    nodes to stand beside the export button
//   onData   (rows, page) => …, after each answer
//
// Filters and sorting stand in the URL, so a list can be linked and reloaded. Keyboard: "/" goes to
// the first filter; ↑ ↓ go from row to row, Enter opens.
//
//   table({columns, rows, caption, rowLink?, empty?}) → element, for rows that are here already

import { download, get } from "/web/console/api.js";
import { announce, empty as nothing, fault, field, h, put, toast, uid } from "/web/console/dom.js";
import { DASH } from "/web/console/format.js";

const TYPING_MS = 350;

export function readQuery() {
  return Object.fromEntries(new URLSearchParams(location.hash.split("?")[1] ?? ""));
}

// Keeps values in the URL without drawing the page anew.
export function writeQuery(changes) {
  const [path, search = ""] = location.hash.split("?");
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "" || value === null || value === undefined) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(null, "", text ? `${path}?${text}` : path || "#/");
}

function cell(column, row, index, rowLink) {
  const value = row[column.name];
  let shown = column.render ? column.render(value, row) : value;
  if (shown === null || shown === undefined || shown === "") shown = DASH;
  if (shown === true || shown === false) shown = shown ? "Yes" : "No";
  const isLink = index === 0 && rowLink;
  const inside = isLink && !(shown instanceof Element && shown.matches("a")) ? h("a", { href: rowLink(row) }, shown) : shown;
  const kind = [column.numeric && "numeric", column.wide && "wide"].filter(Boolean).join(" ") || null;
  return index === 0
    ? h("th", { scope: "row", class: kind }, inside)
    : h("td", { class: kind }, inside);
}

function line(columns, row, rowLink) {
  const element = h("tr", {}, columns.map((column, index) => cell(column, row, index, rowLink)));
  if (rowLink) {
    element.classList.add("opens");
    element.addEventListener("click", (event) => {
      if (event.target.closest("a, button, input, select, summary, label")) return;
      if (getSelection()?.toString()) return;
      location.hash = rowLink(row);
    });
  }
  return element;
}

function walk(event, body) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const links = [...body.querySelectorAll("tr > th a")];
  const at = links.indexOf(document.activeElement);
  if (at < 0) return;
  event.preventDefault();
  links[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
}

export function table({ columns, rows, caption, rowLink, empty }) {
  if (rows.length === 0) return nothing(empty ?? "Nothing here.");
  const body = h("tbody", {}, rows.map((row) => line(columns, row, rowLink)));
  body.addEventListener("keydown", (event) => walk(event, body));
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h("table", {},
      h("caption", { class: "visually-hidden" }, caption),
      h("thead", {}, h("tr", {}, columns.map((one) =>
        h("th", { scope: "col", class: one.numeric ? "numeric" : null }, one.label)))),
      body));
}

export function listing(given) {
  const { path, columns, filters = [], exportPath, rowLink, empty, caption, fixed = {}, key = "", limit = 50, tools = [], onData } = given;
  const kept = readQuery();
  const named = (name) => key + name;
  let sort = kept[named("sort")] ?? given.sort ?? "";
  let cursor = null;
  let asked = 0;
  let shownRows = 0;

  const heads = h("tr", {});
  const body = h("tbody", {});
  const state = h("div", { class: "list-state" });
  const tally = h("p", { class: "tally", role: "status" });
  const more = h("button", { type: "button", class: "more", hidden: true, onclick: () => load(false) }, "More");
  const form = h("form", { class: "filters", role: "search", "aria-label": `Filter ${caption ?? "the list"}` },
    filters.map((one) => field({ ...one, value: kept[named(one.name)] ?? one.value ?? "", placeholder: one.placeholder })));
  const bar = h("div", { class: "list-bar" }, form, h("div", { class: "list-tools" },
    tools,
    exportPath ? h("button", { type: "button", onclick: save }, "Export CSV") : null,
    h("button", { type: "button", class: "icon", title: "Ask again", "aria-label": "Ask again", onclick: () => load(true) }, "↻")));
  const grid = h("table", { "aria-busy": "false" },
    h("caption", { class: "visually-hidden" }, caption ?? "List"), h("thead", {}, heads), body);
  const scroll = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption ?? "List" }, grid);
  const element = h("section", { class: "listing", id: uid("list") }, bar, scroll, state, h("div", { class: "list-foot" }, tally, more));

  function raw() {
    return Object.fromEntries(filters.map((one) => {
      const control = form.elements[one.name];
      return [one.name, control.type === "checkbox" ? (control.checked ? "true" : "") : control.value.trim()];
    }));
  }

  function params() {
    const values = raw();
    for (const one of filters) {
      if (!values[one.name] || !one.moment) continue;
      const moment = new Date(`${values[one.name]}T00:00:00Z`);
      if (one.moment === "end") moment.setUTCDate(moment.getUTCDate() + 1);
      values[one.name] = moment.toISOString().replace(".000Z", "Z");
    }
    return { ...values, ...fixed, ...(sort ? { sort } : {}) };
  }

  function drawHeads() {
    put(heads, columns.map((column) => {
      const name = column.sort === true ? column.name : column.sort;
      const props = { scope: "col", class: column.numeric ? "numeric" : null };
      if (!name) return h("th", props, column.label);
      const direction = sort === name ? "ascending" : sort === `-${name}` ? "descending" : "none";
      const mark = { ascending: " ↑", descending: " ↓", none: "" }[direction];
      return h("th", { ...props, "aria-sort": direction },
        h("button", { type: "button", class: "sorter", onclick: () => resort(name) }, column.label, h("span", { "aria-hidden": "true" }, mark)));
    }));
  }

  function resort(name) {
    sort = sort === `-${name}` ? name : `-${name}`;
    writeQuery({ [named("sort")]: sort });
    const at = [...heads.children].findIndex((one) => one.contains(document.activeElement));
    drawHeads();
    heads.children[at]?.querySelector("button")?.focus();
    load(true);
  }

  async function save() {
    try {
      await download(exportPath, params());
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  async function load(isNew) {
    const mine = ++asked;
    more.disabled = true;
    grid.setAttribute("aria-busy", "true");
    put(state);
    try {
      const page = await get(path, { ...params(), limit, cursor: isNew ? null : cursor });
      if (mine !== asked) return;
      if (isNew) {
        body.replaceChildren();
        shownRows = 0;
      }
      const from = body.children.length;
      body.append(...page.data.map((row) => line(columns, row, rowLink)));
      cursor = page.next_cursor;
      shownRows += page.data.length;
      more.hidden = cursor === null || cursor === undefined;
      scroll.hidden = shownRows === 0;
      if (shownRows === 0) put(state, nothing(empty ?? "Nothing here that matches."));
      tally.textContent = shownRows === 0 ? "" : `${shownRows.toLocaleString("en")} ${shownRows === 1 ? "row" : "rows"}${more.hidden ? "" : ", and more"}`;
      announce(tally.textContent || "Nothing here that matches");
      if (!isNew) body.children[from]?.querySelector("a, button")?.focus();
      onData?.(page.data, page);
    } catch (error) {
      if (mine !== asked) return;
      if (isNew) body.replaceChildren();
      scroll.hidden = body.children.length === 0;
      more.hidden = true;
      tally.textContent = "";
      put(state, fault(error), h("button", { type: "button", onclick: () => load(isNew) }, "Try again"));
    } finally {
      if (mine === asked) {
        more.disabled = false;
        grid.setAttribute("aria-busy", "false");
      }
    }
  }

  function changed() {
    const values = raw();
    writeQuery(Object.fromEntries(Object.entries(values).map(([name, value]) => [named(name), value])));
    load(true);
  }

  let typing = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(typing);
    const isTyped = ["text", "search", "number"].includes(event.target.type);
    typing = setTimeout(changed, isTyped ? TYPING_MS : 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    changed();
  });
  body.addEventListener("keydown", (event) => walk(event, body));
  element.reload = () => load(true);
  drawHeads();
  load(true);
  return element;
}

// "/" goes to the first filter of the page, wherever nothing is being typed.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, dialog, [contenteditable]")) return;
  const first = document.querySelector("main .filters input, main .filters select");
  if (first) {
    event.preventDefault();
    first.focus();
  }
});

// Drawing. Text from outside only ever becomes text nodes: nothing here reads HTML.
//
//   h(tag, props, ...children)  props: class, dataset: {…}, aria-…, any attribute or property,
//                               onclick (any on…): a listener. false, null, undefined: left out;
//                               true: an attribute without a value. children: nodes, strings,
//                               numbers, lists of these; null, undefined and false are left out.
//   clear(node)                 empties it and gives it back
//   put(node, ...children)      clear, then append
//   announce(words)             says it to screen readers
//   toast(words, kind)          kind: "good" | "bad" | "info"
//   field({name, label, type, options, value, required, help, ...}) → label with its control;
//                               type: text | search | number | money | date | datetime | textarea |
//                               select | checkbox | password | email; options: [value] or
//                               [{value, label}]
//   loading(words), empty(words), fault(error): what stands where something is awaited, missing,
//                               or went wrong

const PROPERTIES = new Set(["value", "checked", "selected", "disabled", "hidden", "textContent"]);

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  fill(element, props ?? {});
  element.append(...flat(children));
  return element;
}

// The same for SVG.
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, props ?? {});
  element.append(...flat(children));
  return element;
}

function fill(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
    else if (name === "class" || name === "className") element.setAttribute("class", value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (PROPERTIES.has(name) && name in element) element[name] = value;
    else element.setAttribute(name === "htmlFor" ? "for" : name, value === true ? "" : value);
  }
}

function flat(children) {
  return children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false && one !== true)
    .map((one) => (one instanceof Node ? one : String(one)));
}

export function clear(node) {
  node.replaceChildren();
  return node;
}

export function put(node, ...children) {
  node.replaceChildren(...flat(children));
  return node;
}

let numbers = 0;
export const uid = (stem = "id") => `${stem}-${++numbers}`;

export function announce(words) {
  const place = document.getElementById("announcer");
  if (place) place.textContent = words;
}

export function toast(words, kind = "info") {
  const element = h("p", { class: "toast", dataset: { kind } }, words);
  document.getElementById("toasts").append(element);
  setTimeout(() => element.remove(), kind === "bad" ? 12_000 : 6_000);
}

export const loading = (words = "Loading …") => h("p", { class: "note", role: "status" }, words);
export const empty = (words = "Nothing here.") => h("p", { class: "note" }, words);

export function fault(error) {
  return h("p", { class: "note bad", role: "alert" }, error?.message ?? String(error));
}

// Words for a name of the API: "coin_balance" → "Coin balance".
export function inWords(name) {
  const words = String(name).replaceAll("_", " ").replaceAll(".", ": ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function field(given) {
  const { name, label, type = "text", options = [], value = "", required, help, ...rest } = given;
  const id = uid(name);
  const helpId = help ? `${id}-help` : undefined;
  const common = { id, name, required, "aria-describedby": helpId, ...rest };
  let control;
  if (type === "select") {
    const choices = options.map((one) => (typeof one === "object" ? one : { value: one, label: one === "" ? "Any" : inWords(one) }));
    control = h("select", common, choices.map((one) =>
      h("option", { value: String(one.value), selected: String(one.value) === String(value ?? "") }, one.label)));
  } else if (type === "textarea") {
    control = h("textarea", { rows: 3, ...common, value: value ?? "" });
  } else if (type === "checkbox") {
    control = h("input", { type, ...common, checked: Boolean(value) });
  } else {
    const kinds = { money: "text", datetime: "datetime-local" };
    const extra = type === "money" ? { inputmode: "decimal" } : type === "number" ? { inputmode: "numeric" } : {};
    control = h("input", { type: kinds[type] ?? type, autocomplete: "off", ...extra, ...common, value: value ?? "" });
  }
  return h("div", { class: `field field-${type}`, dataset: { name } },
    h("label", { htmlFor: id }, label ?? inWords(name), required ? h("span", { class: "needed", "aria-hidden": "true" }, " *") : null),
    control,
    help ? h("p", { class: "help", id: helpId }, help) : null,
    h("p", { class: "field-fault", id: `${id}-fault`, hidden: true }));
}

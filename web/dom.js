// Drawing: elements, keyed lists, people, numbers. Text from outside only ever becomes text nodes.

export const $ = (id) => document.getElementById(id);

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

// Makes `list` show `items` in order, keeping elements (and with them focus) by key.
export function keyed(list, items, keyOf, create, update = () => {}) {
  const known = (list.known ??= new Map());
  const wanted = new Set(items.map(keyOf));
  for (const [key, element] of known) {
    if (!wanted.has(key)) {
      element.remove();
      known.delete(key);
    }
  }
  let place = list.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = known.get(key);
    if (element === undefined) {
      element = create(item);
      known.set(key, element);
    }
    update(element, item);
    if (element === place) place = place.nextSibling;
    else list.insertBefore(element, place);
  }
}

// One drawing per frame, however much happened since the last.
export function onFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

export function avatar(user) {
  const element = h("span", { className: "avatar", ariaHidden: "true" });
  element.style.setProperty("--hue", String((user.id * 47) % 360));
  element.append(h("span", { className: "initial", textContent: [...user.name][0]?.toUpperCase() ?? "" }));
  if (user.avatar_image) element.append(picture(user.avatar_image, "face"));
  if (user.static_src) element.append(picture(user.static_src, "frame"));
  return element;
}

// A picture that goes away where it cannot be shown, leaving what is behind it.
export function picture(address, className) {
  return h("img", { src: address, alt: "", className, loading: "lazy", onerror: (event) => event.target.remove() });
}

// A gift's picture in a place of its own, which stays where it cannot be shown.
export const art = (address) => h("span", { className: "art" }, picture(address, ""));

export function name(user, className = "name") {
  return h("bdi", { className, dir: "auto", textContent: user.name });
}

const countries = new Intl.DisplayNames(["en"], { type: "region" });

export function country(code) {
  let full = code;
  try {
    full = countries.of(code) ?? code;
  } catch {
    // Not a code that this browser knows: the code itself is shown.
  }
  return h("abbr", { className: "country", title: full, textContent: code });
}

// Money comes as a string with two decimals and never becomes a float.
export function hundredths(amount) {
  const [whole, part = ""] = String(amount).split(".");
  return BigInt(whole) * 100n + BigInt(part.padEnd(2, "0"));
}

export function coins(amount) {
  const value = typeof amount === "bigint" ? amount : hundredths(amount);
  const whole = (value / 100n).toLocaleString("en");
  const part = value % 100n;
  return part ? `${whole}.${String(part).padStart(2, "0")}` : whole;
}

export const count = (number) => Number(number).toLocaleString("en");

const toTheSecond = new Intl.DateTimeFormat("en", { timeStyle: "medium", hourCycle: "h23" });
const toTheMinute = new Intl.DateTimeFormat("en", { timeStyle: "short", hourCycle: "h23" });
export const time = (at) => toTheSecond.format(new Date(at));
export const minute = (at) => toTheMinute.format(new Date(at));

export function toast(words, kind = "info") {
  const element = h("p", { className: "toast", dataset: { kind }, dir: "auto", textContent: words });
  $("toasts").append(element);
  setTimeout(() => element.remove(), 6000);
}

// The fault of a form or dialog, where it has a place for one.
export function fault(container, words) {
  const place = container.querySelector(".fault");
  place.hidden = !words;
  setText(place, words ?? "");
}

// How values are shown. Money comes as a string with two decimals and never becomes a float.
//
//   money(amount, unit)     "1,250.50 coins" as text; money("250.00") → "250"; a negative has a "−"
//   hundredths(amount)      BigInt, for sums and comparisons
//   count(number), percent(number)
//   time(at)                <time>: UTC to the minute, the local time as its title; null → "–"
//   ago(at)                 <time>: "5 min ago", the full moment as its title
//   day(at)                 "2026-11-28"
//   person(user | id, name) link to #/people/ID; room(…) → #/rooms/ID; agency(…) → #/agencies/ID
//   tag(words, kind)        a small label; kind: good | bad | warn | info | plain
//   yesNo(flag), code(text), country(iso), orDash(value)

import { h, inWords } from "/web/console/dom.js";

export const DASH = "–";

export function hundredths(amount) {
  const [whole, part = ""] = String(amount).replace("-", "").split(".");
  const value = BigInt(whole || 0) * 100n + BigInt(part.padEnd(2, "0").slice(0, 2));
  return String(amount).startsWith("-") ? -value : value;
}

export function money(amount, unit = "") {
  if (amount === null || amount === undefined || amount === "") return DASH;
  const value = typeof amount === "bigint" ? amount : hundredths(amount);
  const size = value < 0n ? -value : value;
  const part = size % 100n;
  const words = (size / 100n).toLocaleString("en") + (part ? `.${String(part).padStart(2, "0")}` : "");
  return `${value < 0n ? "−" : ""}${words}${unit ? ` ${unit}` : ""}`;
}

export const count = (number) => (number === null || number === undefined ? DASH : Number(number).toLocaleString("en"));
export const percent = (number) => (number === null || number === undefined ? DASH : `${Number(number).toLocaleString("en")} %`);
export const orDash = (value) => (value === null || value === undefined || value === "" ? DASH : value);
export const yesNo = (flag) => (flag ? "Yes" : "No");
export const code = (text) => (text ? h("code", { class: "code" }, text) : DASH);

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function element(at, words) {
  const moment = new Date(at);
  return h("time", { datetime: moment.toISOString(), title: `${utc(moment)} UTC · here: ${local.format(moment)}` }, words);
}

const utc = (moment) => moment.toISOString().slice(0, 19).replace("T", " ");

export function time(at) {
  if (!at) return DASH;
  const moment = new Date(at);
  return element(moment, `${utc(moment).slice(0, 16)} UTC`);
}

export function ago(at) {
  if (!at) return DASH;
  const seconds = (Date.now() - new Date(at)) / 1000;
  const size = Math.abs(seconds);
  const [number, unit] = size < 60 ? [0, ""] : size < 3600 ? [size / 60, "min"] : size < 86_400 ? [size / 3600, "h"] : [size / 86_400, "d"];
  const words = unit === "" ? "now" : seconds < 0 ? `in ${Math.floor(number)} ${unit}` : `${Math.floor(number)} ${unit} ago`;
  return element(at, words);
}

export const day = (at) => (at ? new Date(at).toISOString().slice(0, 10) : DASH);

function link(kind, given, name) {
  if (given === null || given === undefined) return DASH;
  const id = typeof given === "object" ? given.id : given;
  const words = name ?? (typeof given === "object" ? given.name : null) ?? `#${id}`;
  return h("a", { href: `#/${kind}/${id}` }, h("bdi", { dir: "auto" }, words));
}

export const person = (user, name) => link("people", user, name);
export const room = (given, name) => link("rooms", given, name);
export const agency = (given, name) => link("agencies", given, name);

export const tag = (words, kind = "plain") => h("span", { class: `tag tag-${kind}` }, inWords(words));

const countries = new Intl.DisplayNames(["en"], { type: "region" });

export function country(iso) {
  if (!iso) return DASH;
  let full = iso;
  try {
    full = countries.of(iso) ?? iso;
  } catch {
    // Not a code that this browser knows: the code itself is shown.
  }
  return h("abbr", { title: full }, iso);
}

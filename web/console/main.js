// The shell: who is signed in, the pages he may open, and the page that the address names.
//
// A page is a module of /web/console/pages, listed in pages/index.js:
//   export const page = {
//     path: "/people/:id",     :name is a part of the address, in params
//     title: "Person",
//     nav: "People" | null,    its name in the menu; null: not there
//     group: "People",         People | Rooms | Money | Catalogue | Platform (or Overview)
//     right: "people.view",    without it the page is not shown; null: everybody of the staff
//     order: 10,               place in its group (50 where it is left out)
//     async show(root, {params, query, session, go, title, onLeave}) {…}
//   }
//   session        {user, role, rights, totp, may(right)}
//   go(hash)       goes to another page; title(words, ...nodes) changes the heading and puts nodes
//                  (buttons) beside it; onLeave(callback) is called when the page is left (stop timers)

import { get, onSessionOver, Problem, send, setCsrf } from "/web/console/api.js";
import { clear, fault, h, loading, put } from "/web/console/dom.js";
import * as index from "/web/console/pages/index.js";
import { enter, mustEnrol } from "/web/console/signin.js";
import { readQuery } from "/web/console/table.js";

const GROUPS = ["Overview", "People", "Rooms", "Money", "Catalogue", "Platform"];
const pages = Object.values(index).sort((one, other) =>
  GROUPS.indexOf(one.group) - GROUPS.indexOf(other.group) || (one.order ?? 50) - (other.order ?? 50) || one.title.localeCompare(other.title));
const main = document.getElementById("main");
const side = document.getElementById("side");
const menu = document.getElementById("menu");
let session = null;
let leaving = [];

const may = (page) => !page.right || session.may(page.right);

function match(page, path) {
  const wanted = page.path.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params = {};
  for (let at = 0; at < wanted.length; at += 1) {
    if (wanted[at].startsWith(":")) {
      if (!given[at]) return null;
      params[wanted[at].slice(1)] = decodeURIComponent(given[at]);
    } else if (wanted[at] !== given[at]) return null;
  }
  return params;
}

function leave() {
  for (const callback of leaving) callback();
  leaving = [];
}

function drawMenu(current) {
  const shown = pages.filter((page) => page.nav && may(page));
  put(side, GROUPS.filter((group) => shown.some((page) => page.group === group)).map((group) => [
    h("h2", { id: `nav-${group}` }, group),
    h("ul", { "aria-labelledby": `nav-${group}` }, shown.filter((page) => page.group === group).map((page) =>
      h("li", {}, h("a", {
        href: `#${page.path}`,
        "aria-current": page === current || (current && !current.nav && current.path.startsWith(`${page.path}/`)) ? "page" : null,
      }, page.nav)))),
  ]));
}

async function show() {
  const path = location.hash.slice(1).split("?")[0] || "/";
  leave();
  openMenu(false);
  let found = null;
  let params = null;
  for (const page of pages) {
    params = match(page, path);
    if (params) {
      found = page;
      break;
    }
  }
  if (path === "/" && !found) {
    const first = pages.find((page) => page.nav && may(page));
    if (first) {
      location.replace(`#${first.path}`);
      return;
    }
  }
  drawMenu(found);
  const heading = h("h1", { id: "page-title", tabindex: -1 }, found?.title ?? "Not found");
  const tools = h("div", { class: "page-tools" });
  const root = h("div", { class: "page stack" });
  put(main, h("header", { class: "page-head" }, heading, tools), root);
  document.title = `${heading.textContent} · FlyLive console`;
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
  if (!found) {
    put(root, h("p", { class: "note" }, "There is no such page."));
    return;
  }
  if (!may(found)) {
    put(root, h("p", { class: "note" }, `Your role (${session.role}) does not include this page.`));
    return;
  }
  const context = {
    params,
    query: readQuery(),
    session,
    go: (hash) => { location.hash = hash; },
    title: (words, ...nodes) => {
      heading.textContent = words;
      document.title = `${words} · FlyLive console`;
      put(tools, nodes);
    },
    onLeave: (callback) => (root.isConnected ? leaving.push(callback) : callback()),
  };
  const wait = loading();
  root.append(wait);
  try {
    const work = found.show(root, context);
    if (wait.isConnected && root.children.length > 1) wait.remove();
    await work;
    wait.remove();
  } catch (error) {
    wait.remove();
    if (!(error instanceof Problem)) console.error(error);
    put(root, fault(error), h("button", { type: "button", onclick: show }, "Try again"));
  }
}

function openMenu(isOpen) {
  side.classList.toggle("open", isOpen);
  menu.setAttribute("aria-expanded", String(isOpen));
}

function turn(dir) {
  document.documentElement.dir = dir;
  document.getElementById("direction").setAttribute("aria-pressed", String(dir === "rtl"));
  localStorage.setItem("flylive.console.dir", dir);
}

function signedIn(view, password) {
  setCsrf(view.csrf_token);
  if (view.totp === "required") {
    clear(main);
    mustEnrol(main, password, async () => {
      clear(main);
      signedIn(await get("/admin/session"));
    }, () => signedOut("You are signed out."));
    return;
  }
  session = { ...view, may: (right) => view.rights.includes(right) };
  document.getElementById("top").hidden = false;
  side.hidden = false;
  put(document.getElementById("who"), h("bdi", { dir: "auto" }, view.user.name), h("span", { class: "tag tag-info" }, view.role.replace("_", " ")));
  addEventListener("hashchange", show);
  show();
}

function signedOut(words) {
  removeEventListener("hashchange", show);
  leave();
  document.querySelector("dialog[open]")?.close();
  setCsrf(null);
  session = null;
  document.getElementById("top").hidden = true;
  side.hidden = true;
  clear(main);
  enter(main, signedIn, words);
}

document.getElementById("sign-out").addEventListener("click", async () => {
  await send("DELETE", "/admin/session").catch(() => {});
  signedOut("You are signed out.");
});
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
document.getElementById("direction").addEventListener("click", () =>
  turn(document.documentElement.dir === "rtl" ? "ltr" : "rtl"));
menu.addEventListener("click", () => openMenu(!side.classList.contains("open")));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && side.classList.contains("open")) {
    openMenu(false);
    menu.focus();
  }
});
onSessionOver((problem) => signedOut(problem.detail));
turn(localStorage.getItem("flylive.console.dir") === "rtl" ? "rtl" : "ltr");

try {
  signedIn(await get("/admin/session"));
} catch (error) {
  signedOut(error.status === 401 ? "" : error.message);
}

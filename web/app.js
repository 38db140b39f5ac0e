// The page: who is here, which view is shown, and how the parts hear of what happens.

import { Api, inWords } from "/web/api.js";
import { $, avatar, name, setText, toast } from "/web/dom.js";
import { drawEntrance } from "/web/entrance.js";
import { Frames } from "/web/frames.js";
import { Lobby } from "/web/lobby.js";
import { Realtime } from "/web/realtime.js";
import { RoomScreen } from "/web/room.js";
import { Tray } from "/web/tray.js";
import { Wallet } from "/web/wallet.js";

const ENDINGS = {
  4201: "You were logged out: this access token has ended.",
  4202: "This account was blocked.",
  4203: "The gateway closed the socket because a rule was broken. Reload the page to try again.",
};
const RESUMED_SHOWN_MS = 10_000;

let me = null;
let calmDown;

const api = new Api((refusal) => {
  if (me) toast(refusal.message, "fault");
  logOut();
});
const frames = new Frames();
const wallet = new Wallet(api);
const tray = new Tray(api, wallet);
const lobby = new Lobby(api);
const realtime = new Realtime(api, {
  status(kind, words) {
    clearTimeout(calmDown);
    const pill = $("status");
    pill.hidden = kind === "off";
    pill.dataset.kind = kind;
    setText(pill, words);
    if (kind === "live" && words !== "live") calmDown = setTimeout(() => setText(pill, "live"), RESUMED_SHOWN_MS);
  },
  frame: (entry) => frames.add(entry),
  event(frame) {
    if (frame.stream === room.stream) room.apply(frame);
    else hearOfMyself(frame);
  },
  value(frame) {
    if (frame.type === "wallet.updated") wallet.update(frame.data);
    else if (frame.type === "room.metrics" && frame.stream === room.stream) room.measure(frame.data);
  },
  rejoin: (stream) => stream === room.stream && room.enter(),
  lost: (stream, error) => stream === room.stream && room.out(error.detail),
  reset: () => wallet.load(),
  ended(code) {
    toast(ENDINGS[code] ?? `The gateway closed the socket (${code}).`, "fault");
    if (code !== 4203) logOut();
  },
});
const room = new RoomScreen({ api, realtime, tray, frames, leave: () => (location.hash = "#/") });

function hearOfMyself({ type, data }) {
  if (type === "level.up") toast(`You reached ${data.level_type} level ${data.level_number}, ${data.name}.`, "good");
  else if (type === "notice" && data.kind === "gift_received") {
    toast(`${data.sender.name} sent you ${data.quantity} × ${data.gift.name}.`, "good");
  } else if (type === "message.created") toast(`${data.message.sender.name}: ${data.message.content}`);
}

function show(view) {
  for (const one of ["entrance", "lobby", "room"]) $(one).hidden = one !== view;
  for (const part of ["purse", "me", "log-out"]) $(part).hidden = view === "entrance";
  document.body.dataset.view = view;
}

async function route() {
  const wanted = /^#\/rooms\/(\d+)$/.exec(location.hash);
  if (!me) {
    lobby.stop();
    room.close();
    document.title = "FlyLive";
    show("entrance");
    drawEntrance();
  } else if (wanted) {
    lobby.stop();
    await room.open(wanted[1], me);
  } else {
    await room.close();
    document.title = "Live rooms · FlyLive";
    show("lobby");
    lobby.start();
  }
}

function begin(user) {
  me = user;
  const chip = $("me");
  chip.replaceChildren(avatar(user), name(user));
  chip.title = `Signature ${user.signature}`;
  wallet.begin(user);
  tray.begin(user);
  realtime.start();
  route();
}

function logOut() {
  me = null;
  api.forget();
  realtime.stop();
  frames.clear();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  route();
}

drawEntrance.ready(api, ({ token, user }) => {
  api.enter(token);
  begin(user);
});
room.onShown = () => show("room");

$("log-out").addEventListener("click", async () => {
  await room.close();
  await api.post("/auth/logout").catch(() => {});
  if (me) logOut();
});
window.addEventListener("hashchange", route);

if (api.token) {
  try {
    begin(await api.get("/me"));
  } catch (error) {
    if (api.token) toast(inWords(error), "fault");
    route();
  }
} else {
  route();
}

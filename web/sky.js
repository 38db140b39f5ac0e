// Gifts in flight: from whoever gives to whoever gets, and the running count of a combo.

import { $, art, h, name, picture, setText } from "/web/dom.js";
import { giftInWords } from "/web/tray.js";

const FLIGHT_MS = 1300;
const MOST_IN_FLIGHT = 12;
const MOST_TARGETS = 6;
const COMBO_MS = 3500;
const MOST_COMBOS = 2;

const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
const timers = new Map();

// `placeOf(userId)` is the element that stands for somebody; null where none does.
export function flyGift(gift, placeOf) {
  showCombo(gift);
  if (document.visibilityState !== "visible") return;
  const targets = gift.lines.map((line) => placeOf(line.recipient.id)).filter(Boolean);
  for (const target of targets.slice(0, MOST_TARGETS)) {
    target.animate?.([{ filter: "brightness(1.5)" }, { filter: "none" }], { duration: 900, delay: isCalm.matches ? 0 : FLIGHT_MS });
    if (!isCalm.matches) fly(gift.gift.thumbnail_url, placeOf(gift.sender.id), target);
  }
}

function fly(address, from, to) {
  const sky = $("sky");
  if (sky.childElementCount >= MOST_IN_FLIGHT) return;
  const start = middle(from) ?? { x: innerWidth / 2, y: innerHeight - 60 };
  const end = middle(to);
  const top = { x: (start.x + end.x) / 2, y: Math.max(Math.min(start.y, end.y) - 110, 70) };
  const image = picture(address, "flying");
  image.loading = "eager";
  sky.append(image);
  const at = ({ x, y }, scale) => `translate(${x}px, ${y}px) translate(-50%, -50%) scale(${scale})`;
  image
    .animate(
      [
        { transform: at(start, 0.3), opacity: 0 },
        { transform: at(top, 1.5), opacity: 1, offset: 0.45, easing: "ease-in-out" },
        { transform: at(top, 1.6), opacity: 1, offset: 0.6, easing: "ease-in" },
        { transform: at(end, 0.45), opacity: 0.2 },
      ],
      { duration: FLIGHT_MS, easing: "ease-out" },
    )
    .finished.finally(() => image.remove());
}

function middle(element) {
  if (!element?.isConnected) return null;
  const { left, top, width, height } = element.getBoundingClientRect();
  return width ? { x: left + width / 2, y: top + height / 2 } : null;
}

function showCombo(gift) {
  const list = $("combos");
  const key = [gift.sender.id, gift.gift.id, ...gift.lines.map((line) => line.recipient.id)].join(":");
  let banner = [...list.children].find((one) => one.dataset.key === key);
  if (!banner) {
    const others = gift.lines.length - 1;
    banner = h(
      "li",
      { className: "combo", dataset: { key } },
      art(gift.gift.thumbnail_url),
      h(
        "span",
        { className: "combo-words" },
        name(gift.sender),
        h("span", { className: "hint" }, "to ", name(gift.lines[0].recipient, ""), others ? ` and ${others} more` : ""),
      ),
      h("span", { className: "combo-count" }),
    );
    list.prepend(banner);
    while (list.childElementCount > MOST_COMBOS) list.lastElementChild.remove();
  }
  setText(banner.lastChild, gift.combo > 1 ? `combo ×${gift.combo}` : giftInWords(gift));
  banner.lastChild.animate([{ transform: "scale(1.35)" }, { transform: "none" }], { duration: isCalm.matches ? 0 : 260 });
  clearTimeout(timers.get(key));
  timers.set(
    key,
    setTimeout(() => {
      timers.delete(key);
      banner.remove();
    }, COMBO_MS),
  );
}

export function clearSky() {
  $("sky").replaceChildren();
  $("combos").replaceChildren();
}

// Recomputes draws with the browser's own cryptography: nothing here trusts the platform.

import { Api } from "/web/api.js";
import { $, h } from "/web/dom.js";

const SHOWN = 200;
const encoder = new TextEncoder();
const api = new Api(() => {});
const form = $("check");
const fault = form.querySelector(".fault");

const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");

function bytes(text) {
  if (typeof text !== "string" || !/^([0-9a-f]{2})+$/i.test(text)) throw new Error("a seed is not hexadecimal");
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

// Amounts are exact to 0.01, so they are counted in hundredths; a multiplier may have zeros more.
function hundredths(text) {
  const parts = /^(\d+)(?:\.(\d{1,2})0*)?$/.exec(text);
  if (!parts) throw new Error(`${text} is not an amount`);
  return BigInt(parts[1]) * 100n + BigInt((parts[2] ?? "").padEnd(2, "0"));
}

const money = (amount) => `${amount / 100n}.${String(amount % 100n).padStart(2, "0")}`;

function winner(table, first8) {
  const total = table.entries.reduce((sum, entry) => sum + BigInt(entry.weight), 0n);
  if (total <= 0n || total !== BigInt(table.total)) throw new Error("the weights do not add up to the total");
  const ticket = (first8 * total) >> 64n;
  let passed = 0n;
  for (const entry of table.entries) {
    passed += BigInt(entry.weight);
    if (ticket < passed) return { ticket, multiplier: hundredths(entry.multiplier) };
  }
  throw new Error("no entry owns the ticket");
}

export async function recompute(draw) {
  const seed = bytes(draw.server_seed);
  const faults = [];
  const promised = hex(await crypto.subtle.digest("SHA-256", seed));
  if (promised !== draw.server_seed_hash) faults.push(`The seed's SHA-256 is ${promised}, promised was ${draw.server_seed_hash}.`);
  const key = await crypto.subtle.importKey("raw", seed, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const digest = await crypto.subtle.sign("HMAC", key, encoder.encode(`${draw.client_seed}:${draw.nonce}`));
  const outcome = hex(digest);
  if (outcome !== draw.outcome) faults.push(`The outcome is ${outcome}, not ${draw.outcome}.`);
  const { ticket, multiplier } = winner(draw.lucky_odds, new DataView(digest).getBigUint64(0));
  if (multiplier !== hundredths(draw.multiplier)) faults.push(`The ticket wins ${money(multiplier)} times the cost, not ${draw.multiplier}.`);
  const payout = (hundredths(draw.cost) * multiplier) / 100n;
  if (payout !== hundredths(draw.payout)) faults.push(`It pays ${money(payout)}, not ${draw.payout}.`);
  return { outcome, ticket, multiplier, payout, faults };
}

function read(text) {
  let document;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const lines = text.split("\n").filter((line) => line.trim());
    if (lines.length < 2) throw error;
    return lines.map((line) => JSON.parse(line));
  }
  const draws = Array.isArray(document) ? document : (document?.data ?? [document]);
  if (!Array.isArray(draws) || !draws.length || draws.some((draw) => typeof draw?.lucky_odds !== "object")) {
    throw new Error("these are no draws");
  }
  return draws;
}

function shown(draw, fits, ...lines) {
  const title = h("h3", {}, `Gift ${draw.gift_transaction_id}, draw ${draw.nonce}`);
  return h("li", { className: "draw", dataset: { fits } }, title, ...lines);
}

async function judged(draw) {
  if (!draw.server_seed) return shown(draw, "unknown", h("p", {}, "Its seed is not revealed yet: choose a new one, then look again."));
  try {
    const { outcome, ticket, multiplier, payout, faults } = await recompute(draw);
    const words = `Outcome ${outcome}: ticket ${ticket} of ${draw.lucky_odds.total}, ${money(multiplier)} × ${draw.cost} = ${money(payout)} coins.`;
    return shown(draw, faults.length ? "no" : "yes", h("p", {}, words), ...faults.map((one) => h("p", { className: "fault" }, one)));
  } catch (error) {
    return shown(draw, "no", h("p", { className: "fault" }, error.message));
  }
}

async function check() {
  fault.hidden = true;
  $("sum").hidden = true;
  $("draws").replaceChildren();
  try {
    // Browsers keep this from pages that came by plain HTTP from another machine.
    if (!globalThis.crypto?.subtle) throw new Error("this browser computes only on pages that came by HTTPS");
    const draws = read(form.elements.draws.value);
    const seen = new Set(draws.map((draw) => `${draw.server_seed_hash}:${draw.nonce}`));
    const items = [];
    for (const draw of draws) items.push(await judged(draw));
    const count = (fits) => items.filter((item) => item.dataset.fits === fits).length;
    const doubled = draws.length - seen.size;
    $("sum").textContent = `${count("yes")} draws fit, ${count("no")} do not, ${count("unknown")} wait for their seed` + (doubled ? `; ${doubled} use a number twice` : "") + ".";
    $("sum").hidden = false;
    $("draws").replaceChildren(...items.slice(0, SHOWN));
  } catch (error) {
    fault.textContent = `Not readable: ${error.message}`;
    fault.hidden = false;
  }
}

form.onsubmit = (event) => {
  event.preventDefault();
  check();
};

if (api.token) {
  $("load").hidden = false;
  $("load").onclick = async () => {
    try {
      form.elements.draws.value = JSON.stringify(await api.get("/fairness/draws?limit=20"), null, 1);
      await check();
    } catch (refusal) {
      fault.textContent = refusal.message;
      fault.hidden = false;
    }
  };
}

// Acts. Nothing is done without a reason, and nobody does it without having seen what will change.
//
//   act({title, fields?, changes?, danger?, run, submit?, note?, reason?}) → Promise of what `run`
//                                                                  gave, or null where he let it be
//
//   fields   as for field() of dom.js: [{name, label, type, required, options, value, help}]
//   changes  (values) => [{label, before, after}], or a Promise of it: asked for again whenever a
//            field changes, shown before → after; what it throws is shown, and nothing can be done
//   run      async (values) => …; values.reason is always there; a checkbox is a boolean, an empty
//            field is null, a number field a number; fields at fault are named from the Problem
//   body     an element to stand behind the fields, for what no field can say; the page reads it
//            itself, and its inputs count as a change
//   danger   the button says it in red
//   reason   false for what needs none (signing out); a string prefills it
//
//   waits(result)             whether what was done waits for a second person: it is told so
//   actButton(label, options) → a button that calls act; options.done(result) after it was done
//   confirmText(label, word)  → a field that must hold this very word

import { announce, fault, field, h, put, toast, uid } from "/web/console/dom.js";
import { orDash } from "/web/console/format.js";

const WAIT_MS = 250;

// The answer 202 of an act that takes two: what the first one wanted, kept.
export const waits = (result) => result?.status === "pending" && "proposed_by" in result;

function read(form, fields) {
  const values = {};
  for (const one of fields) {
    const control = form.elements[one.name];
    if (one.type === "checkbox") values[one.name] = control.checked;
    else if (one.type === "file") values[one.name] = control.files[0] ?? null;
    else {
      const text = control.value.trim();
      values[one.name] = text === "" ? null : one.type === "number" ? Number(text) : text;
    }
  }
  return values;
}

function showFaults(form, problem) {
  const unplaced = [];
  for (const one of problem.errors ?? []) {
    const name = one.field.split(".")[0];
    const place = form.querySelector(`.field[data-name="${CSS.escape(name)}"]`);
    if (!place) {
      unplaced.push(`${one.field}: ${one.message}`);
      continue;
    }
    const words = place.querySelector(".field-fault");
    words.textContent = one.message;
    words.hidden = false;
    const control = place.querySelector("input, select, textarea");
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", words.id);
  }
  form.querySelector("[aria-invalid]")?.focus();
  return (problem.errors ?? []).length && unplaced.length === 0 ? null : unplaced.join("; ") || problem.message;
}

function clearFaults(form) {
  for (const words of form.querySelectorAll(".field-fault")) words.hidden = true;
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}

function drawChanges(rows) {
  if (rows.length === 0) return h("p", { class: "help" }, "Nothing would change.");
  return h("table", { class: "changes" },
    h("caption", {}, "What will change"),
    h("thead", {}, h("tr", {}, ["", "Before", "After"].map((one) => h("th", { scope: "col" }, one || h("span", { class: "visually-hidden" }, "What"))))),
    h("tbody", {}, rows.map((one) => h("tr", {},
      h("th", { scope: "row" }, one.label),
      h("td", {}, orDash(one.before)),
      h("td", { class: "after" }, orDash(one.after))))));
}

export function act({ title, fields = [], body, changes, danger = false, run, submit, note, reason = "" }) {
  const opener = document.activeElement;
  const needsReason = reason !== false;
  const all = needsReason
    ? [...fields, { name: "reason", label: "Reason", type: "textarea", required: true, value: reason, maxlength: 500, help: "Kept in the audit log with what changed." }]
    : fields;
  const titleId = uid("dialog");
  const preview = h("div", { class: "preview", "aria-live": "polite" });
  const trouble = h("div", { class: "trouble" });
  const done = h("button", { type: "submit", class: danger ? "danger" : "primary" }, submit ?? title);
  const form = h("form", { method: "dialog", novalidate: true },
    h("h2", { id: titleId }, title),
    note ? h("p", { class: "help" }, note) : null,
    (needsReason ? all.slice(0, -1) : all).map(({ mustBe, ...one }) => field(one)),
    body ?? null,
    needsReason ? field(all.at(-1)) : null,
    preview,
    trouble,
    h("div", { class: "dialog-foot" },
      h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), done));
  const dialog = h("dialog", { "aria-labelledby": titleId }, form);

  return new Promise((resolve) => {
    let result = null;
    let asked = 0;
    let isBusy = false;
    let mayRun = !changes;

    async function look() {
      if (!changes) return;
      const mine = ++asked;
      done.disabled = true;
      try {
        const rows = await changes(read(form, all));
        if (mine !== asked) return;
        put(preview, drawChanges(rows));
        mayRun = true;
      } catch (error) {
        if (mine !== asked) return;
        put(preview, fault(error));
        mayRun = false;
      }
      done.disabled = isBusy || !mayRun;
    }

    let typing = 0;
    form.addEventListener("input", (event) => {
      if (event.target.name === "reason") return;
      clearTimeout(typing);
      if (!changes) return;
      // What is shown is of the values before: it has to be asked for again first.
      asked += 1;
      done.disabled = true;
      mayRun = false;
      typing = setTimeout(look, WAIT_MS);
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (isBusy || !mayRun) return;
      clearFaults(form);
      put(trouble);
      const errors = all.flatMap((one) => {
        const given = form.elements[one.name].value.trim();
        if (one.mustBe && given !== one.mustBe) return [{ field: one.name, message: `type ${one.mustBe}` }];
        return one.required && one.type !== "checkbox" && !given ? [{ field: one.name, message: "is needed" }] : [];
      });
      if (errors.length) {
        showFaults(form, { errors });
        return;
      }
      isBusy = true;
      done.disabled = true;
      dialog.setAttribute("aria-busy", "true");
      try {
        result = (await run(read(form, all))) ?? true;
        const words = waits(result) ? `${title}: waits for a second person` : `${title}: done`;
        announce(words);
        toast(words, waits(result) ? "info" : "good");
        isBusy = false;
        dialog.close();
      } catch (error) {
        const words = showFaults(form, error);
        if (words) put(trouble, fault({ message: words }));
      } finally {
        isBusy = false;
        done.disabled = !mayRun;
        dialog.removeAttribute("aria-busy");
      }
    });
    // Escape closes, but not what is being done this very moment.
    dialog.addEventListener("cancel", (event) => { if (isBusy) event.preventDefault(); });
    dialog.addEventListener("close", () => {
      clearTimeout(typing);
      dialog.remove();
      if (opener?.isConnected) opener.focus();
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
    form.querySelector("input, select, textarea")?.focus();
    look();
  });
}

export function actButton(label, { done, kind, ...options }) {
  return h("button", {
    type: "button",
    class: kind ?? (options.danger ? "danger-quiet" : null),
    onclick: async () => {
      const result = await act({ title: label, ...options });
      if (result !== null) done?.(result);
    },
  }, label);
}

export const confirmText = (label, word) => ({
  name: "confirm", label, required: true, help: `Type ${word} to go on.`, mustBe: word,
});

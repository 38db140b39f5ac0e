// Setting up a phone: the password once more (unless it was just given), the picture to scan, a
// first code, the recovery codes.
//
//   enrolment({password, done}) → element; done() is called when the recovery codes were kept
//   recoveryCodes(codes, done)  → element

import { send, setCsrf } from "/web/console/api.js";
import { fault, field, h, put } from "/web/console/dom.js";

function step(words, fields, label, run) {
  const trouble = h("div", { class: "trouble" });
  const go = h("button", { type: "submit", class: "primary" }, label);
  const form = h("form", { class: "stack" }, words, fields.map((one) => field(one)), trouble, go);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    put(trouble);
    try {
      await run(form.elements);
    } catch (error) {
      put(trouble, fault(error));
      form.querySelector("input")?.select();
    } finally {
      go.disabled = false;
    }
  });
  return form;
}

export function recoveryCodes(codes, done) {
  return h("div", { class: "stack" },
    h("p", {}, "Keep these recovery codes where your phone is not. Each lets you in once; they are not shown again."),
    h("ul", { class: "codes" }, codes.map((one) => h("li", {}, one))),
    h("button", { type: "button", class: "primary", onclick: done }, "I have kept them"));
}

export function enrolment({ password, done }) {
  const root = h("div", { class: "stack" });

  function confirm({ secret, qr }) {
    put(root, step([
      h("p", {}, "Scan this with an authenticator app, then type the code that it shows."),
      h("img", { class: "qr", src: qr, alt: "The picture for your authenticator app; the key below says the same." }),
      h("p", { class: "help" }, "Or type this key: ", h("code", { class: "code" }, secret.match(/.{1,4}/g).join(" "))),
    ], [{ name: "code", label: "Code", required: true, inputmode: "numeric", autocomplete: "one-time-code", maxlength: 12 }], "Confirm", async ({ code }) => {
      const answer = await send("POST", "/admin/totp/confirm", { code: code.value.trim() });
      if (answer.csrf_token) setCsrf(answer.csrf_token);
      put(root, recoveryCodes(answer.recovery_codes, done));
      root.querySelector("button").focus();
    }));
    root.querySelector("input").focus();
  }

  const begin = async (given) => confirm(await send("POST", "/admin/totp", { password: given }));

  function ask(error) {
    put(root, error ? fault(error) : null, step([], [
      { name: "password", label: "Your password", type: "password", required: true, autocomplete: "current-password" },
    ], "Go on", (elements) => begin(elements.password.value)));
  }

  if (password) begin(password).catch(ask);
  else ask();
  return root;
}

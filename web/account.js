// Where the links in mails lead: what they carry stands behind the #, so no server sees it
// before its owner presses the button, and a mail scanner that follows links uses nothing up.

import { Api } from "/web/api.js";

const api = new Api(() => {});
// What proves us here is the link; a log-in that has ended would only be refused.
api.token = null;
const done = document.getElementById("done");

function offer(id, send, words) {
  const form = document.getElementById(id);
  const fault = form.querySelector(".fault");
  const button = form.querySelector("button");
  form.hidden = false;
  done.hidden = true;
  form.onsubmit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    fault.hidden = true;
    try {
      await send(new FormData(form));
      form.hidden = true;
      done.textContent = words;
      done.hidden = false;
    } catch (refusal) {
      fault.textContent = refusal.message;
      fault.hidden = false;
    } finally {
      button.disabled = false;
    }
  };
  return form;
}

const link = new URLSearchParams(location.hash.slice(1));
// Out of the address bar and the history: whoever looks there later finds nothing.
history.replaceState(null, "", location.pathname);
const token = link.get("token") ?? "";

if (link.get("do") === "verify") {
  offer(
    "verify",
    () => api.request("POST", "/auth/email/verify", { body: { token } }),
    "Your e-mail address is confirmed. You can close this page.",
  );
} else if (link.get("do") === "reset") {
  const email = link.get("email") ?? "";
  const form = offer(
    "reset",
    (fields) =>
      api.request("POST", "/auth/password/reset", {
        body: { email, token, password: fields.get("password") },
      }),
    "Your password is set, and every device was logged out. Log in with the new one.",
  );
  form.elements.email.value = email;
}

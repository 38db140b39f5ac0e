// Signing in: log-in and password, and where a phone is set up the code that it shows.

import { send } from "/web/console/api.js";
import { fault, field, h, put } from "/web/console/dom.js";
import { enrolment } from "/web/console/enrol.js";

const mark = () => h("img", { src: "/web/mark.svg", alt: "", width: 36, height: 36 });

export function enter(main, done, words) {
  const trouble = h("div", { class: "trouble" });
  const go = h("button", { type: "submit", class: "primary" }, "Sign in");
  const second = h("div", { hidden: true },
    field({ name: "code", label: "Code", autocomplete: "one-time-code", spellcheck: "false", autocapitalize: "none", maxlength: 32, help: "Six digits from your phone, or a recovery code." }));
  const form = h("form", { class: "card sign-in", "aria-labelledby": "sign-in-title" },
    mark(),
    h("h1", { id: "sign-in-title" }, "FlyLive console"),
    h("p", { class: "help" }, words || "For the staff of this platform."),
    field({ name: "login", label: "E-mail, phone or signature", required: true, autocomplete: "username", autocapitalize: "none", spellcheck: "false" }),
    field({ name: "password", label: "Password", type: "password", required: true, autocomplete: "current-password" }),
    second,
    trouble,
    go);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    put(trouble);
    const { login, password, code } = form.elements;
    const given = { login: login.value, password: password.value };
    if (!second.hidden && code.value.trim()) given.code = code.value.trim();
    try {
      const view = await send("POST", "/admin/session", given);
      form.remove();
      done(view, given.password);
    } catch (error) {
      if (error.code === "staff.code_needed" && second.hidden) {
        second.hidden = false;
        code.focus();
      } else {
        put(trouble, fault(error));
        (error.code.startsWith("staff.") && !second.hidden ? code : password).select();
      }
    } finally {
      go.disabled = false;
    }
  });
  document.title = "Sign in · FlyLive console";
  main.append(form);
  form.elements.login.focus();
}

// Where codes are required, a session can do nothing before a phone is set up.
export function mustEnrol(main, password, done, leave) {
  document.title = "Set up your phone · FlyLive console";
  main.append(h("section", { class: "card sign-in", "aria-labelledby": "enrol-title" },
    mark(),
    h("h1", { id: "enrol-title" }, "Set up your phone"),
    h("p", { class: "help" }, "Staff sign in with a code here. Any authenticator app will do."),
    enrolment({ password, done }),
    h("button", {
      type: "button", class: "quiet", onclick: async () => {
        await send("DELETE", "/admin/session").catch(() => {});
        leave();
      },
    }, "Sign out")));
}

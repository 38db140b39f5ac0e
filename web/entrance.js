// Coming in: a new account made on the spot, or one that exists.

import { inWords, random } from "/web/api.js";
import { $, fault } from "/web/dom.js";

const FIRST = ["Quiet", "Amber", "Silver", "Gentle", "Velvet", "Northern", "Golden", "Midnight"];
const SECOND = ["Falcon", "Lantern", "River", "Sparrow", "Harbour", "Comet", "Willow", "Echo"];
const DEVICE = "FlyLive's page";

const any = (list) => list[Math.floor(Math.random() * list.length)];

function country() {
  try {
    return new Intl.Locale(navigator.language).maximize().region ?? "US";
  } catch {
    return "US";
  }
}

export function drawEntrance() {
  const field = $("register").elements.namedItem("name");
  if (!field.value) field.value = `${any(FIRST)} ${any(SECOND)}`;
}

drawEntrance.ready = (api, entered) => {
  const submit = (form, send) =>
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button[type=submit]");
      button.disabled = true;
      fault(form, null);
      try {
        entered(await send(new FormData(form)));
        form.reset();
      } catch (error) {
        fault(form, inWords(error));
      } finally {
        button.disabled = false;
      }
    });

  submit($("register"), (data) =>
    api.post("/auth/register", {
      name: data.get("name"),
      email: `listener-${random(8)}@flylive.example`,
      password: random(16),
      dob: "1990-01-01",
      gender: 3,
      country: country(),
      device_name: DEVICE,
    }),
  );
  submit($("log-in"), (data) =>
    api.post("/auth/login", { login: data.get("login"), password: data.get("password"), device_name: DEVICE }),
  );
};

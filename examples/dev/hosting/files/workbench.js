// A workbench for whoever develops a client: make test users, try the calls on them, see the answers.

import { Guest, openApp } from "./passerby.js";

const list = document.querySelector("#users");
const log = document.querySelector("#log");
const make = document.querySelector("#new");

let app;
let guests = new Map();

try {
  app = await openApp();
  document.querySelector("#app").textContent = app.client_app_id;
  document.querySelector("#url").textContent = app.client_url;
  for (const slot of slots()) guests.set(slot, new Guest(app, slot));
  make.disabled = false;
} catch (error) {
  record("open the app", error);
}
make.addEventListener("click", () => {
  const slot = `user-${Date.now().toString(36)}`;
  const guest = new Guest(app, slot);
  attempt("POST /auth/providers/anon-user/login", async () => {
    await guest.logIn();
    guests.set(slot, guest);
    return { user_id: guest.id };
  });
});
draw();

/** Runs an act, records its answer or its refusal, and shows who is left. */
async function attempt(title, act) {
  try {
    record(title, await act());
  } catch (error) {
    record(title, error);
  }
  remember();
  draw();
}

function record(title, outcome) {
  const failed = outcome instanceof Error;
  const item = document.createElement("li");
  item.classList.toggle("failed", failed);
  const head = document.createElement("p");
  head.textContent = failed && outcome.status ? `${title} → ${outcome.status}` : title;
  const body = document.createElement("pre");
  body.tabIndex = 0;
  body.textContent = failed
    ? [outcome.message, outcome.code, outcome.link].filter(Boolean).join("\n")
    : JSON.stringify(outcome ?? "no content", null, 2);
  item.append(head, body);
  log.prepend(item);
}

function draw() {
  const rows = [...guests].map(([slot, guest]) => row(slot, guest));
  list.replaceChildren(...rows);
  document.querySelector("#empty").hidden = rows.length > 0;
}

function row(slot, guest) {
  const item = document.createElement("li");
  const id = document.createElement("code");
  id.textContent = guest.id;
  const buttons = document.createElement("div");
  buttons.className = "row start";
  const button = (name, title, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet";
    made.textContent = name;
    made.setAttribute("aria-label", `${name}: ${guest.id}`);
    made.addEventListener("click", () => attempt(title, act));
    buttons.append(made);
  };
  button("Profile", "GET /auth/profile", () => guest.profile());
  button("Refresh", "POST /auth/session", async () => {
    await guest.refresh();
    return claims(guest.accessToken);
  });
  button("Log out", "DELETE /auth/session", () => guest.logOut());
  button("Delete", "DELETE /auth/delete", () => guest.delete());
  item.append(id, buttons);
  return item;
}

function claims(token) {
  return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
}

// Which users this browser has: those that are still logged in.

function slots() {
  return JSON.parse(localStorage.getItem(`workbench:${app.client_app_id}`)) ?? [];
}

function remember() {
  guests = new Map([...guests].filter(([, guest]) => guest.id !== null));
  localStorage.setItem(`workbench:${app.client_app_id}`, JSON.stringify([...guests.keys()]));
}

// Pocket notes: an app that can be used before anybody registers. The user's id is the owner of the notes, and stays
// when a guest becomes somebody.

import { Guest, openApp } from "./passerby.js";

const status = document.querySelector("#status");
const list = document.querySelector("#notes");
const form = document.querySelector("#write");
const account = document.querySelector("#account");
const problem = document.querySelector("#problem");
const confirm = document.querySelector("#confirm");

const REGISTER = {
  title: "Keep it: register",
  act: "Register",
  other: "I have an account",
  autocomplete: "new-password",
};
const LOG_IN = {
  title: "Log in",
  act: "Log in",
  other: "I have no account yet",
  autocomplete: "current-password",
};

let guest;
let owner;
let notes = [];
let intent;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  add(form.elements.text.value.trim());
});
account.addEventListener("submit", (event) => {
  event.preventDefault();
  const { email, password } = account.elements;
  (intent === REGISTER ? register : logIn)(email.value, password.value);
});
document.querySelector("#other").addEventListener("click", () => want(intent === REGISTER ? LOG_IN : REGISTER));
document.querySelector("#restart").addEventListener("click", () => confirm.showModal());
confirm.addEventListener("close", () => {
  if (confirm.returnValue === "leave") startOver();
  confirm.returnValue = "";
});
document.querySelector("#leave").addEventListener("click", logOut);
// In another tab somebody else may have come, or a guest become somebody.
addEventListener("storage", ({ key }) => {
  if (key?.endsWith(":session") && guest?.id !== owner) enter();
  if (key === "pocket-notes:address") enter();
});
want(REGISTER);
await enter();

async function enter() {
  try {
    guest ??= new Guest(await openApp());
    const arrival = await guest.logIn();
    const { data } = await guest.profile();
    open(data.email ?? null);
    status.textContent = words(arrival, data.email);
  } catch (error) {
    status.textContent = `The notebook could not be opened (${error.message}). Reload the page to try again.`;
  }
}

function words(arrival, email) {
  const last = localStorage.getItem("pocket-notes:address");
  if (!email && last !== null) return `You are logged out. Log in as ${last} to see your notes.`;
  if (arrival === "new") return "Go ahead: no account needed.";
  if (arrival === "replaced") return "Your last guest has expired. This is a new one, with an empty notebook.";
  const welcome = email ? `Welcome back, ${email}.` : "Welcome back.";
  return notes.length === 0 ? welcome : `${welcome} Your notes are where you left them.`;
}

/** Shows the notebook of whoever is logged in: of a guest, or of somebody with an address. */
function open(email) {
  owner = guest.id;
  notes = kept(owner);
  document.querySelector("#trying").hidden = email !== null;
  document.querySelector("#yours").hidden = email === null;
  document.querySelector("#address").textContent = email;
  for (const place of document.querySelectorAll(".id")) place.textContent = owner;
  const last = localStorage.getItem("pocket-notes:address");
  if (email !== null) {
    if (last !== email) localStorage.setItem("pocket-notes:address", email);
  } else if (last !== null && account.elements.email.value === "") {
    account.elements.email.value = last;
    want(LOG_IN);
  }
  enable(true);
  draw();
}

function want(what) {
  intent = what;
  document.querySelector("#account-title").textContent = what.title;
  account.querySelector("button[type=submit]").textContent = what.act;
  document.querySelector("#other").textContent = what.other;
  document.querySelector("#hint").hidden = what !== REGISTER;
  account.elements.password.autocomplete = what.autocomplete;
  problem.hidden = true;
}

async function register(email, password) {
  await attempt(async () => {
    // Should an earlier try have registered the address and come no further, the password will tell.
    await guest.register(email, password).catch(unlessTaken);
    await guest.link("local-userpass", { username: email, password });
    open(email);
    status.textContent = "Registered. You are the same user as before, and everything is still here.";
  });
}

async function logIn(email, password) {
  await attempt(async () => {
    const [guestBefore, brought] = [owner, notes];
    await guest.logInWith("local-userpass", { username: email, password });
    status.textContent = `Welcome back, ${email}.`;
    if (guest.id !== guestBefore && brought.length > 0) {
      localStorage.setItem(shelf(guest.id), JSON.stringify([...brought, ...kept(guest.id)]));
      localStorage.removeItem(shelf(guestBefore));
      status.textContent += " What you wrote as a guest came along.";
    }
    open(email);
  });
}

async function attempt(act) {
  enable(false);
  problem.hidden = true;
  try {
    await act();
    account.reset();
    want(REGISTER);
  } catch (error) {
    problem.textContent = explained(error);
    problem.hidden = false;
  }
  enable(true);
}

function unlessTaken(refusal) {
  if (refusal.code !== "AccountNameInUse") throw refusal;
}

function explained({ code, message, status }) {
  const taken = "This address has an account. If it is yours, log in.";
  if (intent === REGISTER && ["InvalidPassword", "AuthError"].includes(code)) return taken;
  if (code === "InvalidPassword") return "Address and password do not fit.";
  if (status === 429) return "Too many tries. Wait a minute, then try again.";
  if (status === undefined) return "The server could not be reached. Nothing was changed.";
  return `That did not work: ${message}.`;
}

async function logOut() {
  enable(false);
  try {
    await guest.logOut();
  } catch (error) {
    status.textContent = `That did not work (${error.message}). You are still logged in.`;
    enable(true);
    return;
  }
  await enter();
}

function add(text) {
  if (text === "") return;
  notes.unshift({ text, written: Date.now() });
  form.reset();
  form.elements.text.focus();
  save();
}

function remove(note) {
  notes = notes.filter((kept) => kept !== note);
  save();
}

async function startOver() {
  enable(false);
  const guestBefore = owner;
  try {
    await guest.logOut();
  } catch (error) {
    status.textContent = `That did not work (${error.message}). Nothing has been thrown away.`;
    enable(true);
    return;
  }
  localStorage.removeItem(shelf(guestBefore));
  await enter();
}

function save() {
  localStorage.setItem(shelf(owner), JSON.stringify(notes));
  draw();
}

function kept(id) {
  return JSON.parse(localStorage.getItem(shelf(id))) ?? [];
}

function shelf(id) {
  return `pocket-notes:${id}`;
}

function enable(yes) {
  const buttons = document.querySelectorAll("#write [type=submit], #account [type=submit], #restart, #leave");
  for (const button of buttons) button.disabled = !yes;
}

function draw() {
  list.replaceChildren(...notes.map(row));
  document.querySelector("#empty").hidden = notes.length > 0;
}

function row(note) {
  const item = document.createElement("li");
  const text = document.createElement("p");
  text.textContent = note.text;
  const foot = document.createElement("div");
  foot.className = "row";
  const time = document.createElement("time");
  time.dateTime = new Date(note.written).toISOString();
  time.textContent = new Date(note.written).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  const done = document.createElement("button");
  done.type = "button";
  done.className = "quiet";
  done.textContent = "Done";
  done.setAttribute("aria-label", `Done: ${note.text}`);
  done.addEventListener("click", () => remove(note));
  foot.append(time, done);
  item.append(text, foot);
  return item;
}

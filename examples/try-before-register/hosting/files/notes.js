// Pocket notes: an app that can be used before anybody registers. The guest's id is the owner of the notes.

import { Guest, openApp } from "./passerby.js";

const status = document.querySelector("#status");
const list = document.querySelector("#notes");
const form = document.querySelector("#write");
const restart = document.querySelector("#restart");
const confirm = document.querySelector("#confirm");

let guest;
let notes = [];

form.addEventListener("submit", (event) => {
  event.preventDefault();
  add(form.elements.text.value.trim());
});
restart.addEventListener("click", () => confirm.showModal());
confirm.addEventListener("close", () => {
  if (confirm.returnValue === "leave") startOver();
  confirm.returnValue = "";
});
await enter();

async function enter() {
  try {
    guest ??= new Guest(await openApp());
    const arrival = await guest.logIn();
    notes = JSON.parse(localStorage.getItem(shelf())) ?? [];
    status.textContent = words(arrival);
    document.querySelector("#guest").textContent = guest.id;
    enable(true);
  } catch (error) {
    status.textContent = `The notebook could not be opened (${error.message}). Reload the page to try again.`;
  }
  draw();
}

function words(arrival) {
  if (arrival === "new") return "Go ahead: no account needed.";
  if (arrival === "replaced") return "Your last guest has expired. This is a new one, with an empty notebook.";
  return notes.length === 0 ? "Welcome back." : "Welcome back. Your notes are where you left them.";
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
  const shelfOfOld = shelf();
  try {
    await guest.logOut();
  } catch (error) {
    status.textContent = `That did not work (${error.message}). Nothing has been thrown away.`;
    enable(true);
    return;
  }
  localStorage.removeItem(shelfOfOld);
  await enter();
}

function save() {
  localStorage.setItem(shelf(), JSON.stringify(notes));
  draw();
}

function shelf() {
  return `pocket-notes:${guest.id}`;
}

function enable(yes) {
  form.querySelector("button").disabled = !yes;
  restart.disabled = !yes;
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

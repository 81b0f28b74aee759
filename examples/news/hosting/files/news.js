// The reader's side of The Corner Paper: which stories a guest has read, and which are kept for later.

import { Guest, openApp } from "./passerby.js";

const stories = [...document.querySelectorAll("article")];
const greeting = document.querySelector("#greeting");
const views = [...document.querySelectorAll("nav button")];
const forget = document.querySelector("#forget");

let guest;
let marks = { read: [], kept: [], visits: 0 };
let shown = "all";

dressStories();
for (const view of views) view.addEventListener("click", () => show(view.dataset.show));
forget.addEventListener("click", forgetGuest);
await greet();

/** Logs in and says so. The stories can be read without any of it. */
async function greet() {
  try {
    guest ??= new Guest(await openApp());
    const arrival = await guest.logIn();
    marks = remembered(guest.id);
    marks.visits += 1;
    remember();
    greeting.textContent = words(arrival);
    document.querySelector("#guest").textContent = guest.id;
    forget.disabled = false;
  } catch (error) {
    greeting.textContent = `We could not open the door just now (${error.message}). You can read all the same; marks are not kept.`;
  }
  draw();
}

function words(arrival) {
  if (arrival === "new") return "Welcome. You are in, as a guest: open a story.";
  if (arrival === "replaced") return "It has been a long time. Your old guest has expired, here is a new one: welcome.";
  const left = stories.length - marks.read.length;
  const rest = left === 0 ? "you have read everything" : left === 1 ? "one story is left" : `${left} stories are left`;
  return `Welcome back, for visit ${marks.visits}: ${rest}.`;
}

async function forgetGuest() {
  forget.disabled = true;
  const id = guest.id;
  try {
    await guest.delete();
    localStorage.removeItem(shelf(id));
    marks = { read: [], kept: [], visits: 0 };
    for (const story of stories) story.querySelector("details").open = false;
    document.querySelector("#guest").textContent = "none";
    greeting.textContent = "Forgotten. Open the page again and you are somebody new.";
    guest = undefined;
    show("all");
  } catch (error) {
    greeting.textContent = `That did not work (${error.message}). Please try again.`;
    forget.disabled = false;
  }
}

/** Gives every story its state and its button. */
function dressStories() {
  for (const story of stories) {
    const keep = document.createElement("button");
    keep.type = "button";
    keep.className = "keep";
    keep.addEventListener("click", () => toggle(story.id));
    story.append(keep);
    story.querySelector("details").addEventListener("toggle", (event) => {
      if (event.target.open) markRead(story.id);
    });
  }
}

function markRead(id) {
  if (marks.read.includes(id)) return;
  marks.read.push(id);
  remember();
  draw();
}

function toggle(id) {
  marks.kept = marks.kept.includes(id) ? marks.kept.filter((kept) => kept !== id) : [...marks.kept, id];
  remember();
  draw();
}

function show(view) {
  shown = view;
  draw();
}

function draw() {
  for (const view of views) view.setAttribute("aria-pressed", String(view.dataset.show === shown));
  for (const story of stories) {
    const read = marks.read.includes(story.id);
    const kept = marks.kept.includes(story.id);
    story.classList.toggle("read", read);
    const title = story.querySelector("h2").textContent;
    const keep = story.querySelector(".keep");
    keep.textContent = kept ? "On your list" : "Keep for later";
    keep.setAttribute("aria-pressed", String(kept));
    keep.setAttribute("aria-label", `${keep.textContent}: ${title}`);
    // A story that is open stays, though it counts as read by now.
    const open = story.querySelector("details").open;
    story.hidden = (shown === "unread" && read && !open) || (shown === "kept" && !kept);
  }
  document.querySelector("#empty").hidden = stories.some((story) => !story.hidden);
}

// What a guest has marked stays in this browser, under the guest's id. A guest who is gone takes the marks along.

function shelf(id) {
  return `corner-paper:${id}`;
}

function remembered(id) {
  return JSON.parse(localStorage.getItem(shelf(id))) ?? { read: [], kept: [], visits: 0 };
}

function remember() {
  if (guest?.id) localStorage.setItem(shelf(guest.id), JSON.stringify(marks));
}

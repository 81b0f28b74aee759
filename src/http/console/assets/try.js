// Logs a guest in against the app, from this page, and links it to an e-mail user: what an SDK does, step by step.
"use strict";

const panel = document.getElementById("try");
const base = `${panel.dataset.url}/api/client/v2.0`;
const app = `${base}/app/${panel.dataset.app}`;
const said = document.getElementById("try-said");
let guest = null;

/** What the server answered that it does not do; the app's log has the reason. */
class Refused extends Error {}

async function ask(method, url, body, token) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  const options = { method, headers, credentials: "omit", body: body && JSON.stringify(body) };
  const answer = await fetch(url, options).catch(() => {
    throw new Error(`Nothing came from ${panel.dataset.url}: this browser does not reach it, or the app does not allow this page.`);
  });
  const text = await answer.text();
  const value = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Refused(value?.error ?? `${answer.status}`);
  return value;
}

const decoded = (token) => {
  const bytes = Uint8Array.from(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
};

function show(title, value) {
  const section = document.createElement("section");
  const heading = document.createElement("h3");
  const pre = document.createElement("pre");
  heading.textContent = title;
  pre.textContent = JSON.stringify(value, null, 2);
  pre.tabIndex = 0;
  section.append(heading, pre);
  said.append(section);
  return section;
}

function fail(error) {
  const line = document.createElement("p");
  line.className = "refused";
  line.append(error.message);
  if (error instanceof Refused) {
    const logs = document.createElement("a");
    logs.href = panel.dataset.logs;
    logs.textContent = "Why, in the logs";
    line.append(" ", logs);
  }
  said.append(line);
  line.scrollIntoView({ block: "nearest" });
}

const steps = {
  async guest() {
    said.replaceChildren();
    guest = await ask("POST", `${app}/auth/providers/anon-user/login`, {});
    show("The answer", { ...guest, access_token: "…", refresh_token: "…" });
    show("The access token, decoded", decoded(guest.access_token));
    show("The refresh token, decoded", decoded(guest.refresh_token));
    show("The profile", await ask("GET", `${base}/auth/profile`, null, guest.access_token));
    for (const later of panel.querySelectorAll("[data-after-guest]")) later.disabled = false;
  },
  async link() {
    const email = document.getElementById("try-email").value;
    const password = document.getElementById("try-password").value;
    await ask("POST", `${app}/auth/providers/local-userpass/register`, { email, password });
    const body = { username: email, password };
    const linked = await ask("POST", `${app}/auth/providers/local-userpass/login?link=true`, body, guest.access_token);
    const section = show("Linked: the same user", { user_id: linked.user_id, same: linked.user_id === guest.user_id });
    guest = { ...guest, ...linked };
    show("The profile now", await ask("GET", `${base}/auth/profile`, null, guest.access_token));
    section.scrollIntoView();
  },
};

for (const button of panel.querySelectorAll("button[data-step]")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await steps[button.dataset.step]();
    } catch (error) {
      fail(error);
    } finally {
      button.disabled = false;
    }
  });
}

/*
 * Guests for a web page, in one file and without a library.
 *
 *     import { Guest, openApp } from "./passerby.js";
 *
 *     const guest = new Guest(await openApp());
 *     await guest.logIn();              // the guest of the last visit, or a new one
 *     await guest.profile();            // what the server knows: an id and an anonymous identity
 *
 * A guest who wants to stay becomes somebody, under the same id:
 *
 *     await guest.register(email, password);
 *     await guest.link("local-userpass", { username: email, password });
 *
 * and comes back with `logInWith`, from any browser.
 *
 * It speaks the client API of Realm / Atlas App Services, which Passerby serves, and keeps the guest's tokens in the
 * browser. Copy it into your own pages; realm-web does the same and more.
 */

/**
 * Where the page's app is: `{ client_url, client_app_id }`. Passerby serves this file beside every page that it shows. A
 * page that comes from elsewhere names the base URL and the app itself: `new Guest({ client_url, client_app_id })`.
 */
export async function openApp(at = "./.passerby/app.json") {
  const response = await fetch(at, { cache: "no-store" });
  if (!response.ok) throw new Refusal(response.status, { error: `failed to read ${at}` });
  return response.json();
}

/** The server's no: `message` is its text, `code` its word for it, if there is one, such as `InvalidSession`. */
export class Refusal extends Error {
  constructor(status, { error, error_code, link } = {}) {
    super(error ?? `the server answered ${status}`);
    Object.assign(this, { name: "Refusal", status, code: error_code, link });
  }
}

/** One guest of one app in this browser. A page that wants several gives each a slot of its own. */
export class Guest {
  #app;
  #key;
  #refreshing = null;

  constructor(app, slot = "guest") {
    this.#app = app;
    this.#key = `passerby:${app.client_app_id}:${slot}`;
  }

  /** The user id, 24 hex digits, or null if nobody is logged in. It is the key to whatever the page keeps. */
  get id() {
    return this.#session?.user_id ?? null;
  }

  /** The token that says who this is, for half an hour. A backend can verify it with any JWT library. */
  get accessToken() {
    return this.#session?.access_token ?? null;
  }

  /**
   * Logs in the guest of the last visit, or a new one.
   *
   * Answers `"back"`, `"new"`, or `"replaced"` when there was a guest whom the server no longer knows. Pages that open
   * at the same time take turns, so that the second finds the guest of the first. Browsers hand `localStorage` from
   * page to page with a little delay: should both have made a guest all the same, both use the later one from then on.
   */
  async logIn() {
    return locked(this.#key, async () => {
      const known = this.id !== null;
      if (known && (await this.#isWelcome())) return "back";
      await this.#enter("anon-user", {});
      return known ? "replaced" : "new";
    });
  }

  /**
   * Registers an e-mail address with a password. It belongs to nobody until it is linked, or logged in with; an app may
   * want it confirmed first.
   */
  async register(email, password) {
    await this.#call("POST", `${this.#providers}/local-userpass/register`, { body: { email, password } });
  }

  /**
   * Adds a way to log in to this user, whose id stays: `link("local-userpass", { username, password })`. A way that
   * leads to another user already is refused, and nothing changes.
   */
  async link(provider, credential) {
    const answer = await this.call("POST", `${this.#providers}/${provider}/login?link=true`, credential);
    this.#write("session", { ...this.#session, access_token: answer.access_token });
  }

  /**
   * Logs in with what was linked, or registered. Whoever was logged in before is logged out then: a guest for good.
   */
  async logInWith(provider, credential) {
    return locked(this.#key, async () => {
      const before = this.#session;
      await this.#enter(provider, credential);
      if (before) await this.#call("DELETE", "/auth/session", { token: before.refresh_token }).catch(() => {});
    });
  }

  /** The user as the server knows it: `{ user_id, identities, data, type, … }`. */
  profile() {
    return this.call("GET", "/auth/profile");
  }

  /** Fetches a new access token. Callers at the same time share one request. */
  refresh() {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /** Ends the session. A guest who was never linked to anything has no way back. */
  async logOut() {
    await this.#call("DELETE", "/auth/session", { token: this.#session?.refresh_token }).catch(unlessGone);
    this.#forget();
  }

  /** Deletes the user on the server, for good. */
  async delete() {
    await this.call("DELETE", "/auth/delete").catch(unlessGone);
    this.#forget();
  }

  /** Any call of the client API in the guest's name. If the access token has run out, it is renewed, once. */
  async call(method, path, body) {
    try {
      return await this.#call(method, path, { body, token: this.accessToken });
    } catch (refusal) {
      // Any other code, such as that of a wrong password, is no matter of the token.
      if (refusal.code !== "InvalidSession" || this.id === null) throw refusal;
      await this.refresh();
      return this.#call(method, path, { body, token: this.accessToken });
    }
  }

  get #providers() {
    return `/app/${this.#app.client_app_id}/auth/providers`;
  }

  async #enter(provider, credential) {
    const device = { platform: "browser", sdkVersion: "passerby.js", ...this.#read("device") };
    const body = { ...credential, options: { device } };
    const session = await this.#call("POST", `${this.#providers}/${provider}/login`, { body });
    this.#write("device", { deviceId: { $oid: session.device_id } });
    this.#write("session", session);
  }

  async #isWelcome() {
    try {
      await this.profile();
      return true;
    } catch (refusal) {
      // Anything else, such as a server that is down, says nothing about the guest: keep the tokens.
      if (refusal.status !== 401) throw refusal;
      this.#forget();
      return false;
    }
  }

  async #refresh() {
    const session = this.#session;
    const { access_token } = await this.#call("POST", "/auth/session", { token: session?.refresh_token });
    this.#write("session", { ...session, access_token });
  }

  async #call(method, path, { body, token }) {
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (token) headers["Authorization"] = `Bearer ${token}`;
    const url = `${this.#app.client_url}/api/client/v2.0${path}`;
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    const answer = response.status === 204 ? null : await response.json().catch(() => null);
    if (!response.ok) throw new Refusal(response.status, answer ?? {});
    return answer;
  }

  // The session is read from the browser each time: another page may have renewed or ended it meanwhile.
  get #session() {
    return this.#read("session");
  }

  #read(what) {
    return JSON.parse(localStorage.getItem(`${this.#key}:${what}`));
  }

  #write(what, value) {
    localStorage.setItem(`${this.#key}:${what}`, JSON.stringify(value));
  }

  #forget() {
    localStorage.removeItem(`${this.#key}:session`);
  }
}

/** A session or user that is gone already is as good as logged out. */
function unlessGone(refusal) {
  if (refusal.status !== 401) throw refusal;
}

/** Runs `act` while no other page of this browser does. Browsers have locks where the page is https or local. */
function locked(name, act) {
  return navigator.locks ? navigator.locks.request(name, act) : act();
}

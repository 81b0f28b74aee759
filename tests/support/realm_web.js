// The real realm-web, as npm delivers it, with what a test needs to look over its shoulder.

import * as Realm from "realm-web";

export { Realm };

/**
 * A realm-web app with a storage of its own, since Node's default storage is shared by the whole process.
 *
 * `requests` lists what the SDK has sent, such as `GET /auth/profile 200`. An SDK that would not end is stopped at
 * request number `limit`.
 */
export function realmApp(baseUrl, id, storage = new MemoryStorage(), limit = 200) {
  const requests = [];
  const recordingFetch = async (url, init) => {
    if (requests.length === limit) throw new Error(`the SDK has sent ${limit} requests`);
    const response = await fetch(url, init);
    const path = new URL(url).pathname.replace(/^\/api\/client\/v2\.0(\/app\/[^/]+)?/, "");
    requests.push(`${init.method} ${path} ${response.status}`);
    return response;
  };
  const app = new Realm.App({ id, baseUrl, storage, fetch: recordingFetch });
  return { app, requests, storage };
}

/** realm-web's storage interface over a map that outlives an app, as `localStorage` outlives a page. */
export class MemoryStorage {
  constructor(entries = new Map(), at = "") {
    this.entries = entries;
    this.at = at;
  }
  get(key) {
    return this.entries.get(this.at + key) ?? null;
  }
  set(key, value) {
    this.entries.set(this.at + key, value);
  }
  remove(key) {
    this.entries.delete(this.at + key);
  }
  prefix(part) {
    return new MemoryStorage(this.entries, `${this.at}${part}:`);
  }
  clear(prefix = "") {
    for (const key of this.entries.keys()) if (key.startsWith(this.at + prefix)) this.entries.delete(key);
  }
  addListener() {}
  removeListener() {}
}

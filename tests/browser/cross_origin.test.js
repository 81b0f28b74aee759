// realm-web's browser build in Chromium, on a site of its own: what CORS lets through and what it does not.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { browser, freshPage } from "../support/chromium.js";
import { appDirectory, scope, serve } from "../support/passerby.js";
import { site } from "../support/site.js";

const APP = "reader-abcde";
const OPEN_APP = "anybody-abcde";

describe("a browser on another origin", () => {
  const suite = scope({ after });
  let base;
  let chromium;
  let allowed;
  let stranger;
  before(async () => {
    [allowed, stranger] = [await site(suite), await site(suite)];
    const server = await serve(suite, [
      await appDirectory(suite, { id: APP, origins: [allowed] }),
      await appDirectory(suite, { id: OPEN_APP }),
    ]);
    base = server.url;
    chromium = await browser(suite);
  });

  async function visit(origin) {
    const visited = await freshPage(chromium);
    await visited.page.goto(origin);
    return visited;
  }

  test("that is allowed logs in, reads, refreshes and logs out with realm-web", async () => {
    const { page, complaints } = await visit(allowed);
    const story = await page.evaluate(logInAndOut, { base, id: APP });
    assert.match(story.id, /^[0-9a-f]{24}$/);
    assert.deepEqual({ ...story, id: "" }, {
      id: "",
      identities: ["anon-user"],
      profile: {},
      customData: {},
      hasDevice: true,
      renewed: true,
      stateAfterLogout: "logged-out",
      keysLeft: 0,
    });
    assert.deepEqual(complaints, []);
  });

  test("that is allowed finds its guest again after a reload", async () => {
    const { page } = await visit(allowed);
    const logIn = async ({ base, id }) => {
      const app = new Realm.App({ id, baseUrl: base });
      return (await app.logIn(Realm.Credentials.anonymous())).id;
    };
    const first = await page.evaluate(logIn, { base, id: APP });
    await page.reload();
    assert.equal(await page.evaluate(logIn, { base, id: APP }), first);
  });

  test("that is allowed can read why it was refused", async () => {
    const { page } = await visit(allowed);
    const refusal = await page.evaluate(async ({ base, id }) => {
      const app = new Realm.App({ id, baseUrl: base });
      const user = await app.logIn(Realm.Credentials.anonymous());
      const token = user.accessToken;
      await user.logOut();
      const response = await fetch(`${base}/api/client/v2.0/auth/profile`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      return [response.status, (await response.json()).error_code];
    }, { base, id: APP });
    assert.deepEqual(refusal, [401, "InvalidSession"]);
  });

  test("that is a stranger gets nothing", async () => {
    const { page } = await visit(stranger);
    const outcome = await page.evaluate(async ({ base, id }) => {
      const app = new Realm.App({ id, baseUrl: base });
      return app.logIn(Realm.Credentials.anonymous()).then(() => "logged in", (error) => error.name);
    }, { base, id: APP });
    assert.equal(outcome, "TypeError");
  });

  test("is let in wherever an app names no origins", async () => {
    const { page } = await visit(stranger);
    const story = await page.evaluate(logInAndOut, { base, id: OPEN_APP });
    assert.equal(story.stateAfterLogout, "logged-out");
  });

  test("reads the public keys", async () => {
    const { page } = await visit(allowed);
    const keys = await page.evaluate(async ({ base, id }) => {
      const response = await fetch(`${base}/api/client/v2.0/app/${id}/.well-known/jwks.json`);
      return (await response.json()).keys.length;
    }, { base, id: APP });
    assert.ok(keys >= 1);
  });

  test("asks first, and is told what it may", async () => {
    const preflight = (origin, path, method) =>
      fetch(base + path, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": method,
          "access-control-request-headers": "authorization,content-type",
        },
      });
    for (const [path, method] of [
      [`/api/client/v2.0/app/${APP}/auth/providers/anon-user/login`, "POST"],
      ["/api/client/v2.0/auth/session", "DELETE"],
      ["/api/client/v2.0/auth/profile", "GET"],
    ]) {
      const answer = await preflight(allowed, path, method);
      const headers = answer.headers;
      assert.ok([200, 204].includes(answer.status), path);
      assert.equal(headers.get("access-control-allow-origin"), allowed, path);
      assert.equal(headers.get("access-control-allow-credentials"), "true", path);
      assert.match(headers.get("vary"), /origin/i, path);
      assert.ok(headers.get("access-control-allow-methods").includes(method), path);
      assert.match(headers.get("access-control-allow-headers"), /authorization/i, path);
      assert.match(headers.get("access-control-allow-headers"), /content-type/i, path);
    }
    const scoped = await preflight(stranger, `/api/client/v2.0/app/${APP}/auth/providers/anon-user/login`, "POST");
    assert.equal(scoped.headers.get("access-control-allow-origin"), null);
  });

  test("that is a stranger is answered 403 without CORS headers, and makes no user", async () => {
    const answer = await fetch(`${base}/api/client/v2.0/app/${APP}/auth/providers/anon-user/login`, {
      method: "POST",
      headers: { origin: stranger },
    });
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.get("content-type"), "application/json");
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
    const body = await answer.json();
    assert.equal(typeof body.error, "string");
    assert.equal("access_token" in body, false);
  });
});

/** Runs in the page: the life of a guest with realm-web. */
async function logInAndOut({ base, id }) {
  const app = new Realm.App({ id, baseUrl: base });
  const user = await app.logIn(Realm.Credentials.anonymous());
  await user.refreshProfile();
  const before = user.accessToken;
  await user.refreshAccessToken();
  const claims = (token) => JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
  const story = {
    id: user.id,
    identities: user.identities.map((identity) => identity.providerType),
    profile: { ...user.profile },
    customData: await user.refreshCustomData(),
    hasDevice: /^[0-9a-f]{24}$/.test(user.deviceId),
    renewed: claims(user.accessToken).sub === claims(before).sub,
  };
  await user.logOut();
  story.stateAfterLogout = user.state;
  story.keysLeft = Object.keys(localStorage).filter((key) => /accessToken|refreshToken/.test(key)).length;
  return story;
}

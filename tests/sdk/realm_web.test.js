// realm-web 2.0.1, unmodified, against the built binary.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { appDirectory, scope, serve } from "../support/passerby.js";
import { call, claims, logIn } from "../support/raw.js";
import { Realm, realmApp } from "../support/realm_web.js";

const APP = "reader-abcde";
const OTHER_APP = "writer-abcde";
const CLOSED_APP = "closed-abcde";

const guest = () => Realm.Credentials.anonymous();
const newGuest = () => Realm.Credentials.anonymous(false);

describe("realm-web", () => {
  const suite = scope({ after });
  let base;
  let ready;
  before(async () => {
    const server = await serve(suite, [
      await appDirectory(suite, { id: APP }),
      await appDirectory(suite, { id: OTHER_APP }),
      await appDirectory(suite, { id: CLOSED_APP, disabled: true }),
    ]);
    base = server.url;
    ready = server.ready;
  });

  test("is told by the ready line where everything is", () => {
    assert.match(base, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual(ready, {
      client_url: base,
      admin_url: base,
      metrics_url: null,
      apps: [
        { client_app_id: APP, name: "reader", created: true, try_url: null },
        { client_app_id: OTHER_APP, name: "writer", created: true, try_url: null },
        { client_app_id: CLOSED_APP, name: "closed", created: true, try_url: null },
      ],
    });
  });

  test("a guest logs in and has a profile without a name", async () => {
    const { app, requests } = realmApp(base, APP);
    const user = await app.logIn(guest());
    assert.match(user.id, /^[0-9a-f]{24}$/);
    assert.equal(user.isLoggedIn, true);
    assert.equal(user.state, "active");
    assert.equal(user.providerType, "anon-user");
    assert.equal(user.identities.length, 1);
    assert.equal(user.identities[0].providerType, "anon-user");
    assert.match(user.identities[0].id, /^[0-9a-f]{24}-[a-z]{24}$/);
    assert.deepEqual({ ...user.profile }, {});
    assert.deepEqual(user.customData, {});
    assert.match(user.deviceId, /^[0-9a-f]{24}$/);
    assert.equal(app.currentUser, user);
    assert.deepEqual(requests, [
      "GET /location 200",
      "POST /auth/providers/anon-user/login 200",
      "GET /auth/profile 200",
    ]);
  });

  test("every login without reuse makes a new user", async () => {
    const { app } = realmApp(base, APP);
    const first = await app.logIn(newGuest());
    const second = await app.logIn(newGuest());
    assert.notEqual(first.id, second.id);
    assert.deepEqual(Object.keys(app.allUsers), [second.id, first.id]);
    assert.equal(app.currentUser, second);
    await Promise.all([first.refreshProfile(), second.refreshProfile()]);
  });

  test("a login with reuse gives back the guest who is logged in", async () => {
    const { app, requests } = realmApp(base, APP);
    const first = await app.logIn(guest());
    const second = await app.logIn(guest());
    assert.equal(second, first);
    assert.equal(requests.filter((request) => request.includes("/login")).length, 1);
  });

  test("a device keeps its id from one guest to the next", async () => {
    const { app } = realmApp(base, APP);
    const first = await app.logIn(newGuest());
    const second = await app.logIn(newGuest());
    assert.equal(second.deviceId, first.deviceId);
  });

  test("a refresh gives an access token for the same user and session", async () => {
    const { app } = realmApp(base, APP);
    const user = await app.logIn(guest());
    const before = claims(user.accessToken);
    await user.refreshAccessToken();
    const renewed = claims(user.accessToken);
    assert.ok(renewed.iat >= before.iat);
    assert.equal(renewed.exp - renewed.iat, before.exp - before.iat);
    assert.deepEqual({ ...renewed, iat: 0, exp: 0 }, { ...before, iat: 0, exp: 0 });
    assert.deepEqual(await user.refreshCustomData(), {});
    await user.refreshProfile();
  });

  test("a spoiled access token is refreshed once and the call repeated", async () => {
    const { app, requests } = realmApp(base, APP);
    const user = await app.logIn(guest());
    const [head, payload] = user.accessToken.split(".");
    user.accessToken = `${head}.${payload}.${"A".repeat(86)}`;
    requests.length = 0;
    await user.refreshProfile();
    assert.deepEqual(requests, ["GET /auth/profile 401", "POST /auth/session 201", "GET /auth/profile 200"]);
  });

  test("a guest who logs out is out for good", async () => {
    const { app } = realmApp(base, APP);
    const user = await app.logIn(guest());
    const { accessToken, refreshToken } = user;
    await user.logOut();
    assert.equal(user.isLoggedIn, false);
    assert.equal(user.state, "logged-out");
    assert.equal(app.currentUser, null);

    const profile = await call(base, "GET", "/auth/profile", { token: accessToken });
    assert.equal(profile.status, 401);
    assert.equal(profile.type, "application/json");
    assert.equal(profile.body.error_code, "InvalidSession");

    const refresh = await call(base, "POST", "/auth/session", { token: refreshToken });
    assert.equal(refresh.status, 401);
    assert.equal(refresh.body.error_code, "InvalidSession");
    assert.equal(refresh.body.error, "invalid session: failed to find refresh token");
  });

  test("after a logout realm-web wants a login without reuse, and that makes a new guest", async () => {
    const { app } = realmApp(base, APP);
    const first = await app.logIn(guest());
    await first.logOut();
    // realm-web 2.0.1 finds the logged-out guest again and asks for a profile without a token. The answer has to end
    // there, not in a loop of refreshes.
    await assert.rejects(app.logIn(guest()), (error) => error.statusCode === 401);
    const second = await app.logIn(newGuest());
    assert.notEqual(second.id, first.id);
    assert.equal(second.isLoggedIn, true);
  });

  test("after a guest is gone, realm-web wants a login without reuse, and that makes a new guest", async () => {
    const { app } = realmApp(base, APP);
    const first = await app.logIn(guest());
    const gone = await call(base, "DELETE", "/auth/delete", { token: first.accessToken });
    assert.equal(gone.status, 204);
    // As the README has it: the login that remembers is refused, the one that does not is let in and remembered.
    await assert.rejects(app.logIn(guest()), (error) => error.statusCode === 401);
    const second = await app.logIn(newGuest());
    assert.notEqual(second.id, first.id);
    assert.equal(await app.logIn(guest()), second);
  });

  test("a guest who logs out leaves another guest logged in", async () => {
    const { app } = realmApp(base, APP);
    const stays = await app.logIn(newGuest());
    const leaves = await app.logIn(newGuest());
    await app.removeUser(leaves);
    assert.equal(leaves.state, "removed");
    assert.equal(app.currentUser, stays);
    await stays.refreshProfile();
    await stays.refreshAccessToken();
  });

  test("a guest who deletes the account is gone", async () => {
    const { app, requests } = realmApp(base, APP);
    const user = await app.logIn(guest());
    const { accessToken, refreshToken } = user;
    requests.length = 0;
    await app.deleteUser(user);
    assert.deepEqual(requests, ["DELETE /auth/delete 204", "DELETE /auth/session 401"]);
    assert.equal(user.state, "removed");
    assert.deepEqual(app.allUsers, {});
    for (const [method, path, token] of [
      ["GET", "/auth/profile", accessToken],
      ["DELETE", "/auth/delete", accessToken],
      ["POST", "/auth/session", refreshToken],
    ]) {
      const reply = await call(base, method, path, { token });
      assert.deepEqual([reply.status, reply.body.error_code], [401, "InvalidSession"], `${method} ${path}`);
    }
  });

  test("an unknown app id is named in the error", async () => {
    const { app } = realmApp(base, "nobody-abcde");
    await assert.rejects(app.logIn(guest()), (error) => {
      assert.ok(error instanceof Realm.MongoDBRealmError);
      assert.equal(error.statusCode, 404);
      assert.equal(error.error, "cannot find app using Client App ID 'nobody-abcde'");
      return true;
    });
  });

  test("a disabled provider refuses", async () => {
    const { app, requests } = realmApp(base, CLOSED_APP);
    await assert.rejects(app.logIn(guest()), (error) => {
      assert.ok(error instanceof Realm.MongoDBRealmError);
      assert.equal(error.statusCode, 401);
      assert.equal(error.errorCode, "InvalidSession");
      assert.equal(error.error, "unauthorized");
      assert.ok(error.link.startsWith(base + "/"), error.link);
      assert.match(error.link, /logs\?co_id=[0-9a-f]{24}$/);
      return true;
    });
    assert.deepEqual(requests, ["GET /location 200", "POST /auth/providers/anon-user/login 401"]);
  });

  test("a provider that the app does not have refuses", async () => {
    const { app } = realmApp(base, APP);
    await assert.rejects(app.logIn(Realm.Credentials.emailPassword("someone@example.com", "secret")), (error) => {
      assert.deepEqual([error.statusCode, error.errorCode, error.error], [401, "InvalidSession", "unauthorized"]);
      return true;
    });
  });

  test("a token of one app is of no use to another", async () => {
    const { app } = realmApp(base, APP);
    const user = await app.logIn(guest());
    const reply = await call(base, "GET", `/app/${OTHER_APP}/auth/profile`, { token: user.accessToken });
    assert.equal(reply.status, 401);
    const own = await call(base, "GET", `/app/${APP}/auth/profile`, { token: user.accessToken });
    assert.equal(own.status, 200);
  });

  test("what an app does not have says so at once", async () => {
    const { app, requests } = realmApp(base, APP);
    const user = await app.logIn(guest());
    const refusals = [];
    for (const act of [
      () => user.functions.greet("world"),
      () => user.mongoClient("mongodb-atlas").db("news").collection("stories").find(),
      () => user.apiKeys.create("mine"),
      () => app.emailPasswordAuth.registerUser({ email: "someone@example.com", password: "secret1" }),
    ]) {
      requests.length = 0;
      const error = await act().then(() => assert.fail("it was let through"), (error) => error);
      refusals.push([...requests, error.errorCode, error.error]);
    }
    assert.deepEqual(refusals, [
      ["POST /functions/call 404", "FunctionNotFound", "function not found"],
      ["POST /functions/call 404", "ServiceNotFound", "service not found: 'mongodb-atlas'"],
      ["POST /auth/api_keys 403", "BadRequest", "API keys are for users who are not anonymous"],
      [
        "POST /auth/providers/local-userpass/register 404",
        "AuthProviderNotFound",
        "auth provider not found: 'local-userpass'",
      ],
    ]);
    await user.refreshProfile();
  });

  test("a link that is refused is refused once, not in a loop", async () => {
    const { app, requests } = realmApp(base, APP);
    const user = await app.logIn(guest());
    for (const credentials of [
      Realm.Credentials.emailPassword("someone@example.com", "secret1"),
      Realm.Credentials.google({ idToken: "a.b.c" }),
      Realm.Credentials.anonymous(),
    ]) {
      requests.length = 0;
      await assert.rejects(user.linkCredentials(credentials), Realm.MongoDBRealmError);
      assert.equal(requests.length, 1, credentials.providerType);
      assert.equal(user.isLoggedIn, true);
    }
    await user.refreshProfile();
    assert.equal(user.identities.length, 1);
  });
});

describe("a restart", () => {
  test("keeps users and sessions, and keeps who is out, out", async (t) => {
    const here = scope(t);
    const directory = await appDirectory(here, { id: APP });
    const first = await serve(here, [directory]);
    const { app, storage } = realmApp(first.url, APP);
    const user = await app.logIn(newGuest());
    const leaver = await logIn(first.url, APP);
    const goodbye = await call(first.url, "DELETE", "/auth/session", { token: leaver.refresh_token });
    assert.deepEqual([goodbye.status, goodbye.type, goodbye.body], [204, null, ""]);
    await first.stop();

    const second = await serve(here, [directory], { data: first.data, listen: new URL(first.url).host });
    assert.deepEqual(second.ready.apps.map(({ client_app_id, created }) => ({ client_app_id, created })), [
      { client_app_id: APP, created: false },
    ]);
    // A page that is opened again: a new app over what the browser has stored.
    const again = realmApp(second.url, APP, storage).app;
    assert.equal(again.currentUser.id, user.id);
    await again.currentUser.refreshProfile();
    assert.deepEqual(again.currentUser.identities, user.identities);
    await again.currentUser.refreshAccessToken();

    const refused = await call(second.url, "GET", "/auth/profile", { token: leaver.access_token });
    assert.deepEqual([refused.status, refused.body.error_code], [401, "InvalidSession"]);
  });

  test("under another address keeps sessions too", async (t) => {
    const here = scope(t);
    const directory = await appDirectory(here, { id: APP });
    const first = await serve(here, [directory]);
    const { access_token, refresh_token, user_id } = await logIn(first.url, APP);
    await first.stop();
    const second = await serve(here, [directory], { data: first.data });
    const profile = await call(second.url, "GET", "/auth/profile", { token: access_token });
    assert.deepEqual([profile.status, profile.body.user_id], [200, user_id]);
    const refreshed = await call(second.url, "POST", "/auth/session", { token: refresh_token });
    assert.equal(refreshed.status, 201);
    assert.deepEqual(Object.keys(refreshed.body), ["access_token"]);
  });
});

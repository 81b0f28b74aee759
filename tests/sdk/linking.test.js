// realm-web 2.0.1, unmodified: a guest becomes someone, and what happens when not.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { SignJWT } from "jose";

import { appDirectory, scope, serve } from "../support/passerby.js";
import { claims } from "../support/raw.js";
import { MemoryStorage, Realm, realmApp } from "../support/realm_web.js";

const APP = "people-abcde";
const EXACT_APP = "elders-abcde";
const KEY = "3c6e0b8a9c15224a8228b9a98ca1531d3c6e0b8a9c15224a8228b9a98ca1531d";
const PASSWORD = "correct horse";

const { anonymous, apiKey, emailPassword, google, jwt } = Realm.Credentials;
const byFunction = (payload) => Realm.Credentials.function(payload);
const types = (user) => user.identities.map((identity) => identity.providerType);

const PROVIDERS = {
  "local-userpass": { config: { autoConfirm: true } },
  "api-key": {},
  "custom-token": {
    config: { audience: [], signingAlgorithm: "HS256", useJWKURI: false },
    secret_config: { signingKeys: ["tokenKey"] },
    metadata_fields: [{ required: false, name: "person.name", field_name: "name" }],
  },
  "custom-function": { config: { authFunctionName: "_whoIs" } },
  "oauth2-google": { disabled: true, config: { clientId: "nobody" } },
};
const FUNCTIONS = {
  _whoIs: "exports = ({ id }) => { if (id === 'nobody') throw new Error('go away'); return id; };",
};

/** A token of the app's own issuer. */
function token(sub, name) {
  const jwt = new SignJWT({ person: { name } }).setProtectedHeader({ alg: "HS256", typ: "JWT" });
  const key = new TextEncoder().encode(KEY);
  return jwt.setSubject(sub).setAudience([APP, EXACT_APP]).setIssuedAt().setExpirationTime("5m").sign(key);
}

describe("realm-web links", () => {
  const suite = scope({ after });
  let base;
  before(async () => {
    const app = { providers: PROVIDERS, functions: FUNCTIONS };
    const server = await serve(suite, [
      await appDirectory(suite, { id: APP, ...app }),
      await appDirectory(suite, { id: EXACT_APP, ...app, settings: { link_errors: "exact" } }),
    ], { settings: { password_logins_per_minute: 100 } });
    base = server.url;
    for (const app of [APP, EXACT_APP]) server.setSecret(app, "tokenKey", KEY);
  });

  async function register(app, email) {
    await app.emailPasswordAuth.registerUser({ email, password: PASSWORD });
    return emailPassword(email, PASSWORD);
  }

  /** Somebody who has the address already, from a device of their own. */
  async function someone(id, email) {
    const { app } = realmApp(base, id);
    const user = await app.logIn(anonymous());
    await user.linkCredentials(await register(app, email));
    return user;
  }

  test("a guest to an e-mail address, and the address is a way back", async () => {
    const { app, requests, storage } = realmApp(base, APP);
    const user = await app.logIn(anonymous());
    const { id, refreshToken } = user;
    const anon = user.identities[0];
    const credentials = await register(app, "ann@people.example");
    requests.length = 0;
    await user.linkCredentials(credentials);
    assert.deepEqual(requests, ["POST /auth/providers/local-userpass/login 200", "GET /auth/profile 200"]);
    assert.equal(user.id, id);
    assert.deepEqual(user.identities[0], anon);
    assert.deepEqual(types(user), ["anon-user", "local-userpass"]);
    assert.match(user.identities[1].id, /^[0-9a-f]{24}$/);
    assert.deepEqual({ ...user.profile }, { email: "ann@people.example" });
    assert.equal(app.currentUser, user);

    // The session that linked goes on, with the token it had.
    assert.equal(user.refreshToken, refreshToken);
    await user.refreshAccessToken();
    await user.refreshProfile();

    // On another device, where nobody knows the guest.
    const elsewhere = realmApp(base, APP).app;
    const again = await elsewhere.logIn(credentials);
    assert.equal(again.id, id);
    assert.deepEqual(again.identities, user.identities);
    assert.deepEqual({ ...again.profile }, { email: "ann@people.example" });
    assert.notEqual(claims(again.refreshToken).baas_id, claims(refreshToken).baas_id);

    // And on this one, after a logout: realm-web finds the user that it knows.
    await user.logOut();
    const back = await realmApp(base, APP, storage).app.logIn(credentials);
    assert.equal(back.id, id);
  });

  test("a guest to one provider after the other, in that order", async () => {
    const { app } = realmApp(base, APP);
    const user = await app.logIn(anonymous());
    const { id } = user;
    const chain = [
      await register(app, "bea@people.example"),
      jwt(await token("bea", "Bea")),
      byFunction({ id: "bea-of-the-function" }),
    ];
    for (const credentials of chain) await user.linkCredentials(credentials);
    assert.deepEqual(types(user), ["anon-user", "local-userpass", "custom-token", "custom-function"]);
    assert.deepEqual(user.identities.slice(2).map((identity) => identity.id), ["bea", "bea-of-the-function"]);
    assert.deepEqual({ ...user.profile }, { email: "bea@people.example", name: "Bea" });
    for (const credentials of chain) assert.equal((await realmApp(base, APP).app.logIn(credentials)).id, id);
  });

  test("an identity that the user has already, and nothing changes", async () => {
    const { app, requests } = realmApp(base, APP);
    const user = await app.logIn(anonymous());
    const credentials = byFunction({ id: "twice" });
    await user.linkCredentials(credentials);
    requests.length = 0;
    await user.linkCredentials(credentials);
    assert.deepEqual(types(user), ["anon-user", "custom-function"]);
    assert.deepEqual(requests, ["POST /auth/providers/custom-function/login 200", "GET /auth/profile 200"]);
  });

  test("and is one user in its storage, before and after a restart of the page", async () => {
    const storage = new MemoryStorage();
    const { app } = realmApp(base, APP, storage);
    const user = await app.logIn(anonymous());
    await user.linkCredentials(await register(app, "cat@people.example"));
    const { app: reopened } = realmApp(base, APP, storage);
    assert.deepEqual(Object.keys(reopened.allUsers), [user.id]);
    assert.deepEqual({ ...reopened.currentUser.profile }, { email: "cat@people.example" });
    await reopened.currentUser.refreshProfile();
    assert.deepEqual(types(reopened.currentUser), ["anon-user", "local-userpass"]);
  });

  // What is refused: who asks for what, and the answer in the default words.
  const REFUSED = [
    {
      what: "an anonymous credential",
      provider: "anon-user",
      credentials: () => anonymous(false),
      said: [500, "InternalServerError", "linking an anonymous identity is not allowed"],
    },
    {
      what: "a second e-mail address",
      provider: "local-userpass",
      credentials: (app) => register(app, "second@people.example"),
      linked: true,
      said: [500, "InternalServerError", "linking a local-userpass identity is not allowed when one is already linked"],
    },
    {
      what: "another's e-mail address",
      provider: "local-userpass",
      credentials: () => emailPassword("taken@people.example", PASSWORD),
      said: [401, "AuthError", "unauthorized: a user already exists with the specified provider"],
    },
    {
      what: "a wrong password",
      provider: "local-userpass",
      credentials: () => emailPassword("taken@people.example", "wrong horse"),
      said: [401, "InvalidPassword", "unauthorized: invalid username/password"],
    },
    {
      what: "an address that nobody registered",
      provider: "local-userpass",
      credentials: () => emailPassword("nobody@people.example", PASSWORD),
      said: [401, "InvalidPassword", "unauthorized: invalid username/password"],
    },
    {
      what: "a bad token",
      provider: "custom-token",
      credentials: () => jwt("no.token.atall"),
      said: [401, "AuthError", /^unauthorized: ./],
    },
    {
      what: "somebody whom the function does not know",
      provider: "custom-function",
      credentials: () => byFunction({ id: "nobody" }),
      said: [401, "AuthError", /^unauthorized: ./],
    },
    {
      what: "a provider that is off",
      provider: "oauth2-google",
      credentials: () => google({ authCode: "x" }),
      said: [401, "AuthError", "unauthorized: authentication via 'oauth2-google' is unsupported"],
    },
    {
      what: "a provider that is off, by its redirect flow",
      provider: "oauth2-google",
      method: "GET",
      credentials: () => google({ redirectUrl: "https://people.example/done" }),
      said: [401, "AuthError", "unauthorized: authentication via 'oauth2-google' is unsupported"],
    },
    {
      what: "an API key",
      provider: "api-key",
      credentials: (app, key) => apiKey(key),
      said: [400, "InvalidParameter", "invalid user link request"],
    },
  ];

  test("nobody to what is refused, and asks once", async () => {
    const owner = await someone(APP, "taken@people.example");
    const { key } = await owner.apiKeys.create("of-the-owner");
    for (const { what, provider, method = "POST", credentials, linked, said } of REFUSED) {
      const { app, requests } = realmApp(base, APP);
      const user = await app.logIn(anonymous(false));
      if (linked) await user.linkCredentials(await register(app, "first@people.example"));
      const before = types(user);
      const { id } = user;
      const refused = await credentials(app, key);
      requests.length = 0;
      await assert.rejects(user.linkCredentials(refused), (error) => {
        const [status, code, text] = said;
        assert.deepEqual([error.statusCode, error.errorCode], [status, code], what);
        if (text instanceof RegExp) assert.match(error.error, text, what);
        else assert.equal(error.error, text, what);
        return true;
      });
      assert.deepEqual(requests, [`${method} /auth/providers/${provider}/login ${said[0]}`], what);
      // Still who it was, and still logged in.
      await user.refreshProfile();
      await user.refreshAccessToken();
      assert.deepEqual([user.id, types(user)], [id, before], what);
    }
  });

  test("without an end what is refused in the original's words, so they are not the default", async () => {
    await someone(EXACT_APP, "taken@people.example");
    const { app, requests } = realmApp(base, EXACT_APP, new MemoryStorage(), 40);
    const user = await app.logIn(anonymous());
    requests.length = 0;
    const link = user.linkCredentials(emailPassword("taken@people.example", PASSWORD));
    await assert.rejects(link, /the SDK has sent 40 requests/);
    const refusals = requests.filter((request) => request === "POST /auth/providers/local-userpass/login 401");
    assert.equal(refusals.length, 20);
    const others = requests.filter((request) => !refusals.includes(request));
    assert.deepEqual(others, Array(20).fill("POST /auth/session 201"));
  });
});

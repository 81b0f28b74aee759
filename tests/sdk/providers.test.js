// realm-web 2.0.1, unmodified, with every provider that asks nobody outside but for keys; and functions.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";

import { SignJWT, exportJWK, exportSPKI, generateKeyPair } from "jose";

import { appDirectory, scope, serve } from "../support/passerby.js";
import { call } from "../support/raw.js";
import { Realm, realmApp } from "../support/realm_web.js";

const PASSWORD = "correct horse";
const { anonymous, apiKey, emailPassword, jwt } = Realm.Credentials;
const byFunction = (payload) => Realm.Credentials.function(payload);

/** What realm-web says of a refusal. */
const refusal = (status, code, text) => (error) => {
  assert.ok(error instanceof Realm.MongoDBRealmError, String(error));
  assert.deepEqual([error.statusCode, error.errorCode, error.error], [status, code, text]);
  return true;
};

describe("realm-web and e-mail addresses", () => {
  const AUTOMATIC = "quick-abcde";
  const BY_FUNCTION = "asked-abcde";
  const suite = scope({ after });
  let base;
  before(async () => {
    const userpass = (config) => ({ "local-userpass": { config } });
    const server = await serve(suite, [
      await appDirectory(suite, { id: AUTOMATIC, providers: userpass({ autoConfirm: true }) }),
      await appDirectory(suite, {
        id: BY_FUNCTION,
        providers: userpass({
          autoConfirm: false,
          runConfirmationFunction: true,
          confirmationFunctionName: "_confirm",
          runResetFunction: true,
          resetFunctionName: "_reset",
        }),
        functions: {
          _confirm: `exports = ({ username, token, tokenId }) => {
            if (!/^[0-9a-f]{128}$/.test(token) || !/^[0-9a-f]{24}$/.test(tokenId)) throw new Error("no token");
            if (username.startsWith("later")) return { status: "pending" };
            return { status: username.startsWith("no") ? "fail" : "success" };
          };`,
          _reset: `exports = ({ username, password, currentPasswordValid }, verdict, number) => {
            if (number !== 42) throw new Error("no number");
            return { status: currentPasswordValid ? "fail" : verdict };
          };`,
        },
      }),
    ], { settings: { password_logins_per_minute: 100, mails_per_hour: 100 } });
    base = server.url;
  });

  const account = (id) => realmApp(base, id).app.emailPasswordAuth;
  const logIn = (id, email, password) => realmApp(base, id).app.logIn(emailPassword(email, password));

  test("confirmed automatically, log in at once", async () => {
    const email = "ann@people.example";
    await account(AUTOMATIC).registerUser({ email, password: PASSWORD });
    const user = await logIn(AUTOMATIC, email, PASSWORD);
    assert.deepEqual(user.identities.map((identity) => identity.providerType), ["local-userpass"]);
    assert.deepEqual({ ...user.profile }, { email });
    assert.equal((await logIn(AUTOMATIC, email, PASSWORD)).id, user.id);
    const refused = refusal(401, "InvalidPassword", "unauthorized");
    await assert.rejects(logIn(AUTOMATIC, email, "wrong horse"), refused);
    await assert.rejects(logIn(AUTOMATIC, "x@people.example", PASSWORD), refused);
  });

  test("are refused in the original's words", async () => {
    const { registerUser, confirmUser, retryCustomConfirmation, resendConfirmationEmail } = bound(account(AUTOMATIC));
    const { resetPassword, sendResetPasswordEmail, callResetPasswordFunction } = bound(account(AUTOMATIC));
    const email = "bob@people.example";
    await registerUser({ email, password: PASSWORD });
    const length = "password must be between 6 and 128 characters";
    for (const [attempt, ...said] of [
      [() => registerUser({ email, password: PASSWORD }), 409, "AccountNameInUse", "name already in use"],
      [() => registerUser({ email: "", password: PASSWORD }), 400, "BadRequest", "email invalid"],
      [() => registerUser({ email: "c@people.example", password: "12345" }), 400, "BadRequest", length],
      [() => confirmUser({ token: "abc", tokenId: "123" }), 400, "BadRequest", "invalid token data"],
      [() => resetPassword({ token: "a", tokenId: "1", password: PASSWORD }), 400, "BadRequest", "invalid token data"],
      [() => resendConfirmationEmail({ email }), 400, "UserAlreadyConfirmed", "already confirmed"],
      [() => resendConfirmationEmail({ email: "x@people.example" }), 404, "UserNotFound", "user not found"],
      [
        () => retryCustomConfirmation({ email }),
        400,
        undefined,
        `cannot run confirmation for ${email}: automatic confirmation is enabled`,
      ],
      [() => sendResetPasswordEmail({ email: "x@people.example" }), 404, "UserNotFound", "user not found"],
      [
        () => callResetPasswordFunction({ email, password: "another horse" }),
        400,
        undefined,
        `failed to reset password for user "${email}"`,
      ],
    ]) {
      await assert.rejects(attempt(), refusal(...said));
    }
  });

  test("are confirmed, or not, by the app's function", async () => {
    const { registerUser, retryCustomConfirmation } = bound(account(BY_FUNCTION));
    const password = PASSWORD;
    await registerUser({ email: "yes@people.example", password });
    await logIn(BY_FUNCTION, "yes@people.example", password);
    const failed = refusal(400, "BadRequest", 'failed to confirm user "no@people.example"');
    await assert.rejects(registerUser({ email: "no@people.example", password }), failed);
    await registerUser({ email: "later@people.example", password });
    const unconfirmed = refusal(401, "AuthError", "unauthorized");
    await assert.rejects(logIn(BY_FUNCTION, "later@people.example", password), unconfirmed);
    await retryCustomConfirmation({ email: "later@people.example" });
    const confirmed = refusal(400, "UserAlreadyConfirmed", "already confirmed");
    await assert.rejects(retryCustomConfirmation({ email: "yes@people.example" }), confirmed);
  });

  test("have their password reset, or not, by the app's function, with arguments", async () => {
    const email = "reset@people.example";
    const { registerUser, callResetPasswordFunction, sendResetPasswordEmail } = bound(account(BY_FUNCTION));
    await registerUser({ email, password: PASSWORD });
    const before = await logIn(BY_FUNCTION, email, PASSWORD);
    const failed = refusal(400, undefined, `failed to reset password for user "${email}"`);
    const password = "another horse";
    await assert.rejects(callResetPasswordFunction({ email, password }, "fail", 42), failed);
    await assert.rejects(callResetPasswordFunction({ email, password }, "success", 41), failed);
    await assert.rejects(callResetPasswordFunction({ email, password: PASSWORD }, "success", 42), failed);
    await callResetPasswordFunction({ email, password }, "pending", 42);
    await assert.rejects(logIn(BY_FUNCTION, email, password), refusal(401, "InvalidPassword", "unauthorized"));
    await callResetPasswordFunction({ email, password }, "success", 42);
    assert.equal((await logIn(BY_FUNCTION, email, password)).id, before.id);
    await assert.rejects(before.refreshAccessToken(), (error) => error.errorCode === "InvalidSession");
    const byFunction = refusal(400, undefined, "please use reset password via function");
    await assert.rejects(sendResetPasswordEmail({ email }), byFunction);
  });
});

describe("realm-web and API keys", () => {
  const APP = "machines-abcde";
  const suite = scope({ after });
  let base;
  before(async () => {
    const providers = { "local-userpass": { config: { autoConfirm: true } }, "api-key": {} };
    base = (await serve(suite, [await appDirectory(suite, { id: APP, providers })])).url;
  });

  test("that their owner makes, sees, disables and deletes", async () => {
    const { app } = realmApp(base, APP);
    const email = "owner@people.example";
    await app.emailPasswordAuth.registerUser({ email, password: PASSWORD });
    const owner = await app.logIn(emailPassword(email, PASSWORD));
    const byKey = (key) => realmApp(base, APP).app.logIn(apiKey(key));
    assert.deepEqual(await owner.apiKeys.fetchAll(), []);

    const made = await owner.apiKeys.create("my_key-1");
    assert.deepEqual(Object.keys(made).sort(), ["_id", "disabled", "key", "name"]);
    assert.deepEqual([made.name, made.disabled], ["my_key-1", false]);
    assert.match(made.key, /^[0-9A-Za-z]{64}$/);
    const shown = { _id: made._id, name: "my_key-1", disabled: false };
    assert.deepEqual(await owner.apiKeys.fetchAll(), [shown]);
    assert.deepEqual(await owner.apiKeys.fetch(made._id), shown);

    const machine = await byKey(made.key);
    assert.equal(machine.id, owner.id);
    assert.equal(machine.providerType, "api-key");
    assert.deepEqual(machine.identities.map((identity) => identity.providerType), ["local-userpass", "api-key"]);

    const refused = refusal(401, "AuthError", "unauthorized");
    await owner.apiKeys.disable(made._id);
    await owner.apiKeys.disable(made._id);
    assert.deepEqual(await owner.apiKeys.fetch(made._id), { ...shown, disabled: true });
    await assert.rejects(byKey(made.key), refused);
    await owner.apiKeys.enable(made._id);
    await owner.apiKeys.enable(made._id);
    assert.equal((await byKey(made.key)).id, owner.id);
    await owner.apiKeys.delete(made._id);
    await assert.rejects(byKey(made.key), refused);
    await assert.rejects(owner.apiKeys.fetch(made._id), refusal(404, "APIKeyNotFound", "API key not found"));
    assert.deepEqual(await owner.apiKeys.fetchAll(), []);

    const letters = "can only contain ASCII letters, numbers, underscores, and hyphens";
    await assert.rejects(owner.apiKeys.create("$()!$"), refusal(400, "InvalidParameter", letters));
    await owner.apiKeys.create("twice");
    const exists = refusal(409, "APIKeyAlreadyExists", "API key with name already exists");
    await assert.rejects(owner.apiKeys.create("twice"), exists);
    await owner.refreshProfile();
  });

  test("that a guest has not until it is somebody", async () => {
    const { app } = realmApp(base, APP);
    const user = await app.logIn(anonymous());
    await assert.rejects(user.apiKeys.fetchAll(), (error) => error.statusCode === 403);
    const email = "linked@people.example";
    await app.emailPasswordAuth.registerUser({ email, password: PASSWORD });
    await user.linkCredentials(emailPassword(email, PASSWORD));
    const { key } = await user.apiKeys.create("first");
    assert.equal((await realmApp(base, APP).app.logIn(apiKey(key))).id, user.id);
  });
});

describe("realm-web and tokens of another issuer", () => {
  const BY_SECRET = "secret-abcde";
  const BY_KEY = "keyed-abcde";
  const BY_SET = "issued-abcde";
  const SECRETS = ["0", "1"].map((digit) => digit.repeat(64));
  const suite = scope({ after });
  const hits = [];
  let base;
  let own;
  let next;
  before(async () => {
    [own, next] = [await generateKeyPair("RS256"), await generateKeyPair("RS256")];
    const keys = [{ ...(await exportJWK(own.publicKey)), kid: "own", alg: "RS256", use: "sig" }];
    const jwkURI = await keyServer(suite, keys, hits);
    const custom = (config, signingKeys = []) => ({
      "custom-token": {
        config: { audience: [], ...config },
        secret_config: { signingKeys },
        metadata_fields: [
          { required: true, name: "secret" },
          { required: false, name: "place.city", field_name: "city" },
          { required: false, name: "https://people\\.example/role", field_name: "role" },
        ],
      },
    });
    const app = (id, providers) => appDirectory(suite, { id, providers });
    const directories = [
      await app(BY_SECRET, custom({ signingAlgorithm: "HS256" }, ["first", "second"])),
      await app(BY_KEY, custom({ signingAlgorithm: "RS256" }, ["public"])),
      await app(BY_SET, custom({ useJWKURI: true, jwkURI })),
    ];
    const server = await serve(suite, directories, { settings: { outbound_allow: new URL(jwkURI).origin } });
    base = server.url;
    server.setSecret(BY_SECRET, "first", SECRETS[0]);
    server.setSecret(BY_SECRET, "second", SECRETS[1]);
    server.setSecret(BY_KEY, "public", await exportSPKI(own.publicKey));
  });

  const sign = (app, key, header, claims = {}) =>
    new SignJWT({ secret: "s", ...claims })
      .setProtectedHeader({ typ: "JWT", ...header })
      .setSubject("ann")
      .setAudience(app)
      .setExpirationTime("5m")
      .sign(typeof key === "string" ? new TextEncoder().encode(key) : key);
  const logIn = (app, token) => realmApp(base, app).app.logIn(jwt(token));
  const refused = refusal(401, "AuthError", "unauthorized");

  test("signed with one of several secrets", async () => {
    const header = { alg: "HS256" };
    const claims = { place: { city: "Ghent" }, "https://people.example/role": "editor", hidden: true };
    const user = await logIn(BY_SECRET, await sign(BY_SECRET, SECRETS[0], header, claims));
    assert.deepEqual([user.providerType, user.identities[0].id], ["custom-token", "ann"]);
    assert.deepEqual({ ...user.profile }, { secret: "s", city: "Ghent", role: "editor" });
    const again = await logIn(BY_SECRET, await sign(BY_SECRET, SECRETS[1], header));
    assert.equal(again.id, user.id);
    assert.deepEqual({ ...again.profile }, { secret: "s" });
    await assert.rejects(logIn(BY_SECRET, await sign(BY_SECRET, "2".repeat(64), header)), refused);
    await assert.rejects(logIn(BY_SECRET, await sign(BY_KEY, SECRETS[0], header)), refused);
    await assert.rejects(logIn(BY_SECRET, await sign(BY_SECRET, SECRETS[0], header, { secret: undefined })), refused);
  });

  test("signed with a key pair", async () => {
    const user = await logIn(BY_KEY, await sign(BY_KEY, own.privateKey, { alg: "RS256" }));
    assert.deepEqual({ ...user.profile }, { secret: "s" });
    await assert.rejects(logIn(BY_KEY, await sign(BY_KEY, next.privateKey, { alg: "RS256" })), refused);
    // The public key is known to all: it is no secret to sign with.
    await assert.rejects(logIn(BY_KEY, await sign(BY_KEY, await exportSPKI(own.publicKey), { alg: "HS256" })), refused);
  });

  test("signed with a key of the issuer's set, which is fetched once", async () => {
    const token = () => sign(BY_SET, own.privateKey, { alg: "RS256", kid: "own" });
    const users = await Promise.all([logIn(BY_SET, await token()), logIn(BY_SET, await token())]);
    users.push(await logIn(BY_SET, await token()));
    assert.equal(new Set(users.map((user) => user.id)).size, 1);
    assert.deepEqual(hits, ["/keys.json"]);
    await assert.rejects(logIn(BY_SET, await sign(BY_SET, own.privateKey, { alg: "RS256" })), refused);
    await assert.rejects(logIn(BY_SET, await sign(BY_SET, next.privateKey, { alg: "RS256", kid: "own" })), refused);
  });
});

describe("realm-web and functions", () => {
  const APP = "doers-abcde";
  const suite = scope({ after });
  let base;
  before(async () => {
    const app = await appDirectory(suite, {
      id: APP,
      providers: { "custom-function": { config: { authFunctionName: "_whoIs" } } },
      functions: {
        _whoIs: `exports = async (payload) => {
          if ("options" in payload) throw new Error("the device is nobody's business");
          if (payload.ticket === "none") throw new Error("no ticket");
          return payload.ticket === 0 ? 0 : { id: payload.ticket, name: "Somebody" };
        };`,
        _hidden: "exports = () => 1;",
        sum: "exports = (a, b) => a + b;",
        whoAmI: "exports = () => ({ id: context.user.id, type: context.user.type, data: context.user.data });",
        nothing: "exports = () => {};",
        when: "exports = (at) => new Date(at.getTime() + 1000);",
        fails: "exports = () => { throw new TypeError('so it is'); };",
      },
    });
    base = (await serve(suite, [app])).url;
  });

  test("that say who somebody is", async () => {
    const logIn = (payload) => realmApp(base, APP).app.logIn(byFunction(payload));
    const user = await logIn({ ticket: "t-1" });
    assert.deepEqual([user.providerType, user.identities[0].id], ["custom-function", "t-1"]);
    assert.deepEqual({ ...user.profile }, { name: "Somebody" });
    assert.equal((await logIn({ ticket: "t-1" })).id, user.id);
    for (const payload of [{ ticket: "none" }, { ticket: 0 }, { ticket: "" }, {}]) {
      await assert.rejects(logIn(payload), refusal(401, "AuthError", "unauthorized"));
    }
  });

  test("that users call", async () => {
    const user = await realmApp(base, APP).app.logIn(byFunction({ ticket: "t-2" }));
    assert.equal(await user.functions.sum(1, 2), 3);
    assert.equal(await user.callFunction("sum", 0.5, 0.25), 0.75);
    assert.equal(await user.functions.sum("a", "ß"), "aß");
    // `undefined` on the wire, which realm-web's EJSON reads as null.
    assert.equal(await user.functions.nothing(), null);
    assert.deepEqual(await user.functions.whoAmI(), { id: user.id, type: "normal", data: { name: "Somebody" } });
    assert.deepEqual(await user.functions.when(new Date(1000)), new Date(2000));
  });

  test("that are not there, not theirs to call, or fail, and each is asked for once", async () => {
    const { app, requests } = realmApp(base, APP);
    const user = await app.logIn(anonymous());
    const notFound = refusal(404, "FunctionNotFound", "function not found");
    await assert.rejects(user.functions.unknown(), notFound);
    await assert.rejects(user.functions._hidden(), notFound);
    await assert.rejects(user.callFunction("fails"), refusal(400, "FunctionExecutionError", "TypeError: so it is"));
    const noService = refusal(404, "ServiceNotFound", "service not found: 'mongodb-atlas'");
    const documents = user.mongoClient("mongodb-atlas").db("d").collection("c");
    await assert.rejects(documents.findOne(), noService);
    assert.deepEqual(requests.filter((request) => request.includes("functions")), [
      "POST /functions/call 404",
      "POST /functions/call 404",
      "POST /functions/call 400",
      "POST /functions/call 404",
    ]);
    await user.logOut();
    await assert.rejects(user.functions.sum(1, 2), (error) => error.statusCode === 401);
  });

  test("without a session are refused", async () => {
    const body = JSON.stringify({ name: "sum", arguments: [1, 2] });
    const reply = await call(base, "POST", `/app/${APP}/functions/call`, { body });
    assert.equal(reply.status, 401);
  });

  test("and custom data that nobody has is an empty object", async () => {
    const user = await realmApp(base, APP).app.logIn(anonymous());
    assert.deepEqual(await user.refreshCustomData(), {});
    assert.deepEqual(user.customData, {});
  });
});

/** Methods that can be called without their object. */
function bound(api) {
  const get = (_, name) => api[name].bind(api);
  return new Proxy({}, { get });
}

/** Serves a key set on loopback, notes in `hits` what is asked for, and answers the set's address. */
async function keyServer(scope, keys, hits) {
  const server = createServer((request, response) => {
    hits.push(request.url);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scope.after(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${server.address().port}/keys.json`;
}

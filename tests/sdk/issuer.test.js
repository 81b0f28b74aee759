// What an issuer's own SDK hands to an app, codes and ID tokens: realm-web on one end, a certified OpenID provider,
// oidc-provider, on the other.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { codeFor, idTokenFor, issuer } from "../support/issuer.js";
import { appDirectory, scope, serve } from "../support/passerby.js";
import { Realm, realmApp } from "../support/realm_web.js";

const { anonymous, apple, google } = Realm.Credentials;

/** An app by what its provider takes. */
const CODES = "codes-abcde";
const TOKENS = "tokens-abcde";
const STAFF = "staff-abcde";

const client = (id) => ({ id, secret: `the secret of ${id}`, redirect: "https://people.example/device" });
const [codes, tokens, fruit] = ["codes", "tokens", "fruit"].map(client);
const FIELDS = ["name", "first_name", "last_name", "picture", "email"].map((name) => ({ name, required: true }));

describe("an issuer's", () => {
  const suite = scope({ after });
  let issuerUrl;
  let base;
  before(async () => {
    const stand = await issuer(suite, ["oauth2-google", "oauth2-apple"]);
    const provider = ({ id }, more) => {
      const { config, ...members } = { config: {}, metadata_fields: FIELDS, ...more };
      return { config: { clientId: id, ...config }, secret_config: { clientSecret: "clientSecret" }, ...members };
    };
    const openId = { config: { openId: true } };
    const restricted = { ...openId, domain_restrictions: ["staff.example"] };
    const app = (id, providers) => appDirectory(suite, { id, providers });
    const directories = [
      await app(CODES, { "oauth2-google": provider(codes) }),
      await app(TOKENS, { "oauth2-google": provider(tokens, openId), "oauth2-apple": provider(fruit) }),
      await app(STAFF, { "oauth2-google": provider(tokens, restricted) }),
    ];
    const server = await serve(suite, directories, { settings: stand.settings });
    server.setSecret(CODES, "clientSecret", codes.secret);
    for (const app of [TOKENS, STAFF]) server.setSecret(app, "clientSecret", tokens.secret);
    stand.admit([codes, tokens, fruit]);
    issuerUrl = stand.url;
    base = server.url;
  });

  const logIn = (app, credentials) => realmApp(base, app).app.logIn(credentials);
  const refused = (error) => {
    assert.deepEqual([error.statusCode, error.errorCode, error.error], [401, "AuthError", "unauthorized"]);
    return true;
  };
  const ann = {
    name: "ann of the issuer",
    first_name: "ann",
    last_name: "of the issuer",
    picture: "https://pictures.example/ann.png",
    email: "ann@people.example",
  };
  /** A profile's fields under the wire's names, which realm-web changes. */
  const data = ({ profile }) => ({
    name: profile.name,
    first_name: profile.firstName,
    last_name: profile.lastName,
    picture: profile.pictureUrl,
    email: profile.email,
  });

  test("code logs in, once", async () => {
    const code = await codeFor(issuerUrl, codes, "ann@people.example");
    const user = await logIn(CODES, google({ authCode: code }));
    assert.equal(user.providerType, "oauth2-google");
    assert.deepEqual(user.identities.map(({ id, providerType }) => [providerType, id]), [
      ["oauth2-google", "ann@people.example"],
    ]);
    assert.deepEqual(data(user), ann);
    await assert.rejects(logIn(CODES, google({ authCode: code })), refused);
    const again = await logIn(CODES, google({ authCode: await codeFor(issuerUrl, codes, "ann@people.example") }));
    assert.equal(again.id, user.id);
    const other = await logIn(CODES, google({ authCode: await codeFor(issuerUrl, codes, "bob@people.example") }));
    assert.notEqual(other.id, user.id);
  });

  test("code for another client is refused", async () => {
    const foreign = await codeFor(issuerUrl, tokens, "ann@people.example");
    await assert.rejects(logIn(CODES, google({ authCode: foreign })), refused);
    await assert.rejects(logIn(CODES, google({ authCode: "made up" })), refused);
  });

  test("ID token logs in where the app takes those", async () => {
    const token = await idTokenFor(issuerUrl, tokens, "ann@people.example");
    const user = await logIn(TOKENS, google({ idToken: token }));
    assert.equal(user.identities[0].id, "ann@people.example");
    assert.deepEqual(data(user), ann);
    const next = await idTokenFor(issuerUrl, tokens, "ann@people.example");
    assert.equal((await logIn(TOKENS, google({ idToken: next }))).id, user.id);
  });

  test("ID token for another client, changed, or to an app that takes codes is refused", async () => {
    const foreign = await idTokenFor(issuerUrl, codes, "ann@people.example");
    await assert.rejects(logIn(TOKENS, google({ idToken: foreign })), refused);
    const token = await idTokenFor(issuerUrl, tokens, "ann@people.example");
    const [head, body, signature] = token.split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url"));
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: "bob@people.example" })).toString("base64url");
    await assert.rejects(logIn(TOKENS, google({ idToken: `${head}.${forged}.${signature}` })), refused);
    await assert.rejects(logIn(CODES, google({ idToken: token })), refused);
    const code = await codeFor(issuerUrl, tokens, "ann@people.example");
    await assert.rejects(logIn(TOKENS, google({ authCode: code })), refused);
    // Issued for the same app, but to another provider of it.
    await assert.rejects(logIn(TOKENS, apple(token)), refused);
  });

  test("ID token of the other issuer logs in, too", async () => {
    const token = await idTokenFor(issuerUrl, fruit, "ann@people.example", "openid email");
    const user = await logIn(TOKENS, apple(token));
    assert.deepEqual(user.identities.map(({ id, providerType }) => [providerType, id]), [
      ["oauth2-apple", "ann@people.example"],
    ]);
    assert.deepEqual({ ...user.profile }, { email: "ann@people.example" });
  });

  test("identities are linked to a guest, one after the other", async () => {
    const credentials = async () => [
      google({ idToken: await idTokenFor(issuerUrl, tokens, "cat@people.example") }),
      apple(await idTokenFor(issuerUrl, fruit, "cat@fruit.example", "openid email")),
    ];
    const user = await logIn(TOKENS, anonymous());
    const { id } = user;
    for (const credential of await credentials()) await user.linkCredentials(credential);
    assert.equal(user.id, id);
    const types = user.identities.map((identity) => identity.providerType);
    assert.deepEqual(types, ["anon-user", "oauth2-google", "oauth2-apple"]);
    for (const credential of await credentials()) assert.equal((await logIn(TOKENS, credential)).id, id);
    const other = await logIn(TOKENS, anonymous());
    for (const credential of await credentials()) {
      await assert.rejects(other.linkCredentials(credential), (error) => {
        assert.equal(error.error, "unauthorized: a user already exists with the specified provider");
        return true;
      });
    }
  });

  test("addresses are looked at where the app lists domains, for a link as well, which is asked for once", async () => {
    const token = (email) => idTokenFor(issuerUrl, tokens, email);
    await logIn(STAFF, google({ idToken: await token("dan@staff.example") }));
    for (const email of ["dan@people.example", "unverified@staff.example"]) {
      await assert.rejects(logIn(STAFF, google({ idToken: await token(email) })), (error) => {
        assert.deepEqual([error.statusCode, error.errorCode, error.error], [401, "DomainNotAllowed", "unauthorized"]);
        return true;
      });
    }
    const { app, requests } = realmApp(base, STAFF);
    const user = await app.logIn(anonymous());
    const foreign = google({ idToken: await token("dan@people.example") });
    requests.length = 0;
    await assert.rejects(user.linkCredentials(foreign), (error) => {
      assert.equal(error.error, "unauthorized: the domain of the e-mail address is not allowed");
      return true;
    });
    assert.deepEqual(requests, ["POST /auth/providers/oauth2-google/login 401"]);
  });
});

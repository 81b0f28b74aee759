// The older SDK, mongodb-stitch-browser-sdk 4.9.0, unmodified, in Chromium on a site of its own.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { browser, freshPage } from "../support/chromium.js";
import { issuer } from "../support/issuer.js";
import { appDirectory, scope, serve } from "../support/passerby.js";
import { Realm, realmApp } from "../support/realm_web.js";
import { site } from "../support/site.js";

const APP = "people-abcde";
const PASSWORD = "correct horse";

describe("the Stitch SDK", () => {
  const suite = scope({ after });
  let base;
  let chromium;
  let page;
  before(async () => {
    const origin = await site(suite);
    page = `${origin}/stitch`;
    const stand = await issuer(suite, ["oauth2-google"]);
    const directory = await appDirectory(suite, {
      id: APP,
      origins: [origin],
      providers: {
        "local-userpass": { config: { autoConfirm: true } },
        "oauth2-google": {
          config: { clientId: "people" },
          secret_config: { clientSecret: "clientSecret" },
          metadata_fields: [{ name: "email", required: true }],
          redirect_uris: [page],
        },
      },
      functions: { sum: "exports = (a, b) => a + b;" },
    });
    const server = await serve(suite, [directory], { settings: stand.settings });
    base = server.url;
    server.setSecret(APP, "clientSecret", "a secret");
    const redirect = `${base}/api/client/v2.0/auth/callback`;
    stand.admit([{ id: "people", secret: "a secret", redirect }]);
    chromium = await browser(suite);
  });

  async function visit() {
    const visited = await freshPage(chromium);
    await visited.page.goto(page);
    return visited;
  }
  /** Runs the body of a function in the page, with `client`, and with `tell(user)`, and answers what it returns. */
  const run = (visited, body, given) => visited.page.evaluate(inThePage, { base, id: APP, body, given });

  test("logs a guest in, finds it again, and calls a function", async () => {
    const visited = await visit();
    const logIn = `return tell(await client.auth.loginWithCredential(new stitch.AnonymousCredential()));`;
    const { id, ...guest } = await run(visited, logIn);
    assert.match(id, /^[0-9a-f]{24}$/);
    assert.deepEqual(guest, { provider: "anon-user", identities: ["anon-user"], data: {}, type: "normal" });
    await visited.page.reload();
    assert.deepEqual(await run(visited, logIn), { id, ...guest });
    assert.equal(await run(visited, `return client.callFunction("sum", [1, 2]);`), 3);
    assert.equal(await run(visited, `await client.auth.logout(); return client.auth.isLoggedIn;`), false);
    assert.deepEqual(visited.complaints, []);
  });

  test("logs in with an e-mail address, and is told when it may not", async () => {
    const given = { email: "ann@people.example", password: PASSWORD };
    const register = `
      const account = client.auth.getProviderClient(stitch.UserPasswordAuthProviderClient.factory);
      await account.registerWithEmail(given.email, given.password);`;
    const logIn = `
      const credential = new stitch.UserPasswordCredential(given.email, given.password);
      return client.auth.loginWithCredential(credential).then(tell, (error) => error.message);`;
    const ann = await run(await visit(), register + logIn, given);
    const { provider, identities, data } = ann;
    assert.deepEqual([provider, identities, data], ["local-userpass", ["local-userpass"], { email: given.email }]);
    assert.deepEqual(await run(await visit(), logIn, given), ann);
    assert.equal(await run(await visit(), logIn, { ...given, password: "wrong horse" }), "unauthorized");
  });

  test("links a guest to an e-mail address, which realm-web then finds", async () => {
    const visited = await visit();
    const given = { email: "bob@people.example", password: PASSWORD };
    const { guest, linked } = await run(visited, `
      const user = await client.auth.loginWithCredential(new stitch.AnonymousCredential());
      const guest = tell(user);
      const account = client.auth.getProviderClient(stitch.UserPasswordAuthProviderClient.factory);
      await account.registerWithEmail(given.email, given.password);
      const linked = await user.linkWithCredential(new stitch.UserPasswordCredential(given.email, given.password));
      return { guest, linked: tell(linked) };`, given);
    assert.equal(linked.id, guest.id);
    assert.deepEqual(linked.identities, ["anon-user", "local-userpass"]);
    assert.deepEqual(linked.data, { email: given.email });
    await visited.page.reload();
    const reloaded = await run(visited, `
      await client.auth.refreshCustomData();
      return tell(client.auth.user);`);
    assert.deepEqual(reloaded, linked);
    const realm = await realmApp(base, APP).app.logIn(Realm.Credentials.emailPassword(given.email, PASSWORD));
    assert.equal(realm.id, guest.id);
    assert.deepEqual(visited.complaints, []);
  });

  test("is refused a link once, and the guest stays", async () => {
    const visited = await visit();
    const requests = [];
    visited.page.on("request", (request) => requests.push(`${request.method()} ${request.url()}`));
    const given = { email: "cat@people.example", password: PASSWORD };
    await realmApp(base, APP).app.emailPasswordAuth.registerUser(given);
    await realmApp(base, APP).app.logIn(Realm.Credentials.emailPassword(given.email, PASSWORD));
    const said = await run(visited, `
      const user = await client.auth.loginWithCredential(new stitch.AnonymousCredential());
      const credential = new stitch.UserPasswordCredential(given.email, given.password);
      const error = await user.linkWithCredential(credential).catch((error) => error);
      return { message: error.message, identities: tell(client.auth.user).identities };`, given);
    const message = "unauthorized: a user already exists with the specified provider";
    assert.deepEqual(said, { message, identities: ["anon-user"] });
    const links = requests.filter((request) => request.startsWith("POST") && request.includes("local-userpass"));
    assert.equal(links.length, 1);
  });

  const logInAtIssuer = async ({ page: window }, email) => {
    await window.locator("input[name=login]").fill(email);
    await window.locator("input[name=password]").fill("any");
    await window.getByRole("button", { name: "Sign-in" }).click();
    await window.getByRole("button", { name: "Continue" }).click();
    await window.waitForURL(/\/stitch(#|$)/);
  };
  const comeBack = `
    if (!client.auth.hasRedirectResult()) throw new Error("nothing came back in " + location.href);
    return tell(await client.auth.handleRedirectResult());`;

  test("logs in at an issuer, in the same window", async () => {
    const logIn = async () => {
      const visited = await visit();
      await run(visited, `client.auth.loginWithRedirect(new stitch.GoogleRedirectCredential(given));`, page);
      await logInAtIssuer(visited, "dan@people.example");
      return run(visited, comeBack);
    };
    const dan = await logIn();
    const { provider, identities, data } = dan;
    assert.deepEqual([provider, identities], ["oauth2-google", ["oauth2-google"]]);
    assert.deepEqual(data, { email: "dan@people.example" });
    assert.deepEqual(await logIn(), dan);
  });

  test("links a guest at an issuer, in the same window", async () => {
    const visited = await visit();
    const guest = await run(visited, `
      const user = await client.auth.loginWithCredential(new stitch.AnonymousCredential());
      user.linkUserWithRedirect(new stitch.GoogleRedirectCredential(given));
      return tell(user);`, page);
    await logInAtIssuer(visited, "eve@people.example");
    const linked = await run(visited, comeBack);
    assert.equal(linked.id, guest.id);
    assert.deepEqual(linked.identities, ["anon-user", "oauth2-google"]);
  });
});

/** Runs in the page. */
async function inThePage({ base, id, body, given }) {
  const { Stitch, StitchAppClientConfiguration } = stitch;
  const configuration = new StitchAppClientConfiguration.Builder().withBaseUrl(base).build();
  const client = Stitch.hasAppClient(id) ? Stitch.getAppClient(id) : Stitch.initializeAppClient(id, configuration);
  const tell = (user) => ({
    id: user.id,
    provider: user.loggedInProviderType,
    identities: user.identities.map((identity) => identity.providerType),
    data: { ...user.profile.data },
    type: user.userType,
  });
  const AsyncFunction = inThePage.constructor;
  return new AsyncFunction("client", "tell", "given", body)(client, tell, given);
}

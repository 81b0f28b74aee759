// The redirect flow of OAuth providers in Chromium: realm-web's windows on a site of its own, and a certified OpenID
// provider, oidc-provider, in the place of Google and Apple.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { browser, freshPage } from "../support/chromium.js";
import { issuer } from "../support/issuer.js";
import { appDirectory, scope, serve } from "../support/passerby.js";
import { call, logIn } from "../support/raw.js";
import { site } from "../support/site.js";

const APP = "people-abcde";
const FIELDS = ["name", "email"].map((name) => ({ name, required: true }));

describe("a login at an issuer", () => {
  const suite = scope({ after });
  let base;
  let chromium;
  let origin;
  let redirect;
  // The same pages under another host name: another site to a browser, which does not take its cookies from afar.
  let elsewhere;
  before(async () => {
    origin = await site(suite);
    redirect = `${origin}/done`;
    elsewhere = origin.replace("127.0.0.1", "localhost");
    const stand = await issuer(suite, ["oauth2-google", "oauth2-apple"]);
    const provider = (clientId) => ({
      config: { clientId },
      secret_config: { clientSecret: "clientSecret" },
      metadata_fields: FIELDS,
      redirect_uris: [redirect, `${elsewhere}/done`],
    });
    const providers = { "oauth2-google": provider("google"), "oauth2-apple": provider("apple") };
    const directory = await appDirectory(suite, { id: APP, providers, origins: [origin, elsewhere] });
    const server = await serve(suite, [directory], { settings: stand.settings });
    base = server.url;
    server.setSecret(APP, "clientSecret", "the secret of both");
    const callback = `${base}/api/client/v2.0/auth/callback`;
    stand.admit(["google", "apple"].map((id) => ({ id, secret: "the secret of both", redirect: callback })));
    chromium = await browser(suite);
  });

  /** A browser of somebody's own on the site, with what its windows were told at the callback. */
  async function visit(from = origin) {
    const visited = await freshPage(chromium);
    const callbacks = [];
    visited.context.on("response", async (response) => {
      if (response.url().includes("/auth/callback")) callbacks.push({ url: response.url(), ...told(response) });
    });
    await visited.page.goto(from);
    return { ...visited, callbacks };
  }

  /** Runs `act` in the page, and in the window that it opens logs somebody in, or says no. */
  async function throughWindow({ context, page }, act, argument, atIssuer) {
    const opened = context.waitForEvent("page");
    const outcome = page.evaluate(act, argument);
    outcome.catch(() => {});
    await atIssuer(await opened);
    return outcome;
  }

  const agree = (email) => async (window) => {
    await window.locator("input[name=login]").fill(email);
    await window.locator("input[name=password]").fill("any");
    await window.getByRole("button", { name: "Sign-in" }).click();
    await window.getByRole("button", { name: "Continue" }).click();
  };
  const decline = async (window) => window.getByRole("link", { name: "Cancel" }).click();

  const enter = (visited, by, atIssuer) =>
    throughWindow(visited, logInHere, { base, id: APP, redirectUrl: redirect, by }, atIssuer);
  const link = (visited, by, atIssuer, redirectUrl = redirect) =>
    throughWindow(visited, linkHere, { base, id: APP, redirectUrl, by }, atIssuer);

  test("lets somebody in, who is known the next time, on another device", async () => {
    const visited = await visit();
    const first = await enter(visited, "google", agree("ann@people.example"));
    assert.match(first.id, /^[0-9a-f]{24}$/);
    assert.deepEqual({ ...first, id: "" }, {
      id: "",
      provider: "oauth2-google",
      identities: [["oauth2-google", "ann@people.example"]],
      profile: { name: "ann of the issuer", email: "ann@people.example" },
      hasDevice: true,
    });
    assert.deepEqual(visited.complaints, []);
    const again = await enter(await visit(), "google", agree("ann@people.example"));
    assert.deepEqual(again, first);
    const other = await enter(await visit(), "google", agree("bob@people.example"));
    assert.notEqual(other.id, first.id);
  });

  test("lets somebody in by a form, as Apple sends browsers back", async () => {
    const first = await enter(await visit(), "apple", agree("ann@people.example"));
    assert.deepEqual(first.identities, [["oauth2-apple", "ann@people.example"]]);
    assert.deepEqual(first.profile, { email: "ann@people.example" });
    const again = await enter(await visit(), "apple", agree("ann@people.example"));
    assert.equal(again.id, first.id);
  });

  for (const by of ["google", "apple"]) {
    test(`makes a guest somebody (${by}), and is a way back`, async () => {
      const visited = await visit();
      const email = `guest-of-${by}@people.example`;
      const { before, after } = await link(visited, by, agree(email));
      assert.equal(after.id, before.id);
      assert.deepEqual(before.identities.map(([type]) => type), ["anon-user"]);
      assert.deepEqual(after.identities, [...before.identities, [`oauth2-${by}`, email]]);
      assert.equal(after.profile.email, email);
      assert.equal(after.refreshToken, before.refreshToken);
      assert.deepEqual(visited.complaints, []);
      const back = await enter(await visit(), by, agree(email));
      assert.equal(back.id, before.id);
    });
  }

  test("is over when the person says no, and the page is told", async () => {
    for (const by of ["google", "apple"]) {
      const visited = await visit();
      // realm-web 2.0.1 has no better words for it.
      await assert.rejects(enter(visited, by, decline), /Failed to decode 'authInfo'/);
      const [{ status, fragment }] = visited.callbacks;
      assert.equal(status, 302);
      assert.deepEqual(Object.keys(fragment), [
        "_baas_client_app_id",
        "_baas_state",
        "_baas_error",
        "_stitch_client_app_id",
        "_stitch_state",
        "_stitch_error",
      ]);
      assert.deepEqual([fragment._baas_client_app_id, fragment._baas_error], [APP, "unauthorized"]);
      assert.match(fragment._baas_state, /^[a-z]{12}$/);
    }
  });

  test("does not link an identity that is another's, nor when the person says no", async () => {
    await enter(await visit(), "google", agree("taken@people.example"));
    for (const [atIssuer, error] of [
      [agree("taken@people.example"), "unauthorized: a user already exists with the specified provider"],
      [decline, "unauthorized: the person refused"],
    ]) {
      const visited = await visit();
      await assert.rejects(link(visited, "google", atIssuer), /Failed to decode 'authInfo'/);
      assert.equal(visited.callbacks[0].fragment._baas_error, error);
      const { identities } = await visited.page.evaluate(whoIsHere, { base, id: APP });
      assert.deepEqual(identities.map(([type]) => type), ["anon-user"]);
    }
  });

  test("is not finished for a guest in a browser that did not begin it", async () => {
    // Somebody begins a link and has another person finish it, whose account would then be theirs.
    const attacker = await visit();
    const { location, before } = await attacker.page.evaluate(beginLink, { base, id: APP, redirectUrl: redirect });
    const victim = await visit();
    await victim.page.goto(location);
    await agree("victim@people.example")(victim.page);
    await victim.page.waitForURL(/\/done#/);
    const [{ url, fragment }] = victim.callbacks;
    assert.match(fragment._baas_error, /another browser/);
    assert.equal("_baas_ua" in fragment, false);
    // Nor by the one who began it, with the address that the other was sent to: a state is good once.
    await attacker.page.goto(url);
    assert.match(await attacker.page.locator("body").textContent(), /this login is over: begin again/);
    await attacker.page.goto(origin);
    assert.deepEqual((await attacker.page.evaluate(whoIsHere, { base, id: APP })).identities, before);
    const own = await enter(await visit(), "google", agree("victim@people.example"));
    assert.deepEqual(own.identities, [["oauth2-google", "victim@people.example"]]);
  });

  test("is not finished for a guest of a page whose cookies the browser blocks, and says why", async () => {
    const visited = await visit(elsewhere);
    const attempt = link(visited, "google", agree("eve@people.example"), `${elsewhere}/done`);
    await assert.rejects(attempt, /Failed to decode 'authInfo'/);
    assert.match(visited.callbacks[0].fragment._baas_error, /its cookie was blocked/);
  });

  test("is over once it was finished", async () => {
    const visited = await visit();
    await enter(visited, "google", agree("once@people.example"));
    const [{ url }] = visited.callbacks;
    for (const again of [url, url.replace(/state=[^&]+/, "state=made-up"), url.replace(/state=[^&]+&?/, "")]) {
      const response = await fetch(again, { redirect: "manual" });
      assert.deepEqual([response.status, response.headers.get("location")], [400, null], again);
      assert.equal((await response.json()).error, "this login is over: begin again");
    }
  });

  test("returns to nobody but the pages that the app lists, to the letter", async () => {
    const { access_token: token } = await logIn(base, APP);
    const others = ["", `${redirect}/`, `${redirect}?x=1`, origin, "https://evil.example/done", redirect.toUpperCase()];
    for (const uri of others) {
      const query = `state=s&redirect=${encodeURIComponent(uri)}`;
      const path = `/app/${APP}/auth/providers/oauth2-google/login?${query}`;
      for (const options of [{ path }, { path: `${path}&link=true&providerRedirectHeader=true`, token }]) {
        const reply = await call(base, "GET", options.path, options);
        assert.deepEqual([reply.status, reply.body.error_code], [400, "BadRequest"], uri);
        assert.equal(reply.body.error, "redirect URI is not allowed");
      }
    }
  });

  test("goes to the issuer with everything that binds the answer to the question", async () => {
    const query = new URLSearchParams({ state: "abcdefghijkl", redirect });
    const at = `${base}/api/client/v2.0/app/${APP}/auth/providers/oauth2-google/login?${query}`;
    const [one, two] = [await fetch(at, { redirect: "manual" }), await fetch(at, { redirect: "manual" })];
    assert.equal(one.status, 302);
    const asked = new URL(one.headers.get("location")).searchParams;
    assert.deepEqual([...asked.keys()].sort(), [
      "client_id",
      "code_challenge",
      "code_challenge_method",
      "nonce",
      "redirect_uri",
      "response_type",
      "scope",
      "state",
    ]);
    assert.deepEqual([asked.get("code_challenge_method"), asked.get("scope")], ["S256", "openid email profile"]);
    assert.equal(asked.get("redirect_uri"), `${base}/api/client/v2.0/auth/callback`);
    const other = new URL(two.headers.get("location")).searchParams;
    for (const drawn of ["state", "nonce", "code_challenge"]) assert.notEqual(asked.get(drawn), other.get(drawn));
    assert.notEqual(asked.get("state"), "abcdefghijkl");
  });
});

/** What a browser is told at the callback: the status, and the fragment of the page that it is sent to. */
function told(response) {
  const { hash } = new URL(response.headers().location ?? "about:blank");
  return { status: response.status(), fragment: Object.fromEntries(new URLSearchParams(hash.slice(1))) };
}

// What follows runs in the page.

async function logInHere({ base, id, redirectUrl, by }) {
  const credentials = Realm.Credentials[by](by === "apple" ? redirectUrl : { redirectUrl });
  const app = new Realm.App({ id, baseUrl: base });
  const user = await app.logIn(credentials);
  await user.refreshAccessToken();
  return {
    id: user.id,
    provider: user.providerType,
    identities: user.identities.map((identity) => [identity.providerType, identity.id]),
    profile: { ...user.profile },
    hasDevice: /^[0-9a-f]{24}$/.test(user.deviceId),
  };
}

async function linkHere({ base, id, redirectUrl, by }) {
  const credentials = Realm.Credentials[by](by === "apple" ? redirectUrl : { redirectUrl });
  const app = new Realm.App({ id, baseUrl: base });
  const user = await app.logIn(Realm.Credentials.anonymous());
  const state = () => ({
    id: user.id,
    identities: user.identities.map((identity) => [identity.providerType, identity.id]),
    profile: { ...user.profile },
    refreshToken: user.refreshToken,
  });
  const before = state();
  await user.linkCredentials(credentials);
  await user.refreshAccessToken();
  await user.refreshProfile();
  return { before, after: state() };
}

async function beginLink({ base, id, redirectUrl }) {
  const app = new Realm.App({ id, baseUrl: base });
  const user = await app.logIn(Realm.Credentials.anonymous());
  const asked = { link: "true", state: "abcdefghijkl", redirect: redirectUrl, providerRedirectHeader: "true" };
  const query = new URLSearchParams(asked);
  const response = await fetch(`${base}/api/client/v2.0/app/${id}/auth/providers/oauth2-google/login?${query}`, {
    headers: { Authorization: `Bearer ${user.accessToken}` },
    credentials: "include",
  });
  const before = user.identities.map((identity) => [identity.providerType, identity.id]);
  return { location: response.headers.get("X-Baas-Location"), before };
}

async function whoIsHere({ base, id }) {
  const user = new Realm.App({ id, baseUrl: base }).currentUser;
  await user.refreshProfile();
  return { identities: user.identities.map((identity) => [identity.providerType, identity.id]) };
}

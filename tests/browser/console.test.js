// The console in Chromium: from signing in to a guest who is somebody, with scripts and without, for every eye.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { SignJWT } from "jose";

import { browser, freshPage, screenshot } from "../support/chromium.js";
import { appDirectory, scope, serve } from "../support/passerby.js";
import { call } from "../support/raw.js";
import { Realm, realmApp } from "../support/realm_web.js";
import { site } from "../support/site.js";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const APP = "reader-abcde";
const EMPTY = "nobody-abcde";
const TOKENS = "issuer-abcde";
const KEY = "0123456789abcdef0123456789abcdef";
const CUSTOM_TOKEN = {
  "custom-token": {
    config: { audience: [], signingAlgorithm: "HS256", useJWKURI: false },
    secret_config: { signingKeys: ["jwtKey"] },
    metadata_fields: [{ required: true, name: "name", field_name: "name" }],
  },
};
const PASSWORDS = { "local-userpass": { config: { autoConfirm: true, resetPasswordUrl: "https://example.com/reset" } } };
const LONG = `a.rather.long.address.that.goes.on.and.on@${"very-".repeat(12)}long.example.org`;

describe("the console", () => {
  const suite = scope({ after });
  let server;
  let chromium;
  let key;
  before(async () => {
    server = await serve(suite, [
      await appDirectory(suite, { id: APP, providers: PASSWORDS, functions: { greet: "exports = () => 'hello';" } }),
      await appDirectory(suite, { id: EMPTY, disabled: true }),
      await appDirectory(suite, { id: TOKENS, providers: CUSTOM_TOKEN }),
    ]);
    server.setSecret(TOKENS, "jwtKey", KEY);
    key = JSON.parse(await readFile(join(server.data, "admin-key.json"), "utf8"));
    chromium = await browser(suite);
  });

  /** A page in a browser of its own, signed in and at the list of apps. */
  async function signedIn(options) {
    const opened = await freshPage(chromium, options);
    await opened.page.goto(server.url);
    await opened.page.getByLabel("E-mail address or public key").fill(key.public_key);
    await opened.page.getByLabel("Password or private key").fill(key.private_key);
    await opened.page.getByRole("button", { name: "Sign in" }).click();
    await opened.page.getByRole("heading", { name: "Apps" }).waitFor();
    return opened;
  }
  const logIn = (id) => realmApp(server.url, id).app.logIn(Realm.Credentials.anonymous());
  /** Sets the switch of the anonymous provider and deploys: three clicks to it from the list of apps. */
  async function setGuests(page, on) {
    await page.goto(`${server.url}/apps`);
    await page.getByRole("link", { name: "nobody" }).click();
    await page.getByRole("link", { name: "Authentication", exact: true }).click();
    await page.getByRole("link", { name: "Edit Allow users to log in anonymously" }).click();
    await page.getByLabel("Provider Enabled").setChecked(on);
    await page.getByRole("button", { name: "Save Draft" }).click();
    await page.getByRole("link", { name: "Review & Deploy" }).click();
    await page.getByText(`"disabled": ${!on}`).waitFor();
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await page.getByText("Deployed. Clients see it from now on.").waitFor();
  }

  for (const javaScriptEnabled of [true, false]) {
    test(`lets guests in and out again, ${javaScriptEnabled ? "with" : "without"} scripts`, async () => {
      const { page, complaints, hosts } = await signedIn({ javaScriptEnabled });
      await assert.rejects(logIn(EMPTY), { statusCode: 401 });
      await setGuests(page, true);
      const guest = await logIn(EMPTY);
      await page.getByRole("link", { name: "Users", exact: true }).first().click();
      await page.getByLabel("Id or name").fill(guest.id);
      await page.getByRole("button", { name: "Apply" }).click();
      await page.getByRole("link", { name: guest.id, exact: true }).click();
      await page.getByText("anon-user").first().waitFor();
      await page.getByRole("link", { name: "Revoke all sessions" }).click();
      await page.getByRole("button", { name: "Revoke all sessions" }).click();
      await page.getByText("Logged out, from the next request on.").waitFor();
      await assert.rejects(guest.refreshProfile(), { statusCode: 401 });
      await page.getByRole("link", { name: "Delete User" }).click();
      await page.getByText(guest.id).waitFor();
      await page.getByRole("button", { name: "Delete User" }).click();
      await page.getByText("Nobody came yet.").waitFor();
      await setGuests(page, false);
      await assert.rejects(logIn(EMPTY), { statusCode: 401 });
      assert.deepEqual(complaints, []);
      assert.deepEqual([...hosts], [new URL(server.url).host], "nobody else was asked");
    });
  }

  test("logs a guest in from the browser and makes somebody of it", async () => {
    const { page, complaints } = await signedIn();
    await page.goto(await appPath(page, "reader", "/try"));
    await page.getByRole("button", { name: "Log a guest in" }).click();
    await page.getByText('"provider_type": "anon-user"').first().waitFor();
    await page.getByLabel("E-mail address").fill("ada@example.com");
    await page.getByRole("button", { name: "Link it to an e-mail user" }).click();
    await page.getByText('"same": true').waitFor();
    await page.getByText('"email": "ada@example.com"').waitFor();
    assert.ok(await inView(page.getByText('"same": true')), "what came of it is in view");
    await page.getByRole("link", { name: "Users", exact: true }).click();
    await page.getByText("ada@example.com").waitFor();
    assert.deepEqual(complaints, []);
  });

  test("leads from what was refused to the reason", async () => {
    const { page } = await signedIn();
    await page.goto(await appPath(page, "nobody", "/try"));
    await page.getByRole("button", { name: "Log a guest in" }).click();
    await page.getByText("unauthorized").waitFor();
    await page.getByRole("link", { name: "Why, in the logs" }).click();
    assert.ok(await inView(page.getByText("authentication via 'anon-user' is unsupported").first()));
  });

  test("says where a guest should have logged in and did not", async () => {
    const { page } = await signedIn();
    await page.goto(await appPath(page, "reader", "/try"));
    await page.route("**/api/client/**", (route) => route.abort());
    await page.getByRole("button", { name: "Log a guest in" }).click();
    await page.getByText(`Nothing came from ${server.url}: `).waitFor();
    assert.equal(await page.getByRole("link", { name: "Why, in the logs" }).count(), 0);
  });

  test("adds rows in place, and copies ids", async () => {
    const many = Array.from({ length: 60 }, () => logIn(APP));
    await Promise.all(many);
    const { page, context } = await signedIn();
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(await appPath(page, "reader", "/users"));
    const rows = page.locator("#rows tr");
    assert.equal(await rows.count(), 50);
    await page.getByRole("link", { name: "Load more" }).click();
    await rows.nth(55).waitFor();
    const id = await rows.nth(55).locator("code").textContent();
    await page.getByRole("button", { name: `Copy ${id}` }).click();
    await page.getByRole("button", { name: `Copied ${id}` }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), id);
  });

  test("runs nothing that a user's data holds", async () => {
    const hostile = `"><img src=x onerror="document.title='run'"><script>document.title='run'</script>`;
    await call(server.url, "POST", `/app/${APP}/auth/providers/anon-user/login`, {
      body: JSON.stringify({ options: { device: { platform: hostile, platformVersion: hostile, appVersion: hostile } } }),
    });
    const { page, complaints } = await signedIn();
    await page.goto(await appPath(page, "reader", "/users"));
    await page.locator("#rows a").first().click();
    await page.getByText("onerror").first().waitFor();
    assert.notEqual(await page.title(), "run");
    assert.deepEqual(complaints, []);
  });

  test("runs nothing that a name in a token holds", async () => {
    const name = `</title></textarea>"><img src=x onerror="document.title='run'"><script>document.title='run'</script>`;
    const token = new SignJWT({ name }).setProtectedHeader({ alg: "HS256" }).setSubject(name).setAudience(TOKENS);
    const signed = await token.setExpirationTime("1h").sign(new TextEncoder().encode(KEY));
    const { app } = realmApp(server.url, TOKENS);
    const user = await app.logIn(Realm.Credentials.jwt(signed));
    const { page, complaints } = await signedIn();
    const base = await appPath(page, "issuer", "");
    for (const path of ["/users", `/users/${user.id}`, `/users/${user.id}/delete`]) {
      await page.goto(base + path);
      await page.getByText("onerror").first().waitFor();
      assert.notEqual(await page.title(), "run", path);
      assert.equal(await page.locator("img").count(), 0, path);
    }
    assert.deepEqual(complaints, []);
  });

  test("is out of reach of a page at another port, which browsers send its cookie from", async () => {
    const neighbour = await site(suite);
    const { page, context } = await signedIn();
    const users = await appPath(page, "nobody", "/users");
    const form = `${await appPath(page, "nobody", "")}/auth/providers/anon-user`;
    await page.goto(form);
    const formToken = await page.locator("input[name=form_token]").first().inputValue();
    const other = await context.newPage();
    await other.goto(neighbour);
    // Even with the token, which it cannot know.
    const answered = other.waitForResponse(form);
    await other.evaluate(([action, token]) => {
      const sent = document.createElement("form");
      Object.assign(sent, { method: "post", action });
      const fields = { form_token: token, enabled: "true", clock: "never", days: "90" };
      for (const [name, value] of Object.entries(fields)) sent.append(Object.assign(document.createElement("input"), { name, value }));
      document.body.append(sent);
      sent.submit();
    }, [form, formToken]);
    assert.equal((await answered).status(), 403);
    await page.goto(form);
    assert.equal(await page.getByText("You have changes").count(), 0);

    await other.goto(neighbour);
    const read = (url) => fetch(url, { credentials: "include" }).then((answer) => answer.text(), () => "out of reach");
    assert.equal(await other.evaluate(read, users), "out of reach");
    const framed = await other.evaluate(async (src) => {
      const frame = Object.assign(document.createElement("iframe"), { src });
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
      document.body.append(frame);
      await loaded;
      return frame.contentDocument === null;
    }, users);
    assert.equal(framed, true, "a frame of another origin cannot be read");
    for (const frame of other.frames().slice(1)) assert.doesNotMatch(await frame.content(), /Nobody came yet/);

    // A cookie for a part of the console beside the console's own: whose is whose is unknown, so nobody is let in.
    const [cookie] = (await context.cookies()).filter(({ name }) => name === "passerby_console");
    assert.equal(cookie.httpOnly, true);
    assert.equal(await other.evaluate(() => document.cookie), "");
    await other.evaluate(() => { document.cookie = "passerby_console=mine; path=/groups"; });
    await page.goto(users);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  test("is readable for everybody, on every page, in both themes and widths, with ten thousand users", async () => {
    await crowd(server.url, APP, 10_000);
    const guest = await logIn(APP);
    await guest.linkCredentials(await registered(server.url, APP, LONG));
    const { page } = await signedIn();
    const [app, empty] = [await appPath(page, "reader", ""), await appPath(page, "nobody", "")];
    await page.goto(`${app}/auth/providers/anon-user`);
    await page.getByLabel("Days", { exact: true }).first().fill("30");
    await page.getByRole("button", { name: "Save Draft" }).click();
    const pages = {
      apps: `${server.url}/apps`,
      sessions: `${server.url}/sessions`,
      home: `${app}/dashboard`,
      "home-empty": `${empty}/dashboard`,
      users: `${app}/users`,
      "users-empty": `${empty}/users`,
      user: `${app}/users/${guest.id}`,
      "user-delete": `${app}/users/${guest.id}/delete`,
      "users-pending": `${app}/users/pending`,
      "users-new": `${app}/users/new`,
      "users-bulk": `${app}/users/bulk`,
      providers: `${app}/auth/providers`,
      anonymous: `${app}/auth/providers/anon-user`,
      ...Object.fromEntries(MORE_PROVIDERS.map((kind) => [`provider-${kind}`, `${app}/auth/providers/${kind}`])),
      functions: `${app}/functions`,
      values: `${app}/values`,
      triggers: `${app}/triggers`,
      deployment: `${app}/deployment`,
      review: `${app}/deployment/review`,
      logs: `${app}/logs`,
      settings: `${app}/settings`,
      try: `${app}/try`,
    };
    const found = [];
    for (const [name, url] of Object.entries(pages)) {
      for (const [colorScheme, width] of [["light", 1280], ["dark", 390]]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        const answer = await page.goto(url);
        assert.equal(answer.status(), 200, name);
        await screenshot(page, `console-${name}-${colorScheme}-${width}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (overflow > 0) found.push(`${name} at ${width}: ${overflow} pixels too wide`);
        found.push(...(await violations(page)).map((violation) => `${name} ${colorScheme}: ${violation}`));
      }
    }
    assert.deepEqual(found, []);
  });

  /** The address of a page of an app. */
  async function appPath(page, name, rest) {
    await page.goto(`${server.url}/apps`);
    const href = await page.getByRole("link", { name }).getAttribute("href");
    return `${server.url}${href}${rest}`;
  }
});

const MORE_PROVIDERS = [
  "local-userpass",
  "oauth2-facebook",
  "oauth2-google",
  "oauth2-apple",
  "api-key",
  "custom-token",
  "custom-function",
];

/** Lets so many guests in, some at a time. */
async function crowd(url, id, count) {
  const next = async () => {
    while (count-- > 0) await (await fetch(`${url}/api/client/v2.0/app/${id}/auth/providers/anon-user/login`, { method: "POST" })).json();
  };
  await Promise.all(Array.from({ length: 32 }, next));
}

async function registered(url, id, email) {
  const { app } = realmApp(url, id);
  await app.emailPasswordAuth.registerUser({ email, password: "password1" });
  return Realm.Credentials.emailPassword(email, "password1");
}

/** What axe finds wrong with a page: rule and element. */
async function violations(page) {
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id} ${node.target.join(" ")}`));
}

/** Whether somebody who does not scroll sees the whole of it. */
async function inView(locator) {
  await locator.waitFor();
  return locator.evaluate((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
  });
}

// The example pages as a newcomer sees them, served by the built binary and used in Chromium.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { browser, freshPage, screenshot, watch } from "../support/chromium.js";
import { ROOT, scope, serve } from "../support/passerby.js";
import { call } from "../support/raw.js";
import { Realm, realmApp } from "../support/realm_web.js";

const EXAMPLES = ["news", "try-before-register", "dev"];

describe("the example", () => {
  const suite = scope({ after });
  let server;
  let chromium;
  before(async () => {
    server = await serve(suite, EXAMPLES.map((name) => join(ROOT, "examples", name)));
    chromium = await browser(suite);
  });

  const app = (example) => server.ready.apps[EXAMPLES.indexOf(example)];
  async function open(example, options) {
    const opened = await freshPage(chromium, options);
    await opened.page.goto(app(example).try_url);
    return opened;
  }
  /** Nothing was complained about, and nobody was asked but the page's own server and the client API. */
  function assertClean({ complaints, hosts }, example) {
    assert.deepEqual(complaints, []);
    const expected = [new URL(server.url).host, new URL(app(example).try_url).host];
    assert.deepEqual([...hosts].sort(), expected.sort());
  }

  test("news lets a reader in, remembers the stories and welcomes back", async () => {
    const reader = await open("news");
    const { page, context } = reader;
    const greeting = page.locator("#greeting");
    await greeting.filter({ hasText: "Welcome. You are in, as a guest" }).waitFor();
    const id = await page.locator("#guest").textContent();
    assert.match(id, /^[0-9a-f]{24}$/);
    await page.locator("#ferry summary").click();
    await page.locator("#ferry.read .body").waitFor();
    await page.getByRole("button", { name: "Keep for later: The library lends binoculars" }).click();
    await screenshot(page, "news-first-visit");

    const again = await context.newPage();
    const rewatched = watch(again);
    await again.goto(app("news").try_url);
    await again.locator("#greeting").filter({ hasText: "Welcome back, for visit 2: 5 stories are left." }).waitFor();
    assert.equal(await again.locator("#guest").textContent(), id);
    await again.getByRole("button", { name: "Reading list" }).click();
    assert.deepEqual(await visibleStories(again), ["binoculars"]);
    await again.getByRole("button", { name: "Unread" }).click();
    assert.deepEqual(await visibleStories(again), ["binoculars", "clock", "pears", "choir", "lamp"]);
    await screenshot(again, "news-second-visit");
    assertClean(reader, "news");
    assertClean(rewatched, "news");
  });

  test("news forgets a guest who asks for it, on the server too", async () => {
    const { page } = await open("news");
    await page.getByRole("button", { name: "Forget me" }).and(page.locator(":enabled")).waitFor();
    const session = await page.evaluate(() => {
      const key = Object.keys(localStorage).find((key) => key.endsWith(":session"));
      return JSON.parse(localStorage.getItem(key));
    });
    await page.getByRole("button", { name: "Forget me" }).click();
    await page.locator("#greeting").filter({ hasText: "Forgotten." }).waitFor();
    const refused = await call(server.url, "POST", "/auth/session", { token: session.refresh_token });
    assert.equal(refused.status, 401);
    await page.reload();
    await page.locator("#greeting").filter({ hasText: "Welcome. You are in, as a guest" }).waitFor();
    assert.notEqual(await page.locator("#guest").textContent(), session.user_id);
  });

  test("news gives a reader whose guest is gone a new one, and says so", async () => {
    const { page } = await open("news");
    await page.locator("#greeting").filter({ hasText: "Welcome." }).waitFor();
    const token = await page.evaluate(() => {
      const key = Object.keys(localStorage).find((key) => key.endsWith(":session"));
      return JSON.parse(localStorage.getItem(key)).access_token;
    });
    await call(server.url, "DELETE", "/auth/delete", { token });
    await page.reload();
    await page.locator("#greeting").filter({ hasText: "here is a new one: welcome" }).waitFor();
  });

  test("news lets pages that open at once agree on one guest", async () => {
    const { context } = await freshPage(chromium);
    const pages = [await context.newPage(), await context.newPage(), await context.newPage()];
    const welcomed = (page) => page.locator("#greeting").filter({ hasText: "Welcome" }).waitFor();
    await Promise.all(pages.map((page) => page.goto(app("news").try_url).then(() => welcomed(page))));
    const ids = new Set();
    for (const page of pages) {
      await page.reload();
      await welcomed(page);
      ids.add(await page.locator("#guest").textContent());
    }
    assert.equal(ids.size, 1);
  });

  test("news renews a spoiled access token by itself", async () => {
    const { page } = await open("news");
    await page.locator("#greeting").filter({ hasText: "Welcome." }).waitFor();
    const id = await page.locator("#guest").textContent();
    await page.evaluate(() => {
      const key = Object.keys(localStorage).find((key) => key.endsWith(":session"));
      const session = JSON.parse(localStorage.getItem(key));
      localStorage.setItem(key, JSON.stringify({ ...session, access_token: session.access_token.slice(0, -8) + "AAAAAAAA" }));
    });
    await page.reload();
    await page.locator("#greeting").filter({ hasText: "Welcome back" }).waitFor();
    assert.equal(await page.locator("#guest").textContent(), id);
  });

  test("news is read even when the server is away", async () => {
    const { page, context } = await freshPage(chromium);
    await context.route(`${server.url}/**`, (route) => route.abort());
    await page.goto(app("news").try_url);
    await page.locator("#greeting").filter({ hasText: "You can read all the same" }).waitFor();
    await page.locator("#ferry summary").click();
    await page.locator("#ferry .body").waitFor();
    assert.equal(await page.getByRole("button", { name: "Forget me" }).isDisabled(), true);
  });

  test("try-before-register keeps a guest's notes, and starts over on request", async () => {
    const writer = await open("try-before-register");
    const { page } = writer;
    await page.locator("#status").filter({ hasText: "no account needed" }).waitFor();
    const id = await side(page).id();
    await page.getByLabel("A new note").fill("Call Ada <b>today</b>");
    await page.getByRole("button", { name: "Keep it" }).click();
    await page.getByLabel("A new note").fill("Stamps");
    await page.getByRole("button", { name: "Keep it" }).click();
    assert.deepEqual(await page.locator("#notes li p").allTextContents(), ["Stamps", "Call Ada <b>today</b>"]);

    await page.reload();
    await page.locator("#status").filter({ hasText: "Your notes are where you left them" }).waitFor();
    assert.equal(await side(page).id(), id);
    await page.getByRole("button", { name: "Done: Stamps" }).click();
    assert.deepEqual(await page.locator("#notes li p").allTextContents(), ["Call Ada <b>today</b>"]);
    await screenshot(page, "try-before-register");

    await page.getByRole("button", { name: "Start over …" }).click();
    await screenshot(page, "try-before-register-start-over");
    await page.getByRole("button", { name: "Stay" }).click();
    assert.equal(await page.locator("#notes li").count(), 1);
    await page.getByRole("button", { name: "Start over …" }).click();
    await page.getByRole("button", { name: "Start over", exact: true }).click();
    await page.locator("#status").filter({ hasText: "no account needed" }).waitFor();
    assert.notEqual(await side(page).id(), id);
    assert.equal(await page.locator("#notes li").count(), 0);
    assertClean(writer, "try-before-register");
  });

  const PASSWORD = "correct horse";
  const side = (page) => ({
    id: () => page.locator("aside:not([hidden]) .id").textContent(),
    problem: page.locator("#problem:not([hidden])"),
    yours: page.locator("#yours:not([hidden])"),
    async submit(act, email, password) {
      await page.getByLabel("E-mail address").fill(email);
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: act, exact: true }).click();
    },
  });
  const write = async (page, text) => {
    await page.getByLabel("A new note").fill(text);
    await page.getByRole("button", { name: "Keep it" }).click();
  };
  const written = (page) => page.locator("#notes li p").allTextContents();
  const said = (page, text) => page.locator("#status").filter({ hasText: text }).waitFor();

  test("try-before-register makes a guest somebody who keeps id and notes, and is the same elsewhere", async () => {
    const email = "ann@people.example";
    const writer = await open("try-before-register");
    const { page } = writer;
    await said(page, "no account needed");
    const id = await side(page).id();
    await write(page, "Call Ada");
    await side(page).submit("Register", email, PASSWORD);
    await said(page, "Registered. You are the same user as before");
    await side(page).yours.waitFor();
    assert.equal(await side(page).id(), id);
    assert.deepEqual(await written(page), ["Call Ada"]);
    await screenshot(page, "try-before-register-registered");
    assertClean(writer, "try-before-register");

    await page.reload();
    await said(page, `Welcome back, ${email}. Your notes are where you left them.`);
    assert.equal(await side(page).id(), id);

    // Another browser: the notes of its guest come along, those of this one are not there.
    const other = await open("try-before-register");
    await said(other.page, "no account needed");
    const guest = await side(other.page).id();
    await write(other.page, "Stamps");
    await other.page.getByRole("button", { name: "I have an account" }).click();
    await screenshot(other.page, "try-before-register-log-in");
    await side(other.page).submit("Log in", email, PASSWORD);
    await said(other.page, `Welcome back, ${email}. What you wrote as a guest came along.`);
    assert.equal(await side(other.page).id(), id);
    assert.deepEqual(await written(other.page), ["Stamps"]);
    const stored = await other.page.evaluate(() => Object.keys(localStorage));
    assert.deepEqual(stored.filter((key) => /:[0-9a-f]{24}$/.test(key)), [`pocket-notes:${id}`]);
    assert.notEqual(guest, id);
    assertClean(other, "try-before-register");
    await screenshot(other.page, "try-before-register-elsewhere");

    // Out, and in again.
    await page.getByRole("button", { name: "Log out" }).click();
    await said(page, `You are logged out. Log in as ${email} to see your notes.`);
    assert.notEqual(await side(page).id(), id);
    assert.deepEqual(await written(page), []);
    await side(page).submit("Log in", email, PASSWORD);
    await said(page, `Welcome back, ${email}.`);
    assert.deepEqual(await written(page), ["Call Ada"]);
  });

  test("try-before-register says what is wrong with a registration or a login, and loses nothing by it", async () => {
    const email = "bob@people.example";
    const { app: realm } = realmApp(server.url, app("try-before-register").client_app_id);
    await realm.emailPasswordAuth.registerUser({ email, password: PASSWORD });
    await realm.logIn(Realm.Credentials.emailPassword(email, PASSWORD));

    const { page } = await open("try-before-register");
    await said(page, "no account needed");
    const id = await side(page).id();
    await write(page, "Stamps");
    const refused = async (act, address, password, text) => {
      await side(page).submit(act, address, password);
      await side(page).problem.filter({ hasText: text }).waitFor();
    };
    await refused("Register", "cat@people.example", "short", "password must be between 6 and 128 characters");
    await refused("Register", email, "another horse", "This address has an account. If it is yours, log in.");
    await screenshot(page, "try-before-register-taken");
    await refused("Register", email, PASSWORD, "This address has an account. If it is yours, log in.");
    await page.getByRole("button", { name: "I have an account" }).click();
    assert.equal(await side(page).problem.count(), 0);
    await refused("Log in", email, "another horse", "Address and password do not fit.");
    await refused("Log in", "nobody@people.example", PASSWORD, "Address and password do not fit.");
    await page.context().route(`${server.url}/**`, (route) => route.abort());
    await refused("Log in", email, PASSWORD, "The server could not be reached. Nothing was changed.");
    await page.context().unroute(`${server.url}/**`);
    assert.deepEqual([await side(page).id(), await written(page)], [id, ["Stamps"]]);

    // An address that was registered, and no more, is taken up where it was left.
    await realm.emailPasswordAuth.registerUser({ email: "dan@people.example", password: PASSWORD });
    await page.getByRole("button", { name: "I have no account yet" }).click();
    await side(page).submit("Register", "dan@people.example", PASSWORD);
    await said(page, "Registered. You are the same user as before");
    assert.deepEqual([await side(page).id(), await written(page)], [id, ["Stamps"]]);
  });

  test("try-before-register shows in every tab who is there", async () => {
    const { page, context } = await open("try-before-register");
    await said(page, "no account needed");
    const id = await side(page).id();
    const tab = await context.newPage();
    await tab.goto(app("try-before-register").try_url);
    await said(tab, "Welcome back.");
    await side(page).submit("Register", "eve@people.example", PASSWORD);
    await side(tab).yours.waitFor();
    assert.equal(await side(tab).id(), id);
    await tab.getByRole("button", { name: "Log out" }).click();
    await page.locator("#trying:not([hidden])").waitFor();
    await said(page, "Log in as eve@people.example");
  });

  test("dev makes test users and shows what went over the wire", async () => {
    const bench = await open("dev");
    const { page } = bench;
    const make = page.getByRole("button", { name: "New user" });
    const users = page.locator("#users li");
    await make.click();
    await users.nth(0).waitFor();
    await make.click();
    await users.nth(1).waitFor();
    const latest = page.locator("#log li").first();
    await users.nth(0).getByRole("button", { name: /^Profile/ }).click();
    await latest.filter({ hasText: '"provider_type": "anon-user"' }).waitFor();
    await users.nth(0).getByRole("button", { name: /^Refresh/ }).click();
    await latest.filter({ hasText: '"typ": "access"' }).waitFor();
    await screenshot(page, "dev");
    await users.nth(0).getByRole("button", { name: /^Log out/ }).click();
    await latest.filter({ hasText: "DELETE /auth/session" }).waitFor();
    assert.equal(await users.count(), 1);
    await page.reload();
    await users.nth(0).getByRole("button", { name: /^Delete/ }).click();
    await latest.filter({ hasText: "DELETE /auth/delete" }).waitFor();
    assert.equal(await users.count(), 0);
    assertClean(bench, "dev");
  });

  for (const example of EXAMPLES) {
    test(`${example} serves the same app to realm-web`, async () => {
      const { app: realm } = realmApp(server.url, app(example).client_app_id);
      const user = await realm.logIn(Realm.Credentials.anonymous());
      assert.equal(user.isLoggedIn, true);
      assert.equal(user.identities[0].providerType, "anon-user");
    });

    for (const [look, options] of [
      ["phone", { viewport: { width: 360, height: 740 } }],
      ["dark", { colorScheme: "dark" }],
    ]) {
      test(`${example} fits a ${look} screen`, async () => {
        const opened = await open(example, options);
        const { page } = opened;
        await page.waitForFunction(() => document.querySelector("button:not([aria-pressed]):enabled") !== null);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
        if (example === "dev") {
          await page.getByRole("button", { name: "New user" }).click();
          await page.locator("#users li").waitFor();
        }
        await screenshot(page, `${example}-${look}`);
        assert.deepEqual(await weakText(page), []);
        assertClean(opened, example);
      });
    }
  }

  test("pages share one passerby.js", async () => {
    const copies = EXAMPLES.map((name) => readFile(join(ROOT, "examples", name, "hosting/files/passerby.js"), "utf8"));
    const [first, ...others] = await Promise.all(copies);
    for (const other of others) assert.equal(other, first);
  });

  test("pages have no inline script or style and name no other host", async () => {
    for (const example of EXAMPLES) {
      const folder = join(ROOT, "examples", example, "hosting/files");
      for (const file of await readdir(folder)) {
        const text = (await readFile(join(folder, file), "utf8")).replaceAll("http://www.w3.org/2000/svg", "");
        assert.doesNotMatch(text, /https?:\/\//, `${example}/${file}`);
        if (file.endsWith(".html")) assert.doesNotMatch(text, /<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/, file);
      }
    }
  });
});

function visibleStories(page) {
  return page.locator("article:not([hidden])").evaluateAll((stories) => stories.map((story) => story.id));
}

/** Texts whose contrast with their background is below 4.5, the usual bound of legibility. */
function weakText(page) {
  return page.evaluate(() => {
    const parse = (color) => color.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => {
      const [R, G, B] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * R + 0.7152 * G + 0.0722 * B;
    };
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const [r, g, b, a = 1] = parse(getComputedStyle(at).backgroundColor);
        if (a === 1) return [r, g, b];
      }
      return [255, 255, 255];
    };
    const texts = [...document.querySelectorAll("body *")].filter((element) => {
      const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
      return own && element.checkVisibility() && !element.disabled;
    });
    return texts.flatMap((element) => {
      const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
      const contrast = (a + 0.05) / (b + 0.05);
      return contrast < 4.5 ? [`${element.tagName} “${element.textContent.trim().slice(0, 40)}”: ${contrast.toFixed(2)}`] : [];
    });
  });
}

// Confirmation and reset by mail: realm-web on one end, a real mail server, aiosmtpd, on the other.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { mailServer } from "../support/mail.js";
import { appDirectory, scope, serve } from "../support/passerby.js";
import { Realm, realmApp } from "../support/realm_web.js";

const APP = "people-abcde";
const PASSWORD = "correct horse";
const CONFIRM = "https://people.example/confirm?lang=en#welcome";
const RESET = "https://people.example/reset";
const { anonymous, emailPassword } = Realm.Credentials;

const directory = (scope) =>
  appDirectory(scope, {
    id: APP,
    providers: {
      "local-userpass": {
        config: {
          emailConfirmationUrl: CONFIRM,
          confirmEmailSubject: "Grüße: is this you?",
          resetPasswordUrl: RESET,
        },
      },
    },
  });

/** `{ token, tokenId }` of a mail's link, as the app's page takes them from its address. */
function pair({ link }) {
  return { token: link.searchParams.get("token"), tokenId: link.searchParams.get("tokenId") };
}

const refused = (status, code) => (error) => {
  assert.deepEqual([error.statusCode, error.errorCode], [status, code]);
  return true;
};
const lapsed = refused(400, "UserpassTokenInvalid");

describe("a mail", () => {
  const suite = scope({ after });
  let base;
  let letters;
  before(async () => {
    letters = await mailServer(suite);
    const words = { mail_from: "People <hello@people.example>", mail_reply_to: "help@people.example" };
    const settings = { ...letters.settings, ...words };
    base = (await serve(suite, [await directory(suite)], { settings })).url;
  });

  const logIn = (email, password = PASSWORD) => realmApp(base, APP).app.logIn(emailPassword(email, password));

  test("confirms an address, once, and the guest who registered it becomes somebody", async () => {
    const email = "ann@people.example";
    const { app } = realmApp(base, APP);
    const user = await app.logIn(anonymous());
    await app.emailPasswordAuth.registerUser({ email, password: PASSWORD });
    const mail = await letters.next();
    assert.deepEqual([mail.from, mail.to, mail.tls], ["hello@people.example", [email], false]);
    assert.equal(mail.headers.from, "People <hello@people.example>");
    assert.equal(mail.headers["reply-to"], "help@people.example");
    assert.equal(mail.headers.to, email);
    assert.equal(mail.headers.subject, "Grüße: is this you?");
    assert.ok(mail.html.includes(mail.link.href.replaceAll("&", "&amp;")), mail.html);
    assert.match(mail.text, /30 minutes/);
    const { token, tokenId } = pair(mail);
    assert.equal(mail.link.href, `https://people.example/confirm?lang=en&token=${token}&tokenId=${tokenId}#welcome`);

    // Registering attached nothing, and an address that is not confirmed is of no use.
    await assert.rejects(logIn(email), refused(401, "AuthError"));
    const unconfirmed = (error) => error.error === "unauthorized: confirmation required";
    await assert.rejects(user.linkCredentials(emailPassword(email, PASSWORD)), unconfirmed);

    // The page of the link may be open on another device.
    const page = realmApp(base, APP).app.emailPasswordAuth;
    await assert.rejects(page.confirmUser({ token: "0".repeat(128), tokenId }), lapsed);
    await page.confirmUser({ token, tokenId });
    await assert.rejects(page.confirmUser({ token, tokenId }), lapsed);

    await user.linkCredentials(emailPassword(email, PASSWORD));
    assert.deepEqual(user.identities.map((identity) => identity.providerType), ["anon-user", "local-userpass"]);
    assert.equal((await logIn(email)).id, user.id);
  });

  test("is sent again with a new token, and the old one is of no use", async () => {
    const email = "bob@people.example";
    const { emailPasswordAuth } = realmApp(base, APP).app;
    await emailPasswordAuth.registerUser({ email, password: PASSWORD });
    const first = pair(await letters.next());
    await emailPasswordAuth.resendConfirmationEmail({ email });
    const second = pair(await letters.next());
    assert.notEqual(second.token, first.token);
    await assert.rejects(emailPasswordAuth.confirmUser(first), lapsed);
    await emailPasswordAuth.confirmUser(second);
    await logIn(email);
    await assert.rejects(emailPasswordAuth.resendConfirmationEmail({ email }), refused(400, "UserAlreadyConfirmed"));
  });

  test("resets a password, once, and ends the sessions of whoever had the old one", async () => {
    const email = "cat@people.example";
    const { emailPasswordAuth } = realmApp(base, APP).app;
    await emailPasswordAuth.registerUser({ email, password: PASSWORD });
    await emailPasswordAuth.confirmUser(pair(await letters.next()));
    const before = await logIn(email);
    await emailPasswordAuth.sendResetPasswordEmail({ email });
    const mail = await letters.next();
    assert.equal(`${mail.link.origin}${mail.link.pathname}`, RESET);
    assert.ok(mail.headers.subject.length > 0);
    const password = "another horse";
    const short = refused(400, "BadRequest");
    await assert.rejects(emailPasswordAuth.resetPassword({ ...pair(mail), password: "short" }), short);
    await emailPasswordAuth.resetPassword({ ...pair(mail), password });
    await assert.rejects(emailPasswordAuth.resetPassword({ ...pair(mail), password: "third horse" }), lapsed);
    await assert.rejects(logIn(email), refused(401, "InvalidPassword"));
    assert.equal((await logIn(email, password)).id, before.id);
    await assert.rejects(before.refreshAccessToken(), refused(401, "InvalidSession"));
  });

  test("of one kind is no use for the other", async () => {
    const email = "dan@people.example";
    const { emailPasswordAuth } = realmApp(base, APP).app;
    await emailPasswordAuth.registerUser({ email, password: PASSWORD });
    const confirmation = pair(await letters.next());
    await assert.rejects(emailPasswordAuth.resetPassword({ ...confirmation, password: "another horse" }), lapsed);
    await emailPasswordAuth.confirmUser(confirmation);
    await emailPasswordAuth.sendResetPasswordEmail({ email });
    const reset = pair(await letters.next());
    await assert.rejects(emailPasswordAuth.confirmUser(reset), lapsed);
    await emailPasswordAuth.resetPassword({ ...reset, password: "another horse" });
  });

  test("cannot be sent to what is no address, or be given further lines", async () => {
    const { emailPasswordAuth } = realmApp(base, APP).app;
    const eve = "eve@people.example";
    for (const email of ["foo", "a@b@c", `${eve}\r\nBcc: all@people.example`, `${eve}, x@people.example`]) {
      const attempt = emailPasswordAuth.registerUser({ email, password: PASSWORD });
      await assert.rejects(attempt, refused(400, "BadRequest"), email);
    }
  });
});

describe("a mail server", () => {
  test("is spoken to over STARTTLS, with an authority of its own", async (t) => {
    const here = scope(t);
    const letters = await mailServer(here, { tls: true });
    const { url } = await serve(here, [await directory(here)], { settings: letters.settings });
    const { emailPasswordAuth } = realmApp(url, APP).app;
    await emailPasswordAuth.registerUser({ email: "ann@people.example", password: PASSWORD });
    const mail = await letters.next();
    assert.equal(mail.tls, true);
    await emailPasswordAuth.confirmUser(pair(mail));
  });

  test("whose certificate nobody vouches for gets nothing, and the address stays free", async (t) => {
    const here = scope(t);
    const letters = await mailServer(here, { tls: true });
    const { outbound_ca_file, ...settings } = letters.settings;
    const { url } = await serve(here, [await directory(here)], { settings });
    const { emailPasswordAuth } = realmApp(url, APP).app;
    const account = { email: "ann@people.example", password: PASSWORD };
    const unsent = (error) => error.error === "error processing request";
    for (const _ of ["once", "again"]) await assert.rejects(emailPasswordAuth.registerUser(account), unsent);
  });
});

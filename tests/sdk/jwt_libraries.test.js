// Backends verify our access tokens with the JWT library that they have: jose in Node, PyJWT in Python.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";

import { createRemoteJWKSet, decodeProtectedHeader, errors, jwtVerify } from "jose";

import { appDirectory, scope, serve } from "../support/passerby.js";
import { PYTHON, script } from "../support/python.js";
import { call, claims, logIn } from "../support/raw.js";

const APP = "reader-abcde";
const OTHER_APP = "writer-abcde";
const ORIGINAL_APP = "elder-abcde";

describe("an access token", () => {
  const suite = scope({ after });
  let base;
  let issuer;
  before(async () => {
    const server = await serve(suite, [
      await appDirectory(suite, { id: APP }),
      await appDirectory(suite, { id: OTHER_APP }),
      await appDirectory(suite, { id: ORIGINAL_APP, settings: { access_token: { form: "original" } } }),
    ]);
    base = server.url;
    issuer = issuerOf(APP);
  });
  const issuerOf = (app) => `${base}/api/client/v2.0/app/${app}`;
  const keysOf = (app) => createRemoteJWKSet(new URL(`${issuerOf(app)}/.well-known/jwks.json`));

  test("is verified by jose through the discovery document", async () => {
    const found = await fetch(`${issuer}/.well-known/openid-configuration`);
    assert.equal(found.status, 200);
    assert.equal(found.headers.get("content-type"), "application/json");
    const discovery = await found.json();
    assert.equal(discovery.issuer, issuer);

    const { access_token, user_id } = await logIn(base, APP);
    const keys = createRemoteJWKSet(new URL(discovery.jwks_uri));
    const { payload, protectedHeader } = await jwtVerify(access_token, keys, { issuer, audience: APP });
    assert.equal(protectedHeader.alg, "ES256");
    assert.equal(typeof protectedHeader.kid, "string");
    assert.equal(payload.sub, user_id);
    assert.equal(payload.typ, "access");
    assert.match(payload.sid, /^[0-9a-f]{24}$/);
    assert.equal(payload.exp - payload.iat, 1800);
  });

  test("is verified by jose after a refresh, too", async () => {
    const { refresh_token, user_id } = await logIn(base, APP);
    const { body } = await call(base, "POST", "/auth/session", { token: refresh_token });
    const { payload } = await jwtVerify(body.access_token, keysOf(APP), { issuer, audience: APP });
    assert.equal(payload.sub, user_id);
  });

  test("is verified by PyJWT", async () => {
    const { access_token, user_id } = await logIn(base, APP);
    const python = verifyInPython(issuer, APP, access_token);
    assert.equal(python.stderr, "");
    assert.deepEqual(JSON.parse(python.stdout), claims(access_token));
    assert.equal(claims(access_token).sub, user_id);
  });

  test("is refused for another audience, another issuer and another app's keys", async () => {
    const { access_token } = await logIn(base, APP);
    const refused = (options, keys, error) => assert.rejects(jwtVerify(access_token, keys, options), error);
    await refused({ issuer, audience: OTHER_APP }, keysOf(APP), errors.JWTClaimValidationFailed);
    await refused({ issuer: issuerOf(OTHER_APP), audience: APP }, keysOf(APP), errors.JWTClaimValidationFailed);
    await refused({ issuer, audience: APP }, keysOf(OTHER_APP), errors.JWKSNoMatchingKey);
    const python = verifyInPython(issuer, OTHER_APP, access_token);
    assert.deepEqual([python.status, python.stderr.trim()], [1, "InvalidAudienceError: Audience doesn't match"]);
  });

  test("cannot be replaced by a refresh token", async () => {
    const { refresh_token } = await logIn(base, APP);
    await assert.rejects(jwtVerify(refresh_token, keysOf(APP), { issuer, audience: APP }), errors.JOSEError);
    assert.equal(verifyInPython(issuer, APP, refresh_token).status, 1);
  });

  test("in the original's form is HS256 and names its session as issuer", async () => {
    const { access_token, refresh_token } = await logIn(base, ORIGINAL_APP);
    assert.equal(decodeProtectedHeader(access_token).alg, "HS256");
    const access = claims(access_token);
    assert.deepEqual(Object.keys(access), [
      "baas_device_id",
      "baas_domain_id",
      "exp",
      "iat",
      "iss",
      "stitch_devId",
      "stitch_domainId",
      "sub",
      "typ",
    ]);
    assert.equal(access.iss, claims(refresh_token).baas_id);
  });

  test("never shows a private key", async () => {
    const { keys } = await (await fetch(`${issuer}/.well-known/jwks.json`)).json();
    assert.ok(keys.length >= 1);
    for (const key of keys) assert.deepEqual(Object.keys(key).sort(), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
  });
});

function verifyInPython(issuer, audience, token) {
  const ran = spawnSync(PYTHON, [script("verify_token.py"), issuer, audience], { input: token, encoding: "utf8" });
  if (ran.error) throw ran.error;
  return ran;
}

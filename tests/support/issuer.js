// A real OpenID provider, oidc-provider, on loopback: the issuer that stands in for Google and Apple.

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

import { temporaryDirectory } from "./passerby.js";

/**
 * Starts an issuer that knows nobody yet.
 *
 * Returns `{ url, settings, admit }`: its address, the settings of `serve` that put it in the place of the given
 * providers' real issuers, and what tells it who its clients are: `admit([{ id, secret, redirect }])`.
 */
export async function issuer(scope, providers) {
  let provider = (request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => provider(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scope.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${server.address().port}`;

  const file = join(await temporaryDirectory(scope), "issuers.toml");
  const endpoints = { issuer: url, authorize: `${url}/auth`, token: `${url}/token`, jwks: `${url}/jwks` };
  const table = Object.entries(endpoints).map(([name, value]) => `${name} = "${value}"\n`).join("");
  await writeFile(file, providers.map((name) => `["${name}"]\n${table}\n`).join(""));

  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: "the-key", alg: "RS256", use: "sig" };
  const admit = (clients) => {
    provider = new Provider(url, configuration(clients, key)).callback();
  };
  return { url, settings: { issuers_file: file, outbound_allow: url }, admit };
}

function configuration(clients, key) {
  return {
    clients: clients.map(({ id, secret, redirect }) => ({
      client_id: id,
      client_secret: secret,
      redirect_uris: [redirect],
      token_endpoint_auth_method: "client_secret_post",
    })),
    jwks: { keys: [key] },
    cookies: { keys: ["a key of the tests"] },
    // As Google does: what was asked for stands in the ID token.
    conformIdTokenClaims: false,
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["name", "given_name", "family_name", "picture"],
    },
    // Anybody who names an address is let in as its owner.
    findAccount: (_, email) => ({ accountId: email, claims: () => person(email) }),
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 600, IdToken: 300, Interaction: 300, Session: 600 },
  };
}

/** What the issuer tells of whoever logs in with an address. Its subject is the address. */
function person(email) {
  const name = email.split("@")[0];
  return {
    sub: email,
    email,
    email_verified: !name.startsWith("unverified"),
    name: `${name} of the issuer`,
    given_name: name,
    family_name: "of the issuer",
    picture: `https://pictures.example/${name}.png`,
  };
}

/**
 * What the issuer's own SDK in a phone's app does: somebody logs in there, and the app gets a code.
 *
 * `client` is one of those that were admitted; `scope` what is asked for.
 */
export async function codeFor(url, client, email, scope = "openid email profile") {
  const browser = new Browser();
  const query = { client_id: client.id, redirect_uri: client.redirect, response_type: "code", scope };
  let at = `${url}/auth?${new URLSearchParams(query)}`;
  let form;
  for (let step = 0; step < 20; step += 1) {
    const response = await browser.fetch(at, form);
    form = undefined;
    const location = response.headers.get("location");
    if (location?.startsWith(client.redirect)) return new URL(location).searchParams.get("code");
    if (location) {
      at = new URL(location, at).href;
      continue;
    }
    const page = await response.text();
    const action = page.match(/<form[^>]* action="([^"]+)"/);
    if (!action) throw new Error(`the issuer answered ${response.status}: ${page}`);
    at = action[1];
    form = page.includes('value="login"') ? { prompt: "login", login: email, password: "any" } : { prompt: "consent" };
  }
  throw new Error("the issuer did not come to an end");
}

/** The ID token for a code, which the app's backend or the issuer's SDK exchanges by itself. */
export async function idTokenFor(url, client, email, scope) {
  const code = await codeFor(url, client, email, scope);
  const fields = { grant_type: "authorization_code", code, redirect_uri: client.redirect };
  const body = new URLSearchParams({ ...fields, client_id: client.id, client_secret: client.secret });
  const answer = await (await fetch(`${url}/token`, { method: "POST", body })).json();
  return answer.id_token;
}

/** As much of a browser as a login needs: cookies. */
class Browser {
  #cookies = new Map();

  async fetch(url, form) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const body = form && new URLSearchParams(form);
    const response = await fetch(url, { method: body ? "POST" : "GET", body, headers: { cookie }, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      this.#cookies.set(name, value);
    }
    return response;
  }
}

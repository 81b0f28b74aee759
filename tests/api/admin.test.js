// schemathesis asks the built server for everything that the description of the Admin API has: no answer may be an
// internal error, have a status or a content type that is not described, or a body of another form.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";

import { appDirectory, ROOT, scope, serve, temporaryDirectory } from "../support/passerby.js";
import { PYTHON } from "../support/python.js";

const APP = "people-abcde";
const DESCRIPTION = join(ROOT, "docs/wire/openapi-admin-v3.yaml");
/** Described and not asked: `enabled = false` in tests/api/schemathesis.toml. */
const LEFT_OUT = ["logOut"];
/** The description's tags, in parts that take about as long; each has a server of its own. */
const PARTS = [
  ["Configuration"],
  ["Only kept"],
  ["Users", "Sign in", "Atlas"],
  ["Apps", "Whole apps", "Drafts and deployments", "Secrets and security", "Logs and trials", "Beyond the original"],
];

describe("every answer of the Admin API is as it is described", { concurrency: true }, () => {
  for (const tags of PARTS) {
    test(tags.join(", "), async (t) => {
      const asked = await ask(scope(t), tags);
      assert.deepEqual(asked, await described(tags));
    });
  }

  test("every tag of the description is asked", async () => {
    const tags = new Set((await readFile(DESCRIPTION, "utf8")).match(/(?<=^ {6}tags: \[).+(?=\])/gm));
    assert.deepEqual([...tags].sort(), PARTS.flat().sort());
  });
});

/** The operations of some tags, such as `GET /path`, in order. */
async function described(tags) {
  const operations = [];
  let path;
  let method;
  let id;
  for (const line of (await readFile(DESCRIPTION, "utf8")).split("\n")) {
    path = line.match(/^ {2}(\/.*):$/)?.[1] ?? path;
    method = line.match(/^ {4}(get|put|post|patch|delete):$/)?.[1] ?? method;
    id = line.match(/^ {6}operationId: (.*)$/)?.[1] ?? id;
    const tag = line.match(/^ {6}tags: \[(.*)\]$/)?.[1];
    if (tags.includes(tag) && !LEFT_OUT.includes(id)) operations.push(`${method.toUpperCase()} ${path}`);
  }
  return operations.sort();
}

/** Asks a new server for everything of some tags, and says what was asked, in order. */
async function ask(suite, tags) {
  const server = await serve(suite, [await app(suite)], {
    // What is generated are wrong credentials, again and again.
    settings: { password_logins_per_minute: 1000000, mails_per_hour: 1000000 },
  });
  const { public_key, private_key } = JSON.parse(await readFile(join(server.data, "admin-key.json"), "utf8"));
  const session = await logIn(server.url, { username: public_key, apiKey: private_key });

  const report = join(await temporaryDirectory(suite), "report.xml");
  const run = await schemathesis(tags, report, {
    PASSERBY_URL: server.url,
    PASSERBY_APP: APP,
    PASSERBY_ACCESS_TOKEN: session.access_token,
    PASSERBY_REFRESH_TOKEN: session.refresh_token,
    PASSERBY_PUBLIC_KEY: public_key,
    PASSERBY_PRIVATE_KEY: private_key,
  });
  assert.equal(run.code, 0, run.said);
  const cases = (await readFile(report, "utf8")).matchAll(/<testcase name="([A-Z]+ [^"]+)"/g);
  return [...cases].map(([, name]) => name).sort();
}

/** An app in which each kind of thing can be. */
function app(suite) {
  const confirmation = { autoConfirm: false, runConfirmationFunction: true, confirmationFunctionName: "confirm" };
  const links = { emailConfirmationUrl: "http://localhost/confirm", resetPasswordUrl: "http://localhost/reset" };
  return appDirectory(suite, {
    id: APP,
    providers: { "local-userpass": { config: { ...confirmation, ...links } }, "api-key": {} },
    functions: { confirm: "exports = () => ({ status: 'pending' });", onLogin: "exports = () => {};" },
  });
}

async function logIn(url, credentials) {
  const response = await fetch(`${url}/api/admin/v3.0/auth/providers/mongodb-cloud/login`, {
    method: "POST",
    body: JSON.stringify(credentials),
  });
  assert.equal(response.status, 200);
  return response.json();
}

async function schemathesis(tags, report, variables) {
  const here = join(ROOT, "tests/api");
  const args = ["--config-file", "schemathesis.toml", "run", DESCRIPTION];
  args.push("--no-color", "--report", "junit", "--report-junit-path", report);
  for (const tag of tags) args.push("--include-tag", tag);
  const env = { ...process.env, ...variables, PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn(join(dirname(PYTHON), "schemathesis"), args, { cwd: here, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const [code] = await once(child, "close");
  return { code, said };
}

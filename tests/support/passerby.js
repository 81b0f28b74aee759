// Starts the built binary as a stranger would, and stops it as Ctrl-C does.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { storeOf } from "./store.js";

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const BINARY = process.env.PASSERBY_BINARY ?? join(ROOT, "target/debug/passerby");
const READY_WITHIN_MS = 20_000;

/**
 * What a test or a suite has opened, closed in reverse order when it ends: a server stops before its directory goes.
 *
 * `t` is a test's context, or `{ after }` of `node:test` inside a `describe`.
 */
export function scope(t) {
  const undo = [];
  t.after(async () => {
    while (undo.length > 0) await undo.pop()();
  });
  return { after: (act) => undo.push(act) };
}

/** A directory that is gone when the scope ends. */
export async function temporaryDirectory(scope) {
  const path = await mkdtemp(join(tmpdir(), "passerby-"));
  scope.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/**
 * Writes an app directory and returns its path. Anonymous authentication is on unless `disabled`.
 *
 * `id` is the client app id; its last five letters are dropped to make the name. `settings` becomes `passerby.json`.
 * `providers` are further providers by their names, such as `{ "local-userpass": { config: { autoConfirm: true } } }`,
 * and `functions` sources by theirs; one whose name begins with `_` is private.
 */
export async function appDirectory(scope, { id, disabled = false, origins = [], settings, providers = {}, functions }) {
  const path = join(await temporaryDirectory(scope), id);
  await mkdir(join(path, "auth"), { recursive: true });
  const write = (file, value) => writeFile(join(path, file), JSON.stringify(value, null, 4) + "\n");
  await write("realm_config.json", {
    config_version: 20210101,
    app_id: id,
    name: id.replace(/-[a-z]{5}$/, ""),
    location: "US-VA",
    deployment_model: "GLOBAL",
    allowed_request_origins: origins,
  });
  const named = Object.entries({ "anon-user": { disabled }, ...providers }).map(([name, provider]) => [
    name,
    { name, type: name, disabled: false, ...provider },
  ]);
  await write("auth/providers.json", Object.fromEntries(named));
  if (settings) await write("passerby.json", settings);
  if (functions) {
    await mkdir(join(path, "functions"));
    const names = Object.keys(functions);
    await write("functions/config.json", names.map((name) => ({ name, private: name.startsWith("_") })));
    for (const name of names) await writeFile(join(path, "functions", `${name}.js`), functions[name]);
  }
  return path;
}

/**
 * Serves app directories on ports of the system's choice and waits for the ready line.
 *
 * Returns `{ url, ready, setSecret, stop }`: the base URL of the client API, the ready line, what gives an app a
 * secret, and a clean stop that a test may call early. `data` and `listen` let a second server take the place of a
 * first one; `settings` are further settings of `serve`, such as `{ smtp_port: 2525 }`.
 */
export async function serve(scope, directories, { data, listen = "127.0.0.1:0", settings = {} } = {}) {
  data ??= join(await temporaryDirectory(scope), "data");
  const args = ["serve", ...directories, "--data", data, "--listen", listen, "--try-listen", "127.0.0.1:0", "--json"];
  for (const [name, value] of Object.entries(settings)) args.push(`--${name.replaceAll("_", "-")}`, `${value}`);
  const env = { ...process.env, ...storeOf(scope, data) };
  const child = spawn(BINARY, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log += text));

  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
    const [code, signal] = await exited;
    if (code !== 0) throw new Error(`passerby stopped with ${signal ?? `exit code ${code}`}:\n${log}`);
  };
  scope.after(stop);

  const ready = await Promise.race([
    readyLine(child.stdout),
    exited.then(([code]) => Promise.reject(new Error(`passerby exited with ${code} before it was ready:\n${log}`))),
    timeout(READY_WITHIN_MS, () => `passerby was not ready within ${READY_WITHIN_MS} ms:\n${log}`),
  ]);
  const setSecret = (app, name, value) => passerby(["secrets", "set", app, name, "--data", data], value, env);
  return { url: ready.client_url, ready, data, setSecret, stop };
}

/** Runs a command to its end, with something on its standard input, and answers what it printed. */
function passerby(args, input, env) {
  const ran = spawnSync(BINARY, args, { input, env, encoding: "utf8", timeout: READY_WITHIN_MS });
  if (ran.status !== 0) throw ran.error ?? new Error(`passerby ${args[0]} exited with ${ran.status}:\n${ran.stderr}`);
  return ran.stdout;
}

async function readyLine(stdout) {
  const lines = createInterface({ input: stdout });
  const [line] = await once(lines, "line");
  return JSON.parse(line);
}

function timeout(ms, message) {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(message())), ms).unref());
}

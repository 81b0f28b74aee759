// Starts the built binary as a stranger would, and stops it as Ctrl-C does.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

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
 * Writes an app directory with anonymous authentication and returns its path.
 *
 * `id` is the client app id; its last five letters are dropped to make the name. `settings` becomes `passerby.json`.
 */
export async function appDirectory(scope, { id, disabled = false, origins = [], settings }) {
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
  await write("auth/providers.json", { "anon-user": { name: "anon-user", type: "anon-user", disabled } });
  if (settings) await write("passerby.json", settings);
  return path;
}

/**
 * Serves app directories on ports of the system's choice and waits for the ready line.
 *
 * Returns `{ url, ready, stop }`: the base URL of the client API, the ready line, and a clean stop that a test may
 * call early. `data` and `listen` let a second server take the place of a first one.
 */
export async function serve(scope, directories, { data, listen = "127.0.0.1:0" } = {}) {
  data ??= join(await temporaryDirectory(scope), "data");
  const args = ["serve", ...directories, "--data", data, "--listen", listen, "--try-listen", "127.0.0.1:0", "--json"];
  const child = spawn(BINARY, args, { stdio: ["ignore", "pipe", "pipe"] });
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
  return { url: ready.client_url, ready, data, stop };
}

async function readyLine(stdout) {
  const lines = createInterface({ input: stdout });
  const [line] = await once(lines, "line");
  return JSON.parse(line);
}

function timeout(ms, message) {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(message())), ms).unref());
}

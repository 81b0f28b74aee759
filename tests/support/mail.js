// A real mail server, aiosmtpd, and a letterbox to read what it received.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { temporaryDirectory } from "./passerby.js";
import { PYTHON, script } from "./python.js";

const WITHIN_MS = 10_000;

/**
 * Starts a mail server on loopback.
 *
 * Returns `{ settings, next }`: the settings of `serve` to send through it, and the next mail that nobody has read
 * yet, for which it waits. A mail is `{ from, to, headers, text, html, tls, link }`; `link` is
 * the address in its text. With `tls` the server insists on STARTTLS with a certificate of its own.
 */
export async function mailServer(scope, { tls = false } = {}) {
  const certificate = tls && join(await temporaryDirectory(scope), "ca.pem");
  const args = [script("receive_mail.py"), ...(tls ? [certificate] : [])];
  const child = spawn(PYTHON, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  scope.after(async () => {
    child.stdin.end();
    await exited;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    const lapsed = timeout(WITHIN_MS, `nothing came from the mail server within ${WITHIN_MS} ms`);
    const { value, done } = await Promise.race([lines.next(), lapsed]);
    if (done) throw new Error("the mail server has ended");
    return JSON.parse(value);
  };
  const { port } = await read();
  const settings = { smtp_host: "127.0.0.1", smtp_port: port, smtp_security: tls ? "starttls" : "plain" };
  if (tls) settings.outbound_ca_file = certificate;
  const next = async () => {
    const mail = await read();
    return { ...mail, link: new URL(mail.text.match(/https?:\/\/\S+/)[0]) };
  };
  return { settings, next };
}

function timeout(ms, message) {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(message)), ms).unref());
}

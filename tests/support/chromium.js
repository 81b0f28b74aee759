// Debian's Chromium, headless, through playwright-core, which brings no browser of its own.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { ROOT } from "./passerby.js";

const SCREENSHOTS = join(ROOT, "target/screenshots");

/** A browser that talks to nobody but the pages it is sent to. */
export async function browser(scope) {
  const launched = await chromium.launch({
    executablePath: process.env.PASSERBY_TEST_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  scope.after(() => launched.close());
  return launched;
}

/**
 * A page in a browser profile of its own, with a record of what went wrong and of every host that it asked.
 *
 * Returns `{ page, complaints, hosts }`: console errors and uncaught exceptions, and hosts such as `127.0.0.1:8080`.
 */
export async function freshPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
  const page = await context.newPage();
  return { page, context, ...watch(page) };
}

/** Watches a page: see `freshPage`. */
export function watch(page) {
  const complaints = [];
  const hosts = new Set();
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  return { complaints, hosts };
}

/** Keeps a picture of the whole page for whoever wants to look. */
export async function screenshot(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

// Somebody's web site: an origin of its own whose pages have an SDK, from its npm package.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { resolve } = createRequire(import.meta.url);
const SDKS = {
  "/realm-web.js": resolve("realm-web/dist/bundle.iife.js"),
  "/stitch.js": resolve("mongodb-stitch-browser-sdk/dist/browser/stitch.js"),
  // What a page to which an issuer's login returns has to do.
  "/handle-redirect.js": "Realm.handleAuthRedirect();",
};
const page = (...scripts) =>
  `<!doctype html><html lang="en"><title>A site</title><link rel="icon" href="data:,">` +
  scripts.map((script) => `<script src="${script}"></script>`).join("") +
  `</html>`;
const PAGES = {
  "/": page("/realm-web.js"),
  "/done": page("/realm-web.js", "/handle-redirect.js"),
  "/stitch": page("/stitch.js"),
};

/**
 * Serves the site on a port of the system's choice and answers its origin, such as `http://127.0.0.1:40123`.
 *
 * `/` has realm-web, as `Realm`; so has `/done`, which takes what an issuer's login came to; `/stitch` has the older
 * Stitch SDK, as `stitch`.
 */
export async function site(scope) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://site");
    const [type, content] = await file(pathname);
    response.writeHead(content === undefined ? 404 : 200, { "content-type": `${type}; charset=utf-8` }).end(content);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scope.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${server.address().port}`;
}

async function file(path) {
  if (path in PAGES) return ["text/html", PAGES[path]];
  const sdk = SDKS[path];
  return ["text/javascript", sdk?.endsWith(";") ? sdk : sdk && (await readFile(sdk))];
}

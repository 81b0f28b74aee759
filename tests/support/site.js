// Somebody's web site: an origin of its own with one page that has realm-web, from the npm package.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const BUNDLE = createRequire(import.meta.url).resolve("realm-web/dist/bundle.iife.js");
const PAGE = `<!doctype html><html lang="en"><title>A site</title><link rel="icon" href="data:,"><script src="/realm-web.js"></script></html>`;

/** Serves the site on a port of the system's choice and answers its origin, such as `http://127.0.0.1:40123`. */
export async function site(scope) {
  const files = {
    "/": ["text/html; charset=utf-8", PAGE],
    "/realm-web.js": ["text/javascript; charset=utf-8", await readFile(BUNDLE)],
  };
  const server = createServer((request, response) => {
    const [type, content] = files[request.url] ?? ["text/plain", "not found"];
    response.writeHead(request.url in files ? 200 : 404, { "content-type": type }).end(content);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scope.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${server.address().port}`;
}

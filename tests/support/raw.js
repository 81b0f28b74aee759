// The client API without an SDK, to see what an SDK would hide.

/** One call; answers `{ status, type, body }` with the body parsed if it is JSON. */
export async function call(base, method, path, { token, headers = {}, body } = {}) {
  const response = await fetch(base + "/api/client/v2.0" + path, {
    method,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
    body,
  });
  const type = response.headers.get("content-type");
  const text = await response.text();
  return { status: response.status, type, body: type === "application/json" ? JSON.parse(text) : text };
}

/** Logs a guest in and answers the four strings of the reply. */
export async function logIn(base, app) {
  const reply = await call(base, "POST", `/app/${app}/auth/providers/anon-user/login`);
  if (reply.status !== 200) throw new Error(`login answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  return reply.body;
}

/** The claims of a token, unverified. */
export function claims(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString("utf8"));
}

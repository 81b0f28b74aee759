// `context.http`, with the original's requests and responses, and `fetch`. Both reach only what the host allows.
export default function (host, piece) {
    const waiting = new Map();

    // Starts a request; the promise settles when the host answers. `body` is text, bytes or nothing.
    function send(method, url, headers, body, followsRedirects) {
        const isText = typeof body === 'string';
        const text = body === undefined ? '' : isText ? body.toWellFormed() : piece('bson').bytesOf(body).toBase64();
        const id = host.fetch(method, url, JSON.stringify(headers), text, isText, followsRedirects);
        return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    }

    // Called by the host: an error's text, or what came back.
    function answer(id, error, response) {
        const { resolve, reject } = waiting.get(id);
        waiting.delete(id);
        if (response === undefined) {
            reject(new Error(error));
        } else {
            resolve({ ...response, headers: JSON.parse(response.headers) });
        }
    }

    // --- context.http ---

    const lists = (value) => (Array.isArray(value) ? value : [value]).map(String);

    function addressOf({ url, scheme = 'http', host: name, path = '', query, fragment }) {
        if (url !== undefined) {
            return String(url);
        }
        if (name === undefined) {
            throw new TypeError('an HTTP request needs a url');
        }
        const pairs = [];
        for (const key in query ?? {}) {
            for (const value of lists(query[key])) {
                pairs.push(`${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
            }
        }
        const route = path === '' || path.startsWith('/') ? path : `/${path}`;
        return `${scheme}://${name}${route}${pairs.length ? `?${pairs.join('&')}` : ''}${fragment ? `#${fragment}` : ''}`;
    }

    function bodyOf(request, headers) {
        const has = (name) => headers.some(([known]) => known.toLowerCase() === name);
        if (request.form !== undefined) {
            if (!has('content-type')) {
                headers.push(['Content-Type', 'application/x-www-form-urlencoded']);
            }
            return new (piece('url').URLSearchParams)(request.form).toString();
        }
        if (request.body === undefined || request.body === null) {
            return undefined;
        }
        if (request.encodeBodyAsJSON || isPlain(request.body)) {
            if (!has('content-type')) {
                headers.push(['Content-Type', 'application/json']);
            }
            return piece('ejson').encodeText(request.body, true);
        }
        return typeof request.body === 'string' ? request.body : piece('bson').bytesOf(request.body);
    }

    const isPlain = (value) => Array.isArray(value) || (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value)));

    async function requestOf(method, request) {
        if (typeof request === 'string') {
            request = { url: request };
        }
        const headers = [];
        for (const name in request.headers ?? {}) {
            lists(request.headers[name]).forEach((value) => headers.push([name, value]));
        }
        const cookies = Object.entries(request.cookies ?? {}).map(([name, value]) => `${name}=${value?.value ?? value}`);
        if (cookies.length) {
            headers.push(['Cookie', cookies.join('; ')]);
        }
        if (request.username !== undefined) {
            const pair = piece('text').encodeUtf8(`${request.username}:${request.password ?? ''}`);
            headers.push(['Authorization', `Basic ${pair.toBase64()}`]);
        }
        const body = bodyOf(request, headers);
        const answered = await send(method, addressOf(request), headers, body, !!request.followRedirects);
        return originalResponse(answered);
    }

    function originalResponse({ status, reason, headers, text, bytes }) {
        const byName = {};
        const cookies = {};
        for (const [name, value] of headers) {
            const known = name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
            (byName[known] ??= []).push(value);
            if (known === 'Set-Cookie') {
                const [pair] = value.split(';');
                const split = pair.indexOf('=');
                cookies[pair.slice(0, split).trim()] = { value: pair.slice(split + 1).trim() };
            }
        }
        const body = new (piece('bson').BSON.Binary)(bytes);
        Object.defineProperty(body, 'text', { value: () => text });
        return { status: `${status} ${reason}`.trim(), statusCode: status, contentLength: bytes.length, headers: byName, cookies, body };
    }

    const client = {};
    for (const method of ['get', 'post', 'put', 'patch', 'delete', 'head']) {
        client[method] = (request) => requestOf(method.toUpperCase(), request);
    }
    client.request = (request) => requestOf(String(request?.method ?? 'GET').toUpperCase(), request);

    // --- fetch ---

    class Headers {
        #pairs = new Map();
        constructor(from) {
            const pairs = from === undefined || from === null ? [] : typeof from[Symbol.iterator] === 'function' ? from : Object.entries(from);
            for (const [name, value] of pairs) {
                this.append(name, value);
            }
        }
        append(name, value) {
            const key = String(name).toLowerCase();
            this.#pairs.set(key, [...(this.#pairs.get(key) ?? []), String(value)]);
        }
        set(name, value) {
            this.#pairs.set(String(name).toLowerCase(), [String(value)]);
        }
        get(name) {
            return this.#pairs.get(String(name).toLowerCase())?.join(', ') ?? null;
        }
        getSetCookie() {
            return this.#pairs.get('set-cookie') ?? [];
        }
        has(name) {
            return this.#pairs.has(String(name).toLowerCase());
        }
        delete(name) {
            this.#pairs.delete(String(name).toLowerCase());
        }
        forEach(callback) {
            for (const [name, value] of this) {
                callback(value, name, this);
            }
        }
        *entries() {
            for (const [name, values] of this.#pairs) {
                yield [name, values.join(', ')];
            }
        }
        *keys() {
            yield* this.#pairs.keys();
        }
        *values() {
            for (const [, value] of this) {
                yield value;
            }
        }
        [Symbol.iterator]() {
            return this.entries();
        }
    }

    class Response {
        #text;
        #bytes;
        constructor(body = '', init) {
            const isText = typeof body === 'string';
            this.#text = isText ? body : undefined;
            this.#bytes = isText ? undefined : piece('bson').bytesOf(body ?? '');
            this.status = init?.status ?? 200;
            this.statusText = init?.statusText ?? '';
            this.headers = new Headers(init?.headers);
            this.url = init?.url ?? '';
            this.redirected = false;
            this.bodyUsed = false;
            this.type = 'basic';
        }
        static received({ status, reason, url, headers, text, bytes }) {
            const response = new Response(text, { status, statusText: reason, url, headers });
            response.#bytes = bytes;
            return response;
        }
        get ok() {
            return this.status >= 200 && this.status < 300;
        }
        #use() {
            if (this.bodyUsed) {
                throw new TypeError('the body was read before');
            }
            this.bodyUsed = true;
        }
        async text() {
            this.#use();
            return this.#text ?? piece('text').decodeUtf8(this.#bytes);
        }
        async json() {
            return JSON.parse(await this.text());
        }
        async bytes() {
            this.#use();
            return this.#bytes ?? piece('text').encodeUtf8(this.#text);
        }
        async arrayBuffer() {
            return (await this.bytes()).slice().buffer;
        }
        clone() {
            const copy = new Response(this.#text ?? this.#bytes, this);
            copy.#bytes = this.#bytes;
            return copy;
        }
    }

    async function fetch(resource, init = {}) {
        const headers = new Headers(init.headers);
        let { body } = init;
        if (body instanceof piece('url').URLSearchParams) {
            body = body.toString();
            if (!headers.has('content-type')) {
                headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
            }
        } else if (typeof body === 'string' && !headers.has('content-type')) {
            headers.set('content-type', 'text/plain;charset=UTF-8');
        }
        const follows = (init.redirect ?? 'follow') === 'follow';
        const method = String(init.method ?? 'GET').toUpperCase();
        const url = String(resource?.href ?? resource?.url ?? resource);
        const answered = await send(method, url, [...headers], body ?? undefined, follows).catch((error) => {
            throw new TypeError(`fetch failed: ${error.message}`);
        });
        return Response.received(answered);
    }

    return { client, fetch, Headers, Response, answer };
}

// URL and URLSearchParams for the schemes that functions meet, and Node's older `url`.
export default function () {
    const escaped = (text) => encodeURIComponent(String(text).toWellFormed()).replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%20', '+');

    function unescaped(text) {
        const spaced = text.replaceAll('+', ' ');
        try {
            return decodeURIComponent(spaced);
        } catch {
            return spaced;
        }
    }

    class URLSearchParams {
        #pairs = [];
        #changed = () => {};
        constructor(from = '') {
            if (typeof from === 'object' && from !== null) {
                const pairs = typeof from[Symbol.iterator] === 'function' ? from : Object.entries(from);
                for (const [name, value] of pairs) {
                    (Array.isArray(value) ? value : [value]).forEach((each) => this.append(name, each));
                }
            } else {
                this.#read(String(from));
            }
        }
        #read(text) {
            this.#pairs = text.replace(/^\?/, '').split('&').filter(Boolean).map((part) => {
                const split = part.indexOf('=');
                return split < 0 ? [unescaped(part), ''] : [unescaped(part.slice(0, split)), unescaped(part.slice(split + 1))];
            });
        }
        // The parameters of an address, which change with it and change it.
        static bound(text, changed) {
            const parameters = new URLSearchParams(text);
            parameters.#changed = changed;
            return { parameters, read: (search) => parameters.#read(search) };
        }
        get size() {
            return this.#pairs.length;
        }
        append(name, value) {
            this.#pairs.push([String(name), String(value)]);
            this.#changed();
        }
        set(name, value) {
            const at = this.#pairs.findIndex(([known]) => known === String(name));
            if (at < 0) {
                this.#pairs.push([String(name), String(value)]);
            } else {
                this.#pairs = this.#pairs.filter(([known], index) => known !== String(name) || index === at);
                this.#pairs[at][1] = String(value);
            }
            this.#changed();
        }
        get(name) {
            return this.#pairs.find(([known]) => known === String(name))?.[1] ?? null;
        }
        getAll(name) {
            return this.#pairs.filter(([known]) => known === String(name)).map(([, value]) => value);
        }
        has(name) {
            return this.#pairs.some(([known]) => known === String(name));
        }
        delete(name) {
            this.#pairs = this.#pairs.filter(([known]) => known !== String(name));
            this.#changed();
        }
        sort() {
            this.#pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
            this.#changed();
        }
        forEach(callback) {
            this.#pairs.forEach(([name, value]) => callback(value, name, this));
        }
        *entries() {
            yield* this.#pairs.map(([name, value]) => [name, value]);
        }
        *keys() {
            yield* this.#pairs.map(([name]) => name);
        }
        *values() {
            yield* this.#pairs.map(([, value]) => value);
        }
        [Symbol.iterator]() {
            return this.entries();
        }
        toString() {
            return this.#pairs.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&');
        }
    }

    const PORTS = { 'http:': '80', 'https:': '443', 'ftp:': '21', 'ws:': '80', 'wss:': '443' };
    const WHOLE = /^([a-z][a-z0-9+.-]*:)(?:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d*))?)?([^?#]*)(\?[^#]*)?(#.*)?$/is;

    // Only what may not stand in an address; what is escaped stays as it is.
    const cleaned = (text) => text.replace(/[^\x21-\x7e]|["<>`{}\\^|]/gu, (c) => encodeURIComponent(c.toWellFormed()));

    function flattened(path) {
        const kept = [];
        const segments = path.split('/');
        segments.forEach((segment, index) => {
            const isDots = /^(\.|%2e)$/i.test(segment) ? 1 : /^(\.|%2e){2}$/i.test(segment) ? 2 : 0;
            if (isDots === 2 && kept.length > 1) {
                kept.pop();
            }
            if (isDots === 0) {
                kept.push(segment);
            } else if (index === segments.length - 1) {
                kept.push('');
            }
        });
        return kept.join('/');
    }

    function joined(text, base) {
        const { protocol, host, username, password, pathname, search } = new URL(base);
        const user = username ? `${username}${password ? `:${password}` : ''}@` : '';
        const origin = `${protocol}//${user}${host}`;
        if (text.startsWith('//')) {
            return protocol + text;
        }
        if (text.startsWith('/')) {
            return origin + text;
        }
        if (text.startsWith('?')) {
            return origin + pathname + text;
        }
        if (text === '' || text.startsWith('#')) {
            return origin + pathname + search + text;
        }
        return origin + pathname.slice(0, pathname.lastIndexOf('/') + 1) + text;
    }

    class URL {
        #search;
        #parameters;
        constructor(address, base) {
            let text = String(address).trim();
            let parts = WHOLE.exec(text);
            if (!parts && base !== undefined) {
                text = joined(text, base);
                parts = WHOLE.exec(text);
            }
            if (!parts) {
                throw new TypeError(`Invalid URL: ${address}`);
            }
            this.protocol = parts[1].toLowerCase();
            const isSpecial = Object.hasOwn(PORTS, this.protocol);
            if (isSpecial && !parts[4]) {
                throw new TypeError(`Invalid URL: ${address}`);
            }
            this.username = cleaned(parts[2] ?? '');
            this.password = cleaned(parts[3] ?? '');
            this.hostname = (parts[4] ?? '').toLowerCase();
            this.port = parts[5] === undefined || parts[5] === PORTS[this.protocol] ? '' : parts[5];
            const path = cleaned(isSpecial ? parts[6].replaceAll('\\', '/') : parts[6]);
            this.pathname = isSpecial ? flattened(path.startsWith('/') ? path : `/${path}`) : path;
            this.hash = parts[8] && parts[8] !== '#' ? cleaned(parts[8]) : '';
            this.#parameters = URLSearchParams.bound('', () => {
                const written = this.#parameters.parameters.toString();
                this.#search = written === '' ? '' : `?${written}`;
            });
            this.search = parts[7] ?? '';
        }
        get search() {
            return this.#search;
        }
        set search(text) {
            const bare = String(text).replace(/^\?/, '');
            this.#search = bare === '' ? '' : `?${cleaned(bare)}`;
            this.#parameters.read(this.#search);
        }
        get searchParams() {
            return this.#parameters.parameters;
        }
        get host() {
            return this.port === '' ? this.hostname : `${this.hostname}:${this.port}`;
        }
        get origin() {
            return Object.hasOwn(PORTS, this.protocol) ? `${this.protocol}//${this.host}` : 'null';
        }
        get href() {
            const user = this.username ? `${this.username}${this.password ? `:${this.password}` : ''}@` : '';
            const authority = this.hostname || Object.hasOwn(PORTS, this.protocol) ? `//${user}${this.host}` : '';
            return this.protocol + authority + this.pathname + this.search + this.hash;
        }
        toString() {
            return this.href;
        }
        toJSON() {
            return this.href;
        }
        static canParse(address, base) {
            try {
                return !!new URL(address, base);
            } catch {
                return false;
            }
        }
    }

    // Node's older form: every part is null where the address has none.
    function parse(address, readsQuery) {
        const parts = WHOLE.exec(address) ?? [undefined, null, undefined, undefined, undefined, undefined, ...(/^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(address) ?? []).slice(1)];
        const query = parts[7] ? parts[7].slice(1) : null;
        const hostname = parts[4] ?? null;
        return {
            protocol: parts[1], slashes: hostname === null ? null : true,
            auth: parts[2] ? parts[2] + (parts[3] ? `:${parts[3]}` : '') : null,
            host: hostname && parts[5] ? `${hostname}:${parts[5]}` : hostname, port: parts[5] ?? null, hostname,
            hash: parts[8] ?? null, search: parts[7] ?? null,
            query: readsQuery ? Object.fromEntries(new URLSearchParams(query ?? '')) : query,
            pathname: parts[6] || null, path: (parts[6] ?? '') + (parts[7] ?? '') || null, href: address,
        };
    }

    function format(parts) {
        if (typeof parts === 'string' || parts instanceof URL) {
            return String(parts);
        }
        const name = parts.host ?? (parts.hostname ? parts.hostname + (parts.port ? `:${parts.port}` : '') : '');
        const query = parts.query && typeof parts.query === 'object' ? new URLSearchParams(parts.query).toString() : parts.query;
        const search = parts.search ?? (query ? `?${query}` : '');
        const scheme = parts.protocol ? parts.protocol.replace(/:?$/, ':') : '';
        return `${scheme}${name ? '//' : ''}${parts.auth ? `${parts.auth}@` : ''}${name}${parts.pathname ?? ''}${search}${parts.hash ?? ''}`;
    }

    const module = { URL, URLSearchParams, parse, format, resolve: (from, to) => new URL(to, from).href };
    return { URL, URLSearchParams, module };
}

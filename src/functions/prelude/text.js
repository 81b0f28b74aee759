// UTF-8, and copies of values.
export default function (host) {
    const encodeUtf8 = (text) => host.utf8(String(text).toWellFormed());

    // What is no UTF-8 becomes U+FFFD, or an error where asked for.
    function decodeUtf8(bytes, isFatal = false) {
        const text = host.textOf(bytes.toBase64(), isFatal);
        if (text === undefined) {
            throw new TypeError('the bytes are no UTF-8');
        }
        return text;
    }

    const viewed = (source) => (ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source));

    class TextEncoder {
        get encoding() {
            return 'utf-8';
        }
        encode(text = '') {
            return encodeUtf8(text);
        }
    }

    class TextDecoder {
        constructor(label = 'utf-8', options) {
            if (!/^(utf-?8|unicode-1-1-utf-8)$/i.test(label)) {
                throw new RangeError(`the encoding '${label}' is not available in functions`);
            }
            this.fatal = !!options?.fatal;
            this.ignoreBOM = !!options?.ignoreBOM;
        }
        get encoding() {
            return 'utf-8';
        }
        decode(source = new Uint8Array(0)) {
            const text = decodeUtf8(viewed(source), this.fatal);
            return !this.ignoreBOM && text.startsWith('\ufeff') ? text.slice(1) : text;
        }
    }

    function structuredClone(value) {
        const copies = new Map();
        const copy = (from) => {
            if (typeof from === 'function' || typeof from === 'symbol') {
                throw new TypeError(`a ${typeof from} cannot be cloned`);
            }
            if (from === null || typeof from !== 'object') {
                return from;
            }
            if (!copies.has(from)) {
                fill(from);
            }
            return copies.get(from);
        };
        const fill = (from) => {
            if (Array.isArray(from)) {
                const list = [];
                copies.set(from, list);
                from.forEach((inside, index) => (list[index] = copy(inside)));
            } else if (from instanceof Date) {
                copies.set(from, new Date(from.getTime()));
            } else if (from instanceof RegExp) {
                copies.set(from, new RegExp(from.source, from.flags));
            } else if (from instanceof Map) {
                const map = new Map();
                copies.set(from, map);
                from.forEach((inside, key) => map.set(copy(key), copy(inside)));
            } else if (from instanceof Set) {
                const set = new Set();
                copies.set(from, set);
                from.forEach((inside) => set.add(copy(inside)));
            } else if (from instanceof ArrayBuffer || ArrayBuffer.isView(from)) {
                copies.set(from, from.slice());
            } else if (from instanceof Error) {
                copies.set(from, Object.assign(new from.constructor(from.message), { stack: from.stack }));
            } else {
                const document = {};
                copies.set(from, document);
                for (const key of Object.keys(from)) {
                    document[key] = copy(from[key]);
                }
            }
        };
        return copy(value);
    }

    return { encodeUtf8, decodeUtf8, TextEncoder, TextDecoder, structuredClone };
}

// UTF-8, and copies of values.
export default function () {
    function encodeUtf8(text) {
        const bytes = [];
        for (const character of String(text).toWellFormed()) {
            const point = character.codePointAt(0);
            if (point < 0x80) {
                bytes.push(point);
            } else if (point < 0x800) {
                bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
            } else if (point < 0x10000) {
                bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
            } else {
                bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
            }
        }
        return Uint8Array.from(bytes);
    }

    // What is no UTF-8 becomes U+FFFD, or an error where asked for.
    function decodeUtf8(bytes, isFatal = false) {
        const wrong = () => {
            if (isFatal) {
                throw new TypeError('the bytes are no UTF-8');
            }
            return 0xfffd;
        };
        const points = [];
        let text = '';
        for (let index = 0; index < bytes.length; ) {
            const first = bytes[index];
            index += 1;
            if (first < 0x80) {
                points.push(first);
            } else {
                const count = first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xc2 && first < 0xe0 ? 1 : 0;
                let point = first & (0x3f >> count);
                let read = 0;
                while (read < count && (bytes[index] & 0xc0) === 0x80) {
                    point = (point << 6) | (bytes[index] & 63);
                    index += 1;
                    read += 1;
                }
                const least = [0, 0x80, 0x800, 0x10000][count];
                const isGood = count > 0 && read === count && point >= least && point < 0x110000 && (point < 0xd800 || point > 0xdfff);
                points.push(isGood ? point : wrong());
            }
            if (points.length >= 4096) {
                text += String.fromCodePoint(...points);
                points.length = 0;
            }
        }
        return text + String.fromCodePoint(...points);
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

// A small stand-in for Node's Buffer: bytes that know the usual encodings.
export default function (host, piece) {
    const { encodeUtf8, decodeUtf8 } = piece('text');

    const encodings = {
        utf8: [encodeUtf8, (bytes) => decodeUtf8(bytes)],
        hex: [(text) => Uint8Array.fromHex(text), (bytes) => bytes.toHex()],
        base64: [ofBase64, (bytes) => bytes.toBase64()],
        base64url: [ofBase64, (bytes) => bytes.toBase64({ alphabet: 'base64url', omitPadding: true })],
        latin1: [(text) => Uint8Array.from(text, (character) => character.charCodeAt(0) & 255), ofLatin1],
        utf16le: [
            (text) => Uint8Array.from({ length: text.length * 2 }, (_, index) => (text.charCodeAt(index >> 1) >> (index % 2 ? 8 : 0)) & 255),
            (bytes) => Array.from({ length: bytes.length >> 1 }, (_, index) => String.fromCharCode(bytes[2 * index] | (bytes[2 * index + 1] << 8))).join(''),
        ],
    };
    const aliases = { 'utf-8': 'utf8', ascii: 'latin1', binary: 'latin1', ucs2: 'utf16le', 'ucs-2': 'utf16le', 'utf-16le': 'utf16le' };

    function encoding(name = 'utf8') {
        const lower = String(name).toLowerCase();
        const found = encodings[aliases[lower] ?? lower];
        if (!found) {
            throw new TypeError(`Unknown encoding: ${name}`);
        }
        return found;
    }

    // Both alphabets, with or without padding, as Node reads them.
    function ofBase64(text) {
        const plain = text.replace(/[^A-Za-z0-9+/_-]/g, '').replaceAll('-', '+').replaceAll('_', '/');
        return Uint8Array.fromBase64(plain.length % 4 === 1 ? plain.slice(0, -1) : plain);
    }

    function ofLatin1(bytes) {
        let text = '';
        for (let index = 0; index < bytes.length; index += 4096) {
            text += String.fromCharCode(...bytes.subarray(index, index + 4096));
        }
        return text;
    }

    class Buffer extends Uint8Array {
        static from(from, encodingOrOffset, length) {
            if (typeof from === 'string') {
                return Buffer.of8(encoding(encodingOrOffset)[0](from));
            }
            if (from instanceof ArrayBuffer) {
                return new Buffer(from, encodingOrOffset, length);
            }
            if (from?.type === 'Buffer' && Array.isArray(from.data)) {
                return Buffer.of8(Uint8Array.from(from.data));
            }
            if (from?.buffer instanceof Uint8Array) {
                return Buffer.of8(from.buffer.slice());
            }
            if (from === null || typeof from !== 'object') {
                throw new TypeError(`a Buffer cannot be made of ${from}`);
            }
            return Buffer.of8(Uint8Array.from(from));
        }
        static of8(bytes) {
            return new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        }
        static alloc(size, fill, name) {
            const buffer = new Buffer(size);
            return fill === undefined ? buffer : buffer.fill(fill, 0, size, name);
        }
        static allocUnsafe(size) {
            return new Buffer(size);
        }
        static concat(list, length = list.reduce((sum, bytes) => sum + bytes.length, 0)) {
            const whole = new Buffer(length);
            let offset = 0;
            for (const bytes of list) {
                whole.set(bytes.subarray(0, Math.max(0, length - offset)), Math.min(offset, length));
                offset += bytes.length;
            }
            return whole;
        }
        static isBuffer(value) {
            return value instanceof Buffer;
        }
        static isEncoding(name) {
            return Object.hasOwn(encodings, aliases[String(name).toLowerCase()] ?? String(name).toLowerCase());
        }
        static byteLength(value, name) {
            return typeof value === 'string' ? encoding(name)[0](value).length : value.byteLength;
        }
        static compare(left, right) {
            const shared = Math.min(left.length, right.length);
            for (let index = 0; index < shared; index += 1) {
                if (left[index] !== right[index]) {
                    return left[index] < right[index] ? -1 : 1;
                }
            }
            return Math.sign(left.length - right.length);
        }
        toString(name, start = 0, end = this.length) {
            return encoding(name)[1](this.subarray(start, end));
        }
        toJSON() {
            return { type: 'Buffer', data: Array.from(this) };
        }
        equals(other) {
            return Buffer.compare(this, other) === 0;
        }
        compare(other) {
            return Buffer.compare(this, other);
        }
        write(text, offset = 0, length, name) {
            if (typeof offset === 'string') {
                [offset, name] = [0, offset];
            } else if (typeof length === 'string') {
                [length, name] = [undefined, length];
            }
            const bytes = encoding(name)[0](text).subarray(0, Math.min(length ?? Infinity, this.length - offset));
            this.set(bytes, offset);
            return bytes.length;
        }
        copy(target, targetStart = 0, start = 0, end = this.length) {
            const bytes = this.subarray(start, Math.min(end, start + target.length - targetStart));
            target.set(bytes, targetStart);
            return bytes.length;
        }
        slice(start, end) {
            return this.subarray(start, end);
        }
        fill(value, start, end, name) {
            if (typeof value !== 'string') {
                return super.fill(value, start, end);
            }
            const bytes = encoding(name)[0](value);
            for (let index = start ?? 0; index < (end ?? this.length); index += 1) {
                this[index] = bytes[(index - (start ?? 0)) % bytes.length];
            }
            return this;
        }
        indexOf(value, from, name) {
            if (typeof value === 'number') {
                return super.indexOf(value, from);
            }
            const wanted = typeof value === 'string' ? encoding(name)[0](value) : value;
            for (let index = from ?? 0; index + wanted.length <= this.length; index += 1) {
                if (wanted.every((byte, offset) => this[index + offset] === byte)) {
                    return index;
                }
            }
            return -1;
        }
        includes(value, from, name) {
            return this.indexOf(value, from, name) !== -1;
        }
    }

    const numbers = {
        Int8: 1, Uint8: 1, Int16: 2, Uint16: 2, Int32: 4, Uint32: 4, Float32: 4, Float64: 8, BigInt64: 8, BigUint64: 8,
    };
    const nodeNames = { Uint8: 'UInt8', Uint16: 'UInt16', Uint32: 'UInt32', Float32: 'Float', Float64: 'Double', BigUint64: 'BigUInt64' };
    for (const kind in numbers) {
        for (const [suffix, isLittle] of numbers[kind] === 1 ? [['', true]] : [['LE', true], ['BE', false]]) {
            const name = (nodeNames[kind] ?? kind) + suffix;
            const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
            Buffer.prototype[`read${name}`] = function (offset = 0) {
                return view(this)[`get${kind}`](offset, isLittle);
            };
            Buffer.prototype[`write${name}`] = function (value, offset = 0) {
                view(this)[`set${kind}`](offset, value, isLittle);
                return offset + numbers[kind];
            };
        }
    }

    return { Buffer, module: { Buffer, kMaxLength: 0x7fffffff, atob: globalThis.atob, btoa: globalThis.btoa } };
}

// Small stand-ins for Node's and the browser's `crypto`. What they lack says so when it is called.
export default function (host, piece) {
    const { Buffer } = piece('buffer');

    const digested = (bytes, encoding) => {
        const buffer = Buffer.of8(bytes);
        return encoding === undefined ? buffer : buffer.toString(encoding);
    };

    class Digest {
        #parts = [];
        #finish;
        constructor(finish) {
            this.#finish = finish;
        }
        update(data, encoding) {
            this.#parts.push(Buffer.from(data, encoding));
            return this;
        }
        digest(encoding) {
            return digested(this.#finish(Buffer.concat(this.#parts).toBase64()), encoding);
        }
    }

    function randomUUID() {
        return new (piece('bson').BSON.UUID)().toHexString();
    }

    function getRandomValues(array) {
        const bytes = host.randomBytes(array.byteLength);
        new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(bytes);
        return array;
    }

    const node = {
        createHash: (algorithm) => new Digest((data) => host.hash(String(algorithm), data)),
        createHmac: (algorithm, key) => new Digest((data) => host.hmac(String(algorithm), Buffer.from(key).toBase64(), data)),
        getHashes: () => ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'],
        randomBytes(size, callback) {
            const bytes = Buffer.of8(host.randomBytes(size));
            if (callback === undefined) {
                return bytes;
            }
            queueMicrotask(() => callback(null, bytes));
        },
        randomInt(least, bound) {
            const [from, to] = bound === undefined ? [0, least] : [least, bound];
            return from + Math.floor(host.random() * (to - from));
        },
        randomFillSync: getRandomValues,
        randomUUID,
        getRandomValues,
        timingSafeEqual(left, right) {
            if (left.byteLength !== right.byteLength) {
                throw new RangeError('the inputs must have the same length');
            }
            let difference = 0;
            for (let index = 0; index < left.length; index += 1) {
                difference |= left[index] ^ right[index];
            }
            return difference === 0;
        },
    };
    const missing = [
        'createCipheriv', 'createDecipheriv', 'createSign', 'createVerify', 'createPublicKey', 'createPrivateKey', 'createSecretKey',
        'createDiffieHellman', 'createECDH', 'generateKeyPair', 'generateKeyPairSync', 'hkdf', 'hkdfSync', 'pbkdf2', 'pbkdf2Sync',
        'privateDecrypt', 'privateEncrypt', 'publicDecrypt', 'publicEncrypt', 'scrypt', 'scryptSync', 'sign', 'verify',
    ];
    for (const name of missing) {
        node[name] = () => {
            throw new Error(`crypto.${name} is not available in functions; see utils.crypto and utils.jwt`);
        };
    }
    const webcrypto = {
        randomUUID,
        getRandomValues,
        subtle: {
            async digest(algorithm, data) {
                const name = String(algorithm?.name ?? algorithm).replace('-', '');
                return host.hash(name, piece('bson').bytesOf(data).toBase64()).buffer;
            },
        },
    };
    node.webcrypto = webcrypto;
    return { node, webcrypto };
}

// The original's `utils.crypto` and `utils.jwt`.
export default function (host, piece) {
    const { bytesOf, BSON } = piece('bson');
    const base64 = (value) => bytesOf(value).toBase64();

    function aes(type) {
        if (type !== 'aes') {
            throw new TypeError(`the encryption '${type}' is not available: it must be 'aes'`);
        }
    }

    function rsa(type, scheme) {
        if (type !== 'rsa') {
            throw new TypeError(`the signature '${type}' is not available: it must be 'rsa'`);
        }
        const algorithm = { pss: 'PS256', pkcs1v15: 'RS256' }[scheme];
        if (algorithm === undefined) {
            throw new TypeError(`the signature scheme '${scheme}' must be 'pss' or 'pkcs1v15'`);
        }
        return algorithm;
    }

    const crypto = {
        encrypt(type, message, key) {
            aes(type);
            return BSON.Binary(host.seal(base64(key), host.randomBytes(12).toBase64(), base64(message)));
        },
        decrypt(type, message, key) {
            aes(type);
            return BSON.Binary(host.open(base64(key), base64(message)));
        },
        sign(type, message, privateKey, scheme = 'pss') {
            return BSON.Binary(host.sign(rsa(type, scheme), base64(String(privateKey)), base64(message)));
        },
        verify(type, message, publicKey, signature, scheme = 'pss') {
            return host.verify(rsa(type, scheme), base64(String(publicKey)), base64(message), base64(signature));
        },
        hmac(input, secret, algorithm, format) {
            const bytes = host.hmac(String(algorithm), base64(secret), base64(input));
            if (format === 'base64') {
                return bytes.toBase64();
            }
            if (format === 'hex') {
                return bytes.toHex();
            }
            throw new TypeError("the output format must be 'base64' or 'hex'");
        },
        hash: (algorithm, input) => BSON.Binary(host.hash(String(algorithm), base64(input))),
    };

    const part = (value) => bytesOf(value).toBase64({ alphabet: 'base64url', omitPadding: true });
    const unpart = (text) => Uint8Array.fromBase64(text, { alphabet: 'base64url' });
    const read = (text) => JSON.parse(piece('text').decodeUtf8(unpart(text)));

    const jwt = {
        encode(algorithm, payload, key, headers) {
            const head = part(JSON.stringify({ ...headers, alg: algorithm, typ: 'JWT' }));
            const signed = `${head}.${part(typeof payload === 'string' ? payload : JSON.stringify(payload))}`;
            return `${signed}.${part(host.sign(String(algorithm), base64(String(key)), base64(signed)))}`;
        },
        // The payload; with `returnsHeader`, `{header, payload}`. Signature, `exp` and `nbf` are checked.
        decode(token, key, returnsHeader = false, accepted = undefined) {
            const parts = String(token).split('.');
            if (parts.length !== 3) {
                throw new Error('the token is no JWT');
            }
            const header = read(parts[0]);
            const { alg } = header;
            if (accepted !== undefined && accepted !== null && accepted.length > 0 && !accepted.includes(alg)) {
                throw new Error(`the token is signed with '${alg}', which is not accepted`);
            }
            // A public key must never be taken for an HMAC secret, whatever the token says.
            if (/^HS/.test(alg) && /-----BEGIN/.test(String(key))) {
                throw new Error(`the token is signed with '${alg}', which needs a secret and not a key pair`);
            }
            const signed = `${parts[0]}.${parts[1]}`;
            if (!host.verify(String(alg), base64(String(key)), base64(signed), unpart(parts[2]).toBase64())) {
                throw new Error('the signature of the token is invalid');
            }
            const payload = read(parts[1]);
            const now = host.now() / 1000;
            if (payload.exp !== undefined && !(now < payload.exp)) {
                throw new Error('the token is expired');
            }
            if (payload.nbf !== undefined && !(now >= payload.nbf)) {
                throw new Error('the token is not valid yet');
            }
            return returnsHeader ? { header, payload } : payload;
        },
    };

    return { utils: { crypto, jwt } };
}

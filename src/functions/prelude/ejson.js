// Extended JSON, canonical and relaxed, from values and back.
export default function (host, piece) {
    const LEAST_INT = -0x80000000;
    const GREATEST_INT = 0x7fffffff;
    // BSON's own depth is 100; wrappers add to it, and whoever reads the text knows 128.
    const MOST_DEPTH = 120;
    const LAST_ISO_MILLISECOND = 253402300799999;

    // --- Values to EJSON ---

    // The text of a value. What the host takes back is bounded, so that a flood ends here and not in the server.
    function encodeText(value, isRelaxed, space) {
        return JSON.stringify(new Encoder(isRelaxed).encode(value), undefined, space) ?? 'null';
    }

    const isKeyType = (value) => value === bson().MinKey || value === bson().MaxKey;

    class Encoder {
        constructor(isRelaxed) {
            this.isRelaxed = isRelaxed;
            this.above = new Set();
            this.room = host.outputLimit;
            this.again = (value) => this.encode(value);
        }

        take(size) {
            this.room -= size;
            if (this.room < 0 || this.above.size > MOST_DEPTH) {
                host.outputIsFull();
                throw new RangeError('the value is too large');
            }
        }

        encode(value) {
            this.take(1);
            switch (typeof value) {
                case 'string':
                    this.take(value.length);
                    return value.toWellFormed();
                case 'number':
                    return this.encodeNumber(value);
                case 'boolean':
                    return value;
                case 'bigint':
                    return this.encodeBigInt(value);
                case 'object':
                    return value === null ? null : this.encodeObject(value);
                case 'function':
                    // The original's `BSON.MinKey` is a value as well as a type.
                    return isKeyType(value) ? new value().toExtendedJSON() : this.encode(undefined);
                default:
                    return this.isRelaxed ? null : { $undefined: true };
            }
        }

        encodeNumber(value) {
            if (this.isRelaxed && Number.isFinite(value)) {
                return value;
            }
            // The wrapper is most of it.
            this.take(18);
            if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
                return value >= LEAST_INT && value <= GREATEST_INT ? { $numberInt: String(value) } : { $numberLong: String(value) };
            }
            return { $numberDouble: piece('bson').doubleText(value) };
        }

        encodeBigInt(value) {
            if (BigInt.asIntN(64, value) !== value) {
                throw new RangeError(`${value} does not fit 64 bits`);
            }
            return new (piece('bson').BSON.Long)(value).toExtendedJSON(this.isRelaxed);
        }

        encodeObject(value) {
            if (this.above.has(value)) {
                throw new TypeError('a value that holds itself cannot be written as EJSON');
            }
            this.above.add(value);
            const encoded = this.encodeInside(value);
            this.above.delete(value);
            return encoded;
        }

        encodeInside(value) {
            if (Array.isArray(value)) {
                const list = [];
                for (let index = 0; index < value.length; index += 1) {
                    list.push(this.encode(value[index]));
                }
                return list;
            }
            if (value instanceof Date) {
                return this.encodeDate(value.getTime());
            }
            if (typeof value._bsontype === 'string' && typeof value.toExtendedJSON === 'function') {
                if (value.buffer instanceof Uint8Array) {
                    this.take(value.buffer.length);
                }
                return value.toExtendedJSON(this.isRelaxed, this.again);
            }
            if (typeof value.toBSON === 'function') {
                return this.encode(value.toBSON());
            }
            if (value instanceof RegExp) {
                const options = [...value.flags].filter((flag) => 'imsux'.includes(flag)).sort().join('');
                return { $regularExpression: { pattern: value.source, options } };
            }
            if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
                this.take(value.byteLength);
                return new (piece('bson').BSON.Binary)(value).toExtendedJSON();
            }
            if (value instanceof Map) {
                return this.encodeEntries(value);
            }
            if (value instanceof Set) {
                return [...value].map(this.again);
            }
            if (value instanceof Error) {
                return this.encodeEntries([['name', value.name], ['message', value.message], ...Object.entries(value)]);
            }
            if (value instanceof Number || value instanceof String || value instanceof Boolean) {
                return this.encode(value.valueOf());
            }
            return this.encodeEntries(Object.keys(value), (key) => value[key]);
        }

        encodeDate(milliseconds) {
            if (Number.isNaN(milliseconds)) {
                return null;
            }
            if (this.isRelaxed && milliseconds >= 0 && milliseconds <= LAST_ISO_MILLISECOND) {
                const text = new Date(milliseconds).toISOString();
                return { $date: milliseconds % 1000 === 0 ? text.replace('.000Z', 'Z') : text };
            }
            return { $date: { $numberLong: String(milliseconds) } };
        }

        encodeEntries(entries, valueOf) {
            const document = Object.create(null);
            for (const entry of entries) {
                const key = String(valueOf ? entry : entry[0]);
                const inside = valueOf ? valueOf(key) : entry[1];
                if ((typeof inside !== 'function' || isKeyType(inside)) && typeof inside !== 'symbol') {
                    this.take(key.length);
                    document[key.toWellFormed()] = this.encode(inside);
                }
            }
            return document;
        }
    }

    // --- EJSON to values ---

    // The value that a parsed JSON value stands for. Strict (not relaxed) numbers keep their BSON type.
    function decode(value, isRelaxed) {
        if (value === null || typeof value !== 'object') {
            return value;
        }
        if (Array.isArray(value)) {
            for (let index = 0; index < value.length; index += 1) {
                value[index] = decode(value[index], isRelaxed);
            }
            return value;
        }
        for (const key in value) {
            if (key[0] === '$' && Object.hasOwn(readers, key)) {
                const read = readers[key](value[key], isRelaxed, value);
                if (read !== nothing) {
                    return read;
                }
            }
            break;
        }
        for (const key of Object.keys(value)) {
            const inside = decode(value[key], isRelaxed);
            // Never through a setter: `__proto__` is a key like any other.
            Object.defineProperty(value, key, { value: inside, writable: true, enumerable: true, configurable: true });
        }
        return value;
    }

    const nothing = Symbol('nothing');
    const bson = () => piece('bson').BSON;

    // What a wrapper's first key stands for, or `nothing` where it only looks like one.
    const readers = {
        $oid: (text) => (isText(text) ? new (bson().ObjectId)(text) : nothing),
        $numberInt(text, isRelaxed) {
            if (!/^-?\d{1,10}$/.test(text)) {
                return nothing;
            }
            return isRelaxed ? Number(text) : new (bson().Int32)(text);
        },
        $numberLong(text, isRelaxed) {
            if (!/^-?\d{1,19}$/.test(text)) {
                return nothing;
            }
            return isRelaxed && Number.isSafeInteger(Number(text)) ? Number(text) : new (bson().Long)(String(text));
        },
        $numberDouble(text, isRelaxed) {
            if (!isText(text)) {
                return nothing;
            }
            return isRelaxed ? Number(text) : new (bson().Double)(text);
        },
        $numberDecimal: (text) => (isText(text) ? new (bson().Decimal128)(text) : nothing),
        $date(inside) {
            const number = inside !== null && typeof inside === 'object' ? inside.$numberLong : inside;
            if (typeof inside !== 'string' && typeof number !== 'number' && typeof number !== 'string') {
                return nothing;
            }
            return new Date(typeof inside === 'string' ? inside : Number(number));
        },
        $binary(inside, _, whole) {
            const old = isText(inside) ? { base64: inside, subType: whole.$type } : inside;
            if (!isText(old?.base64)) {
                return nothing;
            }
            return bson().Binary.fromBase64(old.base64, parseInt(old.subType ?? '0', 16));
        },
        $uuid: (text) => (isText(text) ? new (bson().UUID)(text) : nothing),
        $timestamp: (inside) => (inside?.t === undefined ? nothing : new (bson().Timestamp)(inside)),
        $regularExpression(inside) {
            return isText(inside?.pattern) ? new (bson().BSONRegExp)(inside.pattern, inside.options) : nothing;
        },
        $symbol: (text) => (isText(text) ? new (bson().BSONSymbol)(text) : nothing),
        $code: (text, isRelaxed, whole) => (isText(text) ? new (bson().Code)(text, whole.$scope && decode(whole.$scope, isRelaxed)) : nothing),
        $minKey: () => new (bson().MinKey)(),
        $maxKey: () => new (bson().MaxKey)(),
        $undefined: () => undefined,
    };

    const isText = (value) => typeof value === 'string';

    // --- The global ---

    const EJSON = {
        parse(text, options) {
            return decode(JSON.parse(text), options?.relaxed ?? true);
        },
        stringify(value, replacer, space, options) {
            if (space !== null && typeof space === 'object') {
                options = space;
                space = undefined;
            }
            if (replacer !== null && typeof replacer === 'object' && !Array.isArray(replacer)) {
                options = replacer;
                replacer = undefined;
            }
            const encoded = new Encoder(options?.relaxed ?? true).encode(value);
            return JSON.stringify(encoded, replacer, space);
        },
        serialize: (value, options) => new Encoder(options?.relaxed ?? true).encode(value),
        deserialize: (value, options) => decode(JSON.parse(JSON.stringify(value)), options?.relaxed ?? true),
    };

    return { EJSON, encodeText, decode };
}

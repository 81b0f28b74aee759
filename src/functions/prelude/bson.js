// The BSON types that JavaScript lacks. Each can be made with and without `new`, as in the original.
export default function (host, piece, lazily) {
    // The class itself, callable like a function.
    function callable(Class, statics) {
        Object.assign(Class, statics);
        const made = new Proxy(Class, { apply: (target, _, values) => new target(...values) });
        Object.defineProperty(Class.prototype, 'constructor', { value: made });
        return made;
    }

    const tag = (Class, name) => Object.defineProperty(Class.prototype, '_bsontype', { value: name });

    // --- ObjectId ---

    let processPart;
    let counter;

    class ObjectIdClass {
        constructor(from) {
            let hex;
            if (from === undefined || from === null || typeof from === 'number') {
                hex = ObjectIdClass.draw(typeof from === 'number' ? from : Math.floor(host.now() / 1000));
            } else if (typeof from === 'string' && /^[0-9a-f]{24}$/i.test(from)) {
                hex = from.toLowerCase();
            } else if (from instanceof Uint8Array && from.length === 12) {
                hex = from.toHex();
            } else if (typeof from === 'object' && typeof from.toHexString === 'function') {
                hex = from.toHexString();
            } else {
                throw new TypeError('an ObjectId is made of 24 hexadecimal digits, 12 bytes or nothing');
            }
            Object.defineProperty(this, 'hex', { value: hex });
        }
        static draw(seconds) {
            if (processPart === undefined) {
                const bytes = host.randomBytes(8);
                processPart = bytes.subarray(0, 5).toHex();
                counter = (bytes[5] << 16) | (bytes[6] << 8) | bytes[7];
            }
            counter = (counter + 1) & 0xffffff;
            return (seconds >>> 0).toString(16).padStart(8, '0') + processPart + counter.toString(16).padStart(6, '0');
        }
        get id() {
            return Uint8Array.fromHex(this.hex);
        }
        toHexString() {
            return this.hex;
        }
        toString(encoding) {
            return encoding === 'base64' ? this.id.toBase64() : this.hex;
        }
        toJSON() {
            return this.hex;
        }
        equals(other) {
            const hex = typeof other === 'string' ? other.toLowerCase() : other?.toHexString?.();
            return hex === this.hex;
        }
        getTimestamp() {
            return new Date(parseInt(this.hex.slice(0, 8), 16) * 1000);
        }
        toExtendedJSON() {
            return { $oid: this.hex };
        }
        static generate(seconds) {
            return new ObjectIdClass(seconds).id;
        }
        static createFromHexString(hex) {
            return new ObjectIdClass(String(hex));
        }
        static createFromTime(seconds) {
            return new ObjectIdClass((seconds >>> 0).toString(16).padStart(8, '0') + '0'.repeat(16));
        }
        static isValid(value) {
            try {
                return value !== undefined && value !== null && typeof value !== 'number' && !!new ObjectIdClass(value);
            } catch {
                return false;
            }
        }
    }
    tag(ObjectIdClass, 'ObjectID');

    // --- Numbers ---

    class Int32Class {
        constructor(value) {
            this.value = Number(value) | 0;
        }
        valueOf() {
            return this.value;
        }
        toString(radix) {
            return this.value.toString(radix);
        }
        toJSON() {
            return this.value;
        }
        toExtendedJSON(isRelaxed) {
            return isRelaxed ? this.value : { $numberInt: String(this.value) };
        }
    }
    tag(Int32Class, 'Int32');

    class DoubleClass {
        constructor(value) {
            this.value = Number(value);
        }
        valueOf() {
            return this.value;
        }
        toString(radix) {
            return this.value.toString(radix);
        }
        toJSON() {
            return this.value;
        }
        toExtendedJSON(isRelaxed) {
            return isRelaxed && Number.isFinite(this.value) ? this.value : { $numberDouble: doubleText(this.value) };
        }
    }
    tag(DoubleClass, 'Double');

    function doubleText(value) {
        if (Object.is(value, -0)) {
            return '-0.0';
        }
        return Number.isInteger(value) ? value.toFixed(1) : String(value);
    }

    // --- Bytes ---

    class BinaryClass {
        constructor(from = new Uint8Array(0), subtype = 0) {
            this.buffer = bytesOf(from);
            this.sub_type = subtype;
        }
        get position() {
            return this.buffer.length;
        }
        length() {
            return this.buffer.length;
        }
        value() {
            return this.buffer;
        }
        text() {
            return piece('text').decodeUtf8(this.buffer);
        }
        toString(encoding) {
            return encoding === 'base64' ? this.toBase64() : encoding === 'hex' ? this.toHex() : this.text();
        }
        toBase64() {
            return this.buffer.toBase64();
        }
        toHex() {
            return this.buffer.toHex();
        }
        toJSON() {
            return this.toBase64();
        }
        toUUID() {
            return new UUIDClass(this.buffer);
        }
        toExtendedJSON() {
            return { $binary: { base64: this.toBase64(), subType: this.sub_type.toString(16).padStart(2, '0') } };
        }
        static fromBase64(text, subtype) {
            return new BinaryClass(Uint8Array.fromBase64(text), subtype);
        }
        static fromHex(text, subtype) {
            return new BinaryClass(Uint8Array.fromHex(text), subtype);
        }
        static createFromBase64(text, subtype) {
            return BinaryClass.fromBase64(text, subtype);
        }
        static createFromHexString(text, subtype) {
            return BinaryClass.fromHex(text, subtype);
        }
    }
    tag(BinaryClass, 'Binary');

    function bytesOf(from) {
        if (from instanceof Uint8Array) {
            return from;
        }
        if (from instanceof ArrayBuffer) {
            return new Uint8Array(from);
        }
        if (ArrayBuffer.isView(from)) {
            return new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
        }
        if (typeof from === 'string') {
            return host.utf8(from.toWellFormed());
        }
        if (from instanceof BinaryClass) {
            return from.buffer;
        }
        return Uint8Array.from(from);
    }

    class UUIDClass extends BinaryClass {
        constructor(from) {
            let bytes;
            if (from === undefined) {
                bytes = host.randomBytes(16);
                bytes[6] = (bytes[6] & 0x0f) | 0x40;
                bytes[8] = (bytes[8] & 0x3f) | 0x80;
            } else {
                bytes = typeof from === 'string' ? Uint8Array.fromHex(from.replaceAll('-', '')) : bytesOf(from);
            }
            if (bytes.length !== 16) {
                throw new TypeError('a UUID has 16 bytes');
            }
            super(bytes, 4);
        }
        toHexString(hasDashes = true) {
            const hex = this.toHex();
            return hasDashes ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : hex;
        }
        toString() {
            return this.toHexString();
        }
        toJSON() {
            return this.toHexString();
        }
        equals(other) {
            return new UUIDClass(other).toHex() === this.toHex();
        }
    }

    // --- The rest ---

    class MinKeyClass {
        toExtendedJSON() {
            return { $minKey: 1 };
        }
    }
    tag(MinKeyClass, 'MinKey');

    class MaxKeyClass {
        toExtendedJSON() {
            return { $maxKey: 1 };
        }
    }
    tag(MaxKeyClass, 'MaxKey');

    class BSONRegExpClass {
        constructor(pattern, options = '') {
            this.pattern = String(pattern);
            this.options = [...String(options)].sort().join('');
        }
        toExtendedJSON() {
            return { $regularExpression: { pattern: this.pattern, options: this.options } };
        }
    }
    tag(BSONRegExpClass, 'BSONRegExp');

    class BSONSymbolClass {
        constructor(value) {
            this.value = String(value);
        }
        valueOf() {
            return this.value;
        }
        toString() {
            return this.value;
        }
        toJSON() {
            return this.value;
        }
        toExtendedJSON() {
            return { $symbol: this.value };
        }
    }
    tag(BSONSymbolClass, 'BSONSymbol');

    class CodeClass {
        constructor(code, scope) {
            this.code = String(code);
            this.scope = scope ?? null;
        }
        toJSON() {
            return this.scope === null ? { code: this.code } : { code: this.code, scope: this.scope };
        }
        toExtendedJSON(isRelaxed, encode) {
            return this.scope === null ? { $code: this.code } : { $code: this.code, $scope: encode(this.scope) };
        }
    }
    tag(CodeClass, 'Code');

    class DBRefClass {
        constructor(collection, oid, db, fields) {
            this.collection = collection;
            this.oid = oid;
            this.db = db;
            this.fields = fields ?? {};
        }
        toExtendedJSON(isRelaxed, encode) {
            const database = this.db ? { $db: this.db } : {};
            return { $ref: this.collection, $id: encode(this.oid), ...database, ...encode(this.fields) };
        }
    }
    tag(DBRefClass, 'DBRef');

    const ObjectId = callable(ObjectIdClass);
    const Binary = callable(BinaryClass, {
        SUBTYPE_DEFAULT: 0, SUBTYPE_FUNCTION: 1, SUBTYPE_BYTE_ARRAY: 2, SUBTYPE_UUID_OLD: 3, SUBTYPE_UUID: 4, SUBTYPE_MD5: 5,
        SUBTYPE_ENCRYPTED: 6, SUBTYPE_USER_DEFINED: 128,
    });
    const BSONSymbol = callable(BSONSymbolClass);
    const BSON = {
        ObjectId, ObjectID: ObjectId, Binary, BSONSymbol, Symbol: BSONSymbol,
        Int32: callable(Int32Class), Double: callable(DoubleClass), UUID: callable(UUIDClass),
        MinKey: callable(MinKeyClass),
        MaxKey: callable(MaxKeyClass), BSONRegExp: callable(BSONRegExpClass), Code: callable(CodeClass),
        DBRef: callable(DBRefClass),
    };
    lazily(BSON, 'Long', true, () => callable(piece('long').LongClass, piece('long').longs));
    lazily(BSON, 'Timestamp', true, () => callable(piece('long').TimestampClass));
    lazily(BSON, 'Decimal128', true, () => callable(piece('decimal').Decimal128Class));
    return { BSON, doubleText, bytesOf };
}

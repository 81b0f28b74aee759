// 64-bit whole numbers, and BSON's timestamps, which are such.
export default function () {
    const big = (value) => {
        if (typeof value === 'bigint') {
            return value;
        }
        if (value instanceof LongClass) {
            return value.big;
        }
        return typeof value === 'string' ? BigInt(value) : BigInt(Math.trunc(Number(value)) || 0);
    };

    // 64 bits, signed unless said otherwise. `new Long(low, high)` as in the original; a string or bigint is the value.
    class LongClass {
        constructor(low = 0, high, unsigned) {
            const isWhole = typeof low === 'bigint' || typeof low === 'string';
            this.unsigned = !!(isWhole ? high : unsigned);
            const bits = isWhole ? big(low) : (BigInt((high ?? 0) | 0) << 32n) | BigInt(low >>> 0);
            const value = this.unsigned ? BigInt.asUintN(64, bits) : BigInt.asIntN(64, bits);
            Object.defineProperty(this, 'big', { value });
        }
        get low() {
            return Number(BigInt.asIntN(32, this.big));
        }
        get high() {
            return Number(BigInt.asIntN(32, this.big >> 32n));
        }
        of(value) {
            return new LongClass(value, this.unsigned);
        }
        toNumber() {
            return Number(this.big);
        }
        toInt() {
            return this.low;
        }
        toBigInt() {
            return this.big;
        }
        valueOf() {
            return Number(this.big);
        }
        toString(radix) {
            return this.big.toString(radix);
        }
        toJSON() {
            return Number(this.big);
        }
        toExtendedJSON(isRelaxed) {
            const number = Number(this.big);
            return isRelaxed && Number.isSafeInteger(number) ? number : { $numberLong: String(this.big) };
        }
        compare(other) {
            const right = big(other);
            return this.big < right ? -1 : this.big > right ? 1 : 0;
        }
        isZero() {
            return this.big === 0n;
        }
        isNegative() {
            return this.big < 0n;
        }
        isPositive() {
            return this.big >= 0n;
        }
        isOdd() {
            return (this.big & 1n) === 1n;
        }
        isEven() {
            return !this.isOdd();
        }
        negate() {
            return this.of(-this.big);
        }
        not() {
            return this.of(~this.big);
        }
        shiftLeft(count) {
            return this.of(this.big << (big(count) & 63n));
        }
        shiftRight(count) {
            return this.of(this.big >> (big(count) & 63n));
        }
        shiftRightUnsigned(count) {
            return this.of(BigInt.asUintN(64, this.big) >> (big(count) & 63n));
        }
        toSigned() {
            return new LongClass(this.big);
        }
        toUnsigned() {
            return new LongClass(this.big, true);
        }
        static fromBits(low, high, unsigned) {
            return new LongClass(low, high, unsigned);
        }
        static fromInt(value, unsigned) {
            return new LongClass(BigInt(value | 0), unsigned);
        }
        static fromNumber(value, unsigned) {
            const [least, most] = unsigned ? [0, 18446744073709551615n] : [-9223372036854775808n, 9223372036854775807n];
            const bounded = Number.isNaN(value) ? 0n : value >= most ? BigInt(most) : value <= least ? BigInt(least) : big(value);
            return new LongClass(bounded, unsigned);
        }
        static fromBigInt(value, unsigned) {
            return new LongClass(value, unsigned);
        }
        static fromString(text, unsigned, radix) {
            const base = typeof unsigned === 'number' ? unsigned : radix ?? 10;
            const isNegative = text.startsWith('-');
            let value = 0n;
            for (const digit of isNegative ? text.slice(1) : text) {
                const worth = parseInt(digit, base);
                if (Number.isNaN(worth)) {
                    throw new TypeError(`'${text}' is no Long`);
                }
                value = value * BigInt(base) + BigInt(worth);
            }
            return new LongClass(isNegative ? -value : value, unsigned === true);
        }
        static fromValue(value, unsigned) {
            return typeof value === 'string' ? LongClass.fromString(value, unsigned) : new LongClass(big(value), unsigned);
        }
        static isLong(value) {
            return value instanceof LongClass;
        }
    }
    Object.defineProperty(LongClass.prototype, '_bsontype', { value: 'Long' });
    const operations = {
        add: (left, right) => left + right,
        subtract: (left, right) => left - right,
        multiply: (left, right) => left * right,
        divide: (left, right) => left / right,
        modulo: (left, right) => left % right,
        and: (left, right) => left & right,
        or: (left, right) => left | right,
        xor: (left, right) => left ^ right,
    };
    for (const name in operations) {
        LongClass.prototype[name] = function (other) {
            return this.of(operations[name](this.big, big(other)));
        };
    }
    const comparisons = {
        equals: (order) => order === 0,
        notEquals: (order) => order !== 0,
        lessThan: (order) => order < 0,
        lessThanOrEqual: (order) => order <= 0,
        greaterThan: (order) => order > 0,
        greaterThanOrEqual: (order) => order >= 0,
    };
    for (const name in comparisons) {
        LongClass.prototype[name] = function (other) {
            return comparisons[name](this.compare(other));
        };
    }
    const shorter = {
        sub: 'subtract', mul: 'multiply', div: 'divide', mod: 'modulo', rem: 'modulo', neg: 'negate', eq: 'equals', ne: 'notEquals',
        lt: 'lessThan', lte: 'lessThanOrEqual', gt: 'greaterThan', gte: 'greaterThanOrEqual', comp: 'compare', eqz: 'isZero',
        shl: 'shiftLeft', shr: 'shiftRight', shru: 'shiftRightUnsigned',
    };
    for (const name in shorter) {
        LongClass.prototype[name] = LongClass.prototype[shorter[name]];
    }
    const longs = {
        ZERO: new LongClass(0n), ONE: new LongClass(1n), NEG_ONE: new LongClass(-1n),
        MAX_VALUE: new LongClass(9223372036854775807n), MIN_VALUE: new LongClass(-9223372036854775808n),
        UZERO: new LongClass(0n, true), UONE: new LongClass(1n, true), MAX_UNSIGNED_VALUE: new LongClass(-1n, true),
    };

    class TimestampClass extends LongClass {
        constructor(low, high) {
            if (low instanceof LongClass || typeof low === 'bigint') {
                super(big(low), true);
            } else if (low !== null && typeof low === 'object') {
                super(Number(low.i), Number(low.t), true);
            } else {
                super(low ?? 0, high ?? 0, true);
            }
        }
        get t() {
            return this.high >>> 0;
        }
        get i() {
            return this.low >>> 0;
        }
        toJSON() {
            return { $timestamp: String(this.big) };
        }
        toExtendedJSON() {
            return { $timestamp: { t: this.t, i: this.i } };
        }
    }
    Object.defineProperty(TimestampClass.prototype, '_bsontype', { value: 'Timestamp' });

    return { LongClass, TimestampClass, longs };
}

// Decimal128: a sign, at most 34 digits and an exponent, or one of four special values.
export default function () {
    const MOST_DIGITS = 34;
    const LEAST_EXPONENT = -6176;
    const GREATEST_EXPONENT = 6111;
    const EXPONENT_BIAS = 6176n;

    class Decimal128Class {
        constructor(from) {
            const parts = from instanceof Uint8Array ? decimalOfBytes(from) : decimalOfText(String(from));
            Object.defineProperty(this, 'parts', { value: parts });
        }
        get bytes() {
            return bytesOfDecimal(this.parts);
        }
        toString() {
            return textOfDecimal(this.parts);
        }
        toJSON() {
            return { $numberDecimal: this.toString() };
        }
        toExtendedJSON() {
            return { $numberDecimal: this.toString() };
        }
        static fromString(text) {
            return new Decimal128Class(text);
        }
    }
    Object.defineProperty(Decimal128Class.prototype, '_bsontype', { value: 'Decimal128' });

    function decimalOfText(text) {
        const special = /^([+-])?(nan|inf(?:inity)?)$/i.exec(text);
        if (special) {
            return { isNegative: special[1] === '-', special: special[2].toLowerCase() === 'nan' ? 'NaN' : 'Infinity' };
        }
        const number = /^([+-])?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,9}))?$/.exec(text);
        if (!number) {
            throw new TypeError(`'${text}' is no Decimal128`);
        }
        const fraction = number[3] ?? number[4] ?? '';
        let digits = ((number[2] ?? '') + fraction).replace(/^0+(?=\d)/, '');
        let exponent = Number(number[5] ?? 0) - fraction.length;
        // Trailing zeros give way where the digits or the exponent are too many, and zeros come where it is too great.
        while ((digits.length > MOST_DIGITS || exponent < LEAST_EXPONENT) && digits.endsWith('0') && digits !== '0') {
            digits = digits.slice(0, -1);
            exponent += 1;
        }
        if (digits === '0') {
            exponent = Math.min(Math.max(exponent, LEAST_EXPONENT), GREATEST_EXPONENT);
        }
        while (exponent > GREATEST_EXPONENT && digits.length < MOST_DIGITS) {
            digits += '0';
            exponent -= 1;
        }
        if (digits.length > MOST_DIGITS || exponent < LEAST_EXPONENT || exponent > GREATEST_EXPONENT) {
            throw new TypeError(`'${text}' does not fit a Decimal128`);
        }
        return { isNegative: number[1] === '-', digits, exponent };
    }

    function textOfDecimal({ isNegative, special, digits, exponent }) {
        const sign = isNegative && special !== 'NaN' ? '-' : '';
        if (special) {
            return sign + special;
        }
        const scientific = digits.length - 1 + exponent;
        if (exponent > 0 || scientific < -6) {
            const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
            return `${sign}${digits[0]}${fraction}E${scientific < 0 ? '' : '+'}${scientific}`;
        }
        if (exponent === 0) {
            return sign + digits;
        }
        const padded = digits.padStart(1 - exponent, '0');
        return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
    }

    function bytesOfDecimal({ isNegative, special, digits, exponent }) {
        let bits;
        if (special) {
            bits = (special === 'NaN' ? 0x1fn : 0x1en) << 122n;
        } else {
            bits = ((BigInt(exponent) + EXPONENT_BIAS) << 113n) | BigInt(digits);
        }
        bits |= isNegative ? 1n << 127n : 0n;
        return Uint8Array.from({ length: 16 }, (_, index) => Number((bits >> BigInt(index * 8)) & 255n));
    }

    function decimalOfBytes(bytes) {
        if (bytes.length !== 16) {
            throw new TypeError('a Decimal128 has 16 bytes');
        }
        let bits = 0n;
        for (let index = 15; index >= 0; index -= 1) {
            bits = (bits << 8n) | BigInt(bytes[index]);
        }
        const isNegative = bits >> 127n === 1n;
        const kind = (bits >> 122n) & 0x1fn;
        if (kind >= 0x1en) {
            return { isNegative, special: kind === 0x1en ? 'Infinity' : 'NaN' };
        }
        // The form for coefficients beyond 34 digits stands for zero.
        const isBeyond = (kind & 0x18n) === 0x18n;
        const exponent = Number((bits >> (isBeyond ? 111n : 113n)) & 0x3fffn) - Number(EXPONENT_BIAS);
        const coefficient = isBeyond ? 0n : bits & ((1n << 113n) - 1n);
        return { isNegative, digits: String(coefficient).length > MOST_DIGITS ? '0' : String(coefficient), exponent };
    }

    return { Decimal128Class };
}

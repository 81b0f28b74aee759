// Node's `querystring`.
export default function () {
    const escape = (value) => encodeURIComponent(String(value).toWellFormed());
    const plain = (value) => (['string', 'number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : '');

    function unescape(text) {
        try {
            return decodeURIComponent(text);
        } catch {
            return text;
        }
    }

    function stringify(values, separator = '&', equals = '=', options) {
        const write = options?.encodeURIComponent ?? escape;
        const pairs = [];
        for (const key of Object.keys(values ?? {})) {
            for (const value of Array.isArray(values[key]) ? values[key] : [values[key]]) {
                pairs.push(write(key) + equals + write(plain(value)));
            }
        }
        return pairs.join(separator);
    }

    function parse(text, separator = '&', equals = '=', options) {
        const read = options?.decodeURIComponent ?? unescape;
        const values = Object.create(null);
        for (const part of String(text ?? '').split(separator).slice(0, options?.maxKeys || 1000)) {
            if (part === '') {
                continue;
            }
            const split = part.indexOf(equals);
            const spaced = (piece) => read(piece.replaceAll('+', ' '));
            const key = spaced(split < 0 ? part : part.slice(0, split));
            const value = split < 0 ? '' : spaced(part.slice(split + equals.length));
            values[key] = key in values ? [].concat(values[key], value) : value;
        }
        return values;
    }

    return { module: { stringify, parse, escape, unescape, encode: stringify, decode: parse } };
}

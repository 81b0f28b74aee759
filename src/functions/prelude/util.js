// The parts of Node's `util` that packages use.
export default function (host, piece) {
    function inspect(value) {
        if (typeof value === 'string') {
            return `'${value}'`;
        }
        if (typeof value === 'function') {
            return `[Function: ${value.name || '(anonymous)'}]`;
        }
        if (value instanceof Error) {
            return value.stack ? `${value}\n${value.stack}` : String(value);
        }
        if (value === null || typeof value !== 'object') {
            return typeof value === 'bigint' ? `${value}n` : String(value);
        }
        try {
            return piece('ejson').encodeText(value, true);
        } catch {
            return String(value);
        }
    }

    function format(first, ...values) {
        let text = first;
        if (typeof first === 'string') {
            text = first.replace(/%[sdifjoO%]/g, (mark) => {
                if (mark === '%%') {
                    return '%';
                }
                if (values.length === 0) {
                    return mark;
                }
                const value = values.shift();
                switch (mark) {
                    case '%s':
                        return typeof value === 'object' ? inspect(value) : String(value);
                    case '%d':
                        return String(Number(value));
                    case '%i':
                        return String(parseInt(value, 10));
                    case '%f':
                        return String(parseFloat(value));
                    case '%j':
                        return JSON.stringify(value);
                    default:
                        return inspect(value);
                }
            });
        } else if (first !== undefined) {
            text = inspect(first);
        } else {
            text = '';
        }
        return [text, ...values.map((value) => (typeof value === 'string' ? value : inspect(value)))].join(' ');
    }

    function promisify(original) {
        return (...values) => new Promise((resolve, reject) => {
            original(...values, (error, value) => (error ? reject(error) : resolve(value)));
        });
    }

    function callbackify(original) {
        return (...values) => {
            const callback = values.pop();
            original(...values).then((value) => callback(null, value), callback);
        };
    }

    function inherits(Class, Parent) {
        Class.super_ = Parent;
        Object.setPrototypeOf(Class.prototype, Parent.prototype);
    }

    function isDeepStrictEqual(left, right) {
        if (Object.is(left, right)) {
            return true;
        }
        if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object') {
            return false;
        }
        if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) {
            return false;
        }
        if (left instanceof Date) {
            return left.getTime() === right.getTime();
        }
        const keys = Object.keys(left);
        return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && isDeepStrictEqual(left[key], right[key]));
    }

    const types = {
        isDate: (value) => value instanceof Date,
        isRegExp: (value) => value instanceof RegExp,
        isPromise: (value) => value instanceof Promise,
        isMap: (value) => value instanceof Map,
        isSet: (value) => value instanceof Set,
        isNativeError: (value) => value instanceof Error,
        isTypedArray: (value) => ArrayBuffer.isView(value) && !(value instanceof DataView),
        isUint8Array: (value) => value instanceof Uint8Array,
        isAnyArrayBuffer: (value) => value instanceof ArrayBuffer,
    };

    const { TextEncoder, TextDecoder } = piece('text');
    const module = {
        inspect, format, promisify, callbackify, inherits, isDeepStrictEqual, types, TextEncoder, TextDecoder,
        deprecate: (original) => original, isArray: Array.isArray, debuglog: () => () => {},
    };
    module.inspect.custom = Symbol.for('nodejs.util.inspect.custom');
    module.promisify.custom = Symbol.for('nodejs.util.promisify.custom');
    return { module };
}

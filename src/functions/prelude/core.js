// What every call begins with: the function's surroundings, and the way in and out.
//
// `host` is all that Rust offers; nothing of it is a global, and everything in it is harmless in the app's hands.
// Whatever a call may not need (BSON, HTTP, URL, …) is a piece of its own, loaded when it is first touched, because each
// call begins in a context of its own.
export default function (host) {
    const { defineProperty } = Object;
    const MOST_NESTED_EXECUTIONS = 32;

    // --- Room to compile in ---

    // The engine survives running out of memory, but not while it compiles or loads bytecode: it writes where it must
    // not. So whatever is compiled finds its room first, or fails here, where the engine notices. `host.room` says how
    // much that is. What a call begins with was given its room by the host, and looks for none.
    const RealArrayBuffer = ArrayBuffer;
    const realEval = globalThis.eval;
    const { construct } = Reflect;
    const { room, roomOfPiece } = host;

    function makeRoom(bytes) {
        // Gone again at once.
        new RealArrayBuffer(bytes);
    }

    // Like an indirect `eval`, which sees globals only.
    function guardedEval(source) {
        if (typeof source !== 'string') {
            return source;
        }
        makeRoom(room(source.length));
        return realEval(source);
    }

    // Stands for `Function` and its kin, which are all reached through the prototypes of functions.
    function guardedConstructor(Real, name, parent) {
        function Guarded(...parts) {
            const texts = parts.map(String);
            makeRoom(room(texts.reduce((sum, text) => sum + text.length, 0)));
            return construct(Real, texts, new.target === undefined || new.target === Guarded ? Real : new.target);
        }
        Object.setPrototypeOf(Guarded, parent);
        defineProperty(Guarded, 'name', { value: name });
        defineProperty(Guarded, 'length', { value: 1 });
        defineProperty(Guarded, 'prototype', { value: Real.prototype, writable: false });
        defineProperty(Real.prototype, 'constructor', { value: Guarded });
        return Guarded;
    }

    const GuardedFunction = guardedConstructor(Function, 'Function', Function.prototype);
    for (const example of [async () => {}, function* () {}, async function* () {}]) {
        const Real = example.constructor;
        guardedConstructor(Real, Real.name, GuardedFunction);
    }

    // --- The pieces of the prelude ---

    const pieces = new Map();
    function piece(name) {
        if (!pieces.has(name)) {
            makeRoom(roomOfPiece);
            pieces.set(name, host.piece(name)(host, piece, lazily));
        }
        return pieces.get(name);
    }

    // A property that is made when it is first read.
    function lazily(target, name, enumerable, make) {
        const settle = (value) => defineProperty(target, name, { value, writable: true, configurable: true, enumerable });
        defineProperty(target, name, {
            configurable: true,
            enumerable,
            get() {
                const value = make();
                settle(value);
                return value;
            },
            set: settle,
        });
    }

    // EJSON text as values. Text without a key that begins with a dollar sign is plain JSON.
    function decode(text) {
        const value = JSON.parse(text);
        return text.includes('"$') ? piece('ejson').decode(value, true) : value;
    }

    // A result as the text of canonical EJSON. What is JSON as well needs no encoder.
    function encode(result) {
        switch (typeof result) {
            case 'undefined':
                return undefined;
            case 'string':
                return JSON.stringify(result.toWellFormed());
            case 'boolean':
                return String(result);
            case 'number':
                if (isInt(result)) {
                    return `{"$numberInt":"${result}"}`;
                }
                break;
            case 'object':
                if (result === null) {
                    return 'null';
                }
        }
        return piece('ejson').encodeText(result, false);
    }

    function isInt(number) {
        return (number | 0) === number && !Object.is(number, -0);
    }

    // --- Errors, as the original words them ---

    function describe(error) {
        try {
            if (typeof error === 'string') {
                return error.toWellFormed();
            }
            if (error !== null && typeof error === 'object') {
                const { name, message } = error;
                if (error instanceof Error || typeof message === 'string') {
                    return named(String(name ?? 'Error'), String(message ?? '')).toWellFormed();
                }
                return piece('ejson').encodeText(error, true);
            }
            return String(error).toWellFormed();
        } catch {
            return 'Error: the thrown value cannot be shown';
        }
    }

    function named(name, message) {
        if (name === 'ReferenceError') {
            message = message.replace(/^([^\s']+) is not (defined|initialized)$/, "'$1' is not $2");
        } else if (name === 'TypeError') {
            message = message.replace(/^cannot read property '(.*)' of (undefined|null)$/, "Cannot access member '$1' of $2");
        }
        return message === '' ? name : `${name}: ${message}`;
    }

    // --- console ---

    function shown(value) {
        if (typeof value === 'string') {
            return value;
        }
        if (value instanceof Error) {
            return describe(value);
        }
        if (typeof value === 'function' || typeof value === 'symbol' || value === undefined) {
            return String(value);
        }
        try {
            return piece('ejson').encodeText(value, true);
        } catch {
            return String(value);
        }
    }

    function print(isError, values) {
        if (!host.logIsFull()) {
            host.log(isError, values.map(shown).join(' ').toWellFormed());
        }
    }

    const console = {};
    for (const level of ['log', 'info', 'debug', 'dir', 'table', 'trace']) {
        console[level] = (...values) => print(false, values);
    }
    for (const level of ['error', 'warn']) {
        console[level] = (...values) => print(true, values);
    }
    console.assert = (holds, ...values) => {
        if (!holds) {
            print(true, ['Assertion failed:', ...values]);
        }
    };

    // --- Timers ---

    const timers = new Map();
    let timerCount = 0;

    function startTimer(callback, delay, repeats, values) {
        if (typeof callback !== 'function') {
            throw new TypeError('the callback of a timer must be a function');
        }
        timerCount += 1;
        const id = timerCount;
        const milliseconds = Math.max(Number(delay) || 0, repeats ? 1 : 0);
        host.wake(id, milliseconds);
        timers.set(id, { callback, values, milliseconds, repeats });
        return id;
    }

    function stopTimer(id) {
        if (timers.delete(id)) {
            host.forget(id);
        }
    }

    // Called by the host when a timer is due.
    function fire(id) {
        const timer = timers.get(id);
        if (timer === undefined) {
            return;
        }
        if (timer.repeats) {
            host.wake(id, timer.milliseconds);
        } else {
            timers.delete(id);
        }
        try {
            timer.callback(...timer.values);
        } catch (error) {
            print(true, ['uncaught in a timer:', error]);
        }
    }

    // --- Time and chance, which are arguments of the call ---

    const RealDate = Date;
    function CallDate(...parts) {
        if (new.target === undefined) {
            return new RealDate(host.now()).toString();
        }
        return Reflect.construct(RealDate, parts.length === 0 ? [host.now()] : parts, new.target);
    }
    defineProperty(CallDate, 'prototype', { value: RealDate.prototype });
    defineProperty(CallDate, 'name', { value: 'Date' });
    defineProperty(CallDate, 'length', { value: 7 });
    for (const [name, value] of [['UTC', RealDate.UTC], ['parse', RealDate.parse], ['now', () => host.now()]]) {
        defineProperty(CallDate, name, { value, writable: true, configurable: true });
    }
    defineProperty(RealDate.prototype, 'constructor', { value: CallDate });

    // --- The context of a function ---

    const shared = {};
    lazily(shared, 'user', true, () => decode(host.scene('user')));
    lazily(shared, 'app', true, () => decode(host.scene('app')));
    lazily(shared, 'request', true, () => decode(host.scene('request')));
    lazily(shared, 'environment', true, () => decode(host.scene('environment')));
    lazily(shared, 'http', true, () => piece('http').client);
    shared.values = {
        get(name) {
            const text = host.value(String(name));
            return text === undefined ? undefined : decode(text);
        },
    };
    shared.services = { get: (name) => service(String(name)) };

    // A service of the app. None can be linked yet, and asking for one harms nobody: using it says what is missing.
    function service(name) {
        return new Proxy({}, {
            get(_, member) {
                if (typeof member === 'symbol' || member === 'then' || member === 'toJSON' || member === 'toBSON') {
                    return undefined;
                }
                throw new Error(`service '${name}' is not linked: no data source answers '${member}'`);
            },
        });
    }

    function contextOf(isSystem, depth) {
        const context = Object.create(shared);
        context.runningAsSystem = () => isSystem;
        context.functions = {
            execute(name, ...values) {
                if (depth >= MOST_NESTED_EXECUTIONS) {
                    throw new Error(`functions executed each other more than ${MOST_NESTED_EXECUTIONS} deep at '${name}'`);
                }
                return execute(String(name), values, isSystem, depth + 1);
            },
        };
        return context;
    }

    const compiled = new Map();

    // Compiles the function that is called, while there is more memory than the call may have.
    function prepare(name) {
        try {
            compiled.set(name, host.compile(name, true));
        } catch {
            // Whatever it was, it comes again where it is told.
        }
    }

    function execute(name, values, isSystem, depth) {
        if (!compiled.has(name)) {
            compiled.set(name, host.compile(name, false));
        }
        const { make, runsAsSystem } = compiled.get(name);
        const context = contextOf(isSystem || runsAsSystem, depth);
        const exported = make(context, (request) => piece('require').requireFrom(name, 'functions', request));
        if (typeof exported !== 'function') {
            throw new TypeError(`function '${name}' sets exports to no function`);
        }
        return exported(...values);
    }

    // --- Globals ---

    const globals = {
        setTimeout: (callback, delay, ...values) => startTimer(callback, delay, false, values),
        setInterval: (callback, delay, ...values) => startTimer(callback, delay, true, values),
        setImmediate: (callback, ...values) => startTimer(callback, 0, false, values),
        clearTimeout: stopTimer,
        clearInterval: stopTimer,
        clearImmediate: stopTimer,
        Date: CallDate,
        console,
        global: globalThis,
        eval: guardedEval,
        Function: GuardedFunction,
    };
    for (const name in globals) {
        defineProperty(globalThis, name, { value: globals[name], writable: true, configurable: true });
    }
    defineProperty(Math, 'random', { value: () => host.random(), writable: true, configurable: true });
    const made = {
        EJSON: () => piece('ejson').EJSON,
        BSON: () => piece('bson').BSON,
        utils: () => piece('utils').utils,
        fetch: () => piece('http').fetch,
        Headers: () => piece('http').Headers,
        Response: () => piece('http').Response,
        URL: () => piece('url').URL,
        URLSearchParams: () => piece('url').URLSearchParams,
        TextEncoder: () => piece('text').TextEncoder,
        TextDecoder: () => piece('text').TextDecoder,
        structuredClone: () => piece('text').structuredClone,
        Buffer: () => piece('buffer').Buffer,
        crypto: () => piece('crypto').webcrypto,
        process: () => ({ env: {}, argv: [], platform: 'passerby', version: 'v18.0.0', versions: {}, nextTick: (callback, ...values) => queueMicrotask(() => callback(...values)) }),
    };
    for (const name in made) {
        lazily(globalThis, name, false, made[name]);
    }

    // --- The way in and out ---

    async function run(name, text) {
        try {
            const result = await execute(name, decode(text), host.isSystem, 0);
            host.finish(encode(result));
        } catch (error) {
            // The engine throws null where there is no memory left for an error.
            host.fail(error === null ? 'InternalError: out of memory' : describe(error));
        }
    }

    return { prepare, run, fire, makeRoom, answer: (...values) => piece('http').answer(...values) };
}

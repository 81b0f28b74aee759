// `require`: packages that come with the app, and small stand-ins for some of Node's modules.
export default function (host, piece) {
    const builtins = {
        crypto: () => piece('crypto').node,
        buffer: () => piece('buffer').module,
        url: () => piece('url').module,
        querystring: () => piece('querystring').module,
        util: () => piece('util').module,
    };
    const loaded = new Map();

    // Loads what `request` names, seen from a directory, for the function `name`.
    function requireFrom(name, directory, request) {
        const bare = String(request).replace(/^node:/, '');
        if (Object.hasOwn(builtins, bare)) {
            return builtins[bare]();
        }
        const path = host.resolve(directory, String(request));
        if (path === undefined) {
            throw new Error(`function '${name}' requires '${request}', which ${host.absence(bare)}`);
        }
        if (loaded.has(path)) {
            return loaded.get(path).exports;
        }
        const module = { exports: {}, id: path, filename: path, loaded: false, children: [] };
        loaded.set(path, module);
        try {
            run(name, path, module);
        } catch (error) {
            loaded.delete(path);
            throw error;
        }
        module.loaded = true;
        return module.exports;
    }

    function run(name, path, module) {
        if (path.endsWith('.json')) {
            module.exports = JSON.parse(host.text(path));
            return;
        }
        const directory = path.slice(0, path.lastIndexOf('/'));
        const require = (request) => requireFrom(name, directory, request);
        require.resolve = (request) => host.resolve(directory, String(request)) ?? request;
        require.cache = {};
        module.require = require;
        host.compileModule(name, path).call(module.exports, module.exports, require, module, path, directory);
    }

    return { requireFrom };
}

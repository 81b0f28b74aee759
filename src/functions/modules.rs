//! The JavaScript packages that came with the app, found as Node finds them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// The directory below which packages lie.
pub(super) const HOME: &str = "functions/node_modules/";

/// What may stand at the end of a file's name without being said.
const ENDINGS: [&str; 4] = ["", ".js", ".json", ".cjs"];

/// Under which names a package offers a file to `require`, in our order.
const CONDITIONS: [&str; 3] = ["require", "node", "default"];

/// Modules of Node that no function can have, and those for which there are stand-ins.
const NODE: &[&str] = &[
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "fs/promises",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
    "trace_events",
];

/// Whether `name` is a module of Node itself.
fn is_node_module(name: &str) -> bool {
    NODE.contains(&name)
}

/// Whether a file may be code or data of a package.
pub(super) fn is_code(path: &str) -> bool {
    [".js", ".cjs", ".mjs", ".json"].iter().any(|ending| path.ends_with(ending))
}

/// The files of packages, by their paths in the app directory.
#[derive(Debug, Default)]
pub(super) struct Modules {
    files: BTreeMap<String, Arc<str>>,
    /// Archives of packages that could not be unpacked, and why.
    pub(super) unread: Vec<(&'static str, String)>,
}

impl Modules {
    /// Takes a file, unless there is one of that path.
    pub(super) fn add(&mut self, path: String, text: &str) {
        self.files.entry(path).or_insert_with(|| Arc::from(text));
    }

    /// The text of a file.
    pub(super) fn text(&self, path: &str) -> Option<&Arc<str>> {
        self.files.get(path)
    }

    /// Why nothing was found under that name; it finishes the sentence "the function requires it, which".
    pub(super) fn absence(&self, request: &str) -> String {
        if is_node_module(request) {
            return "needs a whole Node.js".to_owned();
        }
        if request.ends_with(".node") {
            return "is native code: only JavaScript can be required".to_owned();
        }
        let absent = "did not come with the app in functions/node_modules";
        match self.unread.first() {
            Some((archive, why)) => format!("{absent}, and {archive} {why}"),
            None => absent.to_owned(),
        }
    }

    /// The file that `request` means in a module of `directory`.
    pub(super) fn resolve(&self, directory: &str, request: &str) -> Option<String> {
        if request.starts_with("./") || request.starts_with("../") || matches!(request, "." | "..") {
            return self.file_or_directory(&joined(directory, request)?);
        }
        let mut above = Some(directory);
        while let Some(place) = above {
            if let Some(found) = self.package(&format!("{place}/node_modules"), request.trim_end_matches('/'))
            {
                return Some(found);
            }
            above = place.rsplit_once('/').map(|(parent, _)| parent);
        }
        None
    }

    /// Whether a file is an ES module, which `require` cannot load.
    pub(super) fn is_es_module(&self, path: &str) -> bool {
        if path.ends_with(".mjs") || path.ends_with(".cjs") {
            return path.ends_with(".mjs");
        }
        let mut place = path;
        while let Some((parent, _)) = place.rsplit_once('/') {
            if let Some(manifest) = self.manifest(parent) {
                return manifest.get("type").and_then(Value::as_str) == Some("module");
            }
            place = parent;
        }
        false
    }

    /// A package's file: `name`, `@scope/name`, each possibly with a path below it.
    fn package(&self, home: &str, request: &str) -> Option<String> {
        let words = if request.starts_with('@') { 2 } else { 1 };
        let end = request.match_indices('/').nth(words - 1).map_or(request.len(), |(at, _)| at);
        let (name, below) = (&request[..end], request[end..].trim_start_matches('/'));
        let root = format!("{home}/{name}");
        if let Some(exports) = self.manifest(&root).as_ref().and_then(|manifest| manifest.get("exports")) {
            let target = exported(exports, below)?;
            return self.file_or_directory(&joined(&root, &target)?);
        }
        if below.is_empty() {
            self.file_or_directory(&root)
        } else {
            self.file_or_directory(&joined(&root, below)?)
        }
    }

    fn file_or_directory(&self, path: &str) -> Option<String> {
        self.file(path)
            .or_else(|| {
                let main = self.manifest(path)?.get("main")?.as_str()?.to_owned();
                let main = joined(path, &main)?;
                self.file(&main).or_else(|| self.file(&format!("{main}/index")))
            })
            .or_else(|| self.file(&format!("{path}/index")))
    }

    fn file(&self, path: &str) -> Option<String> {
        ENDINGS.iter().map(|ending| format!("{path}{ending}")).find(|path| self.files.contains_key(path))
    }

    fn manifest(&self, directory: &str) -> Option<Value> {
        serde_json::from_str(self.files.get(&format!("{directory}/package.json"))?).ok()
    }
}

/// What a package's `exports` say of a path below it, empty for the package itself.
fn exported(exports: &Value, below: &str) -> Option<String> {
    let paths = exports.as_object().filter(|map| map.keys().any(|key| key.starts_with('.')));
    let Some(paths) = paths else {
        return if below.is_empty() { conditional(exports) } else { None };
    };
    let wanted = if below.is_empty() { ".".to_owned() } else { format!("./{below}") };
    if let Some(exact) = paths.get(&wanted) {
        return conditional(exact);
    }
    paths.iter().find_map(|(pattern, target)| {
        let (before, after) = pattern.split_once('*')?;
        let middle = wanted.strip_prefix(before)?.strip_suffix(after)?;
        Some(conditional(target)?.replace('*', middle))
    })
}

fn conditional(target: &Value) -> Option<String> {
    match target {
        Value::String(path) => Some(path.clone()),
        Value::Array(choices) => choices.iter().find_map(conditional),
        Value::Object(map) => map
            .iter()
            .filter(|(condition, _)| CONDITIONS.contains(&condition.as_str()))
            .find_map(|(_, inside)| conditional(inside)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// `request` seen from `directory`, or `None` if that leaves the app.
fn joined(directory: &str, request: &str) -> Option<String> {
    let mut kept: Vec<&str> = directory.split('/').collect();
    for segment in request.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop()?;
            }
            name => kept.push(name),
        }
    }
    Some(kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(files: &[(&str, &str)]) -> Modules {
        let mut modules = Modules::default();
        files.iter().for_each(|(path, text)| modules.add(format!("{HOME}{path}"), text));
        modules
    }

    #[test]
    fn packages_are_found_by_main_index_and_exports() {
        let modules = modules(&[
            ("plain/index.js", ""),
            ("main/package.json", r#"{"main": "./lib/start"}"#),
            ("main/lib/start.js", ""),
            ("main/node_modules/inner/index.js", ""),
            ("@scope/name/index.js", ""),
            ("@scope/name/deep/file.js", ""),
            (
                "new/package.json",
                r#"{"exports": {".": {"import": "./a.mjs", "require": "./a.cjs"}, "./x/*": "./y/*.js"}}"#,
            ),
            ("new/a.cjs", ""),
            ("new/a.mjs", ""),
            ("new/y/z.js", ""),
            ("string/package.json", r#"{"exports": "./only.js"}"#),
            ("string/only.js", ""),
            ("string/hidden.js", ""),
        ]);
        let found =
            |from: &str, request: &str| modules.resolve(from, request).map(|path| path.replacen(HOME, "", 1));
        assert_eq!(found("functions", "plain").as_deref(), Some("plain/index.js"));
        assert_eq!(found("functions", "main").as_deref(), Some("main/lib/start.js"));
        assert_eq!(found("functions", "inner"), None);
        let inside = "functions/node_modules/main/lib";
        assert_eq!(found(inside, "inner").as_deref(), Some("main/node_modules/inner/index.js"));
        assert_eq!(found(inside, "./start").as_deref(), Some("main/lib/start.js"));
        assert_eq!(found(inside, "..").as_deref(), Some("main/lib/start.js"));
        assert_eq!(found(inside, "plain").as_deref(), Some("plain/index.js"));
        assert_eq!(found("functions", "@scope/name").as_deref(), Some("@scope/name/index.js"));
        assert_eq!(found("functions", "@scope/name/deep/file").as_deref(), Some("@scope/name/deep/file.js"));
        assert_eq!(found("functions", "new").as_deref(), Some("new/a.cjs"));
        assert_eq!(found("functions", "new/x/z").as_deref(), Some("new/y/z.js"));
        assert_eq!(found("functions", "new/a.mjs"), None);
        assert_eq!(found("functions", "string").as_deref(), Some("string/only.js"));
        assert_eq!(found("functions", "string/hidden"), None);
        assert_eq!(found("functions", "absent"), None);
        assert_eq!(found("functions", "../../../../etc/passwd"), None);
    }

    #[test]
    fn es_modules_are_told_by_name_or_manifest() {
        let modules = modules(&[("new/package.json", r#"{"type": "module"}"#), ("old/package.json", "{}")]);
        let is_es = |path: &str| modules.is_es_module(&format!("{HOME}{path}"));
        assert!(is_es("new/index.js") && is_es("old/a.mjs"));
        assert!(!is_es("new/index.cjs") && !is_es("old/index.js"));
    }
}

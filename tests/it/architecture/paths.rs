//! Which paths a source file names, each as seen from the crate's root.

use std::collections::{HashMap, HashSet};

use super::words::{What, Word, words};

/// A source file, read.
pub(super) struct Source {
    /// Relative to the package.
    pub(super) file: String,
    /// The module that the file is.
    pub(super) module: Vec<String>,
    /// Every path of two or more steps, and every import.
    pub(super) paths: Vec<Named>,
    /// Every string, with its line.
    pub(super) strings: Vec<(usize, String)>,
    code: HashSet<usize>,
}

/// A path that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    /// Whether it is of our crate; otherwise it begins with another crate's name.
    pub(super) ours: bool,
    pub(super) path: Vec<String>,
    /// Whether it is handed on with `pub use`.
    pub(super) handed_on: bool,
}

impl Source {
    pub(super) fn read(file: &str, text: &str) -> Source {
        let words = words(text);
        let module = module_of(file);
        let mut reader = Reader { words: &words, at: 0, raw: Vec::new(), children: HashSet::new() };
        reader.read(&module);
        let Reader { raw, children, .. } = reader;
        let strings = words.iter().filter_map(|w| match &w.what {
            What::Text(text) => Some((w.line, text.clone())),
            _ => None,
        });
        Source {
            file: file.to_owned(),
            paths: resolve(&raw, &module, &children),
            module,
            strings: strings.collect(),
            code: words.iter().map(|w| w.line).collect(),
        }
    }

    pub(super) fn lines_of_code(&self) -> usize {
        self.code.len()
    }
}

/// `src/a/b.rs` and `src/a/b/mod.rs` are `a::b`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if matches!(path, "lib" | "main") { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// A path as it is written.
struct Raw {
    line: usize,
    /// The module it is written in.
    module: Vec<String>,
    path: Vec<String>,
    /// The name an import gives it.
    import: Option<String>,
    handed_on: bool,
}

struct Reader<'w> {
    words: &'w [Word],
    at: usize,
    raw: Vec<Raw>,
    /// Modules that the file declares.
    children: HashSet<String>,
}

impl Reader<'_> {
    fn read(&mut self, file_module: &[String]) {
        let mut module = file_module.to_vec();
        // The depths of braces at which inner modules began.
        let (mut depth, mut inner) = (0, Vec::new());
        while self.at < self.words.len() {
            match &self.words[self.at].what {
                What::Sign('{') => depth += 1,
                What::Sign('}') => {
                    depth -= 1;
                    if inner.last() == Some(&depth) {
                        inner.pop();
                        module.pop();
                    }
                }
                What::Name(name) if name == "mod" => {
                    if let Some(child) = self.name(1) {
                        match self.sign(2) {
                            Some(';') => {
                                self.children.insert(child);
                            }
                            Some('{') => {
                                inner.push(depth);
                                module.push(child);
                            }
                            _ => {}
                        }
                    }
                }
                What::Name(name) if name == "use" => {
                    let handed_on = self.at > 0 && self.is_public();
                    self.at += 1;
                    self.import(&module, &[], handed_on);
                    continue;
                }
                What::Name(_) if self.step(1) => {
                    self.path(&module);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Whether the `use` here is `pub use`, for everybody.
    fn is_public(&self) -> bool {
        self.words[self.at - 1].what == What::Name("pub".to_owned())
    }

    fn name(&self, ahead: usize) -> Option<String> {
        match &self.words.get(self.at + ahead)?.what {
            What::Name(name) => Some(name.clone()),
            _ => None,
        }
    }

    fn sign(&self, ahead: usize) -> Option<char> {
        match self.words.get(self.at + ahead)?.what {
            What::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    fn step(&self, ahead: usize) -> bool {
        self.words.get(self.at + ahead).is_some_and(|w| w.what == What::Step)
    }

    /// A path in code, up to what is no plain name.
    fn path(&mut self, module: &[String]) {
        let line = self.words[self.at].line;
        let mut path = Vec::new();
        while let Some(name) = self.name(0) {
            path.push(name);
            self.at += 1;
            if !self.step(0) {
                break;
            }
            self.at += 1;
        }
        self.raw.push(Raw { line, module: module.to_vec(), path, import: None, handed_on: false });
    }

    /// One branch of an import's tree; stops behind it.
    fn import(&mut self, module: &[String], before: &[String], handed_on: bool) {
        let mut path = before.to_vec();
        if self.step(0) {
            self.at += 1;
        }
        while self.at < self.words.len() {
            let line = self.words[self.at].line;
            if let Some(name) = self.name(0) {
                path.push(name);
                self.at += 1;
                if self.step(0) {
                    self.at += 1;
                    continue;
                }
                let mut import = path.last().cloned();
                if self.name(0).is_some_and(|word| word == "as") {
                    import = self.name(1);
                    self.at += 2;
                }
                if path.last().is_some_and(|last| last == "self") {
                    path.pop();
                    import = import.filter(|name| name != "self").or_else(|| path.last().cloned());
                }
                self.raw.push(Raw { line, module: module.to_vec(), path, import, handed_on });
                return;
            }
            match self.sign(0) {
                Some('{') => {
                    self.at += 1;
                    while self.sign(0) != Some('}') && self.at < self.words.len() {
                        self.import(module, &path, handed_on);
                        if self.sign(0) == Some(',') {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                Some('*') => {
                    self.at += 1;
                    path.push("*".to_owned());
                    self.raw.push(Raw { line, module: module.to_vec(), path, import: None, handed_on });
                    return;
                }
                _ => {
                    self.at += 1;
                    return;
                }
            }
        }
    }
}

fn resolve(raw: &[Raw], file_module: &[String], children: &HashSet<String>) -> Vec<Named> {
    let absolute = |raw: &Raw, imports: &HashMap<&str, Vec<String>>| -> Option<(bool, Vec<String>)> {
        let (first, rest) = raw.path.split_first()?;
        let within = |base: &[String], rest: &[String]| [base, rest].concat();
        Some(match first.as_str() {
            "crate" | "passerby" => (true, rest.to_vec()),
            "self" => (true, within(&raw.module, rest)),
            "super" => {
                let ups = raw.path.iter().take_while(|step| *step == "super").count();
                let base = raw.module.len().saturating_sub(ups);
                (true, within(&raw.module[..base], &raw.path[ups..]))
            }
            name if imports.contains_key(name) => (true, within(&imports[name], rest)),
            name if children.contains(name) => (true, within(file_module, &raw.path)),
            _ => (false, raw.path.clone()),
        })
    };
    // What the file imports of ours, and of modules such as `std::time`, by the name it has here.
    let none = HashMap::new();
    let (mut ours, mut others) = (HashMap::new(), HashMap::new());
    for raw in raw.iter().filter(|raw| raw.import.is_some()) {
        let name = raw.import.as_deref().unwrap_or_default();
        match absolute(raw, &none) {
            Some((true, path)) => drop(ours.insert(name, path)),
            Some((false, path)) if path.len() > 1 => drop(others.insert(name, path)),
            _ => {}
        }
    }
    let named = raw.iter().filter_map(|raw| {
        let known = if raw.import.is_some() { &none } else { &ours };
        let (is_ours, mut path) = absolute(raw, known)?;
        if !is_ours
            && raw.import.is_none()
            && let Some(full) = others.get(path[0].as_str())
        {
            path.splice(..1, full.iter().cloned());
        }
        Some(Named { line: raw.line, ours: is_ours, path, handed_on: raw.handed_on })
    });
    named.collect()
}

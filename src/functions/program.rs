//! An app's functions, read from the files of its directory.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::archive::unpack;
use super::modules::{HOME, Modules, is_code};
use super::rule::Rule;
use super::task::syntax_error;
use crate::model::{BadJson, PACKAGE_ARCHIVES, read_json};

/// An app's functions, and the packages they may require.
#[derive(Debug, Default)]
pub struct Program {
    functions: BTreeMap<String, Function>,
    pub(super) modules: Modules,
}

/// A function of an app.
#[derive(Debug)]
pub struct Function {
    /// The name by which it is called, `a/b` for one in a folder.
    pub name: String,
    /// Whether only the app itself may call it.
    pub is_private: bool,
    /// Whether it always runs as the system user.
    pub runs_as_system: bool,
    /// Whether its arguments stay out of the log.
    pub hides_arguments: bool,
    pub(super) rule: Option<Rule>,
    pub(super) file: String,
    pub(super) source: Source,
}

/// The source of a function.
#[derive(Debug)]
pub(super) enum Source {
    /// An expression whose value makes the function, given its context and its `require`.
    Good(String),
    /// What is wrong with the source.
    Bad(String),
}

/// What is wrong with a function's files. The other functions work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file in the app directory.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

/// `functions/greet.js:3: function 'greet': unexpected token`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl Program {
    /// Reads the functions of both layouts: `functions/<name>/{config.json,source.js}`, and `functions/config.json` with
    /// `functions/**/*.js`; and packages, as files or in an archive. Files outside `functions/` are left alone. Findings
    /// come in the order of the files.
    pub fn read(files: &[(String, Vec<u8>)]) -> (Program, Vec<Finding>) {
        let mut reading = Reading::default();
        for (path, bytes) in files {
            if path.starts_with(HOME) {
                reading.module(path, bytes);
            } else if path.starts_with("functions/") {
                reading.files.insert(path, bytes);
            }
        }
        reading.archives();
        reading.listed();
        reading.foldered();
        reading.findings.sort_by(|left, right| (&left.file, left.line).cmp(&(&right.file, right.line)));
        (Program { functions: reading.functions, modules: reading.modules }, reading.findings)
    }

    /// The function of that name.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.get(name)
    }

    /// The length of the source of that function, in bytes, with what is around it.
    pub(super) fn source_length(&self, name: &str) -> usize {
        match self.functions.get(name).map(|function| &function.source) {
            Some(Source::Good(source)) => source.len(),
            Some(Source::Bad(_)) | None => 0,
        }
    }

    /// All functions, by name.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.functions.values()
    }
}

impl Function {
    /// What keeps the function from being run, if anything.
    pub fn problem(&self) -> Option<&str> {
        match &self.source {
            Source::Good(_) => None,
            Source::Bad(message) => Some(message),
        }
    }
}

#[derive(Default)]
struct Reading<'a> {
    files: BTreeMap<&'a str, &'a [u8]>,
    functions: BTreeMap<String, Function>,
    modules: Modules,
    findings: Vec<Finding>,
}

impl<'a> Reading<'a> {
    fn module(&mut self, path: &str, bytes: &[u8]) {
        if let (true, Ok(text)) = (is_code(path), std::str::from_utf8(bytes)) {
            self.modules.add(path.to_owned(), text);
        }
    }

    /// Packages that came in an archive. What lies beside it as a file stands above it.
    fn archives(&mut self) {
        for archive in PACKAGE_ARCHIVES {
            let Some(bytes) = self.files.get(archive) else { continue };
            match unpack(archive, bytes) {
                Ok(files) => {
                    files.iter().for_each(|(path, text)| self.modules.add(format!("{HOME}{path}"), text));
                }
                Err(why) => {
                    self.find(archive, None, format!("the archive {why}"));
                    self.modules.unread.push((archive, why));
                }
            }
        }
    }

    /// The newer layout: one list for all functions.
    fn listed(&mut self) {
        const LIST: &str = "functions/config.json";
        let Some(list) = self.json(LIST) else { return };
        let Some(list) = list.as_array() else {
            self.find(LIST, None, "expected a list of functions".to_owned());
            return;
        };
        for config in list {
            match config.get("name").and_then(Value::as_str) {
                Some(name) if !name.is_empty() => {
                    self.function(name, LIST, config, &format!("functions/{name}.js"));
                }
                _ => self.find(LIST, None, "a function has no name".to_owned()),
            }
        }
    }

    /// The older layout: a folder for each function.
    fn foldered(&mut self) {
        let folders: Vec<&str> = self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix("functions/")?.strip_suffix("/config.json"))
            .collect();
        for folder in folders {
            let config_file = format!("functions/{folder}/config.json");
            let source_file = format!("functions/{folder}/source.js");
            let Some(config) = self.json(&config_file) else { continue };
            let name =
                config.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or(folder);
            self.function(name, &config_file, &config, &source_file);
        }
    }

    fn function(&mut self, name: &str, config_file: &str, config: &Value, source_file: &str) {
        if self.functions.contains_key(name) {
            self.find(config_file, None, format!("function '{name}' is there twice: the first one counts"));
            return;
        }
        let is = |key: &str| config.get(key).and_then(Value::as_bool).unwrap_or(false);
        let rule = config.get("can_evaluate").and_then(Rule::new);
        if let Some(Err(unknown)) = rule.as_ref().map(Rule::check) {
            let message = format!(
                "function '{name}': can_evaluate holds `{}`, which is not understood: clients are refused",
                unknown.0
            );
            self.find(config_file, None, message);
        }
        let function = Function {
            name: name.to_owned(),
            is_private: is("private"),
            runs_as_system: is("run_as_system"),
            hides_arguments: is("disable_arg_logs"),
            rule,
            file: source_file.to_owned(),
            source: self.source(name, config_file, source_file),
        };
        self.functions.insert(name.to_owned(), function);
    }

    fn source(&mut self, name: &str, config_file: &str, source_file: &str) -> Source {
        let Some(bytes) = self.files.get(source_file) else {
            self.find(
                config_file,
                None,
                format!("function '{name}' has no source: `{source_file}` is missing"),
            );
            return Source::Bad(format!("`{source_file}` is missing"));
        };
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.find(
                source_file,
                None,
                format!("function '{name}': expected UTF-8 text, found other bytes"),
            );
            return Source::Bad("the source is no UTF-8 text".to_owned());
        };
        let wrapped = wrapped(text.strip_prefix('\u{feff}').unwrap_or(text));
        match syntax_error(&wrapped, source_file) {
            None => Source::Good(wrapped),
            Some((line, message)) => {
                self.find(source_file, line, format!("function '{name}': {message}"));
                Source::Bad(message)
            }
        }
    }

    fn json(&mut self, path: &str) -> Option<Value> {
        match read_json(self.files.get(path)?) {
            Ok(value) => Some(value),
            Err(BadJson { line, message }) => {
                self.find(path, Some(line), message);
                None
            }
        }
    }

    fn find(&mut self, file: &str, line: Option<usize>, message: String) {
        self.findings.push(Finding { file: file.to_owned(), line, message });
    }
}

/// The source inside functions, so that its names stay its own and it may name anything as it likes. It begins on the
/// first line, so that lines in errors are the source's.
fn wrapped(source: &str) -> String {
    format!(
        "(function(context,require){{var exports={{}},module={{exports:{{}}}};(function(){{{source}\n}}).call(globalThis);\
         return typeof exports==='function'?exports:module.exports}})"
    )
}

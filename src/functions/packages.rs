//! The packages of an app as such, for whoever compares them: what they are called, and what is in them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::archive::{Unpacked, unpack};
use super::modules::{HOME, is_code};
use crate::model::PACKAGE_ARCHIVES;

/// What can be required without a package.
const STAND_INS: [&str; 5] = ["buffer", "crypto", "querystring", "url", "util"];

/// One package, below `functions/node_modules`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// The version that its `package.json` tells; empty when that tells none.
    pub version: String,
    /// Its JavaScript and JSON: paths below it, and texts.
    files: BTreeMap<String, String>,
}

/// Packages by name, such as `uuid` or `@scope/name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packages {
    /// Those that are there.
    pub named: BTreeMap<String, Package>,
    /// Archives that cannot be unpacked, and why.
    pub unread: Vec<(&'static str, String)>,
}

impl Packages {
    /// Those among the files of an app, of which the first of a path counts, as it does for a function.
    pub fn of_app(files: &BTreeMap<String, Vec<u8>>) -> Packages {
        let mut packages = Packages::default();
        for (path, bytes) in files.range(HOME.to_owned()..).take_while(|(path, _)| path.starts_with(HOME)) {
            if let (true, Ok(text)) = (is_code(path), std::str::from_utf8(bytes)) {
                packages.add(&path[HOME.len()..], text.to_owned());
            }
        }
        for archive in PACKAGE_ARCHIVES {
            match files.get(archive).map(|bytes| unpack(archive, bytes)) {
                Some(Ok(unpacked)) => packages.extend(unpacked),
                Some(Err(why)) => packages.unread.push((archive, why)),
                None => {}
            }
        }
        packages.versions()
    }

    /// Those in an archive, whose kind its name tells. The error finishes the sentence "the archive".
    pub fn of_archive(name: &str, bytes: &[u8]) -> Result<Packages, String> {
        let mut packages = Packages::default();
        packages.extend(unpack(name, bytes)?);
        Ok(packages.versions())
    }

    /// Whether a function can require a package of that name.
    pub fn offer(&self, name: &str) -> bool {
        STAND_INS.contains(&name) || self.named.contains_key(name)
    }

    fn extend(&mut self, unpacked: Unpacked) {
        unpacked.into_iter().for_each(|(path, text)| self.add(&path, text));
    }

    /// Takes a file by its path below `node_modules/`. Packers leave notes there, which are in no package.
    fn add(&mut self, path: &str, text: String) {
        let words = if path.starts_with('@') { 2 } else { 1 };
        let Some((end, _)) = path.match_indices('/').nth(words - 1) else { return };
        if !path.starts_with('.') {
            let package = self.named.entry(path[..end].to_owned()).or_default();
            package.files.entry(path[end + 1..].to_owned()).or_insert(text);
        }
    }

    fn versions(mut self) -> Packages {
        for package in self.named.values_mut() {
            let manifest = package.files.get("package.json");
            let manifest = manifest.and_then(|text| serde_json::from_str::<Value>(text).ok());
            let version = manifest.as_ref().and_then(|manifest| manifest.get("version")?.as_str());
            package.version = version.unwrap_or_default().to_owned();
        }
        self
    }
}

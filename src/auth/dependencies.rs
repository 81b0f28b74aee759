//! The packages that an app's functions need: what an upload of them changes, and whether it can be kept.
//!
//! An upload is an archive with `node_modules`, or the `package.json` that names packages. The original installed what
//! the latter names; nothing is installed here, so it is kept only when its packages are there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Error, Result};
use crate::functions::{Package, Packages};
use crate::model::read_json;

/// The list of packages, among an app's files and in an upload.
const LIST: &str = "package.json";
const LIST_PATH: &str = "functions/package.json";

/// What a tool uploads.
pub struct Upload {
    bytes: Vec<u8>,
    kind: Kind,
}

enum Kind {
    /// Packages, and where their archive stands among an app's files.
    Archive(&'static str, Packages),
    /// The names of packages, and which version of each is wanted.
    List(BTreeMap<String, String>),
}

/// A package that an upload changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageChange {
    /// Its name.
    pub name: String,
    /// The version that is there; `None` when the package is not.
    pub before: Option<String>,
    /// The version that comes; `None` when the package goes.
    pub after: Option<String>,
}

/// An app's files, by path.
type Files = BTreeMap<String, Vec<u8>>;

impl Upload {
    /// Reads an upload; what it is called tells a list from an archive.
    pub async fn read(name: &str, bytes: Vec<u8>) -> Result<Upload> {
        if name == LIST {
            let kind = Kind::List(list_of(&bytes).ok_or_else(|| {
                Error::BadParameter("`file`: package.json is no JSON object with `dependencies`".to_owned())
            })?);
            return Ok(Upload { bytes, kind });
        }
        let place = place(&bytes);
        let (bytes, packages) = apart(move || {
            let packages = Packages::of_archive(place, &bytes);
            (bytes, packages)
        })
        .await?;
        let packages = packages.map_err(|why| Error::BadParameter(format!("`file`: the archive {why}")))?;
        Ok(Upload { bytes, kind: Kind::Archive(place, packages) })
    }

    /// What it changes in an app with these files, by name.
    pub async fn changes(&self, files: Files) -> Result<Vec<PackageChange>> {
        let listed = files.get(LIST_PATH).and_then(|bytes| list_of(bytes)).unwrap_or_default();
        let here = apart(move || Packages::of_app(&files)).await?;
        Ok(match &self.kind {
            Kind::Archive(_, packages) => {
                differences(&here.named, &packages.named, |package: &Package| package.version.clone())
            }
            Kind::List(wanted) => {
                // What was listed and never came is not there to be changed.
                let before: BTreeMap<String, String> =
                    listed.into_iter().filter(|(name, _)| here.offer(name)).collect();
                let is_new = |change: &PackageChange| change.before.is_none() && here.offer(&change.name);
                let mut changes = differences(&before, wanted, String::clone);
                changes.retain(|change| !is_new(change));
                changes
            }
        })
    }

    /// Refuses a list that names what is not there.
    pub async fn check(&self, files: Files) -> Result<()> {
        let Kind::List(wanted) = &self.kind else { return Ok(()) };
        let here = apart(move || Packages::of_app(&files)).await?;
        let absent: Vec<String> =
            wanted.keys().filter(|name| !here.offer(name)).map(|name| format!("`{name}`")).collect();
        if absent.is_empty() {
            return Ok(());
        }
        Err(Error::BadParameter(format!(
            "package.json names {}, and nothing is installed here: run `npm install` in the folder functions, and \
             upload its node_modules",
            absent.join(", ")
        )))
    }

    /// Puts it among an app's files, an archive in place of all packages there.
    pub fn keep(&self, files: &mut Files) {
        match &self.kind {
            Kind::Archive(place, _) => {
                files.retain(|path, _| !is_packages(path));
                files.insert((*place).to_owned(), self.bytes.clone());
            }
            Kind::List(_) => {
                files.insert(LIST_PATH.to_owned(), self.bytes.clone());
            }
        }
    }
}

/// Why the packages among an app's files cannot be required, if so.
pub async fn unread_packages(files: Files) -> Result<Option<String>> {
    let here = apart(move || Packages::of_app(&files)).await?;
    Ok(here.unread.into_iter().next().map(|(archive, why)| format!("{archive} {why}")))
}

/// Does what takes a while and waits for nothing.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Unreadable("the packages".to_owned()))
}

/// What differs by name. Two of the same version may still differ.
fn differences<T: PartialEq>(
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
    version: impl Fn(&T) -> String,
) -> Vec<PackageChange> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    let change = |name: &String| PackageChange {
        name: name.clone(),
        before: before.get(name).map(&version),
        after: after.get(name).map(&version),
    };
    changed.map(change).collect()
}

fn list_of(bytes: &[u8]) -> Option<BTreeMap<String, String>> {
    let Value::Object(list) = read_json(bytes).ok()? else { return None };
    let none = Value::Object(Map::new());
    let named = list.get("dependencies").unwrap_or(&none).as_object()?;
    named.iter().map(|(name, version)| Some((name.clone(), version.as_str()?.to_owned()))).collect()
}

/// Whether a file belongs to what an archive takes the place of.
fn is_packages(path: &str) -> bool {
    path.starts_with("functions/node_modules/") || path.starts_with("functions/node_modules.")
}

/// Where an archive stands says its kind.
fn place(archive: &[u8]) -> &'static str {
    match archive {
        [b'P', b'K', ..] => "functions/node_modules.zip",
        [0x1f, 0x8b, ..] => "functions/node_modules.tar.gz",
        _ => "functions/node_modules.tar",
    }
}

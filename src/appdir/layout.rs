//! What lies where in an app directory.

use std::collections::BTreeSet;

use super::problem::Problem;
use super::tree::Tree;
use crate::model::Format;

/// The providers of the newer layouts.
pub(super) const PROVIDERS: &str = "auth/providers.json";
/// The directory of providers of the older layouts.
pub(super) const OLD_PROVIDERS: &str = "auth_providers/";
/// What the original had no place for.
pub(super) const SETTINGS: &str = "passerby.json";
/// Ids, as the newest tools keep them.
pub(super) const META: &str = ".mdb/meta.json";
/// Ids, as realm-cli 2 keeps them.
pub(super) const APP_META: &str = ".mdb/app_meta.json";

/// Values of secrets.
pub(super) const SECRETS: &str = "secrets.json";

/// Directories at the top that belong to an app and are kept byte for byte.
const SECTIONS: [&str; 15] = [
    "data_sources",
    "endpoints",
    "environments",
    "functions",
    "graphql",
    "hosting",
    "http_endpoints",
    "https_endpoints",
    "log_forwarders",
    "rules",
    "schemas",
    "services",
    "sync",
    "triggers",
    "values",
];

/// Single files that belong to an app and are kept byte for byte.
const SECTION_FILES: [&str; 2] = ["auth/custom_user_data.json", "data_api_config.json"];

/// What a file is to an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A root file, named as that version names it.
    Root(Format),
    /// Ids that a tool noted.
    Meta,
    /// Providers in the newer layouts.
    Providers,
    /// One provider in the older layouts.
    OldProvider,
    /// `passerby.json`.
    Settings,
    /// Values of secrets: input only.
    Secrets,
    /// Part of a section that nobody interprets yet.
    Section,
    /// No part of the app.
    Stranger,
}

/// What the file at `path` is to the app.
pub(super) fn part(path: &str) -> Part {
    if let Some(format) = Format::ALL.into_iter().find(|format| format.root_file() == path) {
        return Part::Root(format);
    }
    match path {
        META | APP_META => return Part::Meta,
        PROVIDERS => return Part::Providers,
        SETTINGS => return Part::Settings,
        SECRETS => return Part::Secrets,
        _ => {}
    }
    if path.rsplit('/').next() == Some(".DS_Store") {
        return Part::Stranger;
    }
    if old_provider(path).is_some() {
        return Part::OldProvider;
    }
    let top = path.split_once('/').map(|(top, _)| top);
    if SECTION_FILES.contains(&path) || top.is_some_and(|top| SECTIONS.contains(&top)) {
        return Part::Section;
    }
    Part::Stranger
}

/// Whether a file is part of an app that an export may write; values of secrets are none.
pub fn belongs(path: &str) -> bool {
    !matches!(part(path), Part::Secrets | Part::Stranger)
}

/// The name for which a file of the older layouts stands, such as `anon-user`. Hidden files and the `*.bck.json` that
/// people leave lying about are no providers.
pub(super) fn old_provider(path: &str) -> Option<&str> {
    let name = path.strip_prefix(OLD_PROVIDERS)?.strip_suffix(".json")?;
    (!name.is_empty() && !name.contains('/') && !name.starts_with('.') && !name.ends_with(".bck"))
        .then_some(name)
}

/// The name of a JSON file that stands directly in a section, such as `values/`.
pub(super) fn file_stem<'a>(path: &'a str, section: &str) -> Option<&'a str> {
    let name = path.strip_prefix(section)?.strip_suffix(".json")?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

/// The folder below a section that a `config.json` describes.
pub(super) fn folder_config<'a>(path: &'a str, section: &str) -> Option<&'a str> {
    path.strip_prefix(section)?.strip_suffix("/config.json").filter(|folder| !folder.is_empty())
}

/// Whether a directory at the top may hold parts of an app.
pub(super) fn holds_parts(directory: &str) -> bool {
    SECTIONS.contains(&directory) || ["auth", "auth_providers", ".mdb"].contains(&directory)
}

/// Whether a file further down is a root only if it says a version: other things are called config.json too.
pub(super) fn is_doubtful_root(path: &str) -> bool {
    path.ends_with("/config.json")
}

/// Whether anything here says that this is an app.
pub(super) fn is_app(tree: &Tree) -> bool {
    let says_so = |part| matches!(part, Part::Root(_) | Part::Meta | Part::Providers | Part::OldProvider);
    tree.0.keys().any(|path| says_so(part(path)))
}

/// The directory below the top that `path` would make an app.
fn app_above(path: &str) -> Option<&str> {
    let ends = path.match_indices('/').map(|(end, _)| end);
    let mut splits = ends.map(|end| (&path[..end], &path[end + 1..]));
    splits
        .find(|(_, inner)| matches!(part(inner), Part::Root(_) | Part::Providers | Part::OldProvider))
        .map(|(d, _)| d)
}

/// Says that there is no app here, and where one may be.
pub(super) fn no_app(tree: &Tree) -> Problem {
    let mut below = BTreeSet::new();
    for (path, bytes) in &tree.0 {
        if !is_doubtful_root(path) || bytes.windows(16).any(|window| window == b"\"config_version\"") {
            below.extend(app_above(path));
        }
    }
    let message = "expected an app directory with realm_config.json, root_config.json, config.json, stitch.json, \
                   auth/providers.json or auth_providers/, found none of them";
    let below: Vec<&str> = below.into_iter().collect();
    let hint = match below.as_slice() {
        [] => None,
        [one] => Some(format!("did you mean {one}?")),
        [many @ .., last] if many.len() < 5 => Some(format!("did you mean {} or {last}?", many.join(", "))),
        _ => Some(format!("{} directories below look like apps: name one", below.len())),
    };
    Problem::of_file(".", message.to_owned()).with_hint(hint)
}

//! App directories as one JSON object: what the original's tools send to `import` and `push`, and get from `pull`.
//!
//! Each version has a shape of its own, named after the directory that it stands for. What an object cannot hold (files
//! that are served, packages, our own settings) is in none.

mod emit;
mod parts;
mod read;

use serde_json::Value;

use super::convert::is_older;
use super::problem::{Problem, Problems};
use super::tree::Tree;
use crate::model::Format;

pub use emit::payload_of;

/// An app directory that came as one JSON object.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// The directory. Secrets that came are in its `secrets.json`, by the names that they get in the app.
    pub tree: Tree,
    /// Its version.
    pub format: Format,
    /// What was put right or left out.
    pub warnings: Vec<Problem>,
}

/// Reads the body of an import: the shapes of 20180301, 20200603 and 20210101, told apart by `config_version`; without
/// one it is the oldest. What is `null` or `{}` counts as absent. The error holds every problem, each with its place in
/// the body.
pub fn read_import(body: &[u8]) -> Result<Payload, Problems> {
    read::read(body, None)
}

/// Reads the body of a push, which is what a pull answers: the shape of 20230101.
pub fn read_push(body: &[u8]) -> Result<Payload, Problems> {
    read::read(body, Some(Format::V20230101))
}

/// How functions, providers and the rest stand in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// 20180301 and 20200603.
    Older,
    /// 20210101.
    Newer,
    /// 20230101.
    Newest,
}

impl Shape {
    fn of(format: Format) -> Shape {
        match format {
            Format::V20230101 => Shape::Newest,
            format if is_older(format) => Shape::Older,
            _ => Shape::Newer,
        }
    }

    /// The lists of services, which have the same names as their directories.
    fn services(self) -> &'static [&'static str] {
        match self {
            Shape::Older => &["services"],
            Shape::Newer => &["services", "data_sources", "http_endpoints"],
            Shape::Newest => &["services", "data_sources", "https_endpoints"],
        }
    }

    /// Sections that are one object, with their files.
    fn singles(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Shape::Older => &[("data_api_config", "data_api_config.json")],
            Shape::Newer => &[("data_api_config", "http_endpoints/data_api_config.json")],
            Shape::Newest => &[
                ("data_api_config", "https_endpoints/data_api_config.json"),
                ("custom_user_data", "auth/custom_user_data.json"),
                ("sync", "sync/config.json"),
            ],
        }
    }

    /// Sections that are an object which holds others, with the files of those.
    fn nested(self) -> &'static [(&'static str, &'static str, &'static str)] {
        match self {
            Shape::Newer => &[
                ("auth", "custom_user_data", "auth/custom_user_data.json"),
                ("sync", "config", "sync/config.json"),
                ("graphql", "config", "graphql/config.json"),
            ],
            Shape::Older | Shape::Newest => &[("graphql", "config", "graphql/config.json")],
        }
    }

    /// Whether a key at the top is a section, rather than one of the root file's.
    fn is_section(self, key: &str) -> bool {
        let others: &[&str] = match self {
            Shape::Older => &["auth_providers", "secrets"],
            Shape::Newer => &["auth", "secrets", "endpoints"],
            Shape::Newest => &["auth_providers", "endpoints", "schemas"],
        };
        FILES.contains(&key)
            || others.contains(&key)
            || ["environments", "functions", "graphql"].contains(&key)
            || self.services().contains(&key)
            || self.singles().iter().any(|(single, _)| *single == key)
            || self.nested().iter().any(|(outer, ..)| *outer == key)
    }
}

/// Lists of what has a name and a file of its own, which are called as their directories are.
const FILES: [&str; 3] = ["values", "triggers", "log_forwarders"];

/// Whether a value counts as absent.
fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

//! What stands where in the files of an app, from one version to another.
//!
//! The two older versions are alike, and so are the two newer ones but for the name of one section. Between the two
//! pairs, functions, services, custom user data, sync and the Data API change their place and form. What has none in
//! the other version stays where it is, where a conversion back finds it, and is named in a warning.

mod functions;
mod services;

pub(super) use functions::{LIST, default_config, is_function};
pub(super) use services::in_parts;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::moves::{Move, make};
use super::problem::{Findings, Problem};
use super::write::text_of;
use crate::model::{Format, read_json};

/// A key of the older roots that is a file in the newer versions.
const ROOT_FILES: [(&str, &str); 2] =
    [("custom_user_data_config", "auth/custom_user_data.json"), ("sync", "sync/config.json")];

/// The section of webhooks and endpoints in 20210101, and the Data API's place in it.
const HTTP: &str = "http_endpoints/";
/// The same section in 20230101.
const HTTPS: &str = "https_endpoints/";
/// The Data API's place in the older versions.
const OLD_DATA_API: &str = "data_api_config.json";
const DATA_API: &str = "http_endpoints/data_api_config.json";

/// What is converted: the sections' files and the root.
pub(super) struct Content<'a> {
    pub(super) files: &'a mut BTreeMap<String, Vec<u8>>,
    pub(super) root: &'a mut Map<String, Value>,
    pub(super) findings: &'a mut Findings,
}

/// Whether a version is one of the two older ones.
pub(super) fn is_older(format: Format) -> bool {
    format < Format::V20210101
}

/// Makes the content, which is of version `from`, one of version `to`.
pub(super) fn convert(content: &mut Content<'_>, from: Format, to: Format) {
    if from == to || (is_older(from) && is_older(to)) {
        return;
    }
    if from == Format::V20230101 {
        content.rename(HTTPS, HTTP);
    }
    match (is_older(from), is_older(to)) {
        (true, false) => {
            functions::gather(content);
            services::part(content);
            content.move_file(OLD_DATA_API, DATA_API);
            ROOT_FILES.iter().for_each(|(key, file)| content.key_to_file(key, file));
        }
        (false, true) => {
            functions::scatter(content);
            services::unite(content);
            content.move_file(DATA_API, OLD_DATA_API);
            ROOT_FILES.iter().for_each(|(key, file)| content.file_to_key(key, file));
        }
        _ => {}
    }
    if to == Format::V20230101 {
        content.rename(HTTP, HTTPS);
    }
}

impl Content<'_> {
    /// The object in a file, if there is one.
    fn object(&self, path: &str) -> Option<Map<String, Value>> {
        object(self.files.get(path)?)
    }

    /// Makes the moves, and warns of each that could not be made.
    fn make(&mut self, moves: Vec<Move>) -> Vec<bool> {
        let places: Vec<Option<String>> = moves.iter().map(|one| one.gone.first().cloned()).collect();
        let made = make(self.files, moves);
        for place in places.into_iter().zip(&made).filter(|(_, made)| !**made).filter_map(|(place, _)| place)
        {
            self.stays(&place);
        }
        made
    }

    fn stays(&mut self, place: &str) {
        let message = "has no place in the other version: kept where it is, without effect there".to_owned();
        self.findings.warn(Problem::of_file(place, message));
    }

    fn move_file(&mut self, from: &str, to: &str) {
        let mut one = Move::default();
        one.file(self.files, from, to.to_owned());
        if !one.gone.is_empty() {
            self.make(vec![one]);
        }
    }

    /// Renames a directory, file by file.
    fn rename(&mut self, from: &str, to: &str) {
        let paths: Vec<String> = below(self.files, from).map(str::to_owned).collect();
        let moves = paths.iter().map(|path| {
            let mut one = Move::default();
            one.file(self.files, path, format!("{to}{}", &path[from.len()..]));
            one
        });
        let moves = moves.collect();
        self.make(moves);
    }

    fn key_to_file(&mut self, key: &str, file: &str) {
        let Some(value @ Value::Object(_)) = self.root.get(key) else { return };
        let new = vec![(file.to_owned(), text_of(value))];
        if make(self.files, vec![Move { gone: Vec::new(), new }]) == [true] {
            self.root.shift_remove(key);
        } else {
            let message = format!("the root says `{key}` too, which has no effect beside this file");
            self.findings.warn(Problem::of_file(file, message));
        }
    }

    fn file_to_key(&mut self, key: &str, file: &str) {
        if !self.files.contains_key(file) {
            return;
        }
        let Some(object) = self.object(file) else { return self.stays(file) };
        if self.root.get(key).is_some_and(|value| matches!(value, Value::Object(said) if *said != object)) {
            let message = format!("this file counts: what the root said as `{key}` is gone");
            self.findings.warn(Problem::of_file(file, message));
        }
        self.files.remove(file);
        self.root.insert(key.to_owned(), Value::Object(object));
    }
}

/// The object that a text is.
pub(super) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match json(bytes)? {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// The value that a text is.
pub(super) fn json(bytes: &[u8]) -> Option<Value> {
    read_json(bytes).ok()
}

/// The paths that begin with `start`.
pub(super) fn below<'a>(
    files: &'a BTreeMap<String, Vec<u8>>,
    start: &'a str,
) -> impl Iterator<Item = &'a str> {
    let from = files.range::<str, _>((std::ops::Bound::Included(start), std::ops::Bound::Unbounded));
    from.map(|(path, _)| path.as_str()).take_while(move |path| path.starts_with(start))
}

//! Lists as they are read: entry by entry, however large the file is.

use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::tables::Tables;
use crate::cli::failure::CliError;

/// Hands each user of a list over with its number, from 1, while that says `true`. Returns what is broken in the file.
pub(super) fn users(
    path: &Path,
    mut each: impl FnMut(u64, Value) -> bool,
) -> Result<Option<String>, CliError> {
    let mut tables = Tables::default();
    let mut last = 0;
    let mut goes_on = true;
    let broken = plain(path, |number, entry| {
        last = number;
        goes_on = match tables.take(entry) {
            None => true,
            Some(entry) => each(number, entry),
        };
        goes_on
    })?;
    // A user stands in the table of each of its providers, so they are known at the end.
    let rows = tables.users();
    rows.into_iter()
        .zip(last + 1..)
        .take_while(|_| goes_on)
        .try_for_each(|(user, number)| each(number, user).then_some(()));
    Ok(broken)
}

/// The same for a list without tables.
pub(super) fn plain(
    path: &Path,
    mut each: impl FnMut(u64, Value) -> bool,
) -> Result<Option<String>, CliError> {
    let failed = |source| CliError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, file));
    let (mut number, mut stopped) = (0, false);
    // `end` looks at what follows and takes nothing.
    while let Err(more) = json.end() {
        let read = if more.is_io() {
            Err(more)
        } else {
            Entries(|entry| {
                number += 1;
                stopped = !each(number, entry);
                !stopped
            })
            .deserialize(&mut json)
        };
        match read {
            Ok(()) => {}
            Err(_) if stopped => return Ok(None),
            Err(error) if error.is_io() => return Err(failed(error.into())),
            Err(error) => return Ok(Some(format!("after entry {number}: {error}"))),
        }
    }
    Ok(None)
}

/// One value of the file: an entry, or an array of entries.
struct Entries<F>(F);

impl<'de, F: FnMut(Value) -> bool> DeserializeSeed<'de> for Entries<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Value) -> bool> Visitor<'de> for Entries<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(entry) = list.next_element()? {
            if !(self.0)(entry) {
                return Err(A::Error::custom("it was enough"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, entry: A) -> Result<(), A::Error> {
        let entry = Value::deserialize(MapAccessDeserializer::new(entry))?;
        if (self.0)(entry) { Ok(()) } else { Err(A::Error::custom("it was enough")) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> (Vec<Value>, Option<String>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.json");
        std::fs::write(&path, text).unwrap();
        let mut found = Vec::new();
        let broken = plain(&path, |_, entry| {
            found.push(entry);
            true
        });
        (found, broken.unwrap())
    }

    #[test]
    fn arrays_lines_and_pages_are_one_list() {
        let all = vec![json!({ "_id": 1 }), json!({ "_id": 2 }), json!({ "_id": 3 })];
        for text in [
            r#"[{"_id":1},{"_id":2},{"_id":3}]"#,
            "[{\"_id\":1},{\"_id\":2}]\n[]\n[{\"_id\":3}]\n",
            "{\"_id\":1}\n{\"_id\":2}\r\n\n{\"_id\":3}",
            r#"{"_id":1}[{"_id":2}]{"_id":3}"#,
        ] {
            assert_eq!(read(text), (all.clone(), None), "{text}");
        }
        assert_eq!(read(" \n"), (Vec::new(), None));
    }

    #[test]
    fn what_is_broken_is_said_with_its_place() {
        for (text, said) in [
            ("[{\"_id\":1},\n{\"_id\"", "after entry 1: EOF while parsing an object at line 2 column 6"),
            ("{\"_id\":1}\nnope", "after entry 1: expected ident at line 2 column 2"),
            (
                "7",
                "after entry 0: invalid type: integer `7`, expected an object or an array of objects at line 1 column 1",
            ),
        ] {
            let (_, broken) = read(text);
            assert_eq!(broken.as_deref(), Some(said));
        }
    }
}

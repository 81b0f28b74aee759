//! Where the password is: in the URL, in a file of its own, in the environment, or in libpq's file of passwords.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Host, Place};
use crate::model::Secret;

/// The directories of sockets that libpq's file of passwords calls `localhost`.
const USUAL_SOCKETS: [&str; 3] = ["/var/run/postgresql", "/run/postgresql", "/tmp"];

/// Why there is no password to be had. Never a part of it.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// A file cannot be read.
    #[error("failed to read {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others can read it.
    #[error("others can read {0}, which holds a password: chmod 600, or 640 when root owns it")]
    Open(PathBuf),
    /// There is nothing in it.
    #[error("{0} is empty: it should hold the password, and nothing else")]
    Empty(PathBuf),
}

/// Where to look, in this order.
#[derive(Clone)]
pub(super) struct Passwords {
    given: Option<Secret<String>>,
    file: Option<PathBuf>,
    variable: Option<Secret<String>>,
    /// libpq's file, and whether it must be there.
    list: Option<(PathBuf, bool)>,
}

impl Passwords {
    pub(super) fn new(
        given: Option<Secret<String>>,
        file: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Passwords {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let list = set("PGPASSFILE").map(|path| (PathBuf::from(path), true));
        let at_home = || set("HOME").map(|home| (Path::new(&home).join(".pgpass"), false));
        Passwords {
            given,
            file: file.map(Path::to_owned),
            variable: set("PGPASSWORD").and_then(|value| value.into_string().ok()).map(Secret::new),
            list: list.or_else(at_home),
        }
    }

    /// The password for a server. `None` when nobody wrote one down: the server may ask for none.
    pub(super) fn find(
        &self,
        place: &Place,
        database: &str,
        user: &str,
    ) -> Result<Option<Secret<String>>, PasswordError> {
        if let Some(given) = &self.given {
            return Ok(Some(given.clone()));
        }
        if let Some(path) = &self.file {
            let text = read(open(path)?, path)?;
            let password = text.trim_end_matches(['\r', '\n']);
            return match password {
                "" => Err(PasswordError::Empty(path.clone())),
                password => Ok(Some(Secret::new(password.to_owned()))),
            };
        }
        match (&self.variable, &self.list) {
            (Some(variable), _) => Ok(Some(variable.clone())),
            (None, Some((path, _))) if self.has_list()? => {
                let text = read(open(path)?, path)?;
                Ok(text.lines().find_map(|line| listed(line, place, database, user)))
            }
            _ => Ok(None),
        }
    }

    /// Whether there is a list to read: none that is no file, such as /dev/null, and one at home only if it is there.
    fn has_list(&self) -> Result<bool, PasswordError> {
        let Some((path, required)) = &self.list else { return Ok(false) };
        match path.metadata() {
            Ok(metadata) => Ok(metadata.is_file()),
            Err(_) if !required => Ok(false),
            Err(source) => Err(PasswordError::Unreadable { path: path.clone(), source }),
        }
    }
}

/// Opens a file that only its owner can read; of one that is root's, its group may too, as service managers have it.
fn open(path: &Path) -> Result<File, PasswordError> {
    let unreadable = |source| PasswordError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let others = if metadata.uid() == 0 { 0o007 } else { 0o077 };
    if metadata.mode() & others == 0 { Ok(file) } else { Err(PasswordError::Open(path.to_owned())) }
}

fn read(mut file: File, path: &Path) -> Result<String, PasswordError> {
    let mut text = String::new();
    file.read_to_string(&mut text)
        .map_err(|source| PasswordError::Unreadable { path: path.to_owned(), source })?;
    Ok(text)
}

/// The password of a line `host:port:database:user:password`, if the line is for this connection.
fn listed(line: &str, place: &Place, database: &str, user: &str) -> Option<Secret<String>> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = Fields(Some(line));
    let (host, port) = (fields.next()?, fields.next()?);
    let is = |field: &Field, value: &str| field.raw == "*" || field.text == value;
    let here = is(&port, &place.port.to_string())
        && match &place.host {
            Host::Network(name) => is(&host, name),
            Host::Socket(directory) => {
                let usual = USUAL_SOCKETS.iter().any(|usual| directory == Path::new(usual));
                is(&host, &directory.to_string_lossy()) || (usual && host.text == "localhost")
            }
        };
    let for_us = is(&fields.next()?, database) && is(&fields.next()?, user);
    let password = fields.next()?.text;
    (here && for_us).then(|| Secret::new(password))
}

/// The fields of a line, between `:`; a `\` takes the next character as it is.
struct Fields<'a>(Option<&'a str>);

/// A field as it stands there, and as it is meant.
struct Field<'a> {
    raw: &'a str,
    text: String,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let rest = self.0.take()?;
        let (mut text, mut characters) = (String::new(), rest.char_indices());
        while let Some((place, character)) = characters.next() {
            match character {
                ':' => {
                    self.0 = Some(&rest[place + 1..]);
                    return Some(Field { raw: &rest[..place], text });
                }
                '\\' => text.extend(characters.next().map(|(_, next)| next)),
                character => text.push(character),
            }
        }
        Some(Field { raw: rest, text })
    }
}

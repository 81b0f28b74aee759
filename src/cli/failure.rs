//! How commands end: what went wrong, with which exit code, and what to do next.

use std::path::PathBuf;

use http::StatusCode;

use crate::appdir::SaveError;
use crate::auth;
use crate::config::ConfigError;
use crate::server::{DirectoryError, NotMoved, RestoreError, ServerError};

/// How a command ends. Scripts rely on the numbers: they are never given another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// It did what it was asked.
    Done = 0,
    /// It could not.
    Failed = 1,
    /// It was asked in a way that makes no sense.
    Usage = 2,
    /// An app directory or the settings are not valid.
    Invalid = 3,
    /// The app, user, key or store is not there.
    NotFound = 4,
    /// Another process has the data directory: for `serve` that is enough, for others it answers no command either.
    InUse = 5,
    /// It wants a confirmation first.
    Unconfirmed = 6,
    /// A server elsewhere does not know who asks, or that one may not.
    NotLoggedIn = 7,
}

impl Exit {
    const ALL: [Exit; 8] = [
        Exit::Done,
        Exit::Failed,
        Exit::Usage,
        Exit::Invalid,
        Exit::NotFound,
        Exit::InUse,
        Exit::Unconfirmed,
        Exit::NotLoggedIn,
    ];

    fn meaning(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Failed => "failed",
            Exit::Usage => "wrong usage",
            Exit::Invalid => "an app directory or the settings are not valid",
            Exit::NotFound => "no such app, user, key, store or server",
            Exit::InUse => "the data directory has a server already, or one that does not answer this user",
            Exit::Unconfirmed => "it wants a confirmation first, such as --yes or --accept-clock",
            Exit::NotLoggedIn => "nobody is logged in there, or that one may not do this",
        }
    }
}

/// The exit codes, for the help.
pub(super) fn exit_codes() -> String {
    let lines = Exit::ALL.iter().map(|exit| format!("  {}  {}\n", *exit as u8, exit.meaning()));
    format!("Exit codes:\n{}", lines.collect::<String>().trim_end())
}

/// What a command failed with.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Save(#[from] SaveError),
    #[error(transparent)]
    Restore(#[from] RestoreError),
    #[error(transparent)]
    NotMoved(#[from] NotMoved),
    #[error("{0}")]
    Usage(String),
    #[error("failed to start")]
    Runtime(#[source] std::io::Error),
    /// There is no store in the data directory.
    #[error("there is no store in {0}")]
    NoStore(PathBuf),
    /// A command is about files, and the store is none.
    #[error("{0}")]
    InDatabase(&'static str),
    /// The schema is not the one that this server needs.
    #[error("the store has schema {schema}, and this server needs {known}")]
    Older { schema: u32, known: u32 },
    /// The server on the data directory has another store than the one that was named.
    #[error("the server on {data} has another store: {}", if .other.is_empty() { "the file in it" } else { .other })]
    OtherStore { data: PathBuf, other: String },
    /// Somebody has the store's lock, and nobody answers at the socket.
    #[error("{0} is in use, and no server answers at the socket in it")]
    InUse(PathBuf),
    /// The socket is somebody else's.
    #[error("the server on {0} belongs to another user")]
    NotYours(PathBuf),
    /// The server went away, or the connection broke.
    #[error("failed to ask the server")]
    Lost(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nobody answers at a URL.
    #[error("failed to reach {url}")]
    Unreachable {
        url: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Nobody is logged in there, or not any more.
    #[error("nobody is logged in at {0}")]
    NotLoggedIn(String),
    #[error("there is no profile {0}")]
    NoProfile(String),
    /// Others can read the tokens.
    #[error("others can read {0}, which holds tokens")]
    OpenProfile(PathBuf),
    #[error("failed to keep a login in {path}")]
    Profile {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The server refused.
    #[error("{text}")]
    Refused {
        status: StatusCode,
        text: String,
        /// Findings in an app directory, one to a line.
        problems: Vec<String>,
        hint: Option<String>,
        /// Whether it does what was asked once somebody confirms.
        unconfirmed: bool,
    },
    #[error("failed to read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("failed to write {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The server sees other files under the same path.
    #[error("the server wrote the backup, but {0} is not there: it has files of its own under that path")]
    Elsewhere(PathBuf),
    /// `check` found problems, which it printed.
    #[error("{invalid} of {checked} app directories are not valid")]
    Invalid { invalid: usize, checked: usize },
    /// `doctor` found something, which it printed.
    #[error("findings that need attention: {0}")]
    Unwell(usize),
    /// The server sent a file that no export has.
    #[error("the server sent {0:?}, which is no part of an app")]
    OddFile(String),
    /// There is nothing to develop against.
    #[error("no server runs on this data directory")]
    NoServer,
    /// A command that asks first was run where nobody can answer.
    #[error("nobody can be asked here: standard input is no terminal")]
    NobodyToAsk,
    /// Nobody confirmed.
    #[error("nothing was done")]
    Unconfirmed,
}

impl CliError {
    pub(super) fn exit(&self) -> Exit {
        match self {
            CliError::Config(_) | CliError::Directory(_) | CliError::Invalid { .. } => Exit::Invalid,
            CliError::Server(ServerError::Directory(_) | ServerError::Address { .. }) => Exit::Invalid,
            CliError::Server(error) if error.is_no_store() => Exit::NotFound,
            CliError::NotMoved(NotMoved::NoStore(_)) => Exit::NotFound,
            CliError::NotMoved(NotMoved::Server(ServerError::Address { .. })) => Exit::Invalid,
            CliError::NotMoved(NotMoved::Server(error)) if error.is_in_use() => Exit::InUse,
            CliError::Server(error) if error.is_in_use() => Exit::InUse,
            CliError::InUse(_) | CliError::NotYours(_) | CliError::OtherStore { .. } => Exit::InUse,
            CliError::Usage(_) | CliError::InDatabase(_) => Exit::Usage,
            CliError::NotLoggedIn(_) | CliError::NoProfile(_) => Exit::NotLoggedIn,
            CliError::Refused { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. } => {
                Exit::NotLoggedIn
            }
            CliError::NoStore(_) | CliError::NoServer => Exit::NotFound,
            CliError::Unconfirmed | CliError::NobodyToAsk => Exit::Unconfirmed,
            CliError::Refused { problems, .. } if !problems.is_empty() => Exit::Invalid,
            CliError::Refused { unconfirmed: true, .. } => Exit::Unconfirmed,
            CliError::Refused { status: StatusCode::NOT_FOUND, .. } => Exit::NotFound,
            CliError::Server(_)
            | CliError::Save(_)
            | CliError::Restore(_)
            | CliError::Runtime(_)
            | CliError::Lost(_)
            | CliError::Refused { .. }
            | CliError::Read { .. }
            | CliError::Write { .. }
            | CliError::Elsewhere(_)
            | CliError::OddFile(_)
            | CliError::Unreachable { .. }
            | CliError::OpenProfile(_)
            | CliError::Profile { .. }
            | CliError::Older { .. }
            | CliError::NotMoved(_)
            | CliError::Unwell(_) => Exit::Failed,
        }
    }

    /// What to do next, where that is known.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            CliError::Server(error) if error.is_in_use() => {
                Some("stop the other server first, or give this one a data directory of its own: --data DIR".to_owned())
            }
            CliError::Server(ServerError::Auth(auth::Error::Unreadable(_))) => {
                Some("keys that are sealed need the key that seals them: --master-key-file FILE".to_owned())
            }
            CliError::Server(ServerError::Listen { setting: "listen", .. }) => {
                Some("another port may be free: --listen 127.0.0.1:0 picks one".to_owned())
            }
            CliError::Server(ServerError::Listen { setting, .. }) => {
                Some(format!("another port may be free: --{} 127.0.0.1:0 picks one", setting.replace('_', "-")))
            }
            CliError::Server(error) if error.is_half() => {
                Some("the same `passerby move` again goes on where it broke off".to_owned())
            }
            CliError::Server(error) if error.is_moved() => Some(
                "it is served where it is now: commands take --data of a server there, or --store or PASSERBY_STORE; \
                 `passerby move --reopen DIR|URL` has this one served again, as it was then"
                    .to_owned(),
            ),
            CliError::NotMoved(error) => error.advice().map(str::to_owned),
            CliError::Server(error) if error.is_no_store() => Some(
                "`passerby migrate-store --store URL` makes it, with the role that is to own it: \
                 docs/operate/postgres.md"
                    .to_owned(),
            ),
            CliError::OtherStore { .. } => Some(
                "--data names the directory of the server that you mean, or an empty one to do without a server"
                    .to_owned(),
            ),
            CliError::Older { .. } => Some("`passerby migrate-store` without --check brings it there".to_owned()),
            CliError::InDatabase(_) => Some(
                "pg_dump and pg_restore copy a database: docs/operate/postgres.md. Without PASSERBY_STORE, --store and \
                 `store` the command is about a data directory"
                    .to_owned(),
            ),
            CliError::NoStore(_) => Some(
                "`passerby serve DIR` or `passerby import DIR` makes one; --data names another directory, and --store or \
                 PASSERBY_STORE a database"
                    .to_owned(),
            ),
            CliError::InUse(_) => Some(
                "a server that just starts answers in a moment: try again. One that lost its socket must be stopped \
                 (SIGTERM) first; then this command opens the store itself"
                    .to_owned(),
            ),
            CliError::Elsewhere(_) => {
                Some("name a file in the data directory, then move it to where it is to stay".to_owned())
            }
            CliError::NotYours(_) => Some("run the command as that user, or as root".to_owned()),
            CliError::Save(SaveError::NotEmpty { .. }) => Some("name a directory that does not exist yet".to_owned()),
            CliError::NotLoggedIn(url) => {
                Some(format!("`passerby login --url {url} --public-key KEY` logs in"))
            }
            CliError::NoProfile(name) => {
                Some(format!("`passerby login --profile {name} --url URL --public-key KEY` makes it"))
            }
            CliError::OpenProfile(path) => Some(format!("chmod 600 {}", path.display())),
            CliError::Unreachable { .. } => Some("does the server run, and is that its URL?".to_owned()),
            CliError::NobodyToAsk => {
                Some("--yes does it without asking, --dry-run shows what it would do".to_owned())
            }
            CliError::NoServer => Some("start one in another terminal: `passerby serve DIR`".to_owned()),
            CliError::OddFile(_) => Some("nothing was written: is it the server that you mean?".to_owned()),
            CliError::Refused { hint, .. } => hint.clone(),
            _ => None,
        }
    }

    /// The same refusal, with what to do next.
    pub(super) fn hinting(self, hint: impl Into<String>) -> CliError {
        match self {
            CliError::Refused { status, text, problems, unconfirmed, .. } => {
                CliError::Refused { status, text, problems, hint: Some(hint.into()), unconfirmed }
            }
            other => other,
        }
    }

    /// The same, with what to do next where something is not there.
    pub(super) fn hinting_if_absent(self, hint: impl Into<String>) -> CliError {
        if self.is(StatusCode::NOT_FOUND) { self.hinting(hint) } else { self }
    }

    /// The same refusal of a command that can be confirmed: a conflict is what wants that, and `hint` says how. The
    /// server tells other commands of conflicts too, such as two imports at the same moment.
    pub(super) fn confirmed_by(self, hint: impl Into<String>) -> CliError {
        match self {
            CliError::Refused { status: status @ StatusCode::CONFLICT, text, problems, .. } => {
                CliError::Refused { status, text, problems, hint: Some(hint.into()), unconfirmed: true }
            }
            other => other,
        }
    }

    /// Whether the server refused with this status.
    pub(super) fn is(&self, wanted: StatusCode) -> bool {
        matches!(self, CliError::Refused { status, .. } if *status == wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_is_its_place_in_the_help() {
        for (place, exit) in Exit::ALL.iter().enumerate() {
            assert_eq!(*exit as usize, place);
        }
        assert!(exit_codes().ends_with("7  nobody is logged in there, or that one may not do this"));
    }

    #[test]
    fn a_conflict_wants_a_confirmation_only_where_one_can_be_given() {
        let refused = |status| CliError::Refused {
            status,
            text: "no".to_owned(),
            problems: Vec::new(),
            hint: None,
            unconfirmed: false,
        };
        assert_eq!(refused(StatusCode::CONFLICT).exit(), Exit::Failed);
        assert_eq!(refused(StatusCode::CONFLICT).hinting("run it again").exit(), Exit::Failed);
        assert_eq!(refused(StatusCode::CONFLICT).confirmed_by("--yes").exit(), Exit::Unconfirmed);
        assert_eq!(refused(StatusCode::NOT_FOUND).confirmed_by("--yes").exit(), Exit::NotFound);
    }
}

//! The built binary, and what a client says to it.

mod command;
mod house;
mod http;
mod kept;
mod line;
mod md5;
mod postgres;
mod redact;
mod seeded;
mod server;

pub(crate) use command::{Ran, Running, passerby, passerby_in, passerby_typing, passerby_with, terminal};
pub(crate) use house::{Guest, House, PUBLIC_URL};
pub(crate) use http::Reply;
pub(crate) use http::request;
pub(crate) use kept::{Kept, on_postgres};
pub(crate) use line::Line;
pub(crate) use md5::md5;
pub(crate) use postgres::Database;
pub(crate) use redact::redact;
pub(crate) use seeded::Seeded;
pub(crate) use server::Server;

use std::path::{Path, PathBuf};

/// An example of the repository.
pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

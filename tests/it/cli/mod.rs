//! The command line, as people and scripts meet it.

mod api_keys;
mod apps;
mod check;
mod directories;
mod doctor;
mod expire;
mod help;
mod hostile;
mod keys;
mod migrate;
mod place;
mod postgres;
mod providers;
mod pull;
mod push;
mod remote;
mod serve;
mod socket;
mod sqlite;
mod users;
mod watch;

pub(crate) use place::files;

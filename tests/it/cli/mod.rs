//! The command line, as people and scripts meet it.

mod api_keys;
mod apps;
mod backup;
mod check;
mod directories;
mod doctor;
mod expire;
mod help;
mod keys;
mod migrate;
mod place;
mod serve;
mod socket;
mod users;

pub(crate) use place::files;

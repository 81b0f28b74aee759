//! The Admin API, as tools ask it.

mod access_list;
mod apps;
mod desk;
mod drafts;
mod import;
mod logs;
mod numbers;
mod office;
mod openapi;
mod pending;
mod providers;
mod resources;
mod renaming;
mod secrets;
mod users;

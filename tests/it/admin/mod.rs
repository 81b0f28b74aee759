//! The Admin API, as tools ask it.

mod access_list;
mod apps;
mod dependencies;
mod desk;
mod drafts;
mod import;
mod logs;
mod numbers;
mod office;
mod openapi;
mod pending;
mod providers;
mod renaming;
mod resources;
mod secrets;
mod users;

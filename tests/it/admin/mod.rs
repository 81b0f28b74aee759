//! The Admin API, as tools ask it.

mod access_list;
mod logs;
mod office;
mod pending;
mod secrets;
mod users;

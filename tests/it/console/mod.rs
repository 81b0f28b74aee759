//! The console, as a browser without scripts sees it.

mod abuse;
mod bounds;
mod browser;
mod dashboard;
mod editors;
mod parts;
mod providers;
mod roles;
mod settings;
mod sign_in;
mod users;

//! The console, as a browser without scripts sees it.

mod browser;
mod providers;
mod roles;
mod sign_in;

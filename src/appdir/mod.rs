//! App configuration directories, read in every version as people really have them, and written in any of them.
//!
//! [`load`] makes a [`Tree`] of a directory, [`read`] an [`Import`] of a tree, [`write`] a tree of an [`Export`],
//! [`save`] a directory of a tree. Only `disk.rs` touches the disk; the rest is arithmetic on names and bytes, so that
//! an archive or an upload can stand in for a directory.
//!
//! What is not interpreted yet (functions, rules, hosting, …) goes through byte for byte, at its path.

mod disk;
mod json;
mod layout;
mod parse;
mod problem;
mod providers;
mod read;
mod root;
mod secrets;
mod settings;
mod spot;
mod tree;
mod write;

#[cfg(test)]
mod tests;

pub use disk::{LoadError, SaveError, load, save};
pub use problem::{Problem, Problems};
pub use read::{Import, read};
pub use tree::Tree;
pub use write::{Export, write};

//! App configuration directories, read in every version as people really have them, and written in any of them.
//!
//! [`load`] makes a [`Tree`] of a directory, [`read`] an [`Import`] of a tree, [`write`] a tree of an [`Export`],
//! [`save`] a directory of a tree. Only `disk.rs` touches the disk; the rest is arithmetic on names and bytes, so that
//! an archive or an upload can stand in for a directory.
//!
//! What is not interpreted yet (functions, rules, hosting, …) goes through byte for byte; when the version changes, it
//! moves to where the other version looks for it.

mod convert;
mod disk;
mod entities;
mod json;
mod layout;
mod moves;
mod parse;
mod problem;
mod providers;
mod read;
mod root;
mod secrets;
mod settings;
mod spot;
mod tree;
mod wire;
mod write;

#[cfg(test)]
mod tests;

pub use disk::{LoadError, SaveError, load, save};
pub use entities::entity_ids;
pub use problem::{Problem, Problems};
pub use read::{Import, read};
pub use root::is_name as is_app_name;
pub use tree::{Tree, path_hash};
pub use write::{Export, Mode, Written, text_of as json_text, write};

//! App configuration directories, read in every version as people really have them, and written in any of them.
//!
//! [`load`] makes a [`Tree`] of a directory, [`read`] an [`Import`] of a tree, [`write`] a tree of an [`Export`],
//! [`save`] a new directory of a tree, [`overwrite`] puts one over a directory that is there. Only `disk.rs` and
//! `stamp.rs` touch the disk; the rest is arithmetic on names and bytes, so that an archive or an upload can stand in
//! for a directory.
//!
//! An app also travels as an archive ([`read_archive`], [`write_archive`]) and as one JSON object ([`read_import`],
//! [`read_push`], [`payload_of`]); both become trees. [`merge`] lays one tree over another, and [`diff`] says what changes.
//!
//! What is not interpreted yet (functions, rules, hosting, …) goes through byte for byte; when the version changes, it
//! moves to where the other version looks for it.

mod archive;
mod convert;
mod diff;
mod disk;
mod entities;
mod json;
mod layout;
mod merge;
mod moves;
mod parse;
mod payload;
mod pieces;
mod problem;
mod providers;
mod read;
mod rename;
mod root;
mod secrets;
mod settings;
mod spot;
mod stamp;
mod tree;
mod wire;
mod write;

#[cfg(test)]
mod tests;

pub use archive::{ArchiveLimits, read_archive, write_archive};
pub use diff::{
    Change, Changes, DraftDiff, FieldDiff, FieldDiffs, SchemaOptionsDiff, changes, diff, draft_diff,
};
pub use disk::{LoadError, SaveError, load, overwrite, save};
pub use entities::entity_ids;
pub use layout::belongs;
pub use merge::{Merge, Strategy, merge};
pub use payload::{Payload, payload_of, read_import, read_push};
pub use problem::{Problem, Problems};
pub use read::{Import, read};
pub use rename::rename_function;
pub use root::is_name as is_app_name;
pub use stamp::{Stamp, stamp};
pub use tree::{Tree, path_hash};
pub use write::{Export, Mode, Written, text_of as json_text, write};

//! What is true of the files that SQLite writes: they are synced before an answer, and may meet a full disk.

mod disk;
mod syncs;
mod trace;

//! What there is of SQLite alone: a backup is a file.

mod backup;

//! What there is of SQLite alone: the store is a file, and so is a backup.

mod backup;
mod doctor;
mod place;

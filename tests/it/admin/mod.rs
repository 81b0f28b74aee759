//! What administrators ask.

mod logs;

//! A store moves to another engine and back. Both engines are in each of these, so they are told once.

mod postgres;

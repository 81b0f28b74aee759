//! What the whole promises, in one binary.
#![cfg(test)]

mod cli;
mod support;

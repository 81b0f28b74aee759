//! What the whole promises, in one binary.
#![cfg(test)]

mod cli;
mod contract;
mod support;

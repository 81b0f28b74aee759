//! What the whole promises, in one binary.
#![cfg(test)]

mod cli;
mod client;
mod contract;
mod support;

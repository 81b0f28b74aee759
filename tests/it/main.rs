//! Black-box and contract tests: one binary.
#![cfg(test)]

mod contract;

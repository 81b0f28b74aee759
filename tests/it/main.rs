//! Black-box and contract tests: one binary.

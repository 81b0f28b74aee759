//! What holds of the statements.

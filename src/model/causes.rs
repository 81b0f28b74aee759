//! An error with everything that caused it.

use std::error::Error;

/// An error and its causes, outermost first, with `between` before each cause. `Display` of an error never repeats its
/// source, so whoever tells of a failure tells of these.
pub fn with_causes(error: &dyn Error, between: &str) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(between);
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

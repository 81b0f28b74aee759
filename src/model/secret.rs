//! Secrets whose `Debug` says nothing.

use std::fmt;

/// A value that must never reach a log, an error or a `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a secret.
    pub fn new(value: T) -> Secret<T> {
        Secret(value)
    }

    /// The secret itself, at the one place that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

/// The longest name of a secret.
const LONGEST_NAME: usize = 64;
/// Room for a private key; the original's 500 characters hold none.
const LONGEST_VALUE: usize = 16 * 1024;

/// Whether a secret may have this name and value; the error is the rule that it breaks, and repeats neither.
pub fn check_secret(name: &str, value: &str) -> Result<(), &'static str> {
    check_secret_name(name)?;
    if value.is_empty() || value.len() > LONGEST_VALUE {
        return Err("a secret has 1 byte to 16 KiB");
    }
    Ok(())
}

/// The same for a secret that has no value yet.
pub fn check_secret_name(name: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    // An import names those that it brings `__owner_key`.
    let first = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if !first || name.len() > LONGEST_NAME || !name.chars().all(allowed) {
        return Err(
            "a secret's name begins with a letter, a digit or `_`, then letters, digits, `_`, `-`; 64 at most",
        );
    }
    Ok(())
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

//! Letters to users, and the links in them.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::Timestamp;

/// What a letter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterKind {
    /// Confirming an address that was registered.
    ConfirmEmail,
    /// Choosing a new password.
    ResetPassword,
}

/// One letter. `Debug` shows its kind alone: address and link are for the recipient.
#[derive(Clone)]
pub struct Letter {
    /// What it is for.
    pub kind: LetterKind,
    /// The app's name.
    pub app_name: String,
    /// The recipient's address.
    pub to: String,
    /// The subject that the app's configuration gives; the template's otherwise.
    pub subject: Option<String>,
    /// The link, as [`link`] makes it.
    pub link: String,
    /// How long the link is good, in minutes.
    pub minutes: u32,
    /// When it was written.
    pub now: Timestamp,
    /// Drawn for this letter: its `Message-ID`.
    pub id: [u8; 16],
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What need not be encoded in a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The link that carries a token: `token` and `tokenId` are added to the query of `base`, before its fragment. `None`
/// when `base`, which comes from the app's configuration and never from a request, is no address.
pub fn link(base: &str, token: &str, token_id: &str) -> Option<String> {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '<' | '>' | '\\');
    url::Url::parse(base).ok().filter(|_| base.chars().all(plain))?;
    let (address, fragment) = match base.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (base, None),
    };
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let (token, token_id) = (utf8_percent_encode(token, PLAIN), utf8_percent_encode(token_id, PLAIN));
    let mut link = format!("{address}{joint}token={token}&tokenId={token_id}");
    if let Some(fragment) = fragment {
        link.push('#');
        link.push_str(fragment);
    }
    Some(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_adds_to_the_query_before_the_fragment() {
        for (base, expected) in [
            ("https://a.example/confirm", "https://a.example/confirm?token=t&tokenId=i"),
            ("https://a.example", "https://a.example?token=t&tokenId=i"),
            ("https://a.example/?lang=de", "https://a.example/?lang=de&token=t&tokenId=i"),
            ("https://a.example/?", "https://a.example/?token=t&tokenId=i"),
            ("https://a.example/?a=b&", "https://a.example/?a=b&token=t&tokenId=i"),
            ("https://a.example/#/confirm", "https://a.example/?token=t&tokenId=i#/confirm"),
            ("https://a.example/?a=b#/c?d", "https://a.example/?a=b&token=t&tokenId=i#/c?d"),
            ("myapp://confirm", "myapp://confirm?token=t&tokenId=i"),
        ] {
            assert_eq!(link(base, "t", "i").as_deref(), Some(expected), "{base}");
        }
    }

    #[test]
    fn what_stands_in_a_token_cannot_leave_its_place() {
        assert_eq!(
            link("https://a.example/", "a&b=#c", "é %\n").as_deref(),
            Some("https://a.example/?token=a%26b%3D%23c&tokenId=%C3%A9%20%25%0A")
        );
    }

    #[test]
    fn a_base_that_is_no_address_makes_no_link() {
        for base in [
            "",
            "a.example/confirm",
            "/confirm",
            "https://",
            "https://a.example/\nx",
            "https://a.example/\"x",
            " https://a.example",
        ] {
            assert_eq!(link(base, "t", "i"), None, "{base:?}");
        }
    }
}

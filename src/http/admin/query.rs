//! The parameters of a list.

use std::fmt::Display;
use std::str::FromStr;

use crate::auth::{Error, UserQuery};
use crate::model::UserId;

/// A page when nothing is said.
const PAGE: u32 = 50;
/// The largest page.
const LARGEST: u32 = 1000;

/// A query string, taken apart.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(query: Option<String>) -> Query {
        let query = query.unwrap_or_default();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Query(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(n, v)| (plain(n), plain(v)))
                .collect(),
        )
    }

    /// The last value of a parameter. Unknown parameters are nobody's business.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, Error> {
        let parsed = self.text(name).filter(|text| !text.is_empty()).map(str::parse);
        parsed.transpose().map_err(|error| Error::BadParameter(format!("`{name}`: {error}")))
    }

    /// The last id of the page before.
    pub(super) fn after(&self) -> Result<Option<UserId>, Error> {
        self.parsed("after")
    }

    pub(super) fn limit(&self) -> Result<u32, Error> {
        match self.parsed("limit")? {
            None => Ok(PAGE),
            Some(limit @ 1..=LARGEST) => Ok(limit),
            Some(other) => {
                Err(Error::BadParameter(format!("`limit`: expected 1 to {LARGEST}, found {other}")))
            }
        }
    }

    /// What of an app's users is wanted. The original's SDK wrote some names in its own way.
    pub(super) fn users(&self) -> Result<UserQuery, Error> {
        if self.text("desc").or(self.text("descending")).is_some_and(|on| on != "false") {
            return Err(Error::BadParameter("`desc`: users are listed by ascending id only".to_owned()));
        }
        let providers = self.text("provider_types").or(self.text("providerTypes"));
        let providers = providers.filter(|list| !list.is_empty()).map(|list| {
            let unknown = |name| Error::BadParameter(format!("`provider_types`: unknown type `{name}`"));
            list.split(',')
                .map(|name| name.parse().map_err(|_| unknown(name)))
                .collect::<Result<Vec<_>, Error>>()
        });
        let disabled = match self.text("status") {
            None | Some("") => None,
            Some("enabled") => Some(false),
            Some("disabled") => Some(true),
            Some(other) => {
                let said = format!("`status`: expected `enabled` or `disabled`, found `{other}`");
                return Err(Error::BadParameter(said));
            }
        };
        // Ours: a linked user has an anonymous identity too.
        let guest = self.parsed("guest")?;
        Ok(UserQuery {
            guest,
            after: self.after()?,
            limit: self.limit()?,
            disabled,
            providers: providers.transpose()?,
        })
    }
}

/// Undoes percent-encoding, and `+` for a space. What is not well encoded stays as it is.
fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        let code = code.filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = code.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        rest = if byte.is_some() { &after[2..] } else { after };
        bytes.push(byte.unwrap_or(if first == b'+' { b' ' } else { first }));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::read(Some(text.to_owned()))
    }

    #[test]
    fn parameters_are_decoded_and_the_last_of_a_name_counts() {
        let query = query("a=1&a=%32%c3%A4+x&flag&&bad=%zz%&sign=%+f");
        assert_eq!(query.text("a"), Some("2ä x"));
        assert_eq!(query.text("flag"), Some(""));
        assert_eq!(query.text("bad"), Some("%zz%"));
        assert_eq!(query.text("sign"), Some("% f"));
        assert_eq!(query.text("other"), None);
    }

    #[test]
    fn a_page_has_fifty_users_and_at_most_a_thousand() {
        assert_eq!(query("").limit().unwrap(), 50);
        assert_eq!(query("limit=1000").limit().unwrap(), 1000);
        for wrong in ["limit=0", "limit=1001", "limit=x", "limit=-1"] {
            assert!(query(wrong).limit().is_err(), "{wrong}");
        }
    }

    #[test]
    fn filters_that_make_no_sense_are_refused() {
        assert!(query("status=enabled&provider_types=anon-user%2Capi-key&after=&unknown=1").users().is_ok());
        for wrong in ["status=gone", "provider_types=anon", "after=x", "desc", "descending=true", "guest=1"] {
            assert!(query(wrong).users().is_err(), "{wrong}");
        }
    }
}

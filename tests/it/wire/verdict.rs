//! What the protocol says of tokens (`7.4`, and the rulings on tokens and sessions).

/// What a route of one kind makes of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    /// 401 with this `error_code` and text.
    Refused(Option<&'static str>, &'static str),
}

pub(super) use Verdict::{Good, Refused};

pub(super) const NO_HEADER: Verdict = Refused(Some("MissingAuthReq"), "must authenticate first");
pub(super) const OTHER_APP: Verdict =
    Refused(Some("UserAppDomainMismatch"), "the token belongs to a user of another app");
pub(super) const ACCESS_EMPTY: Verdict = Refused(None, "unauthorized");
pub(super) const ACCESS_BAD: Verdict = Refused(Some("InvalidSession"), "unauthorized");
pub(super) const ACCESS_OVER: Verdict =
    Refused(Some("InvalidSession"), "invalid session: access token expired");
pub(super) const ACCESS_IS_REFRESH: Verdict = Refused(None, "invalid session: valid Issuer required");
pub(super) const REFRESH_EMPTY: Verdict =
    Refused(None, "expected Authorization header with JWT (Bearer schema)");
pub(super) const REFRESH_BAD: Verdict = Refused(None, "signature is invalid");
pub(super) const REFRESH_OVER: Verdict =
    Refused(Some("InvalidSession"), "invalid session: failed to find refresh token");
pub(super) const REFRESH_IS_ACCESS: Verdict = Refused(None, "invalid refresh token: incorrect token type");

/// A token, or what stands in its place.
pub(super) struct Token {
    pub(super) name: String,
    pub(super) authorization: Option<String>,
    /// The app that it says it is of, if any of ours.
    pub(super) of: Option<usize>,
    pub(super) access: Verdict,
    pub(super) refresh: Verdict,
}

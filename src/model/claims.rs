//! What the two kinds of token say. Field order is the wire's: the original sorted its keys.

use serde::Serialize;
use serde_json::{Map, Value};

/// The claims of an access token. In the `standard` form `iss` is the app's issuer URL and `aud` and `sid` are
/// present; in the `original` form `iss` is the session id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccessClaims<'a> {
    /// The client app id (`standard`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<&'a str>,
    /// The device id, or 24 zeros.
    pub baas_device_id: &'a str,
    /// The app's domain id.
    pub baas_domain_id: &'a str,
    /// When the token stops being good, in seconds.
    pub exp: i64,
    /// When it was made, in seconds.
    pub iat: i64,
    /// The issuer.
    pub iss: &'a str,
    /// The session id (`standard`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<&'a str>,
    /// The same as `baas_device_id`, under the name before 2021.
    #[serde(rename = "stitch_devId")]
    pub stitch_dev_id: &'a str,
    /// The same as `baas_domain_id`, under the name before 2021.
    #[serde(rename = "stitch_domainId")]
    pub stitch_domain_id: &'a str,
    /// The user id.
    pub sub: &'a str,
    /// `access`.
    pub typ: &'a str,
    /// What the app keeps of the user; absent when that is nothing, since SDKs tell the two apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_data: Option<&'a Map<String, Value>>,
}

/// The claims of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefreshClaims<'a> {
    /// Always null.
    pub baas_data: Option<bool>,
    /// The device id, or 24 zeros.
    pub baas_device_id: &'a str,
    /// The app's domain id.
    pub baas_domain_id: &'a str,
    /// The session id.
    pub baas_id: &'a str,
    /// The identity that logged in.
    pub baas_identity: IdentityClaim<'a>,
    /// When the token stops being good, in seconds; the session's row may end it earlier.
    pub exp: i64,
    /// When it was made, in seconds.
    pub iat: i64,
    /// Always null.
    pub stitch_data: Option<bool>,
    /// The same as `baas_device_id`.
    #[serde(rename = "stitch_devId")]
    pub stitch_dev_id: &'a str,
    /// The same as `baas_domain_id`.
    #[serde(rename = "stitch_domainId")]
    pub stitch_domain_id: &'a str,
    /// The same as `baas_id`.
    pub stitch_id: &'a str,
    /// The same as `baas_identity`.
    pub stitch_ident: IdentityClaim<'a>,
    /// The user id.
    pub sub: &'a str,
    /// `refresh`.
    pub typ: &'a str,
}

/// The identity that a session began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct IdentityClaim<'a> {
    /// The identity's id.
    pub id: &'a str,
    /// The provider's type.
    pub provider_type: &'a str,
    /// The provider's record.
    pub provider_id: &'a str,
}

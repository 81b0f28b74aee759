//! Tokens: signed here, read here.
//!
//! Access tokens come in two forms ([`TokenForm`]); both are accepted as long as their key lives, so that an app can
//! change its form. Refresh tokens are HS256, for us alone. Which keys may verify a token follows from the kind and
//! the algorithm together, so neither kind passes for the other and no algorithm is talked down.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::apps::issuer_path;
use super::custom_data::MOST_CUSTOM_DATA;
use super::keys::{EcKey, HmacKey};
use super::{App, Auth, Error, Result};
use crate::model::{
    AccessClaims, DeviceId, DomainId, IdentityClaim, ObjectId, ProviderType, RefreshClaims, SessionId,
    Timestamp, TokenForm, UserId,
};

/// Longer texts are no tokens of ours: room for 16 KiB of custom data, and to spare.
const LONGEST_TOKEN: usize = 32 * 1024;

/// Far enough that an active guest never meets it: 50 × 365 days, as the original. The session's row decides.
const GUEST_REFRESH_SECS: i64 = 1_576_800_000;

/// What a token is about.
pub(super) struct Subject {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) device: Option<DeviceId>,
}

/// What a refresh token is made for.
pub(super) struct Refreshes<'a> {
    /// The provider of the identity that logged in.
    pub(super) provider: ProviderType,
    /// Its id.
    pub(super) identity: &'a str,
    /// When the session ends by itself; `None` for a guest's.
    pub(super) expires: Option<Timestamp>,
}

/// Whether custom data fits a token. What does not is left out, and told to the operator.
fn travels(app: &App, user: UserId, data: &Map<String, Value>) -> bool {
    let fits = serde_json::to_vec(data).is_ok_and(|bytes| bytes.len() <= MOST_CUSTOM_DATA);
    if !fits {
        tracing::warn!(app = %app.client_app_id, %user, "custom data over 16 KiB is left out of the access token");
    }
    fits
}

/// An ObjectId as text on the stack.
struct Hex([u8; 24]);

impl Hex {
    fn new(id: ObjectId) -> Hex {
        Hex(id.hex())
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Auth {
    /// A new access token, in the app's form.
    pub(super) fn access_token(
        &self,
        app: &App,
        subject: &Subject,
        custom_data: Option<&Map<String, Value>>,
        now: Timestamp,
    ) -> Result<String> {
        let settings = app.config.settings.access_token;
        let (user, session) = (Hex::new(subject.user.0), Hex::new(subject.session.0));
        let device = Hex::new(subject.device.map_or(ObjectId::ZERO, |d| d.0));
        let domain = Hex::new(app.domain_id.0);
        let standard = settings.form == TokenForm::Standard;
        let claims = AccessClaims {
            aud: standard.then_some(app.client_app_id.as_str()),
            baas_device_id: device.as_str(),
            baas_domain_id: domain.as_str(),
            exp: now.plus(i64::from(settings.minutes) * 60).0,
            iat: now.0,
            iss: if standard { &app.issuer } else { session.as_str() },
            sid: standard.then_some(session.as_str()),
            stitch_dev_id: device.as_str(),
            stitch_domain_id: domain.as_str(),
            sub: user.as_str(),
            typ: "access",
            user_data: custom_data.filter(|data| !data.is_empty() && travels(app, subject.user, data)),
        };
        match settings.form {
            TokenForm::Standard => {
                let token = sign_es256(newest(&app.keys.access_standard)?, &claims)?;
                // We know what we signed: its first request need not pay a verification.
                self.verified.remember(&token);
                Ok(token)
            }
            TokenForm::Original => sign_hs256(newest(&app.keys.access_original)?, &claims),
        }
    }

    /// A new refresh token for a session.
    pub(super) fn refresh_token(
        &self,
        app: &App,
        subject: &Subject,
        session: &Refreshes<'_>,
        now: Timestamp,
    ) -> Result<String> {
        let (user, id) = (Hex::new(subject.user.0), Hex::new(subject.session.0));
        let device = Hex::new(subject.device.map_or(ObjectId::ZERO, |d| d.0));
        let domain = Hex::new(app.domain_id.0);
        let provider = Hex::new(app.provider_id(session.provider).0);
        let identity = IdentityClaim {
            id: session.identity,
            provider_type: session.provider.as_str(),
            provider_id: provider.as_str(),
        };
        let claims = RefreshClaims {
            baas_data: None,
            baas_device_id: device.as_str(),
            baas_domain_id: domain.as_str(),
            baas_id: id.as_str(),
            baas_identity: identity,
            exp: session.expires.unwrap_or(now.plus(GUEST_REFRESH_SECS)).0,
            iat: now.0,
            stitch_data: None,
            stitch_dev_id: device.as_str(),
            stitch_domain_id: domain.as_str(),
            stitch_id: id.as_str(),
            stitch_ident: identity,
            sub: user.as_str(),
            typ: "refresh",
        };
        sign_hs256(newest(&app.keys.refresh)?, &claims)
    }

    /// Whether the app signed this access token.
    pub(super) fn access_signature_is_good(&self, app: &App, token: &Presented<'_>) -> bool {
        match token.algorithm {
            Algorithm::Hs256 => hs256_is_good(&app.keys.access_original, token),
            Algorithm::Es256 => {
                let named = |key: &&EcKey| token.key_id.as_deref() == Some(&key.id);
                let Some(key) = app.keys.access_standard.iter().find(named) else { return false };
                if self.verified.knows(token.text) {
                    return true;
                }
                let good = key.public.verify_sig(token.signed().as_bytes(), &token.signature).is_ok();
                if good {
                    self.verified.remember(token.text);
                }
                good
            }
            Algorithm::Other => false,
        }
    }
}

/// Whether the app signed this refresh token.
pub(super) fn refresh_signature_is_good(app: &App, token: &Presented<'_>) -> bool {
    token.algorithm == Algorithm::Hs256 && hs256_is_good(&app.keys.refresh, token)
}

/// Whether one of the keys signed a token with HS256, newest last.
pub(super) fn hs256_is_good<'k>(
    keys: impl IntoIterator<Item = &'k HmacKey, IntoIter: DoubleEndedIterator>,
    token: &Presented<'_>,
) -> bool {
    token.algorithm == Algorithm::Hs256
        && keys
            .into_iter()
            .rev()
            .any(|k| hmac::verify(&k.key, token.signed().as_bytes(), &token.signature).is_ok())
}

fn newest<T>(keys: &[T]) -> Result<&T> {
    keys.last().ok_or_else(|| Error::Unreadable("the app's signing keys".to_owned()))
}

/// Signs claims.
pub(super) fn sign_hs256(key: &HmacKey, claims: &impl serde::Serialize) -> Result<String> {
    let mut token = unsigned(&key.header, claims)?;
    let tag = hmac::sign(&key.key, token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(tag.as_ref(), &mut token);
    Ok(token)
}

fn sign_es256(key: &EcKey, claims: &impl serde::Serialize) -> Result<String> {
    let mut token = unsigned(&key.header, claims)?;
    let signature = key.pair.sign(&SystemRandom::new(), token.as_bytes());
    let signature = signature.map_err(|_| Error::Unreadable("the app's signing keys".to_owned()))?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
    Ok(token)
}

/// `header.payload`, with room for a signature.
fn unsigned(header: &str, claims: &impl serde::Serialize) -> Result<String> {
    let payload = serde_json::to_vec(claims).map_err(|_| Error::Unreadable("the claims".to_owned()))?;
    let mut token = String::with_capacity(header.len() + payload.len() * 4 / 3 + 96);
    token.push_str(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(&payload, &mut token);
    Ok(token)
}

/// Which kind of token a text claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// For 30 minutes of requests.
    Access,
    /// For new access tokens.
    Refresh,
    /// Nothing of ours.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Hs256,
    Es256,
    Other,
}

/// A token as it came, taken apart. **Nothing in it is true** before a signature was found good.
pub struct Presented<'t> {
    text: &'t str,
    signature: Vec<u8>,
    algorithm: Algorithm,
    key_id: Option<String>,
    kind: TokenKind,
    domain: Option<DomainId>,
    user: Option<UserId>,
    session: Option<SessionId>,
    expires: i64,
    audience: Option<String>,
    issuer: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    typ: Option<String>,
    sub: Option<UserId>,
    sid: Option<SessionId>,
    iss: Option<String>,
    aud: Option<String>,
    baas_id: Option<SessionId>,
    baas_domain_id: Option<DomainId>,
    exp: i64,
}

impl<'t> Presented<'t> {
    /// Takes a token apart; `None` for what is no JWT with claims of our kinds.
    pub fn read(text: &'t str) -> Option<Presented<'t>> {
        if text.len() > LONGEST_TOKEN {
            return None;
        }
        let mut parts = text.split('.');
        let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let kind = match claims.typ.as_deref() {
            Some("access") => TokenKind::Access,
            Some("refresh") => TokenKind::Refresh,
            _ => TokenKind::Other,
        };
        let algorithm = match (header.alg.as_str(), header.crit) {
            ("HS256", None) => Algorithm::Hs256,
            ("ES256", None) => Algorithm::Es256,
            _ => Algorithm::Other,
        };
        let session = match (kind, algorithm) {
            (TokenKind::Access, Algorithm::Es256) => claims.sid,
            (TokenKind::Access, _) => claims.iss.as_deref().and_then(|iss| iss.parse().ok()),
            _ => claims.baas_id,
        };
        Some(Presented {
            text,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
            algorithm,
            key_id: header.kid,
            kind,
            domain: claims.baas_domain_id,
            user: claims.sub,
            session,
            expires: claims.exp,
            audience: claims.aud,
            issuer: claims.iss,
        })
    }

    /// Which kind of token it claims to be.
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// The domain whose app it claims to come from.
    pub fn domain(&self) -> Option<DomainId> {
        self.domain
    }

    pub(super) fn subject(&self) -> Option<(UserId, SessionId)> {
        self.user.zip(self.session)
    }

    pub(super) fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.expires <= now.0
    }

    /// Whether issuer and audience are the app's. The host of the issuer is not looked at, so that a server that
    /// moved keeps its sessions; the `original` form has neither.
    pub(super) fn is_addressed_to(&self, app: &App) -> bool {
        if self.algorithm != Algorithm::Es256 {
            return self.audience.is_none();
        }
        let issuer = self.issuer.as_deref().unwrap_or_default();
        let host =
            issuer.strip_suffix(&issuer_path(&app.client_app_id)).and_then(|base| base.split_once("://"));
        host.is_some_and(|(_, host)| !host.is_empty())
            && self.audience.as_deref() == Some(app.client_app_id.as_str())
    }

    /// What the signature covers.
    fn signed(&self) -> &str {
        self.text.rsplit_once('.').map_or("", |(signed, _)| signed)
    }
}

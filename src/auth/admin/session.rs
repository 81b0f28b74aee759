//! Tokens of administrators, and who is behind them. They are signed with keys of the server that no app has, and
//! carry an audience that no app's token of their form has, so neither kind passes for the other.

use std::net::IpAddr;

use aws_lc_rs::hmac;

use super::bootstrap::DEV;
use super::{AdminCaller, AdminRefusal};
use crate::auth::keys::{HmacKey, hmac_key};
use crate::auth::tokens::{Presented, TokenKind, hs256_is_good, sign_hs256};
use crate::auth::{Auth, Error, Parts, Result};
use crate::model::{
    AccessClaims, AdminId, GroupId, IdentityClaim, ObjectId, RefreshClaims, RequestOrigin, Role, SessionId,
    Timestamp,
};
use crate::store::{Admin, AdminSession, KeyRecord};

/// `aud` of an administrator's access token.
const AUDIENCE: &str = "passerby-admin";
/// How long an access token is good.
const ACCESS_SECS: i64 = 30 * 60;
/// How long a session lasts; its refresh token is never replaced.
pub(super) const SESSION_SECS: i64 = 60 * 24 * 3600;

/// The server's purposes. Never changed, never reused.
const ACCESS: u8 = 1;
const REFRESH: u8 = 2;

/// The keys that sign.
pub(super) struct SigningKeys {
    access: HmacKey,
    refresh: HmacKey,
}

impl SigningKeys {
    /// Opens the stored keys; makes them when there are none.
    pub(super) async fn open(parts: &Parts) -> Result<SigningKeys> {
        let fresh = [ACCESS, REFRESH].map(|purpose| fresh(parts, purpose));
        let fresh = fresh.into_iter().collect::<Result<Vec<_>>>()?;
        let kept = parts.store.keep_server_keys(fresh).await?;
        let open = |purpose: u8| {
            let key = kept.iter().find(|key| key.purpose == purpose);
            let key = key.ok_or_else(|| Error::Unreadable(about(purpose, "")))?;
            let bytes = parts.sealer.open(&about(purpose, &key.id), key.material.expose())?;
            Ok::<_, Error>(hmac_key(key, bytes.expose()))
        };
        Ok(SigningKeys { access: open(ACCESS)?, refresh: open(REFRESH)? })
    }

    /// A key for something else, which every server on the store derives alike. What it is for is no beginning of a token.
    pub(super) fn derived(&self, purpose: &[u8]) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&self.access.key, purpose).as_ref())
    }
}

fn fresh(parts: &Parts, purpose: u8) -> Result<KeyRecord> {
    let created = parts.clock.now();
    let id = parts.dice.object_id(created).to_string();
    let mut bytes = [0; 32];
    parts.dice.fill(&mut bytes);
    let material = parts.sealer.seal(&*parts.dice, &about(purpose, &id), &bytes)?;
    Ok(KeyRecord { id, purpose, material, created })
}

fn about(purpose: u8, id: &str) -> String {
    let name = if purpose == ACCESS { "access" } else { "refresh" };
    format!("the {name} key {id} of administrators")
}

/// An open session and whose it is.
pub struct AdminSessionCaller {
    session: AdminSession,
    admin: Admin,
}

/// What `auth/profile` tells.
pub struct AdminProfile {
    /// The administrator.
    pub id: AdminId,
    /// The domain of administrators.
    pub domain: ObjectId,
    /// How the session began: the provider's type and the identity's id.
    pub identity: (&'static str, String),
    /// What people call it.
    pub name: String,
    /// Its address.
    pub email: Option<String>,
    /// Its roles by ascending project.
    pub roles: Vec<(GroupId, Role)>,
}

impl Auth {
    /// The administrator behind an access token.
    pub async fn admin(
        &self,
        token: Option<&str>,
        origin: RequestOrigin,
        address: Option<IpAddr>,
    ) -> Result<AdminCaller> {
        let AdminSessionCaller { session, admin } = self.admin_session(token).await?;
        let display = display(&admin, session.public_key.as_deref());
        Ok(AdminCaller::new(admin, display, origin, address).in_session(session.id))
    }

    /// The open session behind an access token.
    pub async fn admin_session(&self, token: Option<&str>) -> Result<AdminSessionCaller> {
        let refused = || Error::Admin(AdminRefusal::InvalidSession);
        let token = token.and_then(Presented::read).ok_or_else(refused)?;
        let signing = &self.admins.signing;
        if token.kind() == TokenKind::Refresh && hs256_is_good([&signing.refresh], &token) {
            return Err(Error::RefreshTokenAsAccess);
        }
        let good = token.kind() == TokenKind::Access
            && token.audience() == Some(AUDIENCE)
            && hs256_is_good([&signing.access], &token);
        if !good {
            return Err(refused());
        }
        let now = self.clock().now();
        if token.is_over(now) {
            return Err(Error::AccessTokenExpired);
        }
        self.session_of_admin(&token, now).await?.ok_or_else(refused)
    }

    /// The open session behind a refresh token.
    pub async fn admin_refresh(&self, token: Option<&str>) -> Result<AdminSessionCaller> {
        let token = token.ok_or(Error::Admin(AdminRefusal::InvalidSession))?;
        let token = Presented::read(token).ok_or(Error::SessionNotFound)?;
        let signing = &self.admins.signing;
        if token.kind() == TokenKind::Access && hs256_is_good([&signing.access], &token) {
            return Err(Error::AccessTokenAsRefresh);
        }
        let now = self.clock().now();
        let good = token.kind() == TokenKind::Refresh
            && hs256_is_good([&signing.refresh], &token)
            && !token.is_over(now);
        if !good {
            return Err(Error::SessionNotFound);
        }
        self.session_of_admin(&token, now).await?.ok_or(Error::SessionNotFound)
    }

    /// Of a token that was found good.
    async fn session_of_admin(
        &self,
        token: &Presented<'_>,
        now: Timestamp,
    ) -> Result<Option<AdminSessionCaller>> {
        let Some((user, id)) = token.subject() else { return Ok(None) };
        let found = match AdminId(user.0) {
            DEV => self.dev_session(id),
            _ => self.store().admin_session(id).await?,
        };
        let found =
            found.filter(|(session, admin)| admin.id.0 == user.0 && !admin.disabled && session.expires > now);
        Ok(found.map(|(session, admin)| AdminSessionCaller { session, admin }))
    }

    /// A new access token for a session.
    pub fn admin_access_token(&self, caller: &AdminSessionCaller) -> Result<String> {
        let session = &caller.session;
        let (id, sub, domain) = (session.id.to_string(), session.admin.to_string(), self.domain());
        let (now, device) = (self.clock().now(), ObjectId::ZERO.to_string());
        let claims = AccessClaims {
            aud: Some(AUDIENCE),
            baas_device_id: &device,
            baas_domain_id: &domain,
            exp: now.plus(ACCESS_SECS).0,
            iat: now.0,
            iss: &id,
            sid: None,
            stitch_dev_id: &device,
            stitch_domain_id: &domain,
            sub: &sub,
            typ: "access",
            user_data: None,
        };
        sign_hs256(&self.admins.signing.access, &claims)
    }

    /// The refresh token of a new session. Nothing in it comes from outside, so that an old tool with a base64 of its
    /// own can take it apart.
    pub(super) fn admin_refresh_token(&self, session: &AdminSession) -> Result<String> {
        let (id, sub, domain) = (session.id.to_string(), session.admin.to_string(), self.domain());
        let (provider, identity) = identity(session);
        let device = ObjectId::ZERO.to_string();
        let identity = IdentityClaim { id: &identity, provider_type: provider, provider_id: &domain };
        let claims = RefreshClaims {
            baas_data: None,
            baas_device_id: &device,
            baas_domain_id: &domain,
            baas_id: &id,
            baas_identity: identity,
            exp: session.expires.0,
            iat: self.clock().now().0,
            stitch_data: None,
            stitch_dev_id: &device,
            stitch_domain_id: &domain,
            stitch_id: &id,
            stitch_ident: identity,
            sub: &sub,
            typ: "refresh",
        };
        sign_hs256(&self.admins.signing.refresh, &claims)
    }

    /// What a session's administrator is told of itself.
    pub fn admin_profile(&self, caller: &AdminSessionCaller) -> AdminProfile {
        let AdminSessionCaller { session, admin } = caller;
        AdminProfile {
            id: admin.id,
            domain: self.admins.project.0,
            identity: identity(session),
            name: display(admin, session.public_key.as_deref()),
            email: admin.email.clone(),
            roles: admin.roles.clone(),
        }
    }

    /// Ends a session.
    pub async fn log_out_admin(&self, caller: &AdminSessionCaller) -> Result<()> {
        let id: SessionId = caller.session.id;
        match caller.session.admin {
            DEV => self.end_dev_session(id),
            _ => self.store().end_admin_session(id).await?,
        };
        Ok(())
    }

    /// The domain of administrators in tokens: the server's own project, whose id no app has for its domain.
    fn domain(&self) -> String {
        self.admins.project.to_string()
    }
}

impl AdminSessionCaller {
    pub(super) fn new(session: AdminSession, admin: Admin) -> AdminSessionCaller {
        AdminSessionCaller { session, admin }
    }

    /// As whoever asks.
    pub fn caller(&self, origin: RequestOrigin, address: Option<IpAddr>) -> AdminCaller {
        let display = display(&self.admin, self.session.public_key.as_deref());
        AdminCaller::new(self.admin.clone(), display, origin, address).in_session(self.session.id)
    }
}

fn identity(session: &AdminSession) -> (&'static str, String) {
    match &session.public_key {
        Some(key) => ("mongodb-cloud", key.clone()),
        None => ("local-userpass", session.admin.to_string()),
    }
}

/// What people call an administrator.
pub(super) fn display(admin: &Admin, public_key: Option<&str>) -> String {
    admin.email.clone().or_else(|| public_key.map(str::to_owned)).unwrap_or_else(|| admin.id.to_string())
}

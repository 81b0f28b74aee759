//! Who is calling: from a token to a live user and session, with one ask of the store.

use std::sync::Arc;

use super::journal::note_caller;
use super::tokens::{Presented, TokenKind, refresh_signature_is_good};
use super::{App, Auth, Error, Result};
use crate::model::{Session, Timestamp, User};
use crate::store::Touch;

/// How long activity of a user who is no guest goes without being noted again.
const TOUCH_SECS: i64 = 3600;

/// Whoever holds a good token.
pub struct Caller {
    /// The app.
    pub app: Arc<App>,
    /// The user.
    pub user: User,
    /// The session.
    pub session: Session,
}

impl Auth {
    /// The caller behind an access token of an app.
    pub async fn access(&self, app: &Arc<App>, token: &Presented<'_>) -> Result<Caller> {
        match token.kind() {
            TokenKind::Access => {}
            TokenKind::Refresh => return Err(Error::RefreshTokenAsAccess),
            TokenKind::Other => return Err(Error::BadAccessToken),
        }
        let ours = token.domain() == Some(app.domain_id) && token.is_addressed_to(app);
        if !ours {
            return Err(Error::BadAccessToken);
        }
        let app = self.with_keys(app, |app| self.access_signature_is_good(app, token)).await?;
        let app = app.ok_or(Error::BadAccessToken)?;
        let now = self.clock().now();
        if token.is_over(now) {
            return Err(Error::AccessTokenExpired);
        }
        self.caller(app, token, now).await?.ok_or(Error::BadAccessToken)
    }

    /// The caller behind a refresh token of an app.
    pub async fn refresh_caller(&self, app: &Arc<App>, token: &Presented<'_>) -> Result<Caller> {
        match token.kind() {
            TokenKind::Refresh => {}
            TokenKind::Access => return Err(Error::AccessTokenAsRefresh),
            TokenKind::Other => return Err(Error::BadRefreshSignature),
        }
        if token.domain() != Some(app.domain_id) {
            return Err(Error::BadRefreshSignature);
        }
        let app = self.with_keys(app, |app| refresh_signature_is_good(app, token)).await?;
        let app = app.ok_or(Error::BadRefreshSignature)?;
        let now = self.clock().now();
        if token.is_over(now) {
            return Err(Error::SessionNotFound);
        }
        self.caller(app, token, now).await?.ok_or(Error::SessionNotFound)
    }

    /// The app with keys that a token's signature is good by: as it was read, or as it is by now, if another server
    /// changed something since. It may have a key that nobody here knows.
    async fn with_keys(&self, app: &Arc<App>, is_good: impl Fn(&App) -> bool) -> Result<Option<Arc<App>>> {
        if is_good(app) {
            return Ok(Some(Arc::clone(app)));
        }
        self.catch_up().await?;
        Ok(self.app_by_id(app.id).filter(|newer| !Arc::ptr_eq(newer, app) && is_good(newer)))
    }

    /// The live user and session of a token that was found good. Notes the activity.
    async fn caller(&self, app: Arc<App>, token: &Presented<'_>, now: Timestamp) -> Result<Option<Caller>> {
        let Some((user, session)) = token.subject() else { return Ok(None) };
        let Some(bearer) = self.store().bearer(app.key, user, session).await? else { return Ok(None) };
        let over = bearer.session.expires.is_some_and(|at| at <= now);
        if bearer.user.disabled || over {
            return Ok(None);
        }
        self.touch(&app, &bearer.user, now);
        let caller = Caller { app, user: bearer.user, session: bearer.session };
        note_caller(&caller);
        Ok(Some(caller))
    }

    /// Notes a guest's first activity of a day, and anybody else's of an hour. The act is handed over and not waited
    /// for: it must not slow the request, and a lost one costs a guest at most a day of its ninety.
    fn touch(&self, app: &App, user: &User, now: Timestamp) {
        let news = match user.last_active_at {
            _ if user.guest => user.last_active() < now.day(),
            None => true,
            Some(at) => at.plus(TOUCH_SECS) <= now,
        };
        if news {
            drop(self.store().touch(Touch { app: app.key, user: user.id, at: now }));
        }
    }
}

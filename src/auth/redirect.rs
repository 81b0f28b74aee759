//! The redirect flow of OAuth providers: to the issuer and back, for a login or a link.
//!
//! What the answer must be matched with stays here, under the digest of a state that goes along and is taken out once.
//! A link is bound to the browser that began it besides: otherwise somebody could begin a link and have another
//! person finish it. And it is begun by the app's own pages alone: otherwise somebody's page could begin one for its
//! own user in a visitor's browser, and have the visitor's account linked to that user.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::journal::{Journal, note};
use super::log_in::provider_type;
use super::oauth::Start;
use super::providers::oauth2;
use super::sha256::sha256;
use super::{App, Auth, Caller, Error, LoggedIn, Result};
use crate::model::{AppKey, AuthEventType, ProviderType, SessionId, UserId};
use crate::store::PutRedirect;

/// How long somebody may take to log in at the issuer.
const REDIRECT_SECS: i64 = 10 * 60;

/// What a browser asks for.
pub struct Departure<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The page that wants the browser back, if it says so.
    pub redirect: Option<&'a str>,
    /// What the page wants to hear again.
    pub state: Option<&'a str>,
    /// The device: base64 of JSON.
    pub device: Option<&'a str>,
    /// The origin of the page that asks, if a browser says so.
    pub origin: Option<&'a str>,
}

/// Where a browser goes.
pub struct Departed {
    /// The issuer's address.
    pub location: String,
    /// What the browser must show when it comes back, if it is a link.
    pub ticket: Option<String>,
}

/// What an issuer sends back with the browser.
pub struct Return<'a> {
    /// Our state.
    pub state: &'a str,
    /// The code; absent when the person refused.
    pub code: Option<&'a str>,
    /// What the browser shows of [`Departed::ticket`].
    pub ticket: Option<&'a str>,
    /// The browser's address, when there is one.
    pub address: Option<IpAddr>,
}

/// Who came back, and where to.
pub struct Returned {
    /// The app.
    pub app: Arc<App>,
    /// The page.
    pub redirect: String,
    /// What the page wants to hear again.
    pub state: Option<String>,
    /// Whether it was a link, and whose.
    pub link: Option<UserId>,
    /// The tokens, or why there are none.
    pub outcome: Result<LoggedIn>,
}

/// What is kept while the browser is away.
#[derive(Serialize, Deserialize)]
struct Record {
    app: AppKey,
    provider: ProviderType,
    redirect: String,
    state: Option<String>,
    device: Option<Value>,
    start: Start,
    link: Option<LinkRecord>,
}

#[derive(Serialize, Deserialize)]
struct LinkRecord {
    user: UserId,
    session: SessionId,
    ticket: [u8; 32],
}

impl Auth {
    /// Sends a browser to the issuer; with a caller, to link.
    pub async fn depart(
        &self,
        app: &Arc<App>,
        caller: Option<&Caller>,
        wish: Departure<'_>,
    ) -> Result<Departed> {
        let departed = self.send_off(app, caller, wish).await;
        departed.map_err(|error| if caller.is_some() { app.refused_as_link(error) } else { error })
    }

    async fn send_off(
        &self,
        app: &Arc<App>,
        caller: Option<&Caller>,
        wish: Departure<'_>,
    ) -> Result<Departed> {
        let provider = provider_type(wish.provider)?;
        if !app.serves(provider) {
            return Err(Error::ProviderDisabled(provider));
        }
        let config = oauth2::config(self, app, provider)?;
        let redirect = wish.redirect.filter(|uri| config.allows_redirect(uri));
        let redirect = redirect.ok_or(Error::RedirectNotAllowed)?.to_owned();
        if caller.is_some()
            && let Some(origin) = wish.origin
            && !app.begins_links_at(origin, &redirect)
        {
            return Err(Error::OriginNotAllowed(origin.to_owned()));
        }
        let start = Start::draw(self.dice());
        let location =
            config.authorize_url(&start).map_err(|refusal| Error::BadCredential(refusal.to_string()))?;
        let ticket = caller.map(|_| {
            let mut bytes = [0; 32];
            self.dice().fill(&mut bytes);
            URL_SAFE_NO_PAD.encode(bytes)
        });
        let state = sha256(&start.state);
        let record = Record {
            app: app.key,
            provider,
            redirect,
            state: wish.state.map(str::to_owned),
            device: wish.device.and_then(device),
            start,
            link: caller.zip(ticket.as_deref()).map(|(caller, ticket)| LinkRecord {
                user: caller.user.id,
                session: caller.session.id,
                ticket: sha256(ticket),
            }),
        };
        let record =
            serde_json::to_string(&record).map_err(|_| Error::Unreadable("the redirect".to_owned()))?;
        let now = self.clock().now();
        let until = now.plus(REDIRECT_SECS);
        self.store().put_redirect(PutRedirect { state, record, until, now }).await?;
        Ok(Departed { location, ticket })
    }

    /// Takes a browser back from the issuer.
    pub async fn come_back(&self, back: Return<'_>) -> Result<Returned> {
        let record = self.store().take_redirect(sha256(back.state), self.clock().now()).await?;
        let record = record.ok_or(Error::RedirectLapsed)?;
        let record: Record =
            serde_json::from_str(&record).map_err(|_| Error::Unreadable("the redirect".to_owned()))?;
        let app = self.apps().into_iter().find(|app| app.key == record.app).ok_or(Error::RedirectLapsed)?;
        Journal::note_app(&app);
        note(|journal| {
            journal.provider = Some(record.provider);
            (journal.user, journal.event) = match &record.link {
                Some(link) => (Some(link.user), Some(AuthEventType::Other)),
                None => (None, None),
            };
        });
        app.admit(back.address)?;
        let outcome = self.finish(&app, &record, &back).await;
        let outcome =
            outcome.map_err(|error| if record.link.is_some() { app.refused_as_link(error) } else { error });
        Ok(Returned {
            app,
            redirect: record.redirect,
            state: record.state,
            link: record.link.map(|link| link.user),
            outcome,
        })
    }

    async fn finish(&self, app: &Arc<App>, record: &Record, back: &Return<'_>) -> Result<LoggedIn> {
        let provider = record.provider;
        if !app.serves(provider) {
            return Err(Error::ProviderDisabled(provider));
        }
        let code = back.code.ok_or_else(|| Error::BadCredential("the person refused".to_owned()))?;
        if let Some(link) = &record.link
            && back.ticket.map(sha256) != Some(link.ticket)
        {
            return Err(Error::OtherBrowser);
        }
        let config = oauth2::config(self, app, provider)?;
        let person = config.prove_callback(code, &record.start, &oauth2::reach(self)).await;
        let proved = oauth2::proved(provider, person)?;
        match &record.link {
            None => {
                let mut body = Map::new();
                body.insert("options".to_owned(), json!({ "device": record.device }));
                self.enter(app, proved, self.device(&body)).await
            }
            Some(link) => {
                let bearer = self.store().bearer(app.key, link.user, link.session).await?;
                let bearer = bearer.filter(|b| !b.user.disabled).ok_or(Error::BadAccessToken)?;
                let caller = Caller { app: Arc::clone(app), user: bearer.user, session: bearer.session };
                self.link(&caller, proved).await
            }
        }
    }
}

/// The device as SDKs put it into the query.
fn device(text: &str) -> Option<Value> {
    let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()?;
    serde_json::from_slice(&bytes).ok()
}

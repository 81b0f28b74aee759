//! The apps that are served, as one immutable registry that is replaced whole.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::MutexGuard;

use super::access_list::AccessList;
use super::behaviour::Behaviour;
use super::keys::KeyRing;
use super::link::SESSION_SECS;
use super::{Auth, Error, Parts, Result};
use crate::model::{
    AppConfig, AppId, AppKey, ClientAppId, DeploymentId, DomainId, GroupId, ObjectId, ProviderId,
    ProviderType, Timestamp,
};
use crate::store::{self, AppRecord, NamedSecret};

/// An app as it is live.
pub struct App {
    /// The store's number for it.
    pub key: AppKey,
    /// `_id`.
    pub id: AppId,
    /// The id clients know.
    pub client_app_id: ClientAppId,
    /// The id in tokens.
    pub domain_id: DomainId,
    /// The project.
    pub group_id: GroupId,
    /// When the app was made.
    pub created: Timestamp,
    /// The live deployment.
    pub deployment: DeploymentId,
    /// The live configuration.
    pub config: AppConfig,
    /// `iss` of its standard tokens.
    pub issuer: String,
    pub(super) keys: KeyRing,
    pub(super) behaviour: Arc<Behaviour>,
    /// Named secrets as they are stored, in the order in which they came.
    pub(super) secrets: Vec<NamedSecret>,
    pub(super) access_list: AccessList,
    /// How long new sessions of those who are no guests last, in seconds.
    pub(super) session_secs: i64,
    page_origin: Option<String>,
}

impl App {
    fn new(
        record: AppRecord,
        config: AppConfig,
        behaviour: Arc<Behaviour>,
        secrets: Vec<NamedSecret>,
        parts: &Parts,
    ) -> Result<App> {
        Ok(App {
            keys: KeyRing::open(&record, &parts.sealer)?,
            issuer: issuer(&parts.public_url, &record.client_app_id),
            page_origin: parts.page_origins.get(&record.client_app_id).cloned(),
            behaviour,
            secrets,
            access_list: AccessList::read(record.access_list),
            session_secs: record.refresh_token_seconds.unwrap_or(SESSION_SECS),
            key: record.key,
            id: record.id,
            client_app_id: record.client_app_id,
            domain_id: record.domain_id,
            group_id: record.group_id,
            created: record.created,
            deployment: record.deployment,
            config,
        })
    }

    /// Whether people log in through a provider: it is there, and enabled.
    pub fn serves(&self, kind: ProviderType) -> bool {
        self.config.provider(kind).is_some_and(|p| !p.disabled)
    }

    /// The id of a provider's record; zeros when the app does not have the provider.
    pub fn provider_id(&self, kind: ProviderType) -> ProviderId {
        self.config.provider(kind).and_then(|p| p.id).unwrap_or(ProviderId(ObjectId::ZERO))
    }

    /// Whether a browser page of this origin may call. An empty list allows any.
    pub fn allows_origin(&self, origin: &str) -> bool {
        let listed = &self.config.allowed_request_origins;
        listed.is_empty()
            || self.page_origin.as_deref() == Some(origin)
            || listed.iter().any(|o| o.trim_end_matches('/').eq_ignore_ascii_case(origin))
    }

    /// Whether a browser page of this origin, which may call, may begin a link that comes back to `redirect`. Where
    /// every page may call, only those beside that one may, which is where SDKs begin.
    pub(super) fn begins_links_at(&self, origin: &str, redirect: &str) -> bool {
        let beside =
            || url::Url::parse(redirect).is_ok_and(|page| page.origin().ascii_serialization() == origin);
        !self.config.allowed_request_origins.is_empty()
            || self.page_origin.as_deref() == Some(origin)
            || (origin != "null" && beside())
    }
}

/// `iss` of an app's standard tokens: its JWKS and discovery document lie below it.
fn issuer(public_url: &str, app: &ClientAppId) -> String {
    format!("{public_url}{}", issuer_path(app))
}

/// The part of the issuer that does not change when the server moves.
pub(super) fn issuer_path(app: &ClientAppId) -> String {
    format!("/api/client/v2.0/app/{app}")
}

/// Every app, by each of its ids.
#[derive(Default)]
pub(super) struct Registry {
    by_client_app_id: HashMap<ClientAppId, Arc<App>>,
    by_domain: HashMap<DomainId, Arc<App>>,
    /// Those that are there and were never read.
    unread: HashSet<AppKey>,
}

impl Registry {
    fn add(&mut self, app: Arc<App>) {
        self.by_domain.insert(app.domain_id, Arc::clone(&app));
        self.by_client_app_id.insert(app.client_app_id.clone(), app);
    }
}

impl Auth {
    /// Reads the apps again, after one was deployed, or its keys or secrets changed.
    pub async fn reload(&self) -> Result<()> {
        self.reread_apps(&self.reading.lock().await).await
    }

    /// The same by whoever holds what lets only one read. An app that cannot be read goes on as it was, or is not served
    /// when it is new; the others are what they are now.
    pub(super) async fn reread_apps(&self, reading: &MutexGuard<'_, ()>) -> Result<()> {
        for (app, error) in self.read_apps(reading).await? {
            tracing::error!(%app, %error, "the app cannot be read, and stays what it was here");
        }
        Ok(())
    }

    /// The same for the first time, when somebody is there to see what cannot be read.
    pub(super) async fn read_all_apps(&self) -> Result<()> {
        let unread = self.read_apps(&self.reading.lock().await).await?;
        unread.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Reads the apps; says which cannot be, and why.
    async fn read_apps(&self, _reading: &MutexGuard<'_, ()>) -> Result<Vec<(ClientAppId, Error)>> {
        // Before the apps: what is changed while they are read is read again.
        let changes = self.store().changes().await?;
        let (mut registry, mut unread) = (Registry::default(), Vec::new());
        for record in self.store().apps().await? {
            let (key, id) = (record.key, record.client_app_id.clone());
            match self.read_app(record).await {
                Ok(app) => registry.add(Arc::new(app)),
                Err(error @ (Error::Unreadable(_) | Error::Store(store::Error::Corrupt { .. }))) => {
                    match self.app(id.as_str()).ok().filter(|live| live.key == key) {
                        Some(live) => registry.add(live),
                        None => drop(registry.unread.insert(key)),
                    }
                    unread.push((id, error));
                }
                Err(error) => return Err(error),
            }
        }
        self.apps.store(Arc::new(registry));
        self.read_at.store(changes, Ordering::Release);
        self.changed.notify_one();
        Ok(unread)
    }

    async fn read_app(&self, record: AppRecord) -> Result<App> {
        let config: AppConfig = serde_json::from_str(&record.config)
            .map_err(|_| Error::Unreadable(format!("the configuration of {}", record.client_app_id)))?;
        let live = self.app(record.client_app_id.as_str()).ok();
        let behaviour = match live.filter(|live| live.deployment == record.deployment) {
            Some(live) => Arc::clone(&live.behaviour),
            None => {
                let files = self.store().files(record.key).await?;
                let files: Vec<(String, Vec<u8>)> = files.into_iter().map(|f| (f.path, f.bytes)).collect();
                Arc::new(Behaviour::read(&config, &files).0)
            }
        };
        let secrets = self.store().secrets(record.key).await?;
        App::new(record, config, behaviour, secrets, &self.parts)
    }

    /// The app of a client app id.
    pub fn app(&self, client_app_id: &str) -> Result<Arc<App>> {
        let apps = self.apps.load();
        let found = apps.by_client_app_id.get(client_app_id);
        found.map(Arc::clone).ok_or_else(|| Error::AppNotFound(client_app_id.to_owned()))
    }

    /// The app of a domain id, which is how a token names its app.
    pub fn app_of_domain(&self, domain: DomainId) -> Option<Arc<App>> {
        self.apps.load().by_domain.get(&domain).map(Arc::clone)
    }

    /// Whether an app is there that was never read.
    pub(super) fn is_unread(&self, app: AppKey) -> bool {
        self.apps.load().unread.contains(&app)
    }

    /// The app with an `_id`.
    pub fn app_by_id(&self, id: AppId) -> Option<Arc<App>> {
        self.apps.load().by_client_app_id.values().find(|app| app.id == id).map(Arc::clone)
    }

    /// Every app, by client app id.
    pub fn apps(&self) -> Vec<Arc<App>> {
        let mut apps: Vec<Arc<App>> = self.apps.load().by_client_app_id.values().map(Arc::clone).collect();
        apps.sort_by(|a, b| a.client_app_id.cmp(&b.client_app_id));
        apps
    }
}

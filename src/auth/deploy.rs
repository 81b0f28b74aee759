//! A configuration arrives and becomes live; a configuration leaves.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;

use super::concerns::concerns;
use super::keys::first_keys;
use super::sha256::sha256;
use super::{App, Auth, Author, Concern, Error, Result, Surroundings};
use crate::model::{
    AppConfig, AppId, AppKey, ClientAppId, DeploymentId, Dice, DomainId, GroupId, ProviderId, Secret,
    Timestamp,
};
use crate::store::{self, Deploy, File, NamedSecret, NewApp, Taken};

/// Draws for a new app's number and id before giving up.
const DRAWS: u32 = 32;
/// Numbers that fit two bytes, which every row of the app repeats.
const SMALL_KEYS: u32 = 32_766;

/// A configuration that was read and found valid.
pub struct Arrival {
    /// The id it names, or that an operator named.
    pub client_app_id: Option<ClientAppId>,
    /// The `_id` it names, for a new app.
    pub app_id: Option<AppId>,
    /// The domain that its users elsewhere named, for a new app.
    pub domain_id: Option<DomainId>,
    /// The configuration.
    pub config: AppConfig,
    /// Whether it says anything of our own settings; if not, a known app keeps its own.
    pub settings_given: bool,
    /// The files that are kept as they are, by path.
    pub files: Vec<(String, Vec<u8>)>,
    /// Secrets that are set with it, by name.
    pub secrets: Vec<(String, Secret<String>)>,
    /// The canonical path and the content hash of the directory it came from.
    pub directory: Option<(String, Vec<u8>)>,
    /// The project of a new app; `None` for the first one.
    pub group: Option<GroupId>,
    /// Who brings it; `None` when it is no deployment to be listed.
    pub author: Option<Author>,
    /// The deployment that it was made for, where somebody looked at what it changes: another live one is not replaced.
    pub replaces: Option<DeploymentId>,
}

/// What became of an arrival.
pub struct Arrived {
    /// The app, as it is live now.
    pub app: Arc<App>,
    /// Whether the app is new.
    pub created: bool,
    /// Whether anything changed.
    pub changed: bool,
}

/// What would become of an arrival.
pub struct Foreseen {
    /// The app, as it is live; `None`: it would be a new one.
    pub live: Option<Exported>,
    /// The configuration that it would have.
    pub config: AppConfig,
    /// Whether anything would change.
    pub changed: bool,
    /// The names of the secrets that would be set.
    pub secrets: Vec<String>,
    /// What is to know of it then.
    pub concerns: Vec<Concern>,
}

/// A configuration on its way out.
pub struct Exported {
    /// The app.
    pub app: Arc<App>,
    /// The files that were kept as they came.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Auth {
    /// The app that a directory became, when its content and secrets are still those that were imported last. A
    /// directory without secrets says nothing of them: who removed `secrets.json` after an import changed nothing.
    pub async fn unchanged_directory(
        &self,
        path: &str,
        content: &[u8],
        secrets: &[(String, Secret<String>)],
    ) -> Result<Option<Arc<App>>> {
        let known = self.store().directory(path).await?;
        let same = known.filter(|known| {
            let mark = known.content.strip_prefix(content);
            mark.is_some_and(|mark| secrets.is_empty() || self.is_mark_of(path, mark, secrets))
        });
        Ok(same.and_then(|d| self.apps().into_iter().find(|app| app.key == d.app)))
    }

    /// What is kept of a directory: the hash of its content, and behind it a digest of its secrets, sealed like they.
    fn kept_of(
        &self,
        directory: Option<(String, Vec<u8>)>,
        secrets: &[(String, Secret<String>)],
    ) -> Result<Option<(String, Vec<u8>)>> {
        let Some((path, mut content)) = directory else { return Ok(None) };
        if !secrets.is_empty() {
            let mark = self.parts.sealer.seal(self.dice(), &about_mark(&path), &digest(secrets))?;
            content.extend_from_slice(mark.expose());
        }
        Ok(Some((path, content)))
    }

    fn is_mark_of(&self, path: &str, mark: &[u8], secrets: &[(String, Secret<String>)]) -> bool {
        let opened = self.parts.sealer.open(&about_mark(path), mark);
        opened.is_ok_and(|opened| *opened.expose() == digest(secrets))
    }

    /// Makes a configuration live: of the app it names, or of the app its directory became before, or of a new one.
    pub async fn arrive(&self, arrival: Arrival) -> Result<Arrived> {
        match self.destination(&arrival).await? {
            Some(app) => self.redeploy(&app, arrival).await,
            None => self.create(arrival).await,
        }
    }

    /// What [`Auth::arrive`] would do, without doing it.
    pub async fn foresee(&self, arrival: &Arrival) -> Result<Foreseen> {
        let mut config = arrival.config.clone();
        let live = match self.destination(arrival).await? {
            Some(app) => Some(self.export(&app).await?),
            None => None,
        };
        let app = live.as_ref().map(|live| &live.app);
        if let Some(app) = app {
            adopt(&mut config, arrival.settings_given, &app.config, self.dice(), self.clock().now());
        }
        let secrets = match app {
            Some(app) => self.new_secrets(app, arrival.secrets.clone()),
            None => arrival.secrets.clone(),
        };
        let same = live.as_ref().is_some_and(|live| live.app.config == config && live.files == arrival.files);
        let secret = |name: &str| {
            let arriving = arrival.secrets.iter().find(|(other, _)| other == name);
            let had = || app.and_then(|app| self.secret(app, name).ok().flatten());
            arriving.map(|(_, value)| value.clone()).or_else(had)
        };
        let mails = Some(self.parts.mail.leaves_this_machine());
        let around = Surroundings { secret: &secret, knows_all_secrets: true, mails };
        let concerns = concerns(&config, &arrival.files, &around);
        let changed = !same || !secrets.is_empty();
        let secrets = secrets.into_iter().map(|(name, _)| name).collect();
        Ok(Foreseen { live, config, changed, secrets, concerns })
    }

    /// Everything that an export of the app writes.
    pub async fn export(&self, app: &Arc<App>) -> Result<Exported> {
        let files = self.store().files(app.key).await?;
        Ok(Exported { app: Arc::clone(app), files: files.into_iter().map(|f| (f.path, f.bytes)).collect() })
    }

    async fn destination(&self, arrival: &Arrival) -> Result<Option<Arc<App>>> {
        if let Some(id) = &arrival.client_app_id {
            return Ok(self.app(id.as_str()).ok());
        }
        let Some((path, _)) = &arrival.directory else { return Ok(None) };
        let known = self.store().directory(path).await?;
        if known.as_ref().is_some_and(|d| self.is_unread(d.app)) {
            return Err(Error::Unreadable(format!("the app of {path}")));
        }
        Ok(known.and_then(|d| self.apps().into_iter().find(|app| app.key == d.app)))
    }

    async fn redeploy(&self, app: &Arc<App>, arrival: Arrival) -> Result<Arrived> {
        let now = self.clock().now();
        let directory = self.kept_of(arrival.directory, &arrival.secrets)?;
        if arrival.replaces.is_some_and(|replaced| replaced != app.deployment) {
            return Err(Error::DeployedMeanwhile);
        }
        let mut config = arrival.config;
        adopt(&mut config, arrival.settings_given, &app.config, self.dice(), now);
        let live = self.store().files(app.key).await?;
        let same_files =
            live.iter().map(|f| (&f.path, &f.bytes)).eq(arrival.files.iter().map(|(p, b)| (p, b)));
        let new_secrets = self.new_secrets(app, arrival.secrets);
        let changed = config != app.config || !same_files || !new_secrets.is_empty();
        let deploy = Deploy {
            app: app.key,
            new: None,
            replaces: Some(app.deployment),
            deployment: DeploymentId(self.dice().object_id(now)),
            config: written(&config)?,
            files: files(arrival.files),
            secrets: self.sealed(app.key, &new_secrets)?,
            directory,
            listed: arrival.author.map(Author::listed),
            now,
        };
        if changed || deploy.directory.is_some() {
            self.deploy(deploy).await?;
        }
        Ok(Arrived { app: self.app(app.client_app_id.as_str())?, created: false, changed })
    }

    /// Those that the app does not have as they are.
    fn new_secrets(&self, app: &App, given: Vec<(String, Secret<String>)>) -> Vec<(String, Secret<String>)> {
        let has = |name: &str, value: &Secret<String>| {
            self.secret(app, name).ok().flatten().as_ref() == Some(value)
        };
        given.into_iter().filter(|(name, value)| !has(name, value)).collect()
    }

    pub(super) fn sealed(
        &self,
        app: AppKey,
        secrets: &[(String, Secret<String>)],
    ) -> Result<Vec<NamedSecret>> {
        secrets.iter().map(|(name, value)| self.new_secret(app, name, value)).collect()
    }

    async fn create(&self, arrival: Arrival) -> Result<Arrived> {
        let now = self.clock().now();
        let mut config = arrival.config;
        give_ids(&mut config, None, self.dice(), now);
        let group_id = match arrival.group {
            Some(group) => group,
            None => self.store().group().await?.ok_or_else(|| Error::Unreadable("the project".to_owned()))?,
        };
        let drawn = (AppId(self.dice().object_id(now)), DomainId(self.dice().object_id(now)));
        let mut ids = (arrival.app_id.unwrap_or(drawn.0), arrival.domain_id.unwrap_or(drawn.1));
        let deployment = DeploymentId(self.dice().object_id(now));
        let (text, files) = (written(&config)?, files(arrival.files));
        let directory = self.kept_of(arrival.directory, &arrival.secrets)?;
        for draw in 0..DRAWS {
            let app = draw_key(self.dice(), draw);
            let client_app_id = match &arrival.client_app_id {
                Some(given) => given.clone(),
                None => draw_client_app_id(&config.name, self.dice())?,
            };
            let new = NewApp {
                id: ids.0,
                client_app_id: client_app_id.clone(),
                domain_id: ids.1,
                group_id,
                keys: first_keys(self.dice(), &self.parts.sealer, app, now)?,
                access_list: vec![self.everywhere(now)],
            };
            let deploy = Deploy {
                app,
                new: Some(new),
                replaces: None,
                deployment,
                config: text.clone(),
                files: files.clone(),
                secrets: self.sealed(app, &arrival.secrets)?,
                directory: directory.clone(),
                listed: arrival.author.map(Author::listed),
                now,
            };
            match self.deploy(deploy).await {
                Ok(()) => {
                    return Ok(Arrived {
                        app: self.app(client_app_id.as_str())?,
                        created: true,
                        changed: true,
                    });
                }
                Err(Error::Store(store::Error::Conflict(Taken::AppKey))) => {}
                Err(Error::Store(store::Error::Conflict(Taken::ClientAppId)))
                    if arrival.client_app_id.is_none() => {}
                // A copy of another app's directory: it is a new app all the same.
                Err(Error::Store(store::Error::Conflict(Taken::Id))) if ids != drawn => ids = drawn,
                Err(Error::Store(store::Error::Conflict(_))) => return Err(Error::DeployedMeanwhile),
                Err(other) => return Err(other),
            }
        }
        Err(Error::Busy)
    }

    pub(super) async fn deploy(&self, act: Deploy) -> Result<()> {
        let deployed = self.changing(async { Ok(self.store().deploy(act).await?) }).await;
        match deployed {
            Err(Error::Store(store::Error::Conflict(Taken::Deployment | Taken::Draft))) => {
                Err(Error::DeployedMeanwhile)
            }
            other => other,
        }
    }
}

/// What a sealed digest is bound to.
fn about_mark(path: &str) -> String {
    format!("the secrets of the directory {path}")
}

fn digest(secrets: &[(String, Secret<String>)]) -> [u8; 32] {
    let mut pairs: Vec<_> = secrets.iter().map(|(name, value)| (name, value.expose())).collect();
    pairs.sort_unstable();
    sha256(&json!(pairs).to_string())
}

/// Gives an arriving configuration what it leaves to the app that it becomes.
fn adopt(config: &mut AppConfig, settings_given: bool, live: &AppConfig, dice: &dyn Dice, now: Timestamp) {
    if !settings_given {
        config.settings = live.settings.clone();
    }
    give_ids(config, Some(live), dice, now);
}

/// Gives every provider its record's id, and whatever else has one: the one it had, the one it came with, or a new one.
pub(super) fn give_ids(config: &mut AppConfig, live: Option<&AppConfig>, dice: &dyn Dice, now: Timestamp) {
    for provider in &mut config.providers {
        let had = live.and_then(|live| live.provider(provider.kind)).and_then(|p| p.id);
        provider.id = had.or(provider.id).or_else(|| Some(ProviderId(dice.object_id(now))));
    }
    // Those that they had go first: a copy that still bears the id of what it was copied from gets a new one.
    let mut taken = HashSet::new();
    for (key, id) in &mut config.ids {
        if let Some(had) = live.and_then(|live| live.ids.get(key).copied().flatten()) {
            *id = Some(had);
            taken.insert(had);
        }
    }
    for (key, id) in &mut config.ids {
        let had = live.is_some_and(|live| live.ids.get(key).is_some_and(Option::is_some));
        if !had && id.is_none_or(|came| !taken.insert(came)) {
            *id = Some(dice.object_id(now));
        }
    }
}

pub(super) fn written(config: &AppConfig) -> Result<String> {
    serde_json::to_string(config).map_err(|_| Error::Unreadable("the new configuration".to_owned()))
}

fn files(files: Vec<(String, Vec<u8>)>) -> Vec<File> {
    files.into_iter().map(|(path, bytes)| File { path, bytes }).collect()
}

/// A number for a new app: small ones first, since every row repeats it.
fn draw_key(dice: &dyn Dice, draw: u32) -> AppKey {
    let bound = if draw < DRAWS / 2 { SMALL_KEYS } else { i32::MAX.unsigned_abs() - 1 };
    AppKey(i32::try_from(dice.below(bound)).unwrap_or_default() + 1)
}

/// `name-abcde`, as the original made them.
fn draw_client_app_id(name: &str, dice: &dyn Dice) -> Result<ClientAppId> {
    let id = format!("{}-{}", name.to_lowercase(), dice.letters(5));
    id.parse().map_err(|_| Error::BadParameter(format!("an app cannot be named `{name}`")))
}

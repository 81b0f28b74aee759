//! API keys: a user's own, and those of servers.

use std::sync::Arc;

use super::link::Proved;
use super::providers::api_key;
use super::sha256::sha256;
use super::{App, Auth, Caller, Error, Result, UserChange};
use crate::model::{ApiKeyId, ProviderType, UserId, UserType};
use crate::store::{ApiKey, DeleteApiKey, Events, MadeApiKey, MakeApiKey, SetApiKeyDisabled};

/// Keys that one user may have.
const MOST_OF_A_USER: u32 = 20;
/// Server keys that one app may have.
const MOST_OF_AN_APP: u32 = 100;
const LONGEST_NAME: usize = 256;

/// A key, as its owner sees it.
pub struct OwnApiKey {
    /// The id.
    pub id: ApiKeyId,
    /// The name.
    pub name: String,
    /// Whether logins with it are refused.
    pub disabled: bool,
    /// Its value, told when it is made and never again.
    pub value: Option<String>,
}

impl OwnApiKey {
    fn of(key: ApiKey, value: Option<String>) -> OwnApiKey {
        OwnApiKey { id: key.id, name: key.name, disabled: key.disabled, value }
    }
}

impl Auth {
    /// Whose keys a caller sees: its own. Guests have none.
    pub fn key_owner(&self, caller: &Caller) -> Result<UserId> {
        if caller.user.guest {
            return Err(Error::NoApiKeysForGuests);
        }
        Ok(caller.user.id)
    }

    /// Makes a key: of a user, or of a server.
    pub async fn make_api_key(&self, app: &Arc<App>, owner: Option<UserId>, name: &str) -> Result<OwnApiKey> {
        if !app.serves(ProviderType::ApiKey) {
            return Err(Error::ProviderNotServed(ProviderType::ApiKey));
        }
        check_name(name)?;
        let now = self.clock().now();
        let value = api_key::value(self.dice());
        let id = ApiKeyId(self.dice().object_id(now));
        let user = owner.unwrap_or_else(|| UserId(self.dice().object_id(now)));
        let key = ApiKey { id, user, server: owner.is_none(), name: name.to_owned(), disabled: false };
        let limit = if owner.is_some() { MOST_OF_A_USER } else { MOST_OF_AN_APP };
        if key.server {
            let proved = Proved { claim: api_key::claim(&key), kind: UserType::Server };
            self.prepare_new_user(app, &proved, user).await?;
        }
        let act = MakeApiKey {
            app: app.key,
            key: key.clone(),
            hash: sha256(&value),
            limit,
            // Nobody logs in by it yet.
            events: Events { login: None, ..self.events(app, ProviderType::ApiKey, now) },
            now,
        };
        match self.store().make_api_key(act).await? {
            MadeApiKey::Made => {
                self.events_waiting();
                Ok(OwnApiKey::of(key, Some(value)))
            }
            MadeApiKey::NameTaken => Err(Error::ApiKeyExists),
            MadeApiKey::TooMany => Err(Error::TooManyApiKeys(limit)),
            MadeApiKey::Gone => Err(Error::SessionNotFound),
        }
    }

    /// The keys of a user, or of servers.
    pub async fn api_keys(&self, app: &Arc<App>, owner: Option<UserId>) -> Result<Vec<OwnApiKey>> {
        let keys = self.store().api_keys_of(app.key, owner).await?;
        Ok(keys.into_iter().map(|key| OwnApiKey::of(key, None)).collect())
    }

    /// One key of its owner.
    pub async fn own_api_key(&self, app: &Arc<App>, owner: Option<UserId>, id: &str) -> Result<OwnApiKey> {
        let id = key_id(id)?;
        let keys = self.api_keys(app, owner).await?;
        keys.into_iter().find(|key| key.id == id).ok_or(Error::ApiKeyNotFound)
    }

    /// Enables or disables a key of its owner.
    pub async fn set_api_key(
        &self,
        app: &Arc<App>,
        owner: Option<UserId>,
        id: &str,
        disabled: bool,
    ) -> Result<()> {
        let act = SetApiKeyDisabled { app: app.key, owner, id: key_id(id)?, disabled };
        if self.store().set_api_key_disabled(act).await? { Ok(()) } else { Err(Error::ApiKeyNotFound) }
    }

    /// Removes a server key with its user, as any user is removed.
    pub async fn delete_server_key(&self, app: &Arc<App>, id: &str) -> Result<()> {
        let id = key_id(id)?;
        let keys = self.store().api_keys_of(app.key, None).await?;
        let key = keys.into_iter().find(|key| key.id == id).ok_or(Error::ApiKeyNotFound)?;
        match self.change_user(app, key.user, UserChange::Delete).await {
            Err(Error::UserNotFound) => Err(Error::ApiKeyNotFound),
            other => other,
        }
    }

    /// Removes a key of the caller, but not the one that opened the session.
    pub async fn delete_own_api_key(&self, caller: &Caller, id: &str) -> Result<()> {
        let owner = self.key_owner(caller)?;
        let id = key_id(id)?;
        let opened = caller.user.identities.get(caller.session.identity);
        if opened.is_some_and(|with| with.provider == ProviderType::ApiKey && with.id.parse() == Ok(id)) {
            return Err(Error::ApiKeyOpenedSession);
        }
        let act = DeleteApiKey { app: caller.app.key, owner: Some(owner), id };
        if self.store().delete_api_key(act).await? { Ok(()) } else { Err(Error::ApiKeyNotFound) }
    }
}

/// Read before it is compared: an id is the same in capitals. What is no id is no key's.
fn key_id(text: &str) -> Result<ApiKeyId> {
    text.parse().map_err(|_| Error::ApiKeyNotFound)
}

fn check_name(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::NoApiKeyName);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.len() > LONGEST_NAME || !name.chars().all(allowed) {
        return Err(Error::BadApiKeyName);
    }
    Ok(())
}

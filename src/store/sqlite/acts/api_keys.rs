//! API keys, of users and of servers.

use rusqlite::params;
use serde_json::Map;

use super::{events, identities, users};
use crate::model::{ApiKeyId, AppKey, ProviderType, UserId, UserType};
use crate::store::sqlite::failure::{refuse_nul, unless_taken};
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::sqlite::{asks, row, sql};
use crate::store::{
    ApiKey, Claim, DeleteApiKey, Error, MadeApiKey, MakeApiKey, Result, SetApiKeyDisabled, Taken,
};

impl Act for MakeApiKey {
    type Done = MadeApiKey;

    fn perform(&self, desk: &mut Desk) -> Result<MadeApiKey> {
        let ApiKey { id, user, server, ref name, disabled } = self.key;
        refuse_nul([name.as_str()])?;
        let params = params![self.app.0, user.0.0, id.0.0];
        if let Some(there) = row::one(desk.connection(), sql::API_KEY, params, row::api_key)? {
            // It was done before, whatever became of it; or another one has its id.
            let same = there.server == server && there.name == *name;
            return if same { Ok(MadeApiKey::Made) } else { Err(Error::Conflict(Taken::Id)) };
        }
        if !server && !self.owner_may(desk)? {
            return Ok(MadeApiKey::Gone);
        }
        let others = asks::api_keys_of(desk.connection(), self.app, (!server).then_some(user))?;
        if others.iter().any(|other| other.name == *name) {
            return Ok(MadeApiKey::NameTaken);
        }
        if others.len() >= self.limit as usize {
            return Ok(MadeApiKey::TooMany);
        }
        let params = params![self.app.0, user.0.0, id.0.0, server, name, self.hash, disabled];
        unless_taken(desk.run(sql::INSERT_API_KEY, params))?;
        if server {
            self.make_server_user(desk)?;
        } else {
            self.claim(desk)?;
        }
        Ok(MadeApiKey::Made)
    }
}

impl MakeApiKey {
    /// Whether the owner is there and enabled. A guest cannot have keys: it would not be one.
    fn owner_may(&self, desk: &Desk) -> Result<bool> {
        let owner = identities::user(desk, self.app, self.key.user)?;
        Ok(owner.is_some_and(|owner| !owner.guest && !owner.disabled))
    }

    /// The claim alone. The identity comes with the first login.
    fn claim(&self, desk: &Desk) -> Result<()> {
        let ApiKey { id, user, .. } = &self.key;
        let params = params![self.app.0, ProviderType::ApiKey.number(), id.to_string(), user.0.0];
        unless_taken(desk.run(sql::INSERT_CLAIM, params))
    }

    fn make_server_user(&self, desk: &Desk) -> Result<()> {
        let ApiKey { id, user, name, .. } = &self.key;
        identities::insert_user(desk, self.app, *user, UserType::Server, None)?;
        self.claim(desk)?;
        let data = Map::from_iter([("name".to_owned(), name.as_str().into())]);
        let provider = ProviderType::ApiKey;
        let claim = Claim { provider, id: id.to_string(), data, password: None };
        identities::add(desk, self.app, *user, &claim)?;
        let happened = events::Happened { app: self.app, user: *user, provider, at: self.now };
        happened.keep(desk, self.events)
    }
}

impl Act for SetApiKeyDisabled {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let Some(key) = key_of(desk, self.app, self.owner, self.id)? else { return Ok(false) };
        let params = params![self.app.0, key.user.0.0, key.id.0.0, self.disabled];
        Ok(desk.run(sql::SET_API_KEY_DISABLED, params)? > 0)
    }
}

impl Act for DeleteApiKey {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let Some(key) = key_of(desk, self.app, self.owner, self.id)? else { return Ok(false) };
        if key.server {
            users::delete(desk, self.app, key.user)?;
        } else {
            desk.run(sql::DELETE_API_KEY, params![self.app.0, key.user.0.0, key.id.0.0])?;
            identities::forget_claim(desk, self.app, ProviderType::ApiKey, &key.id.to_string())?;
        }
        Ok(true)
    }
}

/// The key, if it is its owner's; a server's when `owner` is `None`.
fn key_of(desk: &Desk, app: AppKey, owner: Option<UserId>, id: ApiKeyId) -> Result<Option<ApiKey>> {
    let Some(owner) = owner else {
        return row::one(desk.connection(), sql::SERVER_API_KEY, params![app.0, id.0.0], row::api_key);
    };
    let params = params![app.0, owner.0.0, id.0.0];
    Ok(row::one(desk.connection(), sql::API_KEY, params, row::api_key)?.filter(|key| !key.server))
}

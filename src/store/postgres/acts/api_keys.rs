//! API keys, of users and of servers.

use crate::store::postgres::bind::params;
use serde_json::Map;

use super::{events, identities, tallies, users};
use crate::model::{ApiKeyId, AppKey, ProviderType, UserId, UserType};
use crate::store::postgres::failure::{refuse_nul, unless_taken};
use crate::store::postgres::writer::{Act, Desk, Hold};
use crate::store::postgres::{asks, row, sql};
use crate::store::{
    ApiKey, Claim, DeleteApiKey, Error, MadeApiKey, MakeApiKey, Result, SetApiKeyDisabled, Taken,
};

impl Act for MakeApiKey {
    type Done = MadeApiKey;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        if self.key.server { Hold::Server } else { Hold::User(self.app, self.key.user) }
    }

    async fn perform(&self, desk: &Desk) -> Result<MadeApiKey> {
        let ApiKey { id, user, server, ref name, disabled } = self.key;
        refuse_nul([name.as_str()])?;
        let params = params![self.app.0, user.0.0, id.0.0];
        if let Some(there) = row::one(desk.connection(), sql::API_KEY, params, row::api_key).await? {
            // It was done before, whatever became of it; or another one has its id.
            let same = there.server == server && there.name == *name;
            return if same { Ok(MadeApiKey::Made) } else { Err(Error::Conflict(Taken::Id)) };
        }
        if !server && !owner_may(self, desk).await? {
            return Ok(MadeApiKey::Gone);
        }
        let others = asks::api_keys_of(desk.connection(), self.app, (!server).then_some(user)).await?;
        if others.iter().any(|other| other.name == *name) {
            return Ok(MadeApiKey::NameTaken);
        }
        if others.len() >= self.limit as usize {
            return Ok(MadeApiKey::TooMany);
        }
        let params = params![self.app.0, user.0.0, id.0.0, server, name, self.hash, disabled];
        unless_taken(desk.run(sql::INSERT_API_KEY, params).await?)?;
        if server {
            make_server_user(self, desk).await?;
        } else {
            claim(self, desk).await?;
        }
        Ok(MadeApiKey::Made)
    }
}

/// Whether the owner is there and enabled. A guest cannot have keys: it would not be one.
async fn owner_may(act: &MakeApiKey, desk: &Desk) -> Result<bool> {
    let owner = identities::user(desk, act.app, act.key.user).await?;
    Ok(owner.is_some_and(|owner| !owner.guest && !owner.disabled))
}

/// The claim alone. The identity comes with the first login.
async fn claim(act: &MakeApiKey, desk: &Desk) -> Result<()> {
    let ApiKey { id, user, .. } = &act.key;
    let params = params![act.app.0, ProviderType::ApiKey.number(), id.to_string(), user.0.0];
    unless_taken(desk.run(sql::INSERT_CLAIM, params).await?)
}

async fn make_server_user(act: &MakeApiKey, desk: &Desk) -> Result<()> {
    let ApiKey { id, user, name, .. } = &act.key;
    let data = Map::from_iter([("name".to_owned(), name.as_str().into())]);
    let provider = ProviderType::ApiKey;
    let claim = Claim { provider, id: id.to_string(), data, password: None };
    let tallies = identities::make(desk, act.app, (*user, UserType::Server), None, &claim).await?;
    let happened = events::Happened { app: act.app, user: *user, provider, at: act.now };
    happened.keep(desk, act.events).await?;
    tallies::write(desk, act.app, tallies);
    Ok(())
}

impl Act for SetApiKeyDisabled {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        self.owner.map_or(Hold::Nothing, |owner| Hold::User(self.app, owner))
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let Some(key) = key_of(desk, self.app, self.owner, self.id).await? else { return Ok(false) };
        let params = params![self.app.0, key.user.0.0, key.id.0.0, self.disabled];
        Ok(desk.run(sql::SET_API_KEY_DISABLED, params).await? > 0)
    }
}

impl Act for DeleteApiKey {
    type Done = bool;

    fn holds(&self) -> Hold {
        self.owner.map_or(Hold::Nothing, |owner| Hold::User(self.app, owner))
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let Some(key) = key_of(desk, self.app, self.owner, self.id).await? else { return Ok(false) };
        if key.server {
            let (_, tallies) = users::delete(desk, self.app, key.user).await?.unwrap_or_default();
            tallies::write(desk, self.app, tallies);
        } else {
            desk.run(sql::DELETE_API_KEY, params![self.app.0, key.user.0.0, key.id.0.0]).await?;
            identities::forget_claim(desk, self.app, ProviderType::ApiKey, &key.id.to_string()).await?;
        }
        Ok(true)
    }
}

/// The key, if it is its owner's; a server's when `owner` is `None`.
async fn key_of(desk: &Desk, app: AppKey, owner: Option<UserId>, id: ApiKeyId) -> Result<Option<ApiKey>> {
    let Some(owner) = owner else {
        desk.run(sql::LOCK_USER_OF_SERVER_KEY, params![app.0, id.0.0]).await?;
        return row::one(desk.connection(), sql::SERVER_API_KEY, params![app.0, id.0.0], row::api_key).await;
    };
    let params = params![app.0, owner.0.0, id.0.0];
    Ok(row::one(desk.connection(), sql::API_KEY, params, row::api_key).await?.filter(|key| !key.server))
}

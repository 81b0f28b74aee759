//! Identities and who has them: what logging in, linking and API keys have in common.

use rusqlite::params;

use super::credentials;
use super::tallies::{self, Tallies};
use crate::model::{AppKey, ObjectId, ProviderType, Timestamp, User, UserId, UserType};
use crate::store::sqlite::failure::unless_taken;
use crate::store::sqlite::writer::Desk;
use crate::store::sqlite::{row, sql};
use crate::store::{Claim, Error, Result};

pub(super) fn user(desk: &Desk, app: AppKey, id: UserId) -> Result<Option<User>> {
    let connection = desk.connection();
    row::one(connection, sql::USER, params![app.0, id.0.0], |row| row::user(connection, app, row))
}

/// The user that a claim's row names.
pub(super) fn claimant(desk: &Desk, app: AppKey, id: UserId, claim: &Claim) -> Result<User> {
    user(desk, app, id)?
        .ok_or_else(|| Error::Corrupt { table: "claims", id: format!("{}: its user {id} is gone", claim.id) })
}

/// Makes a user who is no guest. It must be given an identity in the same act.
pub(super) fn insert_user(
    desk: &Desk,
    app: AppKey,
    user: UserId,
    kind: UserType,
    active: Option<Timestamp>,
) -> Result<()> {
    let number = match kind {
        UserType::Normal => 0,
        UserType::Server => 1,
    };
    let params = params![app.0, user.0.0, number, active.map(|at| at.0)];
    unless_taken(desk.run(sql::INSERT_USER, params))?;
    let mut tallies = Tallies::default();
    tallies.came(user, kind);
    tallies::write(desk, app, tallies)
}

/// Writes what the provider tells now under the user's identity, adding that when it is not there; says its place.
pub(super) fn renew(desk: &Desk, app: AppKey, user: &User, claim: &Claim) -> Result<usize> {
    let same = |known: &crate::model::Identity| known.provider == claim.provider && known.id == claim.id;
    match user.identities.iter().position(same) {
        None => add(desk, app, user.id, claim),
        Some(place) => {
            if user.identities[place].data != claim.data {
                let params = params![app.0, user.id.0.0, claim.provider.number(), claim.id, data(claim)];
                desk.run(sql::RENEW_IDENTITY, params)?;
            }
            Ok(place)
        }
    }
}

/// Gives a user an identity that nobody has; says its place.
pub(super) fn claim(desk: &Desk, app: AppKey, user: UserId, claim: &Claim) -> Result<usize> {
    desk.run(sql::INSERT_CLAIM, params![app.0, claim.provider.number(), claim.id, user.0.0])?;
    add(desk, app, user, claim)
}

/// Adds an identity after those that the user has; says its place.
pub(super) fn add(desk: &Desk, app: AppKey, user: UserId, claim: &Claim) -> Result<usize> {
    let params = params![app.0, user.0.0, claim.provider.number(), claim.id, data(claim)];
    let place = row::one(desk.connection(), sql::ADD_IDENTITY, params, row::place)?;
    Ok(place.unwrap_or_default())
}

fn data(claim: &Claim) -> Option<String> {
    (!claim.data.is_empty()).then(|| serde_json::Value::Object(claim.data.clone()).to_string())
}

/// Whether what proved an identity that nobody has yet is still good. It may have gone since it was looked at: a
/// password was changed or went with its credential, an API key always, since its claim is made and goes with it. A
/// credential becomes the user's here.
pub(super) fn give_proof(desk: &Desk, app: AppKey, user: UserId, claim: &Claim) -> Result<bool> {
    match claim.provider {
        ProviderType::LocalUserpass => credentials::give(desk, app, user, claim),
        ProviderType::ApiKey => Ok(false),
        _ => Ok(true),
    }
}

/// Whether what proved an identity that somebody has is still good. It goes with its claim; but a password may have
/// been changed, or an API key disabled, since it was looked at.
pub(super) fn is_proved_still(desk: &Desk, app: AppKey, user: UserId, claim: &Claim) -> Result<bool> {
    match claim.provider {
        ProviderType::LocalUserpass => credentials::has_password(desk, app, claim),
        ProviderType::ApiKey => has_enabled_key(desk, app, user, claim),
        _ => Ok(true),
    }
}

fn has_enabled_key(desk: &Desk, app: AppKey, user: UserId, claim: &Claim) -> Result<bool> {
    let Ok(id) = claim.id.parse::<ObjectId>() else { return Ok(false) };
    let key = row::one(desk.connection(), sql::API_KEY, params![app.0, user.0.0, id.0], row::api_key)?;
    Ok(key.is_some_and(|key| !key.disabled))
}

/// Removes all by which somebody who is no guest could log in, with their identities.
pub(super) fn forget(desk: &Desk, app: AppKey, user: UserId) -> Result<()> {
    let params = params![app.0, user.0.0];
    for identity in row::all(desk.connection(), sql::DELETE_IDENTITIES_OF, params, row::identity)? {
        forget_claim(desk, app, identity.provider, &identity.id)?;
        if identity.provider == ProviderType::LocalUserpass {
            credentials::delete(desk, app, &identity.id)?;
        }
    }
    // Those that nobody has logged in with have no identity yet.
    let keys = row::all(desk.connection(), sql::DELETE_API_KEYS_OF, params, |row| {
        row::Cells::new(row, "api_keys", 0).object_id(0)
    })?;
    keys.into_iter().try_for_each(|key| forget_claim(desk, app, ProviderType::ApiKey, &key.to_string()))
}

pub(super) fn forget_claim(desk: &Desk, app: AppKey, provider: ProviderType, id: &str) -> Result<()> {
    desk.run(sql::DELETE_CLAIM, params![app.0, provider.number(), id])?;
    Ok(())
}

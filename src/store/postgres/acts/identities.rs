//! Identities and who has them: what logging in, linking and API keys have in common.

use serde_json::{Map, Value};

use super::credentials;
use super::tallies::Tallies;
use crate::model::{AppKey, ObjectId, ProviderType, Session, SessionId, Timestamp, User, UserId, UserType};
use crate::store::postgres::bind::params;
use crate::store::postgres::failure::{Failure, unless_taken};
use crate::store::postgres::writer::Desk;
use crate::store::postgres::{asks, row, sql};
use crate::store::{Claim, Error, LONGEST_SOUGHT, Result};

/// The user as it is while nobody else changes it: its row is held until the act is over.
pub(super) async fn user(desk: &Desk, app: AppKey, id: UserId) -> Result<Option<User>> {
    let key = params![app.0, id.0.0];
    let [_, user] = desk.together([(sql::LOCK_USER, key), (sql::USER, key)]).await?;
    user.rows.first().map(row::user).transpose()
}

/// Who has an identity.
pub(super) struct Claimant {
    /// As it is while nobody else changes it: its row is held until the act is over.
    pub(super) user: User,
    /// Its session of the id that was asked for.
    pub(super) session: Option<Session>,
}

/// Who has the identity of a claim, if anybody has. A claim that is gone when its user is held, or another's, went with
/// the user meanwhile, and the act looks again.
pub(super) async fn claimant(
    desk: &Desk,
    app: AppKey,
    claim: &Claim,
    session: SessionId,
) -> Result<Option<Claimant>> {
    let (provider, id) = (claim.provider.number(), claim.id.as_str());
    let key = params![app.0, provider, id];
    let [held, found, session] = desk
        .together([
            (sql::LOCK_CLAIMANT, key),
            (sql::CLAIMANT_NOW, key),
            (sql::SESSION_OF_CLAIMANT, params![app.0, provider, id, session.0.0]),
        ])
        .await?;
    let held = held.rows.first().map(row::user_id).transpose()?;
    let Some(found) = found.rows.first() else {
        return if held.is_none() { Ok(None) } else { Err(Failure::Raced.into()) };
    };
    let id = row::claimant(found)?;
    let Some(user) = row::user_of_claim(found)? else {
        return Err(Error::Corrupt { table: "claims", id: format!("{}: its user {id} is gone", claim.id) });
    };
    if held != Some(id) {
        return Err(Failure::Raced.into());
    }
    Ok(Some(Claimant { user, session: session.rows.first().map(row::session).transpose()? }))
}

/// Writes what the provider tells now under the user's identity, adding that when it is not there; says its place.
pub(super) async fn renew(desk: &Desk, app: AppKey, user: &User, claim: &Claim) -> Result<usize> {
    let same = |known: &crate::model::Identity| known.provider == claim.provider && known.id == claim.id;
    match user.identities.iter().position(same) {
        None => add(desk, app, user.id, claim).await,
        Some(place) => {
            if user.identities[place].data != claim.data {
                let (email, name) = (told(&claim.data, "email"), told(&claim.data, "name"));
                let params =
                    params![app.0, user.id.0.0, claim.provider.number(), claim.id, data(claim), email, name];
                desk.run(sql::RENEW_IDENTITY, params).await?;
            }
            Ok(place)
        }
    }
}

/// Makes a user who is no guest, with an identity that nobody has.
pub(super) async fn make(
    desk: &Desk,
    app: AppKey,
    (user, kind): (UserId, UserType),
    active: Option<Timestamp>,
    claim: &Claim,
) -> Result<Tallies> {
    let number: u8 = match kind {
        UserType::Normal => 0,
        UserType::Server => 1,
    };
    let (email, name) = (told(&claim.data, "email"), told(&claim.data, "name"));
    let (provider, id) = (claim.provider.number(), claim.id.as_str());
    let [made, claimed, _] = desk
        .together([
            (sql::INSERT_USER, params![app.0, user.0.0, number, active.map(|at| at.0)]),
            (sql::INSERT_CLAIM, params![app.0, provider, id, user.0.0]),
            (sql::ADD_IDENTITY, params![app.0, user.0.0, provider, id, data(claim), email, name]),
        ])
        .await?;
    unless_taken(made.changed)?;
    unless_raced(claimed.changed)?;
    let mut tallies = Tallies::default();
    tallies.came(user, kind);
    Ok(tallies)
}

/// Gives a user an identity that nobody has; says its place.
pub(super) async fn claim(desk: &Desk, app: AppKey, user: UserId, claim: &Claim) -> Result<usize> {
    let (email, name) = (told(&claim.data, "email"), told(&claim.data, "name"));
    let (provider, id) = (claim.provider.number(), claim.id.as_str());
    let [claimed, added] = desk
        .together([
            (sql::INSERT_CLAIM, params![app.0, provider, id, user.0.0]),
            (sql::ADD_IDENTITY, params![app.0, user.0.0, provider, id, data(claim), email, name]),
        ])
        .await?;
    unless_raced(claimed.changed)?;
    added.rows.first().map_or(Ok(0), row::place)
}

/// Whoever had an identity first meanwhile keeps it, and the act looks again.
fn unless_raced(claimed: u64) -> Result<()> {
    if claimed == 0 { Err(Failure::Raced.into()) } else { Ok(()) }
}

/// Adds an identity after those that the user has; says its place.
pub(super) async fn add(desk: &Desk, app: AppKey, user: UserId, claim: &Claim) -> Result<usize> {
    let (email, name) = (told(&claim.data, "email"), told(&claim.data, "name"));
    let params = params![app.0, user.0.0, claim.provider.number(), claim.id, data(claim), email, name];
    let place = row::one(desk.connection(), sql::ADD_IDENTITY, params, row::place).await?;
    Ok(place.unwrap_or_default())
}

fn data(claim: &Claim) -> Option<String> {
    (!claim.data.is_empty()).then(|| Value::Object(claim.data.clone()).to_string())
}

/// What a provider told of an address or a name, as it is sought: nothing when no index holds it.
pub(in crate::store::postgres) fn told(data: &Map<String, Value>, what: &str) -> Option<String> {
    let text = data.get(what)?.as_str()?;
    let fits = text.len() <= LONGEST_SOUGHT && !text.contains('\0');
    fits.then(|| text.to_ascii_lowercase())
}

/// Whether what proved an identity that nobody has yet is still good. It may have gone since it was looked at: a
/// password was changed or went with its credential, an API key always, since its claim is made and goes with it. A
/// credential becomes the user's here.
pub(super) async fn give_proof(desk: &Desk, app: AppKey, user: UserId, claim: &Claim) -> Result<bool> {
    match claim.provider {
        ProviderType::LocalUserpass => credentials::give(desk, app, user, claim).await,
        ProviderType::ApiKey => Ok(false),
        _ => Ok(true),
    }
}

/// That nobody has the identity that was not proved any more: whoever took it meanwhile is why, and the act looks again.
pub(super) async fn still_nobodys(desk: &Desk, app: AppKey, claim: &Claim) -> Result<()> {
    match asks::claimant(desk.connection(), app, claim.provider, &claim.id).await? {
        Some(_) => Err(Failure::Raced.into()),
        None => Ok(()),
    }
}

/// Whether what proved an identity that somebody has is still good. It goes with its claim; but a password may have
/// been changed, or an API key disabled, since it was looked at.
pub(super) async fn is_proved_still(desk: &Desk, app: AppKey, user: UserId, claim: &Claim) -> Result<bool> {
    match claim.provider {
        ProviderType::LocalUserpass => credentials::has_password(desk, app, claim).await,
        ProviderType::ApiKey => has_enabled_key(desk, app, user, claim).await,
        _ => Ok(true),
    }
}

async fn has_enabled_key(desk: &Desk, app: AppKey, user: UserId, claim: &Claim) -> Result<bool> {
    let Ok(id) = claim.id.parse::<ObjectId>() else { return Ok(false) };
    let key = row::one(desk.connection(), sql::API_KEY, params![app.0, user.0.0, id.0], row::api_key).await?;
    Ok(key.is_some_and(|key| !key.disabled))
}

/// Removes all by which somebody who is no guest could log in, with their identities.
pub(super) async fn forget(desk: &Desk, app: AppKey, user: UserId) -> Result<()> {
    let params = params![app.0, user.0.0];
    for identity in row::all(desk.connection(), sql::DELETE_IDENTITIES_OF, params, row::identity).await? {
        forget_claim(desk, app, identity.provider, &identity.id).await?;
        if identity.provider == ProviderType::LocalUserpass {
            credentials::delete(desk, app, &identity.id).await?;
        }
    }
    // Those that nobody has logged in with have no identity yet.
    let keys = row::all(desk.connection(), sql::DELETE_API_KEYS_OF, params, |row| {
        row::Cells::new(row, "api_keys", 0).object_id(0)
    })
    .await?;
    for key in keys {
        forget_claim(desk, app, ProviderType::ApiKey, &key.to_string()).await?;
    }
    Ok(())
}

pub(super) async fn forget_claim(desk: &Desk, app: AppKey, provider: ProviderType, id: &str) -> Result<()> {
    desk.run(sql::DELETE_CLAIM, params![app.0, provider.number(), id]).await?;
    Ok(())
}

//! Users whom an administrator makes, and whose address an administrator changes.

use crate::store::postgres::bind::params;
use serde_json::{Map, Value};

use super::{credentials, events, identities, tallies};
use crate::model::{CredentialId, Identity, ProviderType, UserType};
use crate::store::postgres::failure::{refuse_nul, unless_taken};
use crate::store::postgres::writer::{Act, Desk, Hold};
use crate::store::postgres::{row, sql};
use crate::store::{Claim, EmailReset, Error, MadeEmailUser, MakeEmailUser, ResetEmail, Result, Taken};

const EMAIL: ProviderType = ProviderType::LocalUserpass;

/// What `local-userpass` tells of a person.
fn told(email: &str) -> Map<String, Value> {
    Map::from_iter([("email".to_owned(), email.into())])
}

impl Act for MakeEmailUser {
    type Done = MadeEmailUser;
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<MadeEmailUser> {
        let MakeEmailUser { app, user, credential, ref email, ref hash, now, .. } = *self;
        refuse_nul([email.as_str(), hash.expose().as_str()])?;
        let params = params![app.0, credential.0.0];
        if let Some(there) = row::one(desk.connection(), sql::CREDENTIAL, params, row::credential).await? {
            // It was done before, whatever became of it; or another one has its id.
            let same = there.email == *email && there.user == Some(user);
            return if same { Ok(MadeEmailUser::Made) } else { Err(Error::Conflict(Taken::Id)) };
        }
        if !credentials::take_address(desk, app, email, credential, now).await? {
            return Ok(MadeEmailUser::Taken);
        }
        let no_token: Option<&[u8]> = None;
        let params = params![app.0, credential.0.0, email, hash.expose(), true, now.0, no_token, no_token];
        unless_taken(desk.run(sql::INSERT_CREDENTIAL, params).await?)?;
        desk.run(sql::GIVE_CREDENTIAL, params![app.0, credential.0.0, user.0.0, hash.expose()]).await?;
        let claim = Claim { provider: EMAIL, id: credential.to_string(), data: told(email), password: None };
        let tallies = identities::make(desk, app, (user, UserType::Normal), None, &claim).await?;
        events::Happened { app, user, provider: EMAIL, at: now }.keep(desk, self.events).await?;
        tallies::write(desk, app, tallies);
        Ok(MadeEmailUser::Made)
    }
}

impl Act for ResetEmail {
    type Done = EmailReset;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::User(self.app, self.user)
    }

    async fn perform(&self, desk: &Desk) -> Result<EmailReset> {
        let ResetEmail { app, user, ref email, now } = *self;
        refuse_nul([email.as_str()])?;
        let Some(found) = identities::user(desk, app, user).await? else { return Ok(EmailReset::Gone) };
        let Some(Identity { id, .. }) = found.identity(EMAIL) else { return Ok(EmailReset::NoEmail) };
        let Ok(credential) = id.parse::<crate::model::ObjectId>() else { return Ok(EmailReset::NoEmail) };
        let params = params![app.0, credential.0];
        let Some(before) = row::one(desk.connection(), sql::CREDENTIAL, params, row::credential).await?
        else {
            return Ok(EmailReset::NoEmail);
        };
        if before.email == *email {
            return Ok(EmailReset::Reset);
        }
        if !credentials::take_address(desk, app, email, CredentialId(credential), now).await? {
            return Ok(EmailReset::Taken);
        }
        desk.run(sql::DELETE_ADDRESS, params![app.0, before.email, credential.0]).await?;
        // Whoever reads the old address must not reset the password of the new one.
        desk.run(sql::MOVE_CREDENTIAL, params![app.0, credential.0, email]).await?;
        let claim = Claim { provider: EMAIL, id: id.clone(), data: told(email), password: None };
        identities::renew(desk, app, &found, &claim).await?;
        Ok(EmailReset::Reset)
    }
}

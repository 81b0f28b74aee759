//! Users whom an administrator makes, and whose address an administrator changes.

use rusqlite::params;
use serde_json::{Map, Value};

use super::{events, identities};
use crate::model::{Identity, ProviderType, UserType};
use crate::store::sqlite::failure::{refuse_nul, unless_taken};
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::sqlite::{row, sql};
use crate::store::{Claim, EmailReset, Error, MadeEmailUser, MakeEmailUser, ResetEmail, Result, Taken};

const EMAIL: ProviderType = ProviderType::LocalUserpass;

/// What `local-userpass` tells of a person.
fn told(email: &str) -> Map<String, Value> {
    Map::from_iter([("email".to_owned(), email.into())])
}

impl Act for MakeEmailUser {
    type Done = MadeEmailUser;

    fn perform(&self, desk: &mut Desk) -> Result<MadeEmailUser> {
        let MakeEmailUser { app, user, credential, ref email, ref hash, now, .. } = *self;
        refuse_nul([email.as_str(), hash.expose().as_str()])?;
        let params = params![app.0, credential.0.0];
        if let Some(there) = row::one(desk.connection(), sql::CREDENTIAL, params, row::credential)? {
            // It was done before, whatever became of it; or another one has its id.
            let same = there.email == *email && there.user == Some(user);
            return if same { Ok(MadeEmailUser::Made) } else { Err(Error::Conflict(Taken::Id)) };
        }
        if desk.run(sql::TAKE_ADDRESS, params![app.0, email, credential.0.0, now.0])? == 0 {
            return Ok(MadeEmailUser::Taken);
        }
        let no_token: Option<&[u8]> = None;
        let params = params![app.0, credential.0.0, email, hash.expose(), true, now.0, no_token, no_token];
        desk.run(sql::INSERT_CREDENTIAL, params)?;
        desk.run(sql::GIVE_CREDENTIAL, params![app.0, credential.0.0, user.0.0, hash.expose()])?;
        identities::insert_user(desk, app, user, UserType::Normal, None)?;
        let claim = Claim { provider: EMAIL, id: credential.to_string(), data: told(email), password: None };
        identities::claim(desk, app, user, &claim)?;
        events::Happened { app, user, provider: EMAIL, at: now }.keep(desk, self.events)?;
        Ok(MadeEmailUser::Made)
    }
}

impl Act for ResetEmail {
    type Done = EmailReset;

    fn perform(&self, desk: &mut Desk) -> Result<EmailReset> {
        let ResetEmail { app, user, ref email, now } = *self;
        refuse_nul([email.as_str()])?;
        let Some(found) = identities::user(desk, app, user)? else { return Ok(EmailReset::Gone) };
        let Some(Identity { id, .. }) = found.identity(EMAIL) else { return Ok(EmailReset::NoEmail) };
        let Ok(credential) = id.parse::<crate::model::ObjectId>() else { return Ok(EmailReset::NoEmail) };
        let params = params![app.0, credential.0];
        let Some(before) = row::one(desk.connection(), sql::CREDENTIAL, params, row::credential)? else {
            return Ok(EmailReset::NoEmail);
        };
        if before.email == *email {
            return Ok(EmailReset::Reset);
        }
        if desk.run(sql::TAKE_ADDRESS, params![app.0, email, credential.0, now.0])? == 0 {
            return Ok(EmailReset::Taken);
        }
        desk.run(sql::DELETE_ADDRESS, params![app.0, before.email, credential.0])?;
        // Whoever reads the old address must not reset the password of the new one.
        unless_taken(desk.run(sql::MOVE_CREDENTIAL, params![app.0, credential.0, email]))?;
        let claim = Claim { provider: EMAIL, id: id.clone(), data: told(email), password: None };
        identities::renew(desk, app, &found, &claim)?;
        Ok(EmailReset::Reset)
    }
}

//! E-mail addresses with passwords, and the tokens that are sent to them.

use rusqlite::params;

use super::users::delete_sessions_of;
use crate::model::{AppKey, CredentialId, ObjectId, UserId};
use crate::store::sqlite::failure::refuse_nul;
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::sqlite::{row, sql};
use crate::store::{
    Claim, Error, Register, RenewToken, ResetPassword, Result, SetPassword, Taken, TokenPurpose, UseToken,
};

impl Act for Register {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        refuse_nul([self.email.as_str(), self.hash.expose()])?;
        let params = params![self.app.0, self.id.0.0];
        if let Some(there) = row::one(desk.connection(), sql::CREDENTIAL, params, row::credential)? {
            // It was done before, whatever became of it; or another one has its id.
            return if there.email == self.email { Ok(true) } else { Err(Error::Conflict(Taken::Id)) };
        }
        // Whoever has the address and has lapsed loses it here.
        let params = params![self.app.0, self.email, self.id.0.0, self.now.0];
        if desk.run(sql::TAKE_ADDRESS, params)? == 0 {
            return Ok(false);
        }
        let params = params![
            self.app.0,
            self.id.0.0,
            self.email,
            self.hash.expose(),
            self.token.is_none(),
            self.token.map_or(self.now, |token| token.until).0,
            self.token.map(|token| token.id.0),
            self.token.map(|token| token.hash),
        ];
        desk.run(sql::INSERT_CREDENTIAL, params)?;
        Ok(true)
    }
}

impl Act for UseToken {
    type Done = bool;

    /// A registration with an earlier clock than this act's may have taken the address, so that is looked at again.
    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        Ok(desk.run(sql::CONFIRM, params![self.app.0, self.id.0, self.hash, self.now.0])? > 0)
    }
}

/// Confirms a credential without a token.
pub(in crate::store::sqlite) struct ConfirmCredential {
    pub(in crate::store::sqlite) app: AppKey,
    pub(in crate::store::sqlite) credential: CredentialId,
}

impl Act for ConfirmCredential {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let params = params![self.app.0, self.credential.0.0];
        desk.run(sql::TAKE_FREE_ADDRESS, params)?;
        Ok(desk.run(sql::CONFIRM_CREDENTIAL, params)? > 0)
    }
}

impl Act for RenewToken {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let key = params![self.app.0, self.credential.0.0];
        let RenewToken { app, credential, token, .. } = self;
        let params = params![app.0, credential.0.0, token.id.0, token.hash, token.until.0];
        let changed = match self.purpose {
            TokenPurpose::Confirm => {
                desk.run(sql::TAKE_FREE_ADDRESS, key)?;
                desk.run(sql::RENEW_CONFIRM_TOKEN, params)?
            }
            TokenPurpose::Reset => desk.run(sql::RENEW_RESET_TOKEN, params)?,
        };
        Ok(changed > 0)
    }
}

impl Act for ResetPassword {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        refuse_nul([self.hash.expose().as_str()])?;
        let UseToken { app, id, hash, now } = self.token;
        let params = params![app.0, id.0, hash, now.0, self.hash.expose()];
        let user = row::one(desk.connection(), sql::RESET_PASSWORD, params, row::credential_user)?;
        end_sessions(desk, app, user)
    }
}

impl Act for SetPassword {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        refuse_nul([self.hash.expose().as_str()])?;
        let params = params![self.app.0, self.credential.0.0, self.hash.expose()];
        let user = row::one(desk.connection(), sql::SET_PASSWORD, params, row::credential_user)?;
        end_sessions(desk, self.app, user)
    }
}

/// Whoever came in with the old password goes out, if the credential is there and has a user.
fn end_sessions(desk: &Desk, app: AppKey, credential: Option<Option<UserId>>) -> Result<bool> {
    if let Some(user) = credential.flatten() {
        delete_sessions_of(desk, app, user)?;
    }
    Ok(credential.is_some())
}

/// Removes a credential that has no user.
pub(in crate::store::sqlite) struct DeletePending {
    pub(in crate::store::sqlite) app: AppKey,
    pub(in crate::store::sqlite) credential: CredentialId,
}

impl Act for DeletePending {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        remove(desk, sql::DELETE_PENDING, self.app, self.credential)
    }
}

/// Makes the credential behind an identity a user's. `false` when it is gone, unconfirmed, another user's, or has
/// another password by now.
pub(super) fn give(desk: &Desk, app: AppKey, user: UserId, claim: &Claim) -> Result<bool> {
    let Some((id, hash)) = proof(claim) else { return Ok(false) };
    Ok(desk.run(sql::GIVE_CREDENTIAL, params![app.0, id.0, user.0.0, hash])? > 0)
}

/// Whether the credential behind an identity has the password that the identity was proved with.
pub(super) fn has_password(desk: &Desk, app: AppKey, claim: &Claim) -> Result<bool> {
    let Some((id, hash)) = proof(claim) else { return Ok(false) };
    Ok(desk.exists(sql::PASSWORD_IS, params![app.0, id.0, hash])?)
}

/// The credential that proved an identity, and the hash that its password was found good for.
fn proof(claim: &Claim) -> Option<(ObjectId, &str)> {
    Some((claim.id.parse().ok()?, claim.password.as_ref()?.expose()))
}

/// Removes the credential behind an identity.
pub(super) fn delete(desk: &Desk, app: AppKey, identity: &str) -> Result<()> {
    if let Ok(id) = identity.parse() {
        remove(desk, sql::DELETE_CREDENTIAL, app, id)?;
    }
    Ok(())
}

/// Removes a credential; its address is free if it had it.
fn remove(desk: &Desk, delete: &str, app: AppKey, credential: CredentialId) -> Result<bool> {
    let email = row::one(desk.connection(), delete, params![app.0, credential.0.0], |row| {
        row::Cells::new(row, "credentials", 0).get::<String>(0)
    })?;
    if let Some(email) = &email {
        desk.run(sql::DELETE_ADDRESS, params![app.0, email, credential.0.0])?;
    }
    Ok(email.is_some())
}

//! E-mail addresses with passwords, and the tokens that are sent to them.

use super::users::delete_sessions_of;
use crate::model::{AppKey, CredentialId, ObjectId, Timestamp, UserId};
use crate::store::postgres::bind::params;
use crate::store::postgres::failure::{Failure, refuse_nul, unless_taken};
use crate::store::postgres::writer::{Act, Desk};
use crate::store::postgres::{row, sql};
use crate::store::{
    Claim, Error, Register, RenewToken, ResetPassword, Result, SetPassword, Taken, TokenPurpose, UseToken,
};

impl Act for Register {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        refuse_nul([self.email.as_str(), self.hash.expose()])?;
        let params = params![self.app.0, self.id.0.0];
        if let Some(there) = row::one(desk.connection(), sql::CREDENTIAL, params, row::credential).await? {
            // It was done before, whatever became of it; or another one has its id.
            return if there.email == self.email { Ok(true) } else { Err(Error::Conflict(Taken::Id)) };
        }
        // Whoever has the address and has lapsed loses it here.
        if !take_address(desk, self.app, &self.email, self.id, self.now).await? {
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
        unless_taken(desk.run(sql::INSERT_CREDENTIAL, params).await?)?;
        Ok(true)
    }
}

/// Gives a credential an address that nobody has, or whoever has it has lapsed. The address is held from here on.
pub(super) async fn take_address(
    desk: &Desk,
    app: AppKey,
    email: &str,
    credential: CredentialId,
    now: Timestamp,
) -> Result<bool> {
    let (key, address) = (params![app.0, email], params![app.0, email, credential.0.0]);
    if desk.run(sql::INSERT_ADDRESS, address).await? > 0 {
        return Ok(true);
    }
    desk.run(sql::LOCK_ADDRESS, key).await?;
    let params = params![app.0, email, credential.0.0, now.0];
    if desk.run(sql::TAKE_ADDRESS, params).await? > 0 {
        return Ok(true);
    }
    let holder = row::one(desk.connection(), sql::LOCK_ADDRESS, key, |row| {
        row::Cells::new(row, "emails", 0).object_id(0).map(CredentialId)
    })
    .await?;
    match holder {
        Some(holder) if holder != credential => Ok(false),
        // It came or went between the two: whoever had it is gone, or this act was tried before and its commit, which
        // nobody answered, is there only now.
        Some(_) | None => Err(Failure::Raced.into()),
    }
}

impl Act for UseToken {
    type Done = bool;

    /// A registration with an earlier clock than this act's may have taken the address, so that is looked at again.
    async fn perform(&self, desk: &Desk) -> Result<bool> {
        desk.run(sql::LOCK_ADDRESS_OF_TOKEN, params![self.app.0, self.id.0]).await?;
        Ok(desk.run(sql::CONFIRM, params![self.app.0, self.id.0, self.hash, self.now.0]).await? > 0)
    }
}

/// Confirms a credential without a token.
pub(in crate::store::postgres) struct ConfirmCredential {
    pub(in crate::store::postgres) app: AppKey,
    pub(in crate::store::postgres) credential: CredentialId,
}

impl Act for ConfirmCredential {
    type Done = bool;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let params = params![self.app.0, self.credential.0.0];
        desk.run(sql::TAKE_FREE_ADDRESS, params).await?;
        desk.run(sql::LOCK_ADDRESS_OF, params).await?;
        Ok(desk.run(sql::CONFIRM_CREDENTIAL, params).await? > 0)
    }
}

impl Act for RenewToken {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let key = params![self.app.0, self.credential.0.0];
        let RenewToken { app, credential, token, .. } = self;
        let params = params![app.0, credential.0.0, token.id.0, token.hash, token.until.0];
        let changed = match self.purpose {
            TokenPurpose::Confirm => {
                desk.run(sql::TAKE_FREE_ADDRESS, key).await?;
                desk.run(sql::LOCK_ADDRESS_OF, key).await?;
                desk.run(sql::RENEW_CONFIRM_TOKEN, params).await?
            }
            TokenPurpose::Reset => desk.run(sql::RENEW_RESET_TOKEN, params).await?,
        };
        Ok(changed > 0)
    }
}

impl Act for ResetPassword {
    type Done = bool;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        refuse_nul([self.hash.expose().as_str()])?;
        let UseToken { app, id, hash, now } = self.token;
        desk.run(sql::LOCK_USER_OF_RESET_TOKEN, params![app.0, id.0]).await?;
        let params = params![app.0, id.0, hash, now.0, self.hash.expose()];
        let user = row::one(desk.connection(), sql::RESET_PASSWORD, params, row::credential_user).await?;
        end_sessions(desk, app, user).await
    }
}

impl Act for SetPassword {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        refuse_nul([self.hash.expose().as_str()])?;
        desk.run(sql::LOCK_USER_OF_CREDENTIAL, params![self.app.0, self.credential.0.0]).await?;
        let params = params![self.app.0, self.credential.0.0, self.hash.expose()];
        let user = row::one(desk.connection(), sql::SET_PASSWORD, params, row::credential_user).await?;
        end_sessions(desk, self.app, user).await
    }
}

/// Whoever came in with the old password goes out, if the credential is there and has a user.
async fn end_sessions(desk: &Desk, app: AppKey, credential: Option<Option<UserId>>) -> Result<bool> {
    if let Some(user) = credential.flatten() {
        delete_sessions_of(desk, app, user).await?;
    }
    Ok(credential.is_some())
}

/// Removes a credential that has no user.
pub(in crate::store::postgres) struct DeletePending {
    pub(in crate::store::postgres) app: AppKey,
    pub(in crate::store::postgres) credential: CredentialId,
}

impl Act for DeletePending {
    type Done = bool;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        remove(desk, sql::DELETE_PENDING, self.app, self.credential).await
    }
}

/// Makes the credential behind an identity a user's. `false` when it is gone, unconfirmed, another user's, or has
/// another password by now.
pub(super) async fn give(desk: &Desk, app: AppKey, user: UserId, claim: &Claim) -> Result<bool> {
    let Some((id, hash)) = proof(claim) else { return Ok(false) };
    Ok(desk.run(sql::GIVE_CREDENTIAL, params![app.0, id.0, user.0.0, hash]).await? > 0)
}

/// Whether the credential behind an identity has the password that the identity was proved with.
pub(super) async fn has_password(desk: &Desk, app: AppKey, claim: &Claim) -> Result<bool> {
    let Some((id, hash)) = proof(claim) else { return Ok(false) };
    desk.exists(sql::PASSWORD_IS, params![app.0, id.0, hash]).await
}

/// The credential that proved an identity, and the hash that its password was found good for.
fn proof(claim: &Claim) -> Option<(ObjectId, &str)> {
    Some((claim.id.parse().ok()?, claim.password.as_ref()?.expose()))
}

/// Removes the credential behind an identity.
pub(super) async fn delete(desk: &Desk, app: AppKey, identity: &str) -> Result<()> {
    if let Ok(id) = identity.parse() {
        remove(desk, sql::DELETE_CREDENTIAL, app, id).await?;
    }
    Ok(())
}

/// Removes a credential; its address is free if it had it.
async fn remove(desk: &Desk, delete: &'static str, app: AppKey, credential: CredentialId) -> Result<bool> {
    let email = row::one(desk.connection(), delete, params![app.0, credential.0.0], |row| {
        row::Cells::new(row, "credentials", 0).get::<String>(0)
    })
    .await?;
    if let Some(email) = &email {
        desk.run(sql::DELETE_ADDRESS, params![app.0, email, credential.0.0]).await?;
    }
    Ok(email.is_some())
}

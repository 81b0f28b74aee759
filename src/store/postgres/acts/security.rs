//! Secrets, access lists, how long sessions last.

use crate::model::{AllowedIpId, AppKey, SecretId};
use crate::store::postgres::bind::params;
use crate::store::postgres::failure::{refuse_nul, unless_taken};
use crate::store::postgres::writer::{Act, Desk, Hold};
use crate::store::postgres::{row, sql};
use crate::store::{AllowedIp, ChangedSecret, Error, NamedSecret, PutAllowedIp, PutSecret, Result, Taken};

/// Sets the secret of a name.
pub(in crate::store::postgres) struct SetSecret(pub(in crate::store::postgres) PutSecret);

impl Act for SetSecret {
    type Done = ();
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<()> {
        set(desk, self.0.app, &self.0.secret).await
    }
}

/// Writes a secret under its name, which keeps the id that it has.
pub(super) async fn set(desk: &Desk, app: AppKey, secret: &NamedSecret) -> Result<()> {
    let NamedSecret { id, name, material } = secret;
    refuse_nul([name.as_str()])?;
    unless_taken(desk.run(sql::PUT_SECRET, params![app.0, id.0.0, name, material.expose()]).await?)
}

/// Makes a secret.
pub(in crate::store::postgres) struct MakeSecret(pub(in crate::store::postgres) PutSecret);

impl Act for MakeSecret {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let PutSecret { app, secret } = &self.0;
        refuse_nul([secret.name.as_str()])?;
        match named(desk, *app, &secret.name).await? {
            // It was done before.
            Some(id) => Ok(id == secret.id),
            None => set(desk, *app, secret).await.map(|()| true),
        }
    }
}

async fn named(desk: &Desk, app: AppKey, name: &str) -> Result<Option<SecretId>> {
    row::one(desk.connection(), sql::SECRET_OF_NAME, params![app.0, name], |row| {
        row::Cells::new(row, "secrets", 0).object_id(0).map(SecretId)
    })
    .await
}

/// Gives a secret a name and a value.
pub(in crate::store::postgres) struct ChangeSecret(pub(in crate::store::postgres) PutSecret);

impl Act for ChangeSecret {
    type Done = ChangedSecret;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<ChangedSecret> {
        let PutSecret { app, secret } = &self.0;
        refuse_nul([secret.name.as_str()])?;
        if named(desk, *app, &secret.name).await?.is_some_and(|other| other != secret.id) {
            return Ok(ChangedSecret::NameTaken);
        }
        let params = params![app.0, secret.id.0.0, secret.name, secret.material.expose()];
        match desk.run(sql::CHANGE_SECRET, params).await? {
            0 => Ok(ChangedSecret::Gone),
            _ => Ok(ChangedSecret::Changed),
        }
    }
}

/// Removes a secret.
pub(in crate::store::postgres) struct DeleteSecret {
    pub(in crate::store::postgres) app: AppKey,
    pub(in crate::store::postgres) secret: SecretId,
}

impl Act for DeleteSecret {
    type Done = bool;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        Ok(desk.run(sql::DELETE_SECRET, params![self.app.0, self.secret.0.0]).await? > 0)
    }
}

/// Adds an entry to an access list.
pub(in crate::store::postgres) struct AllowIp(pub(in crate::store::postgres) PutAllowedIp);

impl Act for AllowIp {
    type Done = ();
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<()> {
        insert_allowed_ip(desk, self.0.app, &self.0.entry).await
    }
}

pub(super) async fn insert_allowed_ip(desk: &Desk, app: AppKey, entry: &AllowedIp) -> Result<()> {
    let AllowedIp { id, address, comment } = entry;
    refuse_nul([address.as_str(), comment.as_str()])?;
    if desk.run(sql::INSERT_ALLOWED_IP, params![app.0, id.0.0, address, comment]).await? > 0 {
        return Ok(());
    }
    let there = row::one(desk.connection(), sql::ALLOWED_IP, params![app.0, id.0.0], row::allowed_ip).await?;
    if there.as_ref() == Some(entry) { Ok(()) } else { Err(Error::Conflict(Taken::Id)) }
}

/// Changes an entry of an access list.
pub(in crate::store::postgres) struct ChangeAllowedIp(pub(in crate::store::postgres) PutAllowedIp);

impl Act for ChangeAllowedIp {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let AllowedIp { id, address, comment } = &self.0.entry;
        refuse_nul([address.as_str(), comment.as_str()])?;
        Ok(desk.run(sql::CHANGE_ALLOWED_IP, params![self.0.app.0, id.0.0, address, comment]).await? > 0)
    }
}

/// Removes an entry of an access list.
pub(in crate::store::postgres) struct DisallowIp {
    pub(in crate::store::postgres) app: AppKey,
    pub(in crate::store::postgres) entry: AllowedIpId,
}

impl Act for DisallowIp {
    type Done = bool;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        Ok(desk.run(sql::DELETE_ALLOWED_IP, params![self.app.0, self.entry.0.0]).await? > 0)
    }
}

/// Says how long new sessions last.
pub(in crate::store::postgres) struct SetRefreshTokenSeconds {
    pub(in crate::store::postgres) app: AppKey,
    pub(in crate::store::postgres) seconds: i64,
}

impl Act for SetRefreshTokenSeconds {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        Ok(desk.run(sql::SET_REFRESH_TOKEN_SECONDS, params![self.app.0, self.seconds]).await? > 0)
    }
}

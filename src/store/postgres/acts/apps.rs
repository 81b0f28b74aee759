//! Acts on apps, their configuration and keys, and on the server's own row.

use super::security;
use super::snapshots::{drop_old_snapshots, hashes, insert_snapshot, list};
use crate::model::{AppKey, GroupId, Timestamp};
use crate::store::postgres::bind::params;
use crate::store::postgres::failure::{Failure, refuse_nul, unless_taken};
use crate::store::postgres::writer::{Act, Desk, Hold};
use crate::store::postgres::{asks, copying, row, sql};
use crate::store::{AddKey, Deploy, Error, Found, KeyRecord, NewApp, Result, RetireKey, Taken};

/// The name of the server's own project, as the original named the first one.
const FIRST_PROJECT: &str = "Project 0";

impl Act for Found {
    type Done = GroupId;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<GroupId> {
        // A move to an empty store may have begun since it was opened.
        if copying::mark(desk.connection()).await?.is_some() {
            return Err(Failure::Moving.into());
        }
        if desk.run(sql::FOUND, params![self.group_id.0.0, self.now.0]).await? > 0 {
            desk.run(sql::INSERT_PROJECT, params![self.group_id.0.0, FIRST_PROJECT]).await?;
        }
        Ok(asks::group(desk.connection()).await?.unwrap_or(self.group_id))
    }
}

/// Remembers the latest time.
pub(in crate::store::postgres) struct SeeTime(pub(in crate::store::postgres) Timestamp);

impl Act for SeeTime {
    type Done = ();
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<()> {
        desk.run(sql::SEE_TIME, params![self.0.0]).await?;
        Ok(())
    }
}

/// A deployment with the hash of each of its files, reckoned before the writer sees it.
pub(in crate::store::postgres) struct Sealed {
    act: Deploy,
    hashes: Vec<[u8; 32]>,
}

impl Sealed {
    pub(in crate::store::postgres) fn new(act: Deploy) -> Result<Sealed> {
        let keys = act.new.iter().flat_map(|new| &new.keys).map(|key| key.id.as_str());
        let paths = act.files.iter().map(|file| file.path.as_str());
        let directory = act.directory.iter().map(|(path, _)| path.as_str());
        let secrets = act.secrets.iter().map(|secret| secret.name.as_str());
        let listed =
            act.listed.iter().flat_map(|l| std::iter::once(l.origin.as_str()).chain(l.name.as_deref()));
        let texts = keys.chain(paths).chain(directory).chain(secrets).chain(listed);
        refuse_nul(texts.chain([act.config.as_str()]))?;
        let hashes = hashes(&act.files);
        Ok(Sealed { act, hashes })
    }
}

impl Act for Sealed {
    type Done = ();
    const SAME_AGAIN: bool = true;
    const LONG: bool = true;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<()> {
        let Deploy { app, deployment, now, .. } = self.act;
        let params = params![app.0, deployment.0.0];
        if let Some(config) = row::one(desk.connection(), sql::DEPLOYMENT, params, |row| {
            row::Cells::new(row, "deployments", 0).get::<String>(0)
        })
        .await?
        {
            // It was done before, whatever is live by now; or another one has its id.
            return if config == self.act.config { Ok(()) } else { Err(Error::Conflict(Taken::Deployment)) };
        }
        match &self.act.new {
            Some(new) => self.insert_app(desk, new).await?,
            None => self.move_live_pointer(desk).await?,
        }
        insert_snapshot(desk, app, deployment, now, &self.act.config, &self.act.files, &self.hashes).await?;
        list(desk, app, deployment, self.act.listed.as_ref()).await?;
        drop_old_snapshots(desk, app).await?;
        for secret in &self.act.secrets {
            security::set(desk, app, secret).await?;
        }
        if let Some((path, content)) = &self.act.directory {
            desk.run(sql::PUT_DIRECTORY, params![path, app.0, content]).await?;
        }
        Ok(())
    }
}

impl Sealed {
    async fn insert_app(&self, desk: &Desk, new: &NewApp) -> Result<()> {
        let Deploy { app, deployment, now, .. } = self.act;
        if desk.exists(sql::APP_EXISTS, params![app.0]).await?
            || desk.exists(sql::IS_DEPARTED, params![app.0]).await?
        {
            return Err(Error::Conflict(Taken::AppKey));
        }
        if desk.exists(sql::CLIENT_APP_ID_EXISTS, params![new.client_app_id.as_str()]).await? {
            return Err(Error::Conflict(Taken::ClientAppId));
        }
        // Tokens name their app by it.
        if desk.exists(sql::DOMAIN_EXISTS, params![new.domain_id.0.0]).await? {
            return Err(Error::Conflict(Taken::Id));
        }
        let inserted = desk
            .run(
                sql::INSERT_APP,
                params![
                    app.0,
                    new.id.0.0,
                    new.client_app_id.as_str(),
                    new.domain_id.0.0,
                    new.group_id.0.0,
                    now.0,
                    deployment.0.0
                ],
            )
            .await?;
        unless_taken(inserted)?;
        for key in &new.keys {
            insert_key(desk, app, key).await?;
        }
        for entry in &new.access_list {
            security::insert_allowed_ip(desk, app, entry).await?;
        }
        Ok(())
    }

    async fn move_live_pointer(&self, desk: &Desk) -> Result<()> {
        let Deploy { app, replaces, deployment, .. } = self.act;
        let moved = match replaces {
            Some(live) => desk.run(sql::MOVE_LIVE_POINTER, params![app.0, live.0.0, deployment.0.0]).await?,
            None => 0,
        };
        if moved == 1 { Ok(()) } else { Err(Error::Conflict(Taken::Deployment)) }
    }
}

impl Act for AddKey {
    type Done = ();
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<()> {
        refuse_nul([self.key.id.as_str()])?;
        insert_key(desk, self.app, &self.key).await
    }
}

async fn insert_key(desk: &Desk, app: AppKey, key: &KeyRecord) -> Result<()> {
    let params = params![app.0, key.purpose, key.id, key.created.0, key.material.expose()];
    if desk.run(sql::INSERT_KEY, params).await? > 0 {
        return Ok(());
    }
    let params = params![app.0, key.purpose, key.id];
    let there = row::one(desk.connection(), sql::KEY, params, row::key).await?;
    if there.as_ref() == Some(key) { Ok(()) } else { Err(Error::Conflict(Taken::Id)) }
}

impl Act for RetireKey {
    type Done = bool;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        Ok(desk.run(sql::DELETE_KEY, params![self.app.0, self.purpose, self.id]).await? > 0)
    }
}

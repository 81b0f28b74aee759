//! Acts on apps, their configuration and keys, and on the server's own row.

use rusqlite::params;

use super::security;
use super::snapshots::{drop_old_snapshots, hashes, insert_snapshot, list};
use crate::model::{AppKey, GroupId, Timestamp};
use crate::store::sqlite::failure::{is_taken, refuse_nul};
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::sqlite::{asks, row, sql};
use crate::store::{AddKey, Deploy, Error, Found, KeyRecord, NewApp, Result, RetireKey, Taken};

/// The name of the server's own project, as the original named the first one.
const FIRST_PROJECT: &str = "Project 0";

impl Act for Found {
    type Done = GroupId;

    fn perform(&self, desk: &mut Desk) -> Result<GroupId> {
        if desk.run(sql::FOUND, params![self.group_id.0.0, self.now.0])? > 0 {
            desk.run(sql::INSERT_PROJECT, params![self.group_id.0.0, FIRST_PROJECT])?;
        }
        Ok(asks::group(desk.connection())?.unwrap_or(self.group_id))
    }
}

/// Remembers the latest time.
pub(in crate::store::sqlite) struct SeeTime(pub(in crate::store::sqlite) Timestamp);

impl Act for SeeTime {
    type Done = ();

    fn perform(&self, desk: &mut Desk) -> Result<()> {
        desk.run(sql::SEE_TIME, [self.0.0])?;
        Ok(())
    }
}

/// A deployment with the hash of each of its files, reckoned before the writer sees it.
pub(in crate::store::sqlite) struct Sealed {
    act: Deploy,
    hashes: Vec<[u8; 32]>,
}

impl Sealed {
    pub(in crate::store::sqlite) fn new(act: Deploy) -> Result<Sealed> {
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

    fn perform(&self, desk: &mut Desk) -> Result<()> {
        let Deploy { app, deployment, now, .. } = self.act;
        let params = params![app.0, deployment.0.0];
        if let Some(config) = row::one(desk.connection(), sql::DEPLOYMENT, params, |row| {
            row::Cells::new(row, "deployments", 0).get::<String>(0)
        })? {
            // It was done before, whatever is live by now; or another one has its id.
            return if config == self.act.config { Ok(()) } else { Err(Error::Conflict(Taken::Deployment)) };
        }
        match &self.act.new {
            Some(new) => self.insert_app(desk, new)?,
            None => self.move_live_pointer(desk)?,
        }
        insert_snapshot(desk, app, deployment, now, &self.act.config, &self.act.files, &self.hashes)?;
        list(desk, app, deployment, self.act.listed.as_ref())?;
        drop_old_snapshots(desk, app)?;
        for secret in &self.act.secrets {
            security::set(desk, app, secret)?;
        }
        if let Some((path, content)) = &self.act.directory {
            desk.run(sql::PUT_DIRECTORY, params![path, app.0, content])?;
        }
        Ok(())
    }
}

impl Sealed {
    fn insert_app(&self, desk: &Desk, new: &NewApp) -> Result<()> {
        let Deploy { app, deployment, now, .. } = self.act;
        if desk.exists(sql::APP_EXISTS, [app.0])? || desk.exists(sql::IS_DEPARTED, [app.0])? {
            return Err(Error::Conflict(Taken::AppKey));
        }
        if desk.exists(sql::CLIENT_APP_ID_EXISTS, [new.client_app_id.as_str()])? {
            return Err(Error::Conflict(Taken::ClientAppId));
        }
        // Tokens name their app by it.
        if desk.exists(sql::DOMAIN_EXISTS, [new.domain_id.0.0])? {
            return Err(Error::Conflict(Taken::Id));
        }
        let inserted = desk.run(
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
        );
        match inserted {
            Ok(_) => {}
            Err(error) if is_taken(&error) => return Err(Error::Conflict(Taken::Id)),
            Err(error) => return Err(error.into()),
        }
        new.keys.iter().try_for_each(|key| insert_key(desk, app, key))?;
        new.access_list.iter().try_for_each(|entry| security::insert_allowed_ip(desk, app, entry))
    }

    fn move_live_pointer(&self, desk: &Desk) -> Result<()> {
        let Deploy { app, replaces, deployment, .. } = self.act;
        let moved = match replaces {
            Some(live) => desk.run(sql::MOVE_LIVE_POINTER, params![app.0, live.0.0, deployment.0.0])?,
            None => 0,
        };
        if moved == 1 { Ok(()) } else { Err(Error::Conflict(Taken::Deployment)) }
    }
}

impl Act for AddKey {
    type Done = ();

    fn perform(&self, desk: &mut Desk) -> Result<()> {
        refuse_nul([self.key.id.as_str()])?;
        insert_key(desk, self.app, &self.key)
    }
}

fn insert_key(desk: &Desk, app: AppKey, key: &KeyRecord) -> Result<()> {
    let params = params![app.0, key.purpose, key.id, key.created.0, key.material.expose()];
    match desk.run(sql::INSERT_KEY, params) {
        Ok(_) => Ok(()),
        Err(error) if is_taken(&error) => {
            let params = params![app.0, key.purpose, key.id];
            let there = row::one(desk.connection(), sql::KEY, params, row::key)?;
            if there.as_ref() == Some(key) { Ok(()) } else { Err(Error::Conflict(Taken::Id)) }
        }
        Err(error) => Err(error.into()),
    }
}

impl Act for RetireKey {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        Ok(desk.run(sql::DELETE_KEY, params![self.app.0, self.purpose, self.id])? > 0)
    }
}

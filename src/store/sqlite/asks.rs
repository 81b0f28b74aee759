//! What may be asked of SQLite. Point asks run where they are asked, long ones elsewhere: see `readers`.

use rusqlite::{Connection, params};

use super::{Sqlite, listing, row, rule, sql};
use crate::model::{
    AnonymousUserExpiration, AppKey, CredentialId, Day, DeploymentId, DeviceHash, GroupId, GuestLogins,
    LogQuery, LogType, ObjectId, Page, ProviderType, Session, SessionId, Tally, Timestamp, User, UserId,
};
use crate::store::rule::Due;
use crate::store::tallies;
use crate::store::{
    Answer, ApiKey, AppRecord, Ask, Bearer, Credential, DEPLOYMENTS_KEPT, DeploymentRecord, DirectoryRecord,
    DraftRecord, Event, File, Logged, NamedSecret, Result, SnapshotRecord, Standing,
};

impl Ask for Sqlite {
    fn apps(&self) -> Answer<'_, Vec<AppRecord>> {
        self.parts.readers.long(|connection| {
            // One view for the apps and their keys.
            let view = connection.unchecked_transaction()?;
            let mut apps = row::all(&view, sql::APPS, (), row::app)?;
            for app in &mut apps {
                complete(&view, app)?;
            }
            Ok(apps)
        })
    }

    fn app(&self, app: AppKey) -> Answer<'_, Option<AppRecord>> {
        self.point(move |connection| {
            let Some(mut found) = row::one(connection, sql::APP, [app.0], row::app)? else { return Ok(None) };
            complete(connection, &mut found)?;
            Ok(Some(found))
        })
    }

    fn files(&self, app: AppKey) -> Answer<'_, Vec<File>> {
        self.parts.readers.long(move |connection| row::all(connection, sql::FILES, [app.0], row::file))
    }

    fn snapshot(&self, app: AppKey, id: DeploymentId) -> Answer<'_, Option<SnapshotRecord>> {
        self.parts.readers.long(move |connection| {
            // One view for the configuration and its files.
            let view = connection.unchecked_transaction()?;
            let params = params![app.0, id.0.0];
            let config = row::one(&view, sql::DEPLOYMENT, params, |row| {
                row::Cells::new(row, "deployments", 0).get(0)
            })?;
            let Some(config) = config else { return Ok(None) };
            let files = row::all(&view, sql::FILES_OF_SNAPSHOT, params, row::file)?;
            Ok(Some(SnapshotRecord { config, files }))
        })
    }

    fn deployments(&self, app: AppKey) -> Answer<'_, Vec<DeploymentRecord>> {
        self.point(move |connection| {
            row::all(connection, sql::DEPLOYMENTS, params![app.0, DEPLOYMENTS_KEPT], row::deployment)
        })
    }

    fn drafts(&self, app: AppKey) -> Answer<'_, Vec<DraftRecord>> {
        self.point(move |connection| row::all(connection, sql::DRAFTS, [app.0], row::draft))
    }

    fn deploy_config(&self, app: AppKey) -> Answer<'_, Option<String>> {
        self.point(move |connection| {
            let found = row::one(connection, sql::DEPLOY_CONFIG, [app.0], |row| {
                row::Cells::new(row, "apps", 0).get::<Option<String>>(0)
            })?;
            Ok(found.flatten())
        })
    }

    fn is_departing(&self) -> Answer<'_, bool> {
        self.point(|connection| Ok(row::one(connection, sql::DEPARTED, (), |_| Ok(()))?.is_some()))
    }

    fn guest_deletions(&self) -> Answer<'_, Vec<(AppKey, String)>> {
        self.point(|connection| {
            row::all(connection, sql::GUEST_DELETIONS, (), |row| {
                let cells = row::Cells::new(row, "apps", 0);
                Ok((AppKey(cells.get(0)?), cells.get(1)?))
            })
        })
    }

    fn directory<'a>(&'a self, path: &'a str) -> Answer<'a, Option<DirectoryRecord>> {
        self.point(move |connection| {
            row::one(connection, sql::DIRECTORY, [path], |row| {
                let cells = row::Cells::new(row, "directories", 0);
                Ok(DirectoryRecord { app: AppKey(cells.get(0)?), content: cells.get(1)? })
            })
        })
    }

    fn group(&self) -> Answer<'_, Option<GroupId>> {
        self.point(group)
    }

    fn bearer(&self, app: AppKey, user: UserId, session: SessionId) -> Answer<'_, Option<Bearer>> {
        self.point(move |connection| {
            let params = params![app.0, user.0.0, session.0.0];
            row::one(connection, sql::BEARER, params, |row| row::bearer(connection, app, row))
        })
    }

    fn user(&self, app: AppKey, user: UserId) -> Answer<'_, Option<User>> {
        self.point(move |connection| {
            row::one(connection, sql::USER, params![app.0, user.0.0], |row| row::user(connection, app, row))
        })
    }

    fn users(&self, app: AppKey, page: Page) -> Answer<'_, Vec<User>> {
        self.parts.readers.long(move |connection| listing::users(connection, app, &page))
    }

    fn user_count(&self, app: AppKey) -> Answer<'_, u64> {
        self.parts.readers.long(move |connection| {
            let count = row::one(connection, sql::USER_COUNT, [app.0], |row| Ok(row.get::<_, i64>(0)?))?;
            Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
        })
    }

    fn sessions_of(&self, app: AppKey, user: UserId) -> Answer<'_, Vec<Session>> {
        self.point(move |connection| {
            row::all(connection, sql::SESSIONS_OF, params![app.0, user.0.0], row::session)
        })
    }

    fn device(&self, app: AppKey, hash: DeviceHash) -> Answer<'_, Option<String>> {
        self.point(move |connection| {
            row::one(connection, sql::DEVICE, params![app.0, hash.0], |row| {
                row::Cells::new(row, "devices", 0).get(0)
            })
        })
    }

    fn expired(
        &self,
        app: AppKey,
        policy: AnonymousUserExpiration,
        now: Timestamp,
        cursor: Option<UserId>,
        limit: u32,
    ) -> Answer<'_, Vec<User>> {
        self.parts.readers.long(move |connection| {
            let Some(due) = Due::at(policy, now) else { return Ok(Vec::new()) };
            let params = params![
                app.0,
                after(&cursor),
                due.made_before.0.0,
                due.seen_before,
                due.brought_before,
                limit
            ];
            row::all(connection, sql::EXPIRED, params, |row| row::user(connection, app, row))
        })
    }

    fn claimant<'a>(
        &'a self,
        app: AppKey,
        provider: ProviderType,
        id: &'a str,
    ) -> Answer<'a, Option<UserId>> {
        self.point(move |connection| claimant(connection, app, provider, id))
    }

    fn credential<'a>(&'a self, app: AppKey, email: &'a str) -> Answer<'a, Option<Credential>> {
        self.point(move |connection| {
            row::one(connection, sql::CREDENTIAL_OF_ADDRESS, params![app.0, email], row::credential)
        })
    }

    fn pending(&self, app: AppKey, after: Option<CredentialId>, limit: u32) -> Answer<'_, Vec<Credential>> {
        self.parts.readers.long(move |connection| {
            let after: &[u8] = after.as_ref().map_or(&[], |id| &id.0.0);
            row::all(connection, sql::PENDING, params![app.0, after, limit], row::credential)
        })
    }

    fn api_key(&self, app: AppKey, hash: [u8; 32]) -> Answer<'_, Option<ApiKey>> {
        self.point(move |connection| {
            row::one(connection, sql::API_KEY_BY_HASH, params![app.0, hash], row::api_key)
        })
    }

    fn api_keys_of(&self, app: AppKey, user: Option<UserId>) -> Answer<'_, Vec<ApiKey>> {
        self.point(move |connection| api_keys_of(connection, app, user))
    }

    fn secrets(&self, app: AppKey) -> Answer<'_, Vec<NamedSecret>> {
        self.point(move |connection| row::all(connection, sql::SECRETS, [app.0], row::secret))
    }

    fn due_events(&self, now: Timestamp, limit: u32) -> Answer<'_, Vec<Event>> {
        self.parts
            .readers
            .long(move |connection| row::all(connection, sql::DUE_EVENTS, params![now.0, limit], row::event))
    }

    fn logs(&self, app: AppKey, query: LogQuery) -> Answer<'_, Vec<Logged>> {
        self.parts.readers.long(move |connection| logs(connection, app, &query))
    }

    fn guest_logins(&self, app: AppKey, since: Day) -> Answer<'_, Vec<GuestLogins>> {
        self.parts.readers.long(move |connection| {
            row::all(connection, sql::GUEST_LOGINS, params![app.0, since.0], row::guest_logins)
        })
    }

    fn tallies(&self, app: AppKey, since: Day) -> Answer<'_, Vec<Tally>> {
        self.parts
            .readers
            .long(move |connection| row::all(connection, sql::TALLIES, params![app.0, since.0], row::tally))
    }

    fn standing(&self, app: AppKey) -> Answer<'_, Standing> {
        self.parts.readers.long(move |connection| standing(connection, app))
    }

    fn next_event(&self) -> Answer<'_, Option<Timestamp>> {
        self.point(|connection| {
            row::one(connection, sql::NEXT_EVENT, (), |row| {
                row::Cells::new(row, "events", 0).get(0).map(Timestamp)
            })
        })
    }

    fn next_expiry(
        &self,
        app: AppKey,
        policy: AnonymousUserExpiration,
        cursor: Option<UserId>,
    ) -> Answer<'_, Option<Timestamp>> {
        self.parts.readers.long(move |connection| rule::next(connection, app, policy, cursor))
    }

    fn latest_time(&self) -> Answer<'_, Option<Timestamp>> {
        self.point(|connection| Ok(row::server::<Option<i64>>(connection, sql::LATEST_TIME)?.map(Timestamp)))
    }

    fn ready(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            if !self.parts.writer.alive() {
                return Err(super::Failure::Closed.into());
            }
            self.parts.readers.point(group).map(|_| ())
        })
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn changes(&self) -> Answer<'_, u64> {
        Box::pin(std::future::ready(Ok(0)))
    }

    fn changed(&self, _: u64) -> Answer<'_, ()> {
        Box::pin(std::future::pending())
    }
}

impl Sqlite {
    pub(super) fn point<'a, T: 'a>(
        &'a self,
        ask: impl FnOnce(&Connection) -> Result<T> + Send + 'a,
    ) -> Answer<'a, T> {
        Box::pin(async move { self.parts.readers.point(ask) })
    }
}

/// Reads what an app has in tables of their own.
fn complete(connection: &Connection, app: &mut AppRecord) -> Result<()> {
    app.keys = row::all(connection, sql::KEYS, [app.key.0], row::key)?;
    app.access_list = row::all(connection, sql::ACCESS_LIST, [app.key.0], row::allowed_ip)?;
    Ok(())
}

pub(super) fn group(connection: &Connection) -> Result<Option<GroupId>> {
    let id = row::server::<Option<[u8; 12]>>(connection, sql::GROUP)?;
    Ok(id.map(|bytes| GroupId(ObjectId(bytes))))
}

pub(super) fn claimant(
    connection: &Connection,
    app: AppKey,
    provider: ProviderType,
    id: &str,
) -> Result<Option<UserId>> {
    row::one(connection, sql::CLAIMANT, params![app.0, provider.number(), id], |row| {
        row::Cells::new(row, "claims", 0).object_id(0).map(UserId)
    })
}

fn standing(connection: &Connection, app: AppKey) -> Result<Standing> {
    let mut standing = Standing::default();
    row::all(connection, sql::STANDING, [app.0], |row| {
        let cells = row::Cells::new(row, "tallies", 0);
        let (what, day) = (cells.get::<u8>(0)?, Day(cells.get(1)?));
        let n = u64::try_from(cells.get::<i64>(2)?).unwrap_or_default();
        match what {
            tallies::ACTIVE => standing.active.push((day, n)),
            tallies::MADE => standing.made.push((day, n)),
            tallies::BROUGHT => standing.brought.push((day, n)),
            tallies::PEOPLE => standing.people += n,
            tallies::SERVERS => standing.servers += n,
            other => return Err(cells.corrupt(&format_args!("{other} is never counted"))),
        }
        Ok(())
    })?;
    Ok(standing)
}

/// The most selective index that a query allows decides where it looks.
fn logs(connection: &Connection, app: AppKey, query: &LogQuery) -> Result<Vec<Logged>> {
    let bit = |kind: LogType| 1_i64 << kind.number();
    let kinds = query.kinds.as_ref().map_or(-1, |kinds| kinds.iter().copied().map(bit).fold(0, |a, b| a | b));
    let after = query.after.map_or(i64::MIN, |at| at.0);
    let until = query.until.map_or(i64::MAX, |at| at.0);
    let (errors, limit, skip) = (query.errors_only, query.limit, query.skip);
    let user = query.user.map(|user| user.0.0);
    match (query.co_id, user) {
        (Some(co_id), user) => {
            let params = params![app.0, kinds, errors, after, until, limit, skip, co_id.0.0, user];
            row::all(connection, sql::LOGS_OF_REQUEST, params, row::logged)
        }
        (None, Some(user)) => {
            let params = params![app.0, kinds, errors, after, until, limit, skip, user];
            row::all(connection, sql::LOGS_OF_USER, params, row::logged)
        }
        (None, None) => {
            let params = params![app.0, kinds, errors, after, until, limit, skip];
            row::all(connection, sql::LOGS, params, row::logged)
        }
    }
}

/// The keys that a user made, or those that server users were made with.
pub(super) fn api_keys_of(connection: &Connection, app: AppKey, user: Option<UserId>) -> Result<Vec<ApiKey>> {
    match user {
        Some(user) => row::all(connection, sql::API_KEYS_OF, params![app.0, user.0.0], row::api_key),
        None => row::all(connection, sql::SERVER_API_KEYS, [app.0], row::api_key),
    }
}

/// The id that a page follows, as bytes: none at all sort before every id.
pub(super) fn after(cursor: &Option<UserId>) -> &[u8] {
    cursor.as_ref().map_or(&[], |id| &id.0.0)
}

//! What may be asked of PostgreSQL. Point asks share connections, long ones have their own: see `readers`.

use std::future::Future;
use std::sync::Arc;

use super::bind::params;
use super::connection::Connection;
use super::{Postgres, listing, row, rule, sql, watch};
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

impl Ask for Postgres {
    fn apps(&self) -> Answer<'_, Vec<AppRecord>> {
        self.long(move |connection| async move {
            let mut apps = row::all(&connection, sql::APPS, &[], row::app).await?;
            for app in &mut apps {
                complete(&connection, app).await?;
            }
            Ok(apps)
        })
    }

    fn app(&self, app: AppKey) -> Answer<'_, Option<AppRecord>> {
        self.point(move |connection| async move {
            let Some(mut found) = row::one(&connection, sql::APP, params![app.0], row::app).await? else {
                return Ok(None);
            };
            complete(&connection, &mut found).await?;
            Ok(Some(found))
        })
    }

    fn files(&self, app: AppKey) -> Answer<'_, Vec<File>> {
        self.long(move |connection| async move {
            row::all(&connection, sql::FILES, params![app.0], row::file).await
        })
    }

    fn snapshot(&self, app: AppKey, id: DeploymentId) -> Answer<'_, Option<SnapshotRecord>> {
        self.long(move |connection| async move {
            let params = params![app.0, id.0.0];
            let config = row::one(&connection, sql::DEPLOYMENT, params, |row| {
                row::Cells::new(row, "deployments", 0).get(0)
            })
            .await?;
            let Some(config) = config else { return Ok(None) };
            let files = row::all(&connection, sql::FILES_OF_SNAPSHOT, params, row::file).await?;
            Ok(Some(SnapshotRecord { config, files }))
        })
    }

    fn deployments(&self, app: AppKey) -> Answer<'_, Vec<DeploymentRecord>> {
        self.point(move |connection| async move {
            row::all(&connection, sql::DEPLOYMENTS, params![app.0, DEPLOYMENTS_KEPT], row::deployment).await
        })
    }

    fn drafts(&self, app: AppKey) -> Answer<'_, Vec<DraftRecord>> {
        self.point(move |connection| async move {
            row::all(&connection, sql::DRAFTS, params![app.0], row::draft).await
        })
    }

    fn deploy_config(&self, app: AppKey) -> Answer<'_, Option<String>> {
        self.point(move |connection| async move {
            let found = row::one(&connection, sql::DEPLOY_CONFIG, params![app.0], |row| {
                row::Cells::new(row, "apps", 0).get::<Option<String>>(0)
            })
            .await?;
            Ok(found.flatten())
        })
    }

    fn is_departing(&self) -> Answer<'_, bool> {
        self.point(move |connection| async move {
            Ok(row::one(&connection, sql::DEPARTED, &[], |_| Ok(())).await?.is_some())
        })
    }

    fn guest_deletions(&self) -> Answer<'_, Vec<(AppKey, String)>> {
        self.point(move |connection| async move {
            row::all(&connection, sql::GUEST_DELETIONS, &[], |row| {
                let cells = row::Cells::new(row, "apps", 0);
                Ok((AppKey(cells.get(0)?), cells.get(1)?))
            })
            .await
        })
    }

    fn directory<'a>(&'a self, path: &'a str) -> Answer<'a, Option<DirectoryRecord>> {
        self.point(move |connection| async move {
            row::one(&connection, sql::DIRECTORY, params![path], |row| {
                let cells = row::Cells::new(row, "directories", 0);
                Ok(DirectoryRecord { app: AppKey(cells.get(0)?), content: cells.get(1)? })
            })
            .await
        })
    }

    fn group(&self) -> Answer<'_, Option<GroupId>> {
        self.point(|connection| async move { group(&connection).await })
    }

    fn bearer(&self, app: AppKey, user: UserId, session: SessionId) -> Answer<'_, Option<Bearer>> {
        self.parts.bearers.ask(app, user, session)
    }

    fn user(&self, app: AppKey, user: UserId) -> Answer<'_, Option<User>> {
        self.point(move |connection| async move {
            row::one(&connection, sql::USER, params![app.0, user.0.0], row::user).await
        })
    }

    fn users(&self, app: AppKey, page: Page) -> Answer<'_, Vec<User>> {
        self.long(move |connection| async move { listing::users(&connection, app, &page).await })
    }

    fn user_count(&self, app: AppKey) -> Answer<'_, u64> {
        self.long(move |connection| async move {
            let count = row::one(&connection, sql::USER_COUNT, params![app.0], |row| {
                row::Cells::new(row, "users", 0).get::<i64>(0)
            })
            .await?;
            Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
        })
    }

    fn sessions_of(&self, app: AppKey, user: UserId) -> Answer<'_, Vec<Session>> {
        self.point(move |connection| async move {
            row::all(&connection, sql::SESSIONS_OF, params![app.0, user.0.0], row::session).await
        })
    }

    fn device(&self, app: AppKey, hash: DeviceHash) -> Answer<'_, Option<String>> {
        self.point(move |connection| async move {
            row::one(&connection, sql::DEVICE, params![app.0, hash.0], |row| {
                row::Cells::new(row, "devices", 0).get(0)
            })
            .await
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
        self.long(move |connection| async move {
            let Some(due) = Due::at(policy, now) else { return Ok(Vec::new()) };
            let params = params![
                app.0,
                after(&cursor),
                due.made_before.0.0,
                due.seen_before,
                due.brought_before,
                limit
            ];
            row::all(&connection, sql::EXPIRED, params, row::user).await
        })
    }

    fn claimant<'a>(
        &'a self,
        app: AppKey,
        provider: ProviderType,
        id: &'a str,
    ) -> Answer<'a, Option<UserId>> {
        self.point(move |connection| async move { claimant(&connection, app, provider, id).await })
    }

    fn credential<'a>(&'a self, app: AppKey, email: &'a str) -> Answer<'a, Option<Credential>> {
        self.point(move |connection| async move {
            row::one(&connection, sql::CREDENTIAL_OF_ADDRESS, params![app.0, email], row::credential).await
        })
    }

    fn pending(&self, app: AppKey, after: Option<CredentialId>, limit: u32) -> Answer<'_, Vec<Credential>> {
        self.long(move |connection| async move {
            let after: &[u8] = after.as_ref().map_or(&[], |id| &id.0.0);
            row::all(&connection, sql::PENDING, params![app.0, after, limit], row::credential).await
        })
    }

    fn api_key(&self, app: AppKey, hash: [u8; 32]) -> Answer<'_, Option<ApiKey>> {
        self.point(move |connection| async move {
            row::one(&connection, sql::API_KEY_BY_HASH, params![app.0, hash], row::api_key).await
        })
    }

    fn api_keys_of(&self, app: AppKey, user: Option<UserId>) -> Answer<'_, Vec<ApiKey>> {
        self.point(move |connection| async move { api_keys_of(&connection, app, user).await })
    }

    fn secrets(&self, app: AppKey) -> Answer<'_, Vec<NamedSecret>> {
        self.point(move |connection| async move {
            row::all(&connection, sql::SECRETS, params![app.0], row::secret).await
        })
    }

    fn due_events(&self, now: Timestamp, limit: u32) -> Answer<'_, Vec<Event>> {
        self.long(move |connection| async move {
            row::all(&connection, sql::DUE_EVENTS, params![now.0, limit], row::event).await
        })
    }

    fn logs(&self, app: AppKey, query: LogQuery) -> Answer<'_, Vec<Logged>> {
        self.long(move |connection| async move { logs(&connection, app, &query).await })
    }

    fn guest_logins(&self, app: AppKey, since: Day) -> Answer<'_, Vec<GuestLogins>> {
        self.long(move |connection| async move {
            row::all(&connection, sql::GUEST_LOGINS, params![app.0, since.0], row::guest_logins).await
        })
    }

    fn tallies(&self, app: AppKey, since: Day) -> Answer<'_, Vec<Tally>> {
        self.long(move |connection| async move {
            row::all(&connection, sql::TALLIES, params![app.0, since.0], row::tally).await
        })
    }

    fn standing(&self, app: AppKey) -> Answer<'_, Standing> {
        self.long(move |connection| async move { standing(&connection, app).await })
    }

    fn next_event(&self) -> Answer<'_, Option<Timestamp>> {
        self.point(move |connection| async move {
            row::one(&connection, sql::NEXT_EVENT, &[], |row| {
                row::Cells::new(row, "events", 0).get(0).map(Timestamp)
            })
            .await
        })
    }

    fn next_expiry(
        &self,
        app: AppKey,
        policy: AnonymousUserExpiration,
        cursor: Option<UserId>,
    ) -> Answer<'_, Option<Timestamp>> {
        self.long(move |connection| async move { rule::next(&connection, app, policy, cursor).await })
    }

    fn latest_time(&self) -> Answer<'_, Option<Timestamp>> {
        self.point(move |connection| async move {
            Ok(row::server::<Option<i64>>(&connection, sql::LATEST_TIME).await?.map(Timestamp))
        })
    }

    fn ready(&self) -> Answer<'_, ()> {
        self.point(|connection| async move { group(&connection).await.map(|_| ()) })
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn changes(&self) -> Answer<'_, u64> {
        self.point(|connection| async move { watch::changes(&connection).await })
    }

    fn changed(&self, known: u64) -> Answer<'_, ()> {
        Box::pin(self.parts.watch.changed(known))
    }
}

impl Postgres {
    pub(super) fn point<'a, T, F>(
        &'a self,
        ask: impl Fn(Arc<Connection>) -> F + Send + Sync + 'a,
    ) -> Answer<'a, T>
    where
        T: Send + 'a,
        F: Future<Output = Result<T>> + Send + 'a,
    {
        Box::pin(self.parts.readers.point(ask))
    }

    pub(super) fn long<'a, T, F>(
        &'a self,
        ask: impl FnOnce(Arc<Connection>) -> F + Send + 'a,
    ) -> Answer<'a, T>
    where
        T: Send + 'a,
        F: Future<Output = Result<T>> + Send + 'a,
    {
        Box::pin(self.parts.readers.long(ask))
    }
}

/// Reads what an app has in tables of their own.
async fn complete(connection: &Connection, app: &mut AppRecord) -> Result<()> {
    app.keys = row::all(connection, sql::KEYS, params![app.key.0], row::key).await?;
    app.access_list = row::all(connection, sql::ACCESS_LIST, params![app.key.0], row::allowed_ip).await?;
    Ok(())
}

pub(super) async fn group(connection: &Connection) -> Result<Option<GroupId>> {
    let id = row::server::<Option<[u8; 12]>>(connection, sql::GROUP).await?;
    Ok(id.map(|bytes| GroupId(ObjectId(bytes))))
}

pub(super) async fn claimant(
    connection: &Connection,
    app: AppKey,
    provider: ProviderType,
    id: &str,
) -> Result<Option<UserId>> {
    row::one(connection, sql::CLAIMANT, params![app.0, provider.number(), id], row::claimant).await
}

async fn standing(connection: &Connection, app: AppKey) -> Result<Standing> {
    let mut standing = Standing::default();
    row::all(connection, sql::STANDING, params![app.0], |row| {
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
    })
    .await?;
    Ok(standing)
}

/// The most selective index that a query allows decides where it looks.
async fn logs(connection: &Connection, app: AppKey, query: &LogQuery) -> Result<Vec<Logged>> {
    let bit = |kind: LogType| 1_i64 << kind.number();
    let kinds = query.kinds.as_ref().map_or(-1, |kinds| kinds.iter().copied().map(bit).fold(0, |a, b| a | b));
    let after = query.after.map_or(i64::MIN, |at| at.0);
    let until = query.until.map_or(i64::MAX, |at| at.0);
    let (errors, limit, skip) = (query.errors_only, query.limit, query.skip);
    let user = query.user.map(|user| user.0.0);
    match (query.co_id, user) {
        (Some(co_id), user) => {
            let params = params![app.0, kinds, errors, after, until, limit, skip, co_id.0.0, user];
            row::all(connection, sql::LOGS_OF_REQUEST, params, row::logged).await
        }
        (None, Some(user)) => {
            let params = params![app.0, kinds, errors, after, until, limit, skip, user];
            row::all(connection, sql::LOGS_OF_USER, params, row::logged).await
        }
        (None, None) => {
            let params = params![app.0, kinds, errors, after, until, limit, skip];
            row::all(connection, sql::LOGS, params, row::logged).await
        }
    }
}

/// The keys that a user made, or those that server users were made with.
pub(super) async fn api_keys_of(
    connection: &Connection,
    app: AppKey,
    user: Option<UserId>,
) -> Result<Vec<ApiKey>> {
    match user {
        Some(user) => row::all(connection, sql::API_KEYS_OF, params![app.0, user.0.0], row::api_key).await,
        None => row::all(connection, sql::SERVER_API_KEYS, params![app.0], row::api_key).await,
    }
}

/// The id that a page follows, as bytes: none at all sort before every id.
pub(super) fn after(cursor: &Option<UserId>) -> &[u8] {
    cursor.as_ref().map_or(&[], |id| &id.0.0)
}

//! What the laws are tried on: ids that follow from a time and a number, guests, apps.

use std::sync::Arc;

use passerby::model::{
    AppId, AppKey, DAY, Day, DeploymentId, Device, DeviceHash, DeviceId, DomainId, GroupId, ObjectId,
    ProviderType, Secret, SessionId, Timestamp, User, UserId, UserType, anonymous_identity_id,
};
use passerby::store::{Deploy, Error, File, KeyRecord, LogIn, NewApp, Result, Store, Taken};
use serde_json::Map;

/// An app that most laws use. The store does not ask whether it exists.
pub(crate) const APP: AppKey = AppKey(7);

/// Another app.
pub(crate) const OTHER: AppKey = AppKey(8);

/// 2026-11-24, noon.
pub(crate) const NOON: Timestamp = Timestamp(20_781 * DAY + DAY / 2);

/// The day of [`NOON`].
pub(crate) const TODAY: Day = Day(20_781);

/// The `n`th id of a second.
pub(crate) fn id(second: Timestamp, n: u32) -> ObjectId {
    ObjectId::from_parts(second, [0xbd, 0xee, 0xc4, 0xa0, 0x37], n)
}

/// The user of the `n`th guest made at a second.
pub(crate) fn user_id(second: Timestamp, n: u32) -> UserId {
    UserId(id(second, 2 * n))
}

/// The session of the `n`th guest made at a second.
pub(crate) fn session_id(second: Timestamp, n: u32) -> SessionId {
    SessionId(id(second, 2 * n + 1))
}

/// The login of the `n`th guest made at a second, by a client that says nothing of itself.
pub(crate) fn guest(second: Timestamp, n: u32) -> LogIn {
    LogIn {
        app: APP,
        user: user_id(second, n),
        session: session_id(second, n),
        device: None,
        device_details: None,
        provider: ProviderType::AnonUser,
    }
}

/// What a device says of itself.
pub(crate) fn device(n: u8) -> Device {
    Device { hash: DeviceHash([n; 16]), details: format!(r#"{{"platform":"web","sdkVersion":"{n}"}}"#) }
}

/// The same login from a device.
pub(crate) fn with_device(mut act: LogIn, n: u8) -> LogIn {
    act.device = Some(DeviceId(id(NOON, 1_000 + u32::from(n))));
    act.device_details = Some(device(n));
    act
}

/// The user that a login makes.
pub(crate) fn user_of(act: &LogIn) -> User {
    User {
        id: act.user,
        kind: UserType::Normal,
        guest: true,
        disabled: false,
        last_seen: None,
        data: Map::new(),
        identities: vec![passerby::model::Identity {
            id: anonymous_identity_id(act.user),
            provider: ProviderType::AnonUser,
        }],
    }
}

/// A new app with one key and two files.
pub(crate) fn new_app(key: AppKey, client_app_id: &str, n: u32) -> Deploy {
    Deploy {
        app: key,
        new: Some(NewApp {
            id: AppId(id(NOON, 10 * n)),
            client_app_id: client_app_id.parse().unwrap(),
            domain_id: DomainId(id(NOON, 10 * n + 1)),
            group_id: GroupId(id(NOON, 1)),
            keys: vec![signing_key("first", 0)],
        }),
        replaces: None,
        deployment: DeploymentId(id(NOON, 10 * n + 2)),
        config: format!(r#"{{"name":"{client_app_id}"}}"#),
        files: vec![file("rules/b.json", b"{}"), file("hosting/files/a\u{fc}.html", &[0, 255, 10])],
        directory: None,
        now: NOON,
    }
}

/// The next deployment of an app.
pub(crate) fn deployment(of: &Deploy, n: u32) -> Deploy {
    Deploy {
        app: of.app,
        new: None,
        replaces: Some(of.deployment),
        deployment: DeploymentId(id(NOON.plus(60), n)),
        config: format!(r#"{{"name":"deployment {n}"}}"#),
        files: vec![file("functions/config.json", format!("[{n}]").as_bytes())],
        directory: None,
        now: NOON.plus(60),
    }
}

/// A file of an app directory.
pub(crate) fn file(path: &str, bytes: &[u8]) -> File {
    File { path: path.to_owned(), bytes: bytes.to_owned() }
}

/// A key of purpose 1, made so many seconds after noon.
pub(crate) fn signing_key(id: &str, seconds: i64) -> KeyRecord {
    KeyRecord {
        id: id.to_owned(),
        purpose: 1,
        material: Secret::new(id.as_bytes().repeat(3)),
        created: NOON.plus(seconds),
    }
}

/// Logs in many guests at once; returns when each has its answer.
pub(crate) async fn log_in_all(store: &Arc<dyn Store>, acts: impl IntoIterator<Item = LogIn>) {
    let waiting: Vec<_> = acts
        .into_iter()
        .map(|act| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.log_in(act).await })
        })
        .collect();
    for answer in waiting {
        answer.await.unwrap().unwrap();
    }
}

/// The ids of users.
pub(crate) fn ids(users: &[User]) -> Vec<UserId> {
    users.iter().map(|user| user.id).collect()
}

/// What was taken, when an act was refused for that.
pub(crate) fn taken<T>(result: &Result<T>) -> Option<Taken> {
    match result {
        Err(Error::Conflict(taken)) => Some(*taken),
        _ => None,
    }
}

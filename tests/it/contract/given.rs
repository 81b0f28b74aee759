//! What the laws are tried on: ids that follow from a time and a number, guests, apps.

use std::sync::Arc;

use passerby::model::{
    AllowedIpId, ApiKeyId, AppId, AppKey, CredentialId, DAY, Day, DeploymentId, Device, DeviceHash, DeviceId,
    DomainId, EventId, GroupId, Identity, ObjectId, ProviderType, Secret, SecretId, Session, SessionId,
    Timestamp, User, UserId, UserType, anonymous_identity_id,
};
use passerby::store::{
    AllowedIp, ApiKey, Claim, Credential, Deploy, Error, Events, File, KeyRecord, Link, Linked, LogIn,
    MakeApiKey, MakeEmailUser, NamedSecret, NewApp, Register, Result, SentToken, Store, Taken, UseToken,
};
use serde_json::{Map, Value, json};

/// An app that most laws use. The store does not ask whether it exists.
pub(crate) const APP: AppKey = AppKey(7);

/// Another app.
pub(crate) const OTHER: AppKey = AppKey(8);

/// 2026-11-24, noon.
pub(crate) const NOON: Timestamp = Timestamp(20_781 * DAY + DAY / 2);

/// The day of [`NOON`].
pub(crate) const TODAY: Day = Day(20_781);

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

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
        identity: None,
        user: user_id(second, n),
        kind: UserType::Normal,
        session: session_id(second, n),
        expires: None,
        device: None,
        device_details: None,
        events: Events::default(),
        now: second,
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
    let identity = act.identity.as_ref();
    User {
        id: act.user,
        kind: act.kind,
        guest: identity.is_none(),
        disabled: false,
        last_seen: None,
        last_active_at: identity.map(|_| act.now),
        custom_data: None,
        identities: vec![identity.map_or_else(|| anonymous(act.user), identity_of)],
    }
}

/// The session that a login opens, by the identity at a place.
pub(crate) fn session_of(act: &LogIn, user: UserId, identity: usize) -> Session {
    Session {
        id: act.session,
        user,
        provider: act.identity.as_ref().map_or(ProviderType::AnonUser, |claim| claim.provider),
        identity,
        device: act.device,
        device_details: act.device_details.as_ref().map(|device| device.hash),
        expires: act.expires,
    }
}

/// Somebody as the app's function knows them, by name.
pub(crate) fn claim(id: &str) -> Claim {
    claim_of(ProviderType::CustomFunction, id)
}

/// Somebody as a provider knows them.
pub(crate) fn claim_of(provider: ProviderType, id: &str) -> Claim {
    let data = object(json!({ "name": format!("{provider} {id}") }));
    Claim { provider, id: id.to_owned(), data, password: None }
}

/// The identity that a claim becomes.
pub(crate) fn identity_of(claim: &Claim) -> Identity {
    let Claim { provider, id, data, .. } = claim.clone();
    Identity { id, provider, data }
}

/// A JSON object.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

/// The `n`th login at a second, with an identity. It ends after 60 days.
pub(crate) fn log_in_with(claim: Claim, second: Timestamp, n: u32) -> LogIn {
    LogIn { identity: Some(claim), expires: Some(second.plus(60 * DAY)), ..guest(second, n) }
}

/// A link to the user of the `n`th login at noon, by its session, a minute later.
pub(crate) fn link(n: u32, claim: Claim) -> Link {
    Link {
        app: APP,
        user: user_id(NOON, n),
        session: session_id(NOON, n),
        claim,
        sessions_end: NOON.plus(60 + 60 * DAY),
        events: Events::default(),
        now: NOON.plus(60),
    }
}

/// Logs guests in at noon who then become someone.
pub(crate) async fn become_someone(store: &Arc<dyn Store>, numbers: impl IntoIterator<Item = u32>) {
    for n in numbers {
        store.log_in(guest(NOON, n)).await.unwrap();
        assert_eq!(store.link(link(n, claim(&n.to_string()))).await.unwrap(), Linked::Linked);
    }
}

/// Ids of events, which nobody else has.
pub(crate) fn events(n: u32) -> Events {
    Events { create: Some(event_id(2 * n)), login: Some(event_id(2 * n + 1)) }
}

/// The `n`th id of an event.
pub(crate) fn event_id(n: u32) -> EventId {
    EventId(id(NOON, 500_000 + n))
}

/// The id of the `n`th credential.
pub(crate) fn credential_id(n: u32) -> CredentialId {
    CredentialId(id(NOON, 600_000 + n))
}

/// The `n`th token, which lapses after half an hour.
pub(crate) fn token(n: u32, sent: Timestamp) -> SentToken {
    SentToken { id: id(NOON, 700_000 + n), hash: [n as u8; 32], until: sent.plus(30 * 60) }
}

/// Its use.
pub(crate) fn use_token(token: SentToken, now: Timestamp) -> UseToken {
    UseToken { app: APP, id: token.id, hash: token.hash, now }
}

/// The registration of the `n`th credential, which the `n`th token confirms.
pub(crate) fn register(n: u32, email: &str, now: Timestamp) -> Register {
    Register {
        app: APP,
        id: credential_id(n),
        email: email.to_owned(),
        hash: password(n),
        token: Some(token(n, now)),
        now,
    }
}

/// The hash of the `n`th password.
pub(crate) fn password(n: u32) -> Secret<String> {
    Secret::new(format!("$argon2id$v=19$m=19456,t=2,p=1$salt${n}"))
}

/// The same registration, confirmed at once.
pub(crate) fn confirmed(act: Register) -> Register {
    Register { token: None, ..act }
}

/// What is kept of a registration.
pub(crate) fn credential_of(act: &Register) -> Credential {
    Credential {
        id: act.id,
        email: act.email.clone(),
        hash: act.hash.clone(),
        confirmed: act.token.is_none(),
        user: None,
        blocks_until: act.token.map_or(act.now, |token| token.until),
    }
}

/// The user whom an administrator makes with the `n`th credential.
pub(crate) fn email_user(n: u32, email: &str) -> MakeEmailUser {
    MakeEmailUser {
        app: APP,
        user: UserId(id(NOON, 650_000 + n)),
        credential: credential_id(n),
        email: email.to_owned(),
        hash: password(n),
        events: Events::default(),
        now: NOON,
    }
}

/// The identity that the `n`th credential proves, with the `n`th password.
pub(crate) fn email_claim(n: u32) -> Claim {
    let data = object(json!({ "email": format!("{n}@example.com") }));
    let id = credential_id(n).to_string();
    Claim { provider: ProviderType::LocalUserpass, id, data, password: Some(password(n)) }
}

/// The `n`th API key of a user.
pub(crate) fn api_key(n: u32, user: UserId) -> ApiKey {
    let id = ApiKeyId(id(NOON, 800_000 + n));
    ApiKey { id, user, server: false, name: format!("key-{n}"), disabled: false }
}

/// Makes a key, of which there may be two.
pub(crate) fn make(key: &ApiKey) -> MakeApiKey {
    let mut hash = [9; 32];
    hash[..12].copy_from_slice(&key.id.0.0);
    MakeApiKey { app: APP, key: key.clone(), hash, limit: 2, events: Events::default(), now: NOON }
}

/// The identity that a key proves.
pub(crate) fn key_claim(key: &ApiKey) -> Claim {
    let data = object(json!({ "name": key.name }));
    Claim { provider: ProviderType::ApiKey, id: key.id.to_string(), data, password: None }
}

/// The one identity of a guest.
pub(crate) fn anonymous(user: UserId) -> Identity {
    Identity { id: anonymous_identity_id(user), provider: ProviderType::AnonUser, data: Map::new() }
}

/// The `n`th secret.
pub(crate) fn secret(n: u32, name: &str, material: &[u8]) -> NamedSecret {
    let id = SecretId(id(NOON, 900_000 + n));
    NamedSecret { id, name: name.to_owned(), material: Secret::new(material.to_vec()) }
}

/// The `n`th entry of an access list.
pub(crate) fn allowed_ip(n: u32, address: &str) -> AllowedIp {
    AllowedIp { id: AllowedIpId(id(NOON, 950_000 + n)), address: address.to_owned(), comment: String::new() }
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
            access_list: vec![allowed_ip(n, "0.0.0.0/0")],
        }),
        replaces: None,
        deployment: DeploymentId(id(NOON, 10 * n + 2)),
        config: format!(r#"{{"name":"{client_app_id}"}}"#),
        files: vec![file("rules/b.json", b"{}"), file("hosting/files/a\u{fc}.html", &[0, 255, 10])],
        secrets: vec![secret(1, "jwtKey", &[1, 2])],
        directory: None,
        listed: None,
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
        secrets: Vec::new(),
        directory: None,
        listed: None,
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

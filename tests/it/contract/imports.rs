//! Users come from elsewhere.

use std::sync::Arc;

use passerby::model::{
    AnonymousUserExpiration, AppKey, DAY, Day, ExpiryClock, Identity, ObjectId, ProviderType, Timestamp,
    User, UserId, UserType,
};
use passerby::store::{
    Became, Claim, Error, Expire, ImportUsers, Imported, ImportedAs, ImportedIdentity, ImportedRegistration,
    ImportedUser, LogIn, LoggedIn, NO_PASSWORD, RenewToken, ResetPassword, Store, Taken, TokenPurpose,
};
use serde_json::json;

use super::given::{
    APP, NOON, OTHER, TODAY, claim, claim_of, confirmed, credential_id, email_claim, guest, id, identity_of,
    log_in_with, new_app, object, password, register, taken, token, use_token, user_id,
};
use super::{Engine, tampered};

/// Long ago, somewhere else.
const THEN: Timestamp = Timestamp(1_600_000_000);
const ANNA: &str = "anna@example.com";

/// A user who comes with identities.
fn user(n: u32, claims: impl IntoIterator<Item = Claim>) -> ImportedUser {
    let identities = claims.into_iter().map(|claim| {
        let email = claim.data.get("email").and_then(|email| email.as_str());
        let email = email.filter(|_| claim.provider == ProviderType::LocalUserpass).map(str::to_owned);
        ImportedIdentity { claim, email }
    });
    ImportedUser {
        id: user_id(THEN, n),
        kind: UserType::Normal,
        disabled: false,
        last_active: Some(THEN.plus(9)),
        custom_data: None,
        identities: identities.collect(),
    }
}

fn anonymous(n: u32) -> Claim {
    Claim {
        provider: ProviderType::AnonUser,
        id: format!("{}-abcdefghijklmnopqrstuvwx", id(THEN, n)),
        data: object(json!({})),
        password: None,
    }
}

fn address(n: u32, email: &str) -> Claim {
    Claim {
        provider: ProviderType::LocalUserpass,
        id: credential_id(n).to_string(),
        data: object(json!({ "email": email })),
        password: None,
    }
}

fn registration(n: u32, email: &str, confirmed: bool) -> ImportedRegistration {
    ImportedRegistration { id: credential_id(n), email: email.to_owned(), confirmed }
}

fn import(users: impl IntoIterator<Item = ImportedUser>) -> ImportUsers {
    ImportUsers { app: APP, users: users.into_iter().collect(), registrations: Vec::new(), now: NOON }
}

fn registrations(of: impl IntoIterator<Item = ImportedRegistration>) -> ImportUsers {
    ImportUsers { registrations: of.into_iter().collect(), ..import([]) }
}

/// The user as it is found afterwards.
fn found(user: &ImportedUser) -> User {
    User {
        id: user.id,
        kind: user.kind,
        guest: false,
        disabled: user.disabled,
        last_seen: None,
        last_active_at: user.last_active,
        custom_data: user.custom_data.clone(),
        identities: user.identities.iter().map(|identity| identity_of(&identity.claim)).collect(),
    }
}

fn as_guest(user: &ImportedUser) -> User {
    User { guest: true, last_active_at: None, last_seen: Some(TODAY), ..found(user) }
}

fn whole(user: &ImportedUser) -> ImportedAs {
    ImportedAs { became: Became::Made, added: (0..user.identities.len()).collect(), taken: Vec::new() }
}

fn known() -> ImportedAs {
    ImportedAs { became: Became::Known, added: Vec::new(), taken: Vec::new() }
}

pub(crate) async fn who_comes_is_found_as_it_was(engine: &dyn Engine) {
    let store = engine.open();
    let guest = ImportedUser { disabled: true, ..user(1, [anonymous(1)]) };
    let data = Some(object(json!({ "colour": "blue" })));
    let linked =
        ImportedUser { custom_data: data, ..user(2, [anonymous(2), address(2, ANNA), claim("anna")]) };
    let key = claim_of(ProviderType::ApiKey, &credential_id(3).to_string());
    let server = ImportedUser { kind: UserType::Server, last_active: None, ..user(3, [key]) };
    let users = [guest, linked, server];
    let done = store.import_users(import(users.clone())).await.unwrap();
    assert_eq!(done.users, users.each_ref().map(whole));
    let [guest, linked, server] = &users;
    assert_eq!(store.user(APP, guest.id).await.unwrap(), Some(as_guest(guest)));
    assert_eq!(store.user(APP, linked.id).await.unwrap(), Some(found(linked)));
    assert_eq!(store.user(APP, server.id).await.unwrap(), Some(found(server)));
    assert_eq!(store.user(OTHER, linked.id).await.unwrap(), None);
    for user in &users {
        assert_eq!(store.sessions_of(APP, user.id).await.unwrap(), []);
    }
    // Whoever proves the identity is the one who came; nobody proves an anonymous one or a key.
    let login = log_in_with(claim("anna"), NOON, 9);
    let custom_data = linked.custom_data.clone();
    let expected = LoggedIn::In { user: linked.id, created: false, identity: 2, custom_data };
    assert_eq!(store.log_in(login).await.unwrap(), expected);
    for (provider, user) in [(ProviderType::AnonUser, guest), (ProviderType::ApiKey, server)] {
        let id = &user.identities[0].claim.id;
        assert_eq!(store.claimant(APP, provider, id).await.unwrap(), None);
    }
}

pub(crate) async fn the_same_import_twice_is_one(engine: &dyn Engine) {
    let store = engine.open();
    let users = [user(1, [anonymous(1)]), user(2, [address(2, ANNA), claim("anna")])];
    let act = ImportUsers { registrations: vec![registration(3, "b@example.com", false)], ..import(users) };
    store.import_users(act.clone()).await.unwrap();
    let before = everything(&store).await;
    let later = ImportUsers { now: NOON.plus(40 * DAY), ..act };
    let again = Imported { users: vec![known(), known()], registrations: vec![Became::Known] };
    assert_eq!(store.import_users(later).await.unwrap(), again);
    assert_eq!(everything(&store).await, before);
}

async fn everything(store: &Arc<dyn Store>) -> String {
    let page = passerby::model::Page { limit: 100, ..passerby::model::Page::default() };
    let users = store.users(APP, page).await.unwrap();
    let credential = store.credential(APP, ANNA).await.unwrap();
    format!("{users:?}{credential:?}{:?}", store.pending(APP, None, 100).await.unwrap())
}

pub(crate) async fn an_identity_that_somebody_has_stays_theirs(engine: &dyn Engine) {
    let store = engine.open();
    store.log_in(log_in_with(claim("anna"), NOON, 1)).await.unwrap();
    store.register(confirmed(register(1, ANNA, NOON))).await.unwrap();
    let part = user(2, [claim("anna"), claim_of(ProviderType::Google, "g"), address(5, ANNA)]);
    let none = user(3, [anonymous(3), address(6, ANNA)]);
    let done = store.import_users(import([part.clone(), none.clone()])).await.unwrap();
    let expected = [
        ImportedAs { became: Became::Made, added: vec![1], taken: vec![0, 2] },
        ImportedAs { became: Became::Nobody, added: Vec::new(), taken: vec![1] },
    ];
    assert_eq!(done.users, expected);
    assert_eq!(store.claimant(APP, claim("anna").provider, "anna").await.unwrap(), Some(user_id(NOON, 1)));
    assert_eq!(store.credential(APP, ANNA).await.unwrap().unwrap().id, credential_id(1));
    assert_eq!(store.user(APP, none.id).await.unwrap(), None);
    // Once the address is free, the same import completes.
    assert!(store.delete_pending(APP, credential_id(1)).await.unwrap());
    let done = store.import_users(import([part.clone(), none.clone()])).await.unwrap();
    let expected = [
        ImportedAs { became: Became::Known, added: vec![2], taken: vec![0] },
        ImportedAs { became: Became::Nobody, added: Vec::new(), taken: vec![1] },
    ];
    assert_eq!(done.users, expected);
    let google = Identity {
        provider: ProviderType::Google,
        id: "g".to_owned(),
        ..identity_of(&part.identities[1].claim)
    };
    let identities = vec![google, identity_of(&part.identities[2].claim)];
    assert_eq!(store.user(APP, part.id).await.unwrap(), Some(User { identities, ..found(&part) }));
}

pub(crate) async fn an_address_comes_without_a_password_and_is_its_users(engine: &dyn Engine) {
    let store = engine.open();
    // Somebody tried to be quicker, and never confirmed.
    store.register(register(9, ANNA, NOON.plus(-1_800))).await.unwrap();
    let anna = user(1, [address(1, ANNA)]);
    store.import_users(import([anna.clone()])).await.unwrap();
    let credential = store.credential(APP, ANNA).await.unwrap().unwrap();
    assert_eq!((credential.id, credential.confirmed), (credential_id(1), true));
    assert_eq!((credential.hash.expose().as_str(), credential.user), (NO_PASSWORD, Some(anna.id)));
    let far = NOON.plus(10_000_000);
    assert!(!store.register(confirmed(register(2, ANNA, far))).await.unwrap());
    assert!(!store.confirm_credential(APP, credential_id(9)).await.unwrap());
    assert!(store.delete_pending(APP, credential_id(9)).await.unwrap());
    assert_eq!(store.pending(APP, None, 10).await.unwrap(), []);
    let sent = token(2, NOON);
    let renew =
        RenewToken { app: APP, credential: credential_id(1), purpose: TokenPurpose::Reset, token: sent };
    assert!(store.renew_token(renew).await.unwrap());
    let reset = ResetPassword { token: use_token(sent, NOON.plus(1)), hash: password(7) };
    assert!(store.reset_password(reset).await.unwrap());
    assert_eq!(store.credential(APP, ANNA).await.unwrap().unwrap().hash, password(7));
    let login = log_in_with(Claim { password: Some(password(7)), ..email_claim(1) }, NOON, 3);
    let expected = LoggedIn::In { user: anna.id, created: false, identity: 0, custom_data: None };
    assert_eq!(store.log_in(login).await.unwrap(), expected);
}

pub(crate) async fn a_registration_comes_without_a_password(engine: &dyn Engine) {
    let store = engine.open();
    let act = registrations([registration(1, "open@example.com", false), registration(2, ANNA, true)]);
    let done = store.import_users(act).await.unwrap();
    assert_eq!(done.registrations, [Became::Made, Became::Made]);
    let pending = store.pending(APP, None, 10).await.unwrap();
    let told: Vec<_> =
        pending.iter().map(|c| (c.email.as_str(), c.confirmed, c.hash.expose().as_str())).collect();
    assert_eq!(told, [("open@example.com", false, NO_PASSWORD), (ANNA, true, NO_PASSWORD)]);
    // What was confirmed keeps its address; what was not keeps it from nobody.
    assert!(!store.register(register(3, ANNA, NOON)).await.unwrap());
    assert!(store.register(register(4, "open@example.com", NOON)).await.unwrap());
    let late = registrations([
        registration(5, "open@example.com", false),
        registration(6, "open@example.com", true),
    ]);
    assert_eq!(store.import_users(late).await.unwrap().registrations, [Became::Nobody, Became::Nobody]);
}

pub(crate) async fn a_registration_that_came_becomes_its_users(engine: &dyn Engine) {
    let store = engine.open();
    store.import_users(registrations([registration(1, ANNA, true)])).await.unwrap();
    let anna = user(1, [address(1, ANNA)]);
    assert_eq!(store.import_users(import([anna.clone()])).await.unwrap().users, [whole(&anna)]);
    assert_eq!(store.credential(APP, ANNA).await.unwrap().unwrap().user, Some(anna.id));
    assert_eq!(store.pending(APP, None, 10).await.unwrap(), []);
}

pub(crate) async fn a_guest_that_came_becomes_somebody_by_a_newer_list(engine: &dyn Engine) {
    let store = engine.open();
    store.import_users(import([user(1, [anonymous(1)])])).await.unwrap();
    let somebody = user(1, [anonymous(1), claim("anna")]);
    let done = store.import_users(import([somebody.clone()])).await.unwrap();
    assert_eq!(done.users, [ImportedAs { became: Became::Known, added: vec![1], taken: Vec::new() }]);
    assert_eq!(store.user(APP, somebody.id).await.unwrap(), Some(found(&somebody)));
    // An older list makes nobody a guest again.
    assert_eq!(store.import_users(import([user(1, [anonymous(1)])])).await.unwrap().users, [known()]);
    assert_eq!(store.user(APP, somebody.id).await.unwrap(), Some(found(&somebody)));
}

pub(crate) async fn an_import_that_fails_half_way_brings_nobody(engine: &dyn Engine) {
    let store = engine.open();
    let act = import([user(1, [anonymous(1)]), user(2, [address(2, ANNA)])]);
    let store = tampered(engine, store, "alter table credentials rename to hidden");
    let failed = store.import_users(act.clone()).await;
    assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}");
    let store = tampered(engine, store, "alter table hidden rename to credentials");
    assert_eq!(store.user_count(APP).await.unwrap(), 0);
    assert_eq!(store.import_users(act).await.unwrap().users.len(), 2);
    assert_eq!(store.user_count(APP).await.unwrap(), 2);
}

pub(crate) async fn a_guest_that_came_goes_so_many_days_after_it_came(engine: &dyn Engine) {
    let store = engine.open();
    let came = user(1, [anonymous(1)]);
    for (n, clock) in (0..).zip([ExpiryClock::Inactivity, ExpiryClock::Age]) {
        let app = AppKey(APP.0 + n);
        let policy = AnonymousUserExpiration { clock, days: 90 };
        store
            .import_users(ImportUsers { app, ..import([came.clone(), user(2, [claim("anna")])]) })
            .await
            .unwrap();
        let made_here = LogIn { app, ..guest(NOON.plus(50 * DAY), 5) };
        store.log_in(made_here.clone()).await.unwrap();
        let end = Day(TODAY.0 + 91).start();
        // Whoever looked at everybody before finds it all the same.
        let mut cursor = None;
        for now in [NOON, end.plus(-1), end] {
            let expired = store.expired(app, policy, now, None, 10).await.unwrap();
            let due: &[UserId] = if now == end { &[came.id] } else { &[] };
            assert_eq!(expired.iter().map(|user| user.id).collect::<Vec<_>>(), due, "{clock:?} {now:?}");
            let next = store.next_expiry(app, policy, cursor).await.unwrap().unwrap();
            assert!(next <= end && (now == NOON || next == end), "{clock:?} {now:?} {next:?}");
            let act = Expire { app, policy, now, after: cursor, limit: 10, events: false };
            let step = store.expire(act).await.unwrap();
            assert_eq!(step.removed, due, "{clock:?} {now:?}");
            cursor = step.after;
        }
        assert_eq!(store.user(app, made_here.user).await.unwrap().map(|user| user.id), Some(made_here.user));
        assert_eq!(store.user_count(app).await.unwrap(), 2);
    }
}

pub(crate) async fn an_app_does_not_take_anothers_domain(engine: &dyn Engine) {
    let store = engine.open();
    let news = new_app(APP, "news-abcde", 1);
    store.deploy(news.clone()).await.unwrap();
    let mut thief = new_app(OTHER, "thief-abcde", 2);
    thief.new.as_mut().unwrap().domain_id = news.new.unwrap().domain_id;
    assert_eq!(taken(&store.deploy(thief.clone()).await), Some(Taken::Id));
    thief.new.as_mut().unwrap().domain_id.0 = ObjectId([3; 12]);
    store.deploy(thief).await.unwrap();
}

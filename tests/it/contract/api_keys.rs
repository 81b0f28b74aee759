//! API keys, of users and of servers.

use passerby::model::{ApiKeyId, ProviderType, User, UserId, UserType};
use passerby::store::{
    ApiKey, DeleteApiKey, DeleteUser, Events, LoggedIn, MadeApiKey, MakeApiKey, SetApiKeyDisabled,
    SetDisabled, Taken,
};

use super::Engine;
use super::given::{
    APP, NOON, OTHER, anonymous, api_key, become_someone, claim, guest, id, identity_of, key_claim,
    log_in_with, make, session_of, taken, user_id,
};

/// The `n`th API key of a server.
fn server_key(n: u32) -> ApiKey {
    ApiKey { server: true, ..api_key(n, UserId(id(NOON, 810_000 + n))) }
}

pub(crate) async fn a_key_of_a_user_logs_its_owner_in(engine: &dyn Engine) {
    let store = engine.open();
    become_someone(&store, [1]).await;
    let key = api_key(1, user_id(NOON, 1));
    for _again in 0..2 {
        assert_eq!(store.make_api_key(make(&key)).await.unwrap(), MadeApiKey::Made);
    }
    assert_eq!(store.api_key(APP, make(&key).hash).await.unwrap(), Some(key.clone()));
    assert_eq!(store.api_key(OTHER, make(&key).hash).await.unwrap(), None);
    assert_eq!(store.api_key(APP, [0; 32]).await.unwrap(), None);
    assert_eq!(store.api_keys_of(APP, Some(key.user)).await.unwrap(), std::slice::from_ref(&key));
    assert_eq!(store.api_keys_of(APP, None).await.unwrap(), []);
    // The identity comes with the first login, and then stays where it is.
    assert_eq!(store.user(APP, key.user).await.unwrap().unwrap().identities.len(), 2);
    let found = LoggedIn::In { user: key.user, created: false, identity: 2, custom_data: None };
    for n in [11, 12] {
        let login = log_in_with(key_claim(&key), NOON.plus(70), n);
        assert_eq!(store.log_in(login.clone()).await.unwrap(), found);
        assert!(store.sessions_of(APP, key.user).await.unwrap().contains(&session_of(&login, key.user, 2)));
    }
    let user = store.user(APP, key.user).await.unwrap().unwrap();
    let expected = vec![anonymous(key.user), identity_of(&claim("1")), identity_of(&key_claim(&key))];
    assert_eq!((user.identities, user.kind), (expected, UserType::Normal));
}

pub(crate) async fn a_server_key_comes_with_its_user(engine: &dyn Engine) {
    let store = engine.open();
    let key = server_key(1);
    for _again in 0..2 {
        assert_eq!(store.make_api_key(make(&key)).await.unwrap(), MadeApiKey::Made);
    }
    let user = User {
        id: key.user,
        kind: UserType::Server,
        guest: false,
        disabled: false,
        last_seen: None,
        last_active_at: None,
        custom_data: None,
        identities: vec![identity_of(&key_claim(&key))],
    };
    assert_eq!(store.user(APP, key.user).await.unwrap(), Some(user.clone()));
    assert_eq!(store.api_key(APP, make(&key).hash).await.unwrap(), Some(key.clone()));
    assert_eq!(store.api_keys_of(APP, None).await.unwrap(), std::slice::from_ref(&key));
    assert_eq!(store.api_keys_of(OTHER, None).await.unwrap(), []);
    assert_eq!(store.api_keys_of(APP, Some(key.user)).await.unwrap(), [], "it did not make it");
    let login = log_in_with(key_claim(&key), NOON, 1);
    let found = LoggedIn::In { user: key.user, created: false, identity: 0, custom_data: None };
    assert_eq!(store.log_in(login.clone()).await.unwrap(), found);
    let expected = User { last_active_at: Some(login.now), ..user };
    assert_eq!(store.user(APP, key.user).await.unwrap(), Some(expected));
}

pub(crate) async fn an_owner_has_so_many_keys_of_different_names(engine: &dyn Engine) {
    let store = engine.open();
    become_someone(&store, [1, 2]).await;
    let owner = user_id(NOON, 1);
    for user in [Some(owner), None] {
        let key = |n, name: &str| {
            let key = user.map_or_else(|| server_key(n), |user| api_key(100 + n, user));
            make(&ApiKey { name: name.to_owned(), ..key })
        };
        let made = async |act| store.make_api_key(act).await.unwrap();
        assert_eq!(made(MakeApiKey { limit: 0, ..key(1, "a") }).await, MadeApiKey::TooMany);
        assert_eq!(made(key(1, "a")).await, MadeApiKey::Made);
        assert_eq!(made(key(2, "a")).await, MadeApiKey::NameTaken);
        assert_eq!(made(key(2, "A")).await, MadeApiKey::Made);
        assert_eq!(made(key(3, "c")).await, MadeApiKey::TooMany);
        assert_eq!(made(key(1, "a")).await, MadeApiKey::Made, "the same again");
        assert_eq!(made(MakeApiKey { limit: 3, ..key(3, "c") }).await, MadeApiKey::Made);
        let listed = store.api_keys_of(APP, user).await.unwrap();
        assert_eq!(listed.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["a", "A", "c"]);
        assert_eq!(store.api_key(APP, key(4, "d").hash).await.unwrap(), None);
    }
    // Another owner has names and numbers of its own.
    let other = ApiKey { name: "a".to_owned(), ..api_key(200, user_id(NOON, 2)) };
    assert_eq!(store.make_api_key(make(&other)).await.unwrap(), MadeApiKey::Made);
    assert_eq!(store.user_count(APP).await.unwrap(), 2 + 3, "what was refused left no user behind");
}

pub(crate) async fn only_an_enabled_user_who_is_no_guest_makes_keys(engine: &dyn Engine) {
    let store = engine.open();
    become_someone(&store, [1]).await;
    store.log_in(guest(NOON, 2)).await.unwrap();
    store.set_disabled(SetDisabled { app: APP, user: user_id(NOON, 1), disabled: true }).await.unwrap();
    for n in [1, 2, 3] {
        let act = make(&api_key(n, user_id(NOON, n)));
        assert_eq!(store.make_api_key(act.clone()).await.unwrap(), MadeApiKey::Gone);
        assert_eq!(store.api_key(APP, act.hash).await.unwrap(), None);
        let claimant = store.claimant(APP, ProviderType::ApiKey, &act.key.id.to_string()).await.unwrap();
        assert_eq!(claimant, None);
    }
}

pub(crate) async fn a_disabled_key_logs_nobody_in(engine: &dyn Engine) {
    let store = engine.open();
    become_someone(&store, [1]).await;
    let keys = [(api_key(1, user_id(NOON, 1)), Some(user_id(NOON, 1))), (server_key(2), None)];
    for (n, (key, owner)) in (10..).zip(keys) {
        store.make_api_key(make(&key)).await.unwrap();
        let disable = SetApiKeyDisabled { app: APP, owner, id: key.id, disabled: true };
        let elsewhere = SetApiKeyDisabled { app: OTHER, ..disable };
        let of_another = SetApiKeyDisabled { owner: Some(user_id(NOON, 2)), ..disable };
        let of_the_other_kind =
            SetApiKeyDisabled { owner: if owner.is_some() { None } else { Some(key.user) }, ..disable };
        let unknown = SetApiKeyDisabled { id: ApiKeyId(id(NOON, 1)), ..disable };
        for refused in [elsewhere, of_another, of_the_other_kind, unknown] {
            assert!(!store.set_api_key_disabled(refused).await.unwrap(), "{refused:?}");
        }
        let before = store.user(APP, key.user).await.unwrap();
        for _again in 0..2 {
            assert!(store.set_api_key_disabled(disable).await.unwrap());
            let there = store.api_key(APP, make(&key).hash).await.unwrap();
            assert_eq!(there, Some(ApiKey { disabled: true, ..key.clone() }));
        }
        let login = log_in_with(key_claim(&key), NOON, n);
        assert_eq!(store.log_in(login.clone()).await.unwrap(), LoggedIn::Unproved);
        assert_eq!(store.user(APP, key.user).await.unwrap(), before);
        store.set_api_key_disabled(SetApiKeyDisabled { disabled: false, ..disable }).await.unwrap();
        assert!(matches!(store.log_in(login).await.unwrap(), LoggedIn::In { .. }));
    }
}

pub(crate) async fn a_deleted_key_logs_nobody_in(engine: &dyn Engine) {
    let store = engine.open();
    become_someone(&store, [1]).await;
    let owner = user_id(NOON, 1);
    let (mine, server) = (api_key(1, owner), server_key(2));
    for key in [&mine, &server] {
        store.make_api_key(make(key)).await.unwrap();
        store.log_in(log_in_with(key_claim(key), NOON, 20)).await.unwrap();
    }
    let delete = DeleteApiKey { app: APP, owner: Some(owner), id: mine.id };
    for refused in [
        DeleteApiKey { app: OTHER, ..delete },
        DeleteApiKey { owner: None, ..delete },
        DeleteApiKey { owner: Some(user_id(NOON, 2)), ..delete },
        DeleteApiKey { id: server.id, ..delete },
        DeleteApiKey { id: server.id, owner: Some(server.user), ..delete },
    ] {
        assert!(!store.delete_api_key(refused).await.unwrap(), "{refused:?}");
    }
    assert!(store.delete_api_key(delete).await.unwrap());
    assert!(!store.delete_api_key(delete).await.unwrap());
    assert_eq!(store.api_key(APP, make(&mine).hash).await.unwrap(), None);
    let late = log_in_with(key_claim(&mine), NOON, 21);
    assert_eq!(store.log_in(late).await.unwrap(), LoggedIn::Unproved);
    // Its owner stays what it was, and may use the name again.
    assert_eq!(store.user(APP, owner).await.unwrap().unwrap().identities.len(), 3);
    let again = ApiKey { name: mine.name.clone(), ..api_key(3, owner) };
    assert_eq!(store.make_api_key(make(&again)).await.unwrap(), MadeApiKey::Made);
    // The server's user goes with its key.
    let delete = DeleteApiKey { app: APP, owner: None, id: server.id };
    assert!(store.delete_api_key(delete).await.unwrap());
    assert_eq!(store.user(APP, server.user).await.unwrap(), None);
    assert_eq!(store.sessions_of(APP, server.user).await.unwrap(), []);
    let late = log_in_with(key_claim(&server), NOON, 22);
    assert_eq!(store.log_in(late).await.unwrap(), LoggedIn::Unproved);
    assert_eq!(store.user_count(APP).await.unwrap(), 1);
}

pub(crate) async fn a_deleted_user_takes_its_keys_along(engine: &dyn Engine) {
    let store = engine.open();
    become_someone(&store, [1]).await;
    // One that was never used, one that was, one of a server.
    let keys = [api_key(1, user_id(NOON, 1)), api_key(2, user_id(NOON, 1)), server_key(3)];
    for key in &keys {
        store.make_api_key(make(key)).await.unwrap();
    }
    store.log_in(log_in_with(key_claim(&keys[1]), NOON, 21)).await.unwrap();
    for user in [keys[0].user, keys[2].user] {
        assert!(store.delete_user(DeleteUser { app: APP, user, event: None, now: NOON }).await.unwrap());
    }
    for (n, key) in (30..).zip(&keys) {
        assert_eq!(store.api_key(APP, make(key).hash).await.unwrap(), None);
        let claimant = store.claimant(APP, ProviderType::ApiKey, &key.id.to_string()).await.unwrap();
        assert_eq!(claimant, None);
        let late = log_in_with(key_claim(key), NOON, n);
        assert_eq!(store.log_in(late).await.unwrap(), LoggedIn::Unproved);
    }
    assert_eq!(store.api_keys_of(APP, None).await.unwrap(), []);
    assert_eq!(store.user_count(APP).await.unwrap(), 0);
}

pub(crate) async fn a_value_or_id_that_another_key_has_is_refused(engine: &dyn Engine) {
    let store = engine.open();
    become_someone(&store, [1]).await;
    let (mine, server) = (api_key(1, user_id(NOON, 1)), server_key(2));
    store.make_api_key(make(&mine)).await.unwrap();
    let same_value = MakeApiKey { hash: make(&mine).hash, ..make(&server) };
    let same_id = make(&ApiKey { id: mine.id, ..server.clone() });
    let same_id_of_owner = make(&ApiKey { name: "other".to_owned(), ..mine.clone() });
    let same_user = make(&ApiKey { user: mine.user, ..server.clone() });
    for refused in [same_value, same_id, same_id_of_owner, same_user] {
        let refused = MakeApiKey { events: Events::default(), ..refused };
        assert_eq!(taken(&store.make_api_key(refused).await), Some(Taken::Id));
    }
    assert_eq!(store.api_keys_of(APP, None).await.unwrap(), []);
    assert_eq!(store.user_count(APP).await.unwrap(), 1);
}

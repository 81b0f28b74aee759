//! Somebody comes who has an identity.

use passerby::model::{Page, ProviderType, User, UserType};
use passerby::store::{
    Bearer, DeleteUser, LONGEST_SOUGHT, Linked, LogIn, LogOut, LoggedIn, SetCustomData, SetDisabled, Taken,
    Touch,
};
use serde_json::{Map, json};

use super::Engine;
use super::given::{
    APP, NOON, OTHER, become_someone, claim, claim_of, device, guest, identity_of, ids, link, log_in_with,
    object, session_id, session_of, taken, user_id, user_of, with_device,
};

pub(crate) async fn a_first_login_makes_the_user_of_an_identity(engine: &dyn Engine) {
    let store = engine.open();
    let act = with_device(log_in_with(claim("anna"), NOON, 1), 5);
    let made = LoggedIn::In { user: act.user, created: true, identity: 0, custom_data: None };
    assert_eq!(store.log_in(act.clone()).await.unwrap(), made);
    let (user, session) = (user_of(&act), session_of(&act, act.user, 0));
    let bearer = store.bearer(APP, act.user, act.session).await.unwrap();
    assert_eq!(bearer, Some(Bearer { user: user.clone(), session: session.clone() }));
    assert_eq!(store.user(APP, act.user).await.unwrap(), Some(user.clone()));
    assert_eq!(store.users(APP, Page { limit: 9, ..Page::default() }).await.unwrap(), [user]);
    assert_eq!(store.sessions_of(APP, act.user).await.unwrap(), [session]);
    assert_eq!(store.claimant(APP, ProviderType::CustomFunction, "anna").await.unwrap(), Some(act.user));
    assert_eq!(store.device(APP, device(5).hash).await.unwrap(), Some(device(5).details));
    let server = LogIn { kind: UserType::Server, ..log_in_with(claim("robot"), NOON, 2) };
    store.log_in(server.clone()).await.unwrap();
    assert_eq!(store.user(APP, server.user).await.unwrap(), Some(user_of(&server)));
}

pub(crate) async fn a_later_login_finds_the_user_and_renews_what_is_told(engine: &dyn Engine) {
    let store = engine.open();
    let first = log_in_with(claim("anna"), NOON, 1);
    store.log_in(first.clone()).await.unwrap();
    let mut renewed = claim("anna");
    renewed.data = object(json!({ "email": "anna@example.com", "a\u{0}b": [1, null, { "deep": "\u{fc}" }] }));
    let second = log_in_with(renewed.clone(), NOON.plus(9), 2);
    let custom_data = Some(object(json!({ "plan": "free" })));
    store
        .set_custom_data(SetCustomData { app: APP, user: first.user, data: custom_data.clone() })
        .await
        .unwrap();
    let found =
        LoggedIn::In { user: first.user, created: false, identity: 0, custom_data: custom_data.clone() };
    assert_eq!(store.log_in(second.clone()).await.unwrap(), found);
    let user = User {
        last_active_at: Some(NOON.plus(9)),
        custom_data,
        identities: vec![identity_of(&renewed)],
        ..user_of(&first)
    };
    assert_eq!(store.user(APP, first.user).await.unwrap(), Some(user.clone()));
    let sessions = [session_of(&first, first.user, 0), session_of(&second, first.user, 0)];
    assert_eq!(store.sessions_of(APP, first.user).await.unwrap(), sessions);
    assert_eq!(store.user(APP, second.user).await.unwrap(), None);
    // What is told no more is gone, and an older clock does not move the activity back.
    renewed.data = Map::new();
    store.log_in(log_in_with(renewed.clone(), NOON.plus(-9), 3)).await.unwrap();
    let user = User { identities: vec![identity_of(&renewed)], ..user };
    assert_eq!(store.user(APP, first.user).await.unwrap(), Some(user));
    assert_eq!(store.user_count(APP).await.unwrap(), 1);
}

pub(crate) async fn the_same_login_of_somebody_twice_is_one(engine: &dyn Engine) {
    let store = engine.open();
    let first = with_device(log_in_with(claim("anna"), NOON, 1), 5);
    let later = log_in_with(claim("anna"), NOON.plus(9), 2);
    let made = LoggedIn::In { user: first.user, created: true, identity: 0, custom_data: None };
    let found = LoggedIn::In { user: first.user, created: false, identity: 0, custom_data: None };
    for _again in 0..3 {
        assert_eq!(store.log_in(first.clone()).await.unwrap(), made);
    }
    for _again in 0..3 {
        assert_eq!(store.log_in(later.clone()).await.unwrap(), found);
    }
    // Also when its answer was lost long ago: what was told since stays.
    let mut told = claim("anna");
    told.data = object(json!({ "name": "Anna" }));
    store.log_in(log_in_with(told.clone(), NOON.plus(20), 3)).await.unwrap();
    assert_eq!(store.log_in(first.clone()).await.unwrap(), made);
    let user = store.user(APP, first.user).await.unwrap().unwrap();
    assert_eq!((user.identities, user.last_active_at), (vec![identity_of(&told)], Some(NOON.plus(20))));
    assert_eq!(store.sessions_of(APP, first.user).await.unwrap().len(), 3);
}

pub(crate) async fn an_identity_is_compared_byte_for_byte_within_its_provider_and_app(engine: &dyn Engine) {
    let store = engine.open();
    let claims = [
        claim("anna"),
        claim("Anna"),
        claim("anna "),
        claim(""),
        claim("ann\u{e4}"),
        claim("anna\u{308}"),
        claim_of(ProviderType::CustomToken, "anna"),
        claim_of(ProviderType::Google, "anna"),
    ];
    for (n, claim) in (1..).zip(&claims) {
        let act = log_in_with(claim.clone(), NOON, n);
        let made = LoggedIn::In { user: act.user, created: true, identity: 0, custom_data: None };
        assert_eq!(store.log_in(act).await.unwrap(), made, "{claim:?}");
    }
    for (n, claim) in (1..).zip(&claims) {
        let found = store.claimant(APP, claim.provider, &claim.id).await.unwrap();
        assert_eq!(found, Some(user_id(NOON, n)), "{claim:?}");
        assert_eq!(store.claimant(OTHER, claim.provider, &claim.id).await.unwrap(), None);
    }
    let elsewhere = LogIn { app: OTHER, ..log_in_with(claim("anna"), NOON, 1) };
    store.log_in(elsewhere.clone()).await.unwrap();
    assert_eq!(store.user_count(OTHER).await.unwrap(), 1);
    let delete = DeleteUser { app: OTHER, user: elsewhere.user, event: None, now: NOON };
    assert!(store.delete_user(delete).await.unwrap());
    assert!(store.user(APP, user_id(NOON, 1)).await.unwrap().is_some());
}

pub(crate) async fn somebody_who_is_disabled_is_kept_out(engine: &dyn Engine) {
    let store = engine.open();
    let first = log_in_with(claim("anna"), NOON, 1);
    store.log_in(first.clone()).await.unwrap();
    let disable = SetDisabled { app: APP, user: first.user, disabled: true };
    store.set_disabled(disable).await.unwrap();
    let mut told = claim("anna");
    told.data = Map::new();
    let second = with_device(log_in_with(told, NOON.plus(9), 2), 5);
    for _again in 0..2 {
        assert_eq!(store.log_in(second.clone()).await.unwrap(), LoggedIn::Disabled);
    }
    let disabled = User { disabled: true, ..user_of(&first) };
    assert_eq!(store.user(APP, first.user).await.unwrap(), Some(disabled));
    assert_eq!(store.sessions_of(APP, first.user).await.unwrap(), []);
    assert_eq!(store.device(APP, device(5).hash).await.unwrap(), None);
    store.set_disabled(SetDisabled { disabled: false, ..disable }).await.unwrap();
    let found = LoggedIn::In { user: first.user, created: false, identity: 0, custom_data: None };
    assert_eq!(store.log_in(second).await.unwrap(), found);
}

pub(crate) async fn a_login_that_is_refused_leaves_what_was_told(engine: &dyn Engine) {
    let store = engine.open();
    let first = log_in_with(claim("anna"), NOON, 1);
    store.log_in(first.clone()).await.unwrap();
    store.log_in(guest(NOON, 2)).await.unwrap();
    let mut told = claim("anna");
    told.data = Map::new();
    // Its session is there, with another device.
    let other_device = with_device(log_in_with(told, NOON, 1), 5);
    // Nobody has its identity, and somebody has the id of its user.
    let other_identity = log_in_with(claim("berta"), NOON, 2);
    for refused in [other_device, other_identity] {
        assert_eq!(taken(&store.log_in(refused).await), Some(Taken::Id));
    }
    assert_eq!(store.user(APP, first.user).await.unwrap(), Some(user_of(&first)));
    assert_eq!(store.user(APP, user_id(NOON, 2)).await.unwrap(), Some(user_of(&guest(NOON, 2))));
    assert_eq!(store.claimant(APP, ProviderType::CustomFunction, "berta").await.unwrap(), None);
    assert_eq!(store.device(APP, device(5).hash).await.unwrap(), None);
    // What was refused does not stand in the way.
    store.log_in(log_in_with(claim("berta"), NOON, 3)).await.unwrap();
}

pub(crate) async fn who_was_deleted_comes_back_as_somebody_new(engine: &dyn Engine) {
    let store = engine.open();
    let first = log_in_with(claim("anna"), NOON, 1);
    store.log_in(first.clone()).await.unwrap();
    become_someone(&store, [2]).await;
    for (user, claim) in [(first.user, claim("anna")), (user_id(NOON, 2), claim("2"))] {
        let delete = DeleteUser { app: APP, user, event: None, now: NOON };
        assert!(store.delete_user(delete.clone()).await.unwrap());
        assert!(!store.delete_user(delete).await.unwrap());
        assert_eq!(store.user(APP, user).await.unwrap(), None);
        assert_eq!(store.sessions_of(APP, user).await.unwrap(), []);
        assert_eq!(store.claimant(APP, claim.provider, &claim.id).await.unwrap(), None);
    }
    for (n, id) in [(11, "anna"), (12, "2")] {
        let again = log_in_with(claim(id), NOON.plus(99), n);
        let made = LoggedIn::In { user: again.user, created: true, identity: 0, custom_data: None };
        assert_eq!(store.log_in(again.clone()).await.unwrap(), made);
        assert_eq!(store.user(APP, again.user).await.unwrap(), Some(user_of(&again)));
    }
    assert_eq!(store.user_count(APP).await.unwrap(), 2);
}

pub(crate) async fn a_touch_moves_the_last_second_of_somebody_forward_only(engine: &dyn Engine) {
    let store = engine.open();
    let act = log_in_with(claim("anna"), NOON, 1);
    store.log_in(act.clone()).await.unwrap();
    for (told, known) in [(-5, 0), (0, 0), (7, 7), (6, 7), (7, 7), (100_000, 100_000)] {
        store.touch(Touch { app: APP, user: act.user, at: NOON.plus(told) }).await.unwrap();
        let expected = User { last_active_at: Some(NOON.plus(known)), ..user_of(&act) };
        assert_eq!(store.user(APP, act.user).await.unwrap(), Some(expected), "{told}");
    }
}

pub(crate) async fn logging_out_ends_one_session_of_somebody(engine: &dyn Engine) {
    let store = engine.open();
    let acts = [1, 2].map(|n| log_in_with(claim("anna"), NOON, n));
    for act in acts.clone() {
        store.log_in(act).await.unwrap();
    }
    let user = acts[0].user;
    let log_out = LogOut { app: APP, user, session: session_id(NOON, 1) };
    assert!(store.log_out(log_out).await.unwrap());
    assert_eq!(store.sessions_of(APP, user).await.unwrap(), [session_of(&acts[1], user, 0)]);
}

pub(crate) async fn an_app_keeps_data_of_guests_and_others(engine: &dyn Engine) {
    let store = engine.open();
    let (visitor, somebody) = (guest(NOON, 1), log_in_with(claim("anna"), NOON, 2));
    for act in [visitor, somebody] {
        store.log_in(act.clone()).await.unwrap();
        let data = object(json!({ "colour": "gr\u{fc}n", "b": { "$numberLong": "5" }, "a\u{0}": null }));
        for data in [Some(data), Some(Map::new()), None] {
            let set = SetCustomData { app: APP, user: act.user, data: data.clone() };
            assert!(!store.set_custom_data(SetCustomData { app: OTHER, ..set.clone() }).await.unwrap());
            assert!(store.set_custom_data(set.clone()).await.unwrap());
            assert!(store.set_custom_data(set).await.unwrap());
            let expected = User { custom_data: data, ..user_of(&act) };
            let bearer = store.bearer(APP, act.user, act.session).await.unwrap();
            assert_eq!(bearer.map(|bearer| bearer.user), Some(expected));
        }
    }
}

pub(crate) async fn pages_tell_guests_from_others(engine: &dyn Engine) {
    let store = engine.open();
    become_someone(&store, [2, 4]).await;
    for n in [1, 3] {
        store.log_in(guest(NOON, n)).await.unwrap();
    }
    let page = async |guest| {
        let page = Page { limit: 10, guest, ..Page::default() };
        ids(&store.users(APP, page).await.unwrap())
    };
    assert_eq!(page(None).await, [1, 2, 3, 4].map(|n| user_id(NOON, n)));
    assert_eq!(page(Some(true)).await, [1, 3].map(|n| user_id(NOON, n)));
    assert_eq!(page(Some(false)).await, [2, 4].map(|n| user_id(NOON, n)));
}

/// A text that no engine makes shorter, of three bytes a character.
fn noise(bytes: usize) -> String {
    let character = |n: u64| char::from_u32(0x4e00 + ((n * n * 2_654_435_761) >> 7) as u32 % 20_000).unwrap();
    (1..=bytes as u64 / 3).map(character).collect()
}

/// Also what no index holds: whoever chooses a name, at a provider or through an app's function, chooses that.
pub(crate) async fn whatever_a_provider_tells_of_somebody_is_kept(engine: &dyn Engine) {
    let store = engine.open();
    for (n, text) in (0..).zip(["a\u{0}b".to_owned(), "\u{0}".to_owned(), noise(16_384)]) {
        let told = object(json!({ "name": text, "email": text }));
        let mut somebody = claim(&format!("{n} comes"));
        somebody.data = told.clone();
        let (first, again) =
            (log_in_with(somebody.clone(), NOON, 3 * n), log_in_with(somebody, NOON.plus(1), 3 * n + 1));
        let found = |created| LoggedIn::In { user: first.user, created, identity: 0, custom_data: None };
        assert_eq!(store.log_in(first.clone()).await.unwrap(), found(true), "{n}");
        assert_eq!(store.log_in(again).await.unwrap(), found(false), "{n}");
        let known = store.user(APP, first.user).await.unwrap().unwrap();
        assert_eq!(known.identities, user_of(&first).identities, "{n}");
        // It may be told later as well, and of a guest who links.
        let (visitor, mut linked) = (guest(NOON, 3 * n + 2), claim(&format!("{n} links")));
        store.log_in(visitor.clone()).await.unwrap();
        assert_eq!(store.link(link(3 * n + 2, linked.clone())).await.unwrap(), Linked::Linked);
        linked.data = told;
        store.log_in(log_in_with(linked.clone(), NOON.plus(2), 3 * n + 2)).await.unwrap();
        let known = store.user(APP, visitor.user).await.unwrap().unwrap();
        assert_eq!(known.identities[1], identity_of(&linked), "{n}");
    }
    let somebody = claim("an\u{fc}l");
    store.log_in(log_in_with(somebody, NOON, 100)).await.unwrap();
    assert_eq!(store.users(APP, Page { limit: 100, ..Page::default() }).await.unwrap().len(), 7);
    let begins = Some("custom-function an".to_owned());
    let page = Page { limit: 100, begins, ..Page::default() };
    assert_eq!(ids(&store.users(APP, page).await.unwrap()), [user_id(NOON, 100)]);
    // An id has to be sought, so it has a length that is held.
    let longest = claim(&(noise(LONGEST_SOUGHT) + "xx"));
    assert_eq!(longest.id.len(), LONGEST_SOUGHT);
    let act = log_in_with(longest.clone(), NOON, 101);
    store.log_in(act.clone()).await.unwrap();
    assert_eq!(store.claimant(APP, longest.provider, &longest.id).await.unwrap(), Some(act.user));
}

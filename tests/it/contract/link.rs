//! A guest becomes someone, and someone becomes more.

use passerby::model::{DAY, Identity, ProviderType, Timestamp, User, UserType};
use passerby::store::{
    DeleteUser, Link, Linked, LogIn, LogOut, LoggedIn, RevokeSessions, SetDisabled, Touch,
};
use serde_json::json;

use super::given::{
    APP, NOON, OTHER, TODAY, anonymous, api_key, become_someone, claim, claim_of, confirmed, email_claim,
    guest, id, identity_of, key_claim, link, log_in_with, make, object, register, session_id, session_of,
    user_id, user_of,
};
use super::{Engine, tampered};

pub(crate) async fn a_guest_becomes_someone_and_stays_who_it_is(engine: &dyn Engine) {
    let store = engine.open();
    let act = guest(NOON, 1);
    store.log_in(act.clone()).await.unwrap();
    store.touch(Touch { app: APP, user: act.user, at: NOON.plus(5 * DAY) }).await.unwrap();
    let link = link(1, claim("anna"));
    assert_eq!(store.link(link.clone()).await.unwrap(), Linked::Linked);
    let user = User {
        guest: false,
        last_seen: None,
        last_active_at: Some(link.now),
        identities: vec![anonymous(act.user), identity_of(&link.claim)],
        ..user_of(&act)
    };
    // The session that did it goes on, with the end that anybody's has, by the identity it began with.
    let session =
        passerby::model::Session { expires: Some(link.sessions_end), ..session_of(&act, act.user, 0) };
    let bearer = store.bearer(APP, act.user, act.session).await.unwrap().unwrap();
    assert_eq!((bearer.user, bearer.session), (user.clone(), session));
    assert_eq!(store.user(APP, act.user).await.unwrap(), Some(user.clone()));
    assert_eq!(store.claimant(APP, ProviderType::CustomFunction, "anna").await.unwrap(), Some(act.user));
    let login = log_in_with(claim("anna"), NOON.plus(90), 2);
    let found = LoggedIn::In { user: act.user, created: false, identity: 1, custom_data: None };
    assert_eq!(store.log_in(login.clone()).await.unwrap(), found);
    let sessions = store.sessions_of(APP, act.user).await.unwrap();
    assert_eq!(sessions[1], session_of(&login, act.user, 1));
    assert_eq!(store.user_count(APP).await.unwrap(), 1);
}

pub(crate) async fn a_brought_anonymous_identity_keeps_its_id(engine: &dyn Engine) {
    let store = engine.open();
    store.log_in(guest(NOON, 1)).await.unwrap();
    let store = tampered(engine, store, "update users set identity = 'from-elsewhere'");
    store.link(link(1, claim("anna"))).await.unwrap();
    let first = Identity { id: "from-elsewhere".to_owned(), ..anonymous(user_id(NOON, 1)) };
    let user = store.user(APP, user_id(NOON, 1)).await.unwrap().unwrap();
    assert_eq!(user.identities, [first, identity_of(&claim("anna"))]);
}

pub(crate) async fn the_first_link_ends_sessions_that_had_no_end(engine: &dyn Engine) {
    let store = engine.open();
    store.log_in(guest(NOON, 1)).await.unwrap();
    let end = NOON.plus(60 + 60 * DAY);
    // As sessions of a guest who was brought from elsewhere may be.
    let brought = [(2, end.plus(-1)), (3, end.plus(1))].map(|(n, expires)| {
        format!(
            r#"insert into sessions (app, "user", id, identity, expires) values (7, {}, {}, 0, {});"#,
            engine.bytes(&user_id(NOON, 1).0.0),
            engine.bytes(&id(NOON, 9_000 + n).0),
            expires.0
        )
    });
    let store = tampered(engine, store, &brought.concat());
    store.link(link(1, claim("anna"))).await.unwrap();
    let ends = async || {
        let sessions = store.sessions_of(APP, user_id(NOON, 1)).await.unwrap();
        sessions.into_iter().map(|session| session.expires.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ends().await, [end, end.plus(-1), end]);
    // Who was someone already keeps the ends of its sessions.
    let second = Link { sessions_end: NOON.plus(70), ..link(1, claim("berta")) };
    assert_eq!(store.link(second).await.unwrap(), Linked::Linked);
    assert_eq!(ends().await, [end, end.plus(-1), end]);
}

pub(crate) async fn identities_stand_in_the_order_in_which_they_came(engine: &dyn Engine) {
    let store = engine.open();
    let act = guest(NOON, 1);
    store.log_in(act.clone()).await.unwrap();
    store.register(confirmed(register(1, "anna@example.com", NOON))).await.unwrap();
    let claims = [
        claim_of(ProviderType::Google, "z"),
        email_claim(1),
        claim_of(ProviderType::CustomToken, "y"),
        claim_of(ProviderType::CustomToken, "x"),
        claim_of(ProviderType::Apple, "a"),
    ];
    for (n, claim) in (1..).zip(&claims) {
        let act = Link { now: NOON.plus(n), ..link(1, claim.clone()) };
        assert_eq!(store.link(act).await.unwrap(), Linked::Linked, "{claim:?}");
    }
    let user = store.user(APP, act.user).await.unwrap().unwrap();
    let mut expected = vec![anonymous(act.user)];
    expected.extend(claims.iter().map(identity_of));
    assert_eq!((&user.identities, user.last_active_at), (&expected, Some(NOON.plus(5))));
    assert_eq!(user.data(None)["name"], "oauth2-apple a");
    assert_eq!(user.data(Some(1))["name"], "oauth2-google z");
    for (n, claim) in (1..).zip(claims) {
        let place = n as usize;
        let found = LoggedIn::In { user: act.user, created: false, identity: place, custom_data: None };
        assert_eq!(store.log_in(log_in_with(claim, NOON, 10 + n)).await.unwrap(), found);
    }
}

pub(crate) async fn a_link_that_was_done_renews_what_is_told(engine: &dyn Engine) {
    let store = engine.open();
    become_someone(&store, [1]).await;
    let before = store.user(APP, user_id(NOON, 1)).await.unwrap().unwrap();
    let again = link(1, claim("1"));
    for _again in 0..2 {
        assert_eq!(store.link(again.clone()).await.unwrap(), Linked::Already);
        assert_eq!(store.user(APP, user_id(NOON, 1)).await.unwrap(), Some(before.clone()));
    }
    let mut told = claim("1");
    told.data = object(json!({ "name": "One" }));
    assert_eq!(store.link(link(1, told.clone())).await.unwrap(), Linked::Already);
    let user = store.user(APP, user_id(NOON, 1)).await.unwrap().unwrap();
    assert_eq!(user.identities[1..], [identity_of(&told)]);
}

pub(crate) async fn an_identity_of_somebody_else_is_not_linked(engine: &dyn Engine) {
    let store = engine.open();
    let anna = log_in_with(claim("anna"), NOON, 1);
    store.log_in(anna.clone()).await.unwrap();
    store.log_in(guest(NOON, 2)).await.unwrap();
    let mut told = claim("anna");
    told.data = object(json!({}));
    assert_eq!(store.link(link(2, told)).await.unwrap(), Linked::Taken);
    assert_eq!(store.user(APP, user_id(NOON, 2)).await.unwrap(), Some(user_of(&guest(NOON, 2))));
    assert_eq!(store.user(APP, anna.user).await.unwrap(), Some(user_of(&anna)));
    let sessions = store.sessions_of(APP, user_id(NOON, 2)).await.unwrap();
    assert_eq!(sessions, [session_of(&guest(NOON, 2), user_id(NOON, 2), 0)]);
}

pub(crate) async fn a_user_has_one_email_at_most(engine: &dyn Engine) {
    let store = engine.open();
    for n in [1, 2, 3] {
        store.register(confirmed(register(n, &format!("{n}@example.com"), NOON))).await.unwrap();
    }
    store.log_in(guest(NOON, 1)).await.unwrap();
    store.log_in(log_in_with(email_claim(3), NOON, 3)).await.unwrap();
    assert_eq!(store.link(link(1, email_claim(1))).await.unwrap(), Linked::Linked);
    assert_eq!(store.link(link(1, email_claim(2))).await.unwrap(), Linked::SecondEmail);
    assert_eq!(store.link(link(1, email_claim(1))).await.unwrap(), Linked::Already);
    // That it is taken comes first.
    assert_eq!(store.link(link(1, email_claim(3))).await.unwrap(), Linked::Taken);
    let users = async |email| store.credential(APP, email).await.unwrap().unwrap().user;
    assert_eq!(users("1@example.com").await, Some(user_id(NOON, 1)));
    assert_eq!(users("2@example.com").await, None);
    assert_eq!(users("3@example.com").await, Some(user_id(NOON, 3)));
}

pub(crate) async fn a_server_user_is_not_linked(engine: &dyn Engine) {
    let store = engine.open();
    let mut key = api_key(1, user_id(NOON, 1));
    key.server = true;
    store.make_api_key(make(&key)).await.unwrap();
    let login = log_in_with(key_claim(&key), NOON, 1);
    assert_eq!(
        store.log_in(login).await.unwrap(),
        LoggedIn::In { user: key.user, created: false, identity: 0, custom_data: None }
    );
    store.log_in(log_in_with(claim("anna"), NOON, 2)).await.unwrap();
    for id in ["anna", "berta"] {
        assert_eq!(store.link(link(1, claim(id))).await.unwrap(), Linked::ServerUser);
    }
    let user = store.user(APP, key.user).await.unwrap().unwrap();
    assert_eq!((user.kind, user.identities.len()), (UserType::Server, 1));
}

pub(crate) async fn who_is_gone_or_disabled_is_not_linked(engine: &dyn Engine) {
    let store = engine.open();
    for n in 1..=5 {
        store.log_in(guest(NOON, n)).await.unwrap();
    }
    let user = |n| user_id(NOON, n);
    store.log_out(LogOut { app: APP, user: user(1), session: session_id(NOON, 1) }).await.unwrap();
    store.set_disabled(SetDisabled { app: APP, user: user(2), disabled: true }).await.unwrap();
    store.delete_user(DeleteUser { app: APP, user: user(3), event: None, now: NOON }).await.unwrap();
    store.revoke_sessions(RevokeSessions { app: APP, user: user(4) }).await.unwrap();
    let elsewhere = Link { app: OTHER, ..link(5, claim("anna")) };
    let by_another = Link { session: session_id(NOON, 1), ..link(5, claim("anna")) };
    let links = [1, 2, 3, 4, 6].map(|n| link(n, claim("anna")));
    for act in links.into_iter().chain([elsewhere, by_another]) {
        assert_eq!(store.link(act.clone()).await.unwrap(), Linked::Gone, "{act:?}");
    }
    assert_eq!(store.claimant(APP, ProviderType::CustomFunction, "anna").await.unwrap(), None);
    assert_eq!(store.user(APP, user(5)).await.unwrap(), Some(user_of(&guest(NOON, 5))));
}

pub(crate) async fn a_session_that_is_over_links_nothing(engine: &dyn Engine) {
    let store = engine.open();
    let end = NOON.plus(1_000);
    let act = LogIn { expires: Some(end), ..log_in_with(claim("anna"), NOON, 1) };
    store.log_in(act).await.unwrap();
    let at = |now: Timestamp, id| Link { now, ..link(1, claim(id)) };
    assert_eq!(store.link(at(end, "berta")).await.unwrap(), Linked::Gone);
    assert_eq!(store.link(at(end.plus(-1), "berta")).await.unwrap(), Linked::Linked);
}

pub(crate) async fn a_link_moves_the_activity_forward_only(engine: &dyn Engine) {
    let store = engine.open();
    become_someone(&store, [1]).await;
    let active = async || store.user(APP, user_id(NOON, 1)).await.unwrap().unwrap().last_active_at;
    store.touch(Touch { app: APP, user: user_id(NOON, 1), at: NOON.plus(99) }).await.unwrap();
    store.link(link(1, claim("early"))).await.unwrap();
    assert_eq!(active().await, Some(NOON.plus(99)));
    store.link(Link { now: TODAY.start().plus(DAY), ..link(1, claim("late")) }).await.unwrap();
    assert_eq!(active().await, Some(TODAY.start().plus(DAY)));
}

//! What triggers wait for, kept by the act that made it happen.

use passerby::model::{
    AnonymousUserExpiration, DAY, Day, EventId, ExpiryClock, ProviderType, Timestamp, UserId,
};
use passerby::store::{
    ApiKey, DeleteUser, Event, Events, Expire, Link, Linked, LogIn, MakeApiKey, NewEvent, Operation,
    SetCustomData, SettleEvent, Taken,
};
use serde_json::{Value, json};

use super::Engine;
use super::given::{
    APP, NOON, OTHER, TODAY, anonymous, api_key, claim, claim_of, event_id, events, guest, id, key_claim,
    link, log_in_with, make, object, session_id, taken, user_id,
};

const FAR: Timestamp = Timestamp(i64::MAX);

/// The `n`th event, of an act through one provider.
fn event(n: u32, operation: Operation, user: UserId, provider: ProviderType, at: Timestamp) -> Event {
    let (id, providers) = (event_id(n), vec![provider]);
    Event { id, app: APP, operation, user, providers, snapshot: None, at, tries: 0 }
}

pub(crate) async fn logins_and_links_keep_the_events_that_are_asked_for(engine: &dyn Engine) {
    use Operation::{Create, Login};
    use ProviderType::{AnonUser, CustomFunction};
    let store = engine.open();
    let (visitor, anna) = (user_id(NOON, 1), user_id(NOON.plus(1), 2));
    let acts = [
        LogIn { events: events(1), ..guest(NOON, 1) },
        LogIn { events: events(2), ..log_in_with(claim("anna"), NOON.plus(1), 2) },
        LogIn { events: events(3), ..log_in_with(claim("anna"), NOON.plus(2), 3) },
        LogIn { events: Events { login: None, ..events(4) }, ..guest(NOON.plus(3), 4) },
        guest(NOON.plus(4), 5),
    ];
    for act in acts.iter().chain(&acts) {
        store.log_in(act.clone()).await.unwrap();
    }
    let act = Link { events: events(6), now: NOON.plus(60), ..link(1, claim("berta")) };
    assert_eq!(store.link(act.clone()).await.unwrap(), Linked::Linked);
    // Neither the same again nor what is refused is anything new.
    let refused = Link { events: events(8), ..link(1, claim("anna")) };
    for act in [act, Link { events: events(7), ..link(1, claim("berta")) }, refused] {
        store.link(act).await.unwrap();
    }
    let expected = [
        event(2, Create, visitor, AnonUser, NOON),
        event(3, Login, visitor, AnonUser, NOON),
        event(4, Create, anna, CustomFunction, NOON.plus(1)),
        event(5, Login, anna, CustomFunction, NOON.plus(1)),
        event(7, Login, anna, CustomFunction, NOON.plus(2)),
        event(8, Create, user_id(NOON.plus(3), 4), AnonUser, NOON.plus(3)),
        event(12, Create, visitor, CustomFunction, NOON.plus(60)),
        event(13, Login, visitor, CustomFunction, NOON.plus(60)),
    ];
    assert_eq!(store.due_events(FAR, 100).await.unwrap(), expected);
    assert_eq!(store.due_events(NOON.plus(1), 100).await.unwrap(), expected[..4]);
    assert_eq!(store.due_events(FAR, 3).await.unwrap(), expected[..3]);
    assert_eq!(store.due_events(NOON.plus(-1), 100).await.unwrap(), []);
    assert_eq!(store.next_event().await.unwrap(), Some(NOON));
}

pub(crate) async fn an_act_that_is_refused_keeps_no_event(engine: &dyn Engine) {
    let store = engine.open();
    store.log_in(guest(NOON, 1)).await.unwrap();
    store.log_in(log_in_with(claim("anna"), NOON, 2)).await.unwrap();
    let refused = LogIn { session: session_id(NOON, 9), events: events(1), ..guest(NOON, 1) };
    assert_eq!(taken(&store.log_in(refused).await), Some(Taken::Id));
    let refused = LogIn { user: user_id(NOON, 1), events: events(1), ..log_in_with(claim("berta"), NOON, 3) };
    assert_eq!(taken(&store.log_in(refused).await), Some(Taken::Id));
    for act in [link(1, claim("anna")), link(9, claim("berta"))] {
        store.link(Link { events: events(1), ..act }).await.unwrap();
    }
    let nobody = NewEvent { id: event_id(1), user: "{}".to_owned(), providers: vec![], at: NOON };
    let delete = DeleteUser { app: APP, user: user_id(NOON, 9), event: Some(nobody), now: NOON };
    assert!(!store.delete_user(delete).await.unwrap());
    assert_eq!(store.due_events(FAR, 100).await.unwrap(), []);
    assert_eq!(store.next_event().await.unwrap(), None);
}

pub(crate) async fn a_new_server_user_is_an_event(engine: &dyn Engine) {
    let store = engine.open();
    let key = ApiKey { server: true, ..api_key(1, UserId(id(NOON, 5))) };
    for _again in 0..2 {
        store
            .make_api_key(MakeApiKey { events: Events { login: None, ..events(1) }, ..make(&key) })
            .await
            .unwrap();
    }
    let expected = event(2, Operation::Create, key.user, ProviderType::ApiKey, NOON);
    assert_eq!(store.due_events(FAR, 100).await.unwrap(), std::slice::from_ref(&expected));
    let login = LogIn { events: events(2), ..log_in_with(key_claim(&key), NOON.plus(1), 1) };
    store.log_in(login).await.unwrap();
    let login = event(5, Operation::Login, key.user, ProviderType::ApiKey, NOON.plus(1));
    assert_eq!(store.due_events(FAR, 100).await.unwrap(), [expected, login]);
}

pub(crate) async fn who_was_deleted_is_told_as_it_was(engine: &dyn Engine) {
    let store = engine.open();
    let act = guest(NOON, 1);
    store.log_in(act.clone()).await.unwrap();
    store.link(link(1, claim_of(ProviderType::Apple, "anna"))).await.unwrap();
    let told = NewEvent {
        id: event_id(1),
        user: r#"{"id":"…","custom":"\u0000"}"#.to_owned(),
        providers: vec![ProviderType::AnonUser, ProviderType::Apple],
        at: NOON.plus(99),
    };
    let delete = DeleteUser { app: APP, user: act.user, event: Some(told.clone()), now: NOON };
    assert!(store.delete_user(delete.clone()).await.unwrap());
    assert!(!store.delete_user(delete).await.unwrap());
    let expected = Event {
        providers: told.providers,
        snapshot: Some(told.user),
        ..event(1, Operation::Delete, act.user, ProviderType::AnonUser, told.at)
    };
    assert_eq!(store.due_events(FAR, 100).await.unwrap(), [expected]);
}

pub(crate) async fn guests_who_expire_are_told_as_they_were(engine: &dyn Engine) {
    let store = engine.open();
    for n in 1..=3 {
        store.log_in(guest(NOON, n)).await.unwrap();
    }
    let data = object(json!({ "colour": "blue" }));
    let set = SetCustomData { app: APP, user: user_id(NOON, 2), data: Some(data.clone()) };
    store.set_custom_data(set).await.unwrap();
    store.link(link(3, claim("anna"))).await.unwrap();
    let now = Day(TODAY.0 + 91).start();
    let policy = AnonymousUserExpiration { clock: ExpiryClock::Inactivity, days: 90 };
    let expire = Expire { app: APP, policy, now, after: None, limit: 100, events: true };
    let done = store.expire(expire).await.unwrap();
    assert_eq!(done.removed, [user_id(NOON, 1), user_id(NOON, 2)]);
    let kept = store.due_events(FAR, 100).await.unwrap();
    for (event, (n, custom)) in kept.iter().zip([(1, Value::Null), (2, data.into())]) {
        let user = user_id(NOON, n);
        let told: Value = serde_json::from_str(event.snapshot.as_ref().unwrap()).unwrap();
        let expected = json!({
            "id": user.to_string(),
            "type": "normal",
            "data": {},
            "custom_data": custom,
            "identities": [{ "id": anonymous(user).id, "provider_type": "anon-user", "data": {} }],
        });
        assert_eq!(told, expected);
        let event = Event { snapshot: None, ..event.clone() };
        let expected = Event {
            id: EventId(user.0),
            ..self::event(0, Operation::Delete, user, ProviderType::AnonUser, now)
        };
        assert_eq!(event, expected);
    }
    assert_eq!(kept.len(), 2);
    // Nobody waits for it: nothing is kept.
    store.log_in(guest(now, 4)).await.unwrap();
    let later = Expire { now: now.plus(91 * DAY), events: false, ..expire };
    assert_eq!(store.expire(later).await.unwrap().removed, [user_id(now, 4)]);
    assert_eq!(store.due_events(FAR, 100).await.unwrap().len(), 2);
}

pub(crate) async fn an_event_stays_until_it_is_settled(engine: &dyn Engine) {
    let store = engine.open();
    for n in [1, 2] {
        let act = LogIn { events: Events { create: None, ..events(n) }, ..guest(NOON.plus(n.into()), n) };
        store.log_in(act).await.unwrap();
    }
    let [first, second] = [3, 5].map(event_id);
    let settle = |id, again| SettleEvent { app: APP, id, again };
    let left = async || {
        let events = store.due_events(FAR, 100).await.unwrap();
        events.into_iter().map(|event| (event.id, event.tries)).collect::<Vec<_>>()
    };
    store.settle_event(SettleEvent { app: OTHER, ..settle(first, None) }).await.unwrap();
    assert_eq!(left().await, [(first, 0), (second, 0)]);
    // The same again is no other try.
    for (minutes, tries) in [(1, 1), (1, 1), (3, 2)] {
        store.settle_event(settle(first, Some(NOON.plus(60 * minutes)))).await.unwrap();
        assert_eq!(left().await, [(second, 0), (first, tries)]);
        assert_eq!(store.next_event().await.unwrap(), Some(NOON.plus(2)));
        let due = store.due_events(NOON.plus(60 * minutes - 1), 100).await.unwrap();
        assert_eq!(due.len(), 1);
    }
    for _again in 0..2 {
        store.settle_event(settle(second, None)).await.unwrap();
        assert_eq!(left().await, [(first, 2)]);
    }
    assert_eq!(store.next_event().await.unwrap(), Some(NOON.plus(180)));
    store.settle_event(settle(first, None)).await.unwrap();
    store.settle_event(settle(first, Some(NOON))).await.unwrap();
    assert_eq!(store.next_event().await.unwrap(), None);
}

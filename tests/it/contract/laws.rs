//! The laws that hold for every act: durable, whole, detached, one winner, seen.

use std::sync::Arc;

use passerby::model::{Device, LogQuery, Page, Platform, ProviderType, Secret, Timestamp};
use passerby::store::{
    AddKey, ApiKey, AppendLogs, DeleteUser, Deploy, Error, Found, Link, Linked, LogIn, MakeEmailUser,
    NewEvent, PutAllowedIp, PutRedirect, PutSecret, Register, ResetEmail, Result, SetCustomData, SetDisabled,
    SetPassword, Store, Taken, Touch,
};
use serde_json::json;

use super::given::{
    APP, NOON, OTHER, TODAY, allowed_ip, api_key, become_someone, claim, confirmed, deployment, device,
    email_claim, email_user, event_id, events, file, guest, link, log_in_all, log_in_with, make, new_app,
    object, register, secret, session_id, signing_key, taken, user_id, user_of, with_device,
};
use super::logs::{count, entry};
use super::{Engine, tampered};

pub(crate) async fn what_was_answered_is_there_after_reopening(engine: &dyn Engine) {
    let store = engine.open();
    let news = Deploy { directory: Some(("/srv/news".to_owned(), vec![1])), ..new_app(APP, "news-abcde", 1) };
    store.found(Found { group_id: news.new.as_ref().unwrap().group_id, now: NOON }).await.unwrap();
    store.deploy(news.clone()).await.unwrap();
    store.deploy(deployment(&news, 1)).await.unwrap();
    store.add_key(AddKey { app: APP, key: signing_key("second", 9) }).await.unwrap();
    store.see_time(NOON).await.unwrap();
    log_in_all(&store, (0..300).map(|n| with_device(guest(NOON, n), 5))).await;
    let at = passerby::model::Day(TODAY.0 + 1).start();
    store.touch(Touch { app: APP, user: user_id(NOON, 1), at }).await.unwrap();
    store.set_disabled(SetDisabled { app: APP, user: user_id(NOON, 2), disabled: true }).await.unwrap();
    become_someone(&store, [803, 804]).await;
    store.register(register(1, "anna@example.com", NOON)).await.unwrap();
    store.register(confirmed(register(2, "berta@example.com", NOON))).await.unwrap();
    store.log_in(LogIn { events: events(1), ..log_in_with(email_claim(2), NOON, 900) }).await.unwrap();
    store.make_api_key(make(&api_key(1, user_id(NOON, 803)))).await.unwrap();
    let data = Some(object(json!({ "colour": "blue" })));
    store.set_custom_data(SetCustomData { app: APP, user: user_id(NOON, 804), data }).await.unwrap();
    store.set_secret(PutSecret { app: APP, secret: secret(2, "key", b"sealed") }).await.unwrap();
    let listed = PutAllowedIp { app: APP, entry: allowed_ip(2, "2001:db8::/32") };
    store.allow_ip(listed).await.unwrap();
    store.set_refresh_token_seconds(APP, 1_800).await.unwrap();
    store.append_logs(AppendLogs { entries: vec![(APP, entry(4))] }).await.unwrap();
    store.count_guest_logins(count(1, TODAY, Platform::Ios, 5)).await.unwrap();
    let delete = DeleteUser { app: APP, user: user_id(NOON, 3), event: None, now: NOON };
    assert!(store.delete_user(delete).await.unwrap());
    let before = everything(&store).await;
    assert!(before.contains("anna@example.com") && before.contains("key-1"), "{before}");
    assert!(before.contains("Deleted") && before.contains("people: 3"), "{before}");
    drop(store);
    assert_eq!(everything(&engine.open()).await, before);
}

/// Whatever can be asked, as text that can be compared.
async fn everything(store: &Arc<dyn Store>) -> String {
    let users = store.users(APP, Page { limit: 1_000, ..Page::default() }).await.unwrap();
    let mut sessions = Vec::new();
    for user in &users {
        sessions.push(store.sessions_of(APP, user.id).await.unwrap());
    }
    let device = store.device(APP, device(5).hash).await.unwrap();
    let server = (store.group().await.unwrap(), store.latest_time().await.unwrap());
    let directory = store.directory("/srv/news").await.unwrap();
    let apps = (store.apps().await.unwrap(), store.files(APP).await.unwrap(), directory);
    let kept = (store.secrets(APP).await.unwrap(), store.due_events(NOON, 100).await.unwrap());
    let pending = store.pending(APP, None, 100).await.unwrap();
    let email = store.credential(APP, "berta@example.com").await.unwrap();
    let claimant = store.claimant(APP, email_claim(2).provider, &email_claim(2).id).await.unwrap();
    let keys = store.api_keys_of(APP, Some(user_id(NOON, 803))).await.unwrap();
    let query = LogQuery {
        kinds: None,
        errors_only: false,
        user: None,
        co_id: None,
        after: None,
        until: None,
        skip: 0,
        limit: 9,
    };
    let log = (store.logs(APP, query).await.unwrap(), store.guest_logins(APP, TODAY).await.unwrap());
    let counted = (store.tallies(APP, TODAY).await.unwrap(), store.standing(APP).await.unwrap());
    let kept = (kept, log, counted);
    let account = (kept, pending, email, claimant, keys);
    format!("{users:#?}{sessions:#?}{device:#?}{server:#?}{apps:#?}{account:#?}")
}

pub(crate) async fn an_act_that_fails_half_way_leaves_its_neighbours_intact(engine: &dyn Engine) {
    let store = engine.open();
    let news = new_app(APP, "news-abcde", 1);
    store.deploy(news.clone()).await.unwrap();
    // Refused only once some of it is written: its app is new, its key is there with other content.
    let key = signing_key("first", 0);
    let mut failing = new_app(OTHER, "dev-abcde", 2);
    failing.new.as_mut().unwrap().keys = vec![key.clone(), signing_key("first", 1)];
    let neighbours = tokio::spawn({
        let store = Arc::clone(&store);
        async move { log_in_all(&store, (0..200).map(|n| guest(NOON, n))).await }
    });
    for _ in 0..20 {
        assert_eq!(taken(&store.deploy(failing.clone()).await), Some(Taken::Id));
    }
    neighbours.await.unwrap();
    assert_eq!(store.user_count(APP).await.unwrap(), 200);
    assert_eq!(store.apps().await.unwrap().len(), 1);
    failing.new.as_mut().unwrap().keys = vec![key.clone()];
    store.deploy(failing).await.unwrap();
    assert_eq!(store.app(OTHER).await.unwrap().unwrap().keys, [key]);
}

pub(crate) async fn a_link_that_fails_half_way_leaves_the_guest_one(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, (0..10).map(|n| guest(NOON, n))).await;
    // Something that is in the way of the link's last row, and of nothing before it.
    let act = Link { events: events(1), ..link(1, claim("anna")) };
    let store = tampered(engine, store, "alter table events rename to hidden");
    let failed = store.link(act.clone()).await;
    assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}");
    let store = tampered(engine, store, "alter table hidden rename to events");
    assert_eq!(store.user(APP, act.user).await.unwrap(), Some(user_of(&guest(NOON, 1))));
    let session = store.sessions_of(APP, act.user).await.unwrap().remove(0);
    assert_eq!(session.expires, None);
    assert_eq!(store.claimant(APP, act.claim.provider, "anna").await.unwrap(), None);
    assert_eq!(store.tallies(APP, TODAY).await.unwrap(), []);
    assert_eq!(store.link(act).await.unwrap(), Linked::Linked);
}

pub(crate) async fn dropping_the_answer_does_not_undo_the_act(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..50 {
        let mut answer = store.log_in(guest(NOON, n));
        // Asked for once, then dropped, as when a client hangs up.
        tokio::select! {
            biased;
            answer = &mut answer => drop(answer.unwrap()),
            () = std::future::ready(()) => {}
        }
    }
    // It may take its time, but it comes.
    let mut later = 1_000;
    while store.user_count(APP).await.unwrap() < 50 {
        store.log_in(LogIn { app: OTHER, ..guest(NOON, later) }).await.unwrap();
        later += 1;
        assert!(later < 100_000, "the acts are lost");
    }
}

pub(crate) async fn dropping_the_answer_does_not_undo_a_link(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, (0..50).map(|n| guest(NOON, n))).await;
    for n in 0..50 {
        let mut answer = store.link(link(n, claim(&n.to_string())));
        tokio::select! {
            biased;
            answer = &mut answer => drop(answer.unwrap()),
            () = std::future::ready(()) => {}
        }
    }
    // They may take their time, but they come.
    let mut later = 1_000;
    for n in 0..50 {
        let (name, user) = (n.to_string(), Some(user_id(NOON, n)));
        while store.claimant(APP, ProviderType::CustomFunction, &name).await.unwrap() != user {
            store.log_in(LogIn { app: OTHER, ..guest(NOON, later) }).await.unwrap();
            later += 1;
            assert!(later < 100_000, "the links are lost");
        }
    }
}

pub(crate) async fn of_two_apps_that_want_one_client_app_id_one_wins(engine: &dyn Engine) {
    let store = engine.open();
    for n in 1..=20 {
        let name = format!("news-{n}");
        let [first, second] = [1, 2]
            .map(|which| new_app(passerby::model::AppKey(2 * n + which), &name, (2 * n + which) as u32));
        let results =
            race(&store, first, second, |store, act| Box::pin(async move { store.deploy(act).await })).await;
        one_winner(&results, Taken::ClientAppId);
    }
    assert_eq!(store.apps().await.unwrap().len(), 20);
}

pub(crate) async fn of_two_deployments_of_one_configuration_one_wins(engine: &dyn Engine) {
    let store = engine.open();
    let mut live = new_app(APP, "news-abcde", 1);
    store.deploy(live.clone()).await.unwrap();
    for n in 1..=20 {
        let [first, second] = [1, 2].map(|which| deployment(&live, 10 * n + which));
        let deploy =
            |store: Arc<dyn Store>, act| -> Outcome { Box::pin(async move { store.deploy(act).await }) };
        let results = race(&store, first.clone(), second.clone(), deploy).await;
        live = if results[0].is_ok() { first } else { second };
        one_winner(&results, Taken::Deployment);
        assert_eq!(store.app(APP).await.unwrap().unwrap().deployment, live.deployment);
        assert_eq!(store.files(APP).await.unwrap(), live.files);
    }
}

pub(crate) async fn of_two_logins_with_one_user_id_one_wins(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..20 {
        let first = guest(NOON, n);
        let second = LogIn { session: session_id(NOON.plus(1), n), ..first.clone() };
        let log_in = |store: Arc<dyn Store>, act| -> Outcome {
            Box::pin(async move { store.log_in(act).await.map(drop) })
        };
        one_winner(&race(&store, first, second, log_in).await, Taken::Id);
        assert_eq!(store.sessions_of(APP, user_id(NOON, n)).await.unwrap().len(), 1);
    }
}

type Outcome = std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// Two acts at the same time.
async fn race<A>(
    store: &Arc<dyn Store>,
    first: A,
    second: A,
    act: impl Fn(Arc<dyn Store>, A) -> Outcome,
) -> [Result<()>; 2] {
    let [first, second] = [first, second].map(|value| tokio::spawn(act(Arc::clone(store), value)));
    [first.await.unwrap(), second.await.unwrap()]
}

fn one_winner(results: &[Result<()>; 2], over: Taken) {
    let won = results.iter().filter(|result| result.is_ok()).count();
    let lost = results.iter().filter_map(taken).collect::<Vec<_>>();
    assert_eq!((won, lost), (1, vec![over]));
}

pub(crate) async fn what_was_done_is_seen_by_every_ask(engine: &dyn Engine) {
    let store = engine.open();
    let mut waiting = Vec::new();
    for n in 0..100 {
        let store = Arc::clone(&store);
        waiting.push(tokio::spawn(async move {
            let act = guest(NOON, n);
            store.log_in(act.clone()).await.unwrap();
            for _ in 0..8 {
                assert!(store.bearer(APP, act.user, act.session).await.unwrap().is_some());
            }
            let users = store.users(APP, Page { limit: 1_000, ..Page::default() }).await.unwrap();
            assert!(users.iter().any(|user| user.id == act.user));
            let claim = claim(&n.to_string());
            assert_eq!(store.link(link(n, claim.clone())).await.unwrap(), Linked::Linked);
            for _ in 0..8 {
                let bearer = store.bearer(APP, act.user, act.session).await.unwrap().unwrap();
                assert_eq!((bearer.user.guest, bearer.user.identities.len()), (false, 2));
                let claimant = store.claimant(APP, claim.provider, &claim.id).await.unwrap();
                assert_eq!(claimant, Some(act.user));
            }
        }));
    }
    for one in waiting {
        one.await.unwrap();
    }
}

pub(crate) async fn text_with_a_nul_is_refused(engine: &dyn Engine) {
    let store = engine.open();
    let unavailable = |result: Result<()>| matches!(result, Err(Error::Unavailable(_)));
    let details = Device { details: "{\0}".to_owned(), ..device(5) };
    let with_details = LogIn { device_details: Some(details), ..guest(NOON, 1) };
    assert!(unavailable(store.log_in(with_details).await.map(drop)));
    let app = || new_app(APP, "news-abcde", 1);
    let with_config = Deploy { config: "\0".to_owned(), ..app() };
    let with_file = Deploy { files: vec![file("a\0b", b"")], ..app() };
    let with_directory = Deploy { directory: Some(("\0".to_owned(), vec![])), ..app() };
    for act in [with_config, with_file, with_directory] {
        assert!(unavailable(store.deploy(act).await));
    }
    assert!(unavailable(store.add_key(AddKey { app: APP, key: signing_key("\0", 0) }).await));
    store.log_in(guest(NOON, 2)).await.unwrap();
    assert!(unavailable(store.log_in(log_in_with(claim("\0"), NOON, 3)).await.map(drop)));
    assert!(unavailable(store.link(link(2, claim("\0"))).await.map(drop)));
    let credential = register(1, "anna@example.com", NOON);
    for act in [
        Register { email: "\0".to_owned(), ..credential.clone() },
        Register { hash: Secret::new("\0".to_owned()), ..credential.clone() },
    ] {
        assert!(unavailable(store.register(act).await.map(drop)));
    }
    let set = SetPassword { app: APP, credential: credential.id, hash: Secret::new("\0".to_owned()) };
    assert!(unavailable(store.set_password(set).await.map(drop)));
    let key = ApiKey { server: true, name: "\0".to_owned(), ..api_key(1, user_id(NOON, 4)) };
    assert!(unavailable(store.make_api_key(make(&key)).await.map(drop)));
    let secret = PutSecret { app: APP, secret: secret(1, "\0", b"") };
    assert!(unavailable(store.set_secret(secret.clone()).await));
    assert!(unavailable(store.make_secret(secret.clone()).await.map(drop)));
    assert!(unavailable(store.change_secret(secret).await.map(drop)));
    let listed = PutAllowedIp { app: APP, entry: allowed_ip(1, "\0") };
    assert!(unavailable(store.allow_ip(listed.clone()).await));
    assert!(unavailable(store.change_allowed_ip(listed).await.map(drop)));
    for act in [
        MakeEmailUser { email: "\0".to_owned(), ..email_user(1, "anna@example.com") },
        MakeEmailUser { hash: Secret::new("\0".to_owned()), ..email_user(1, "anna@example.com") },
    ] {
        assert!(unavailable(store.make_email_user(act).await.map(drop)));
    }
    let reset = ResetEmail { app: APP, user: user_id(NOON, 2), email: "\0".to_owned(), now: NOON };
    assert!(unavailable(store.reset_email(reset).await.map(drop)));
    let redirect = PutRedirect { state: [1; 32], record: "\0".to_owned(), until: NOON, now: NOON };
    assert!(unavailable(store.put_redirect(redirect).await));
    let event = NewEvent { id: event_id(1), user: "\0".to_owned(), providers: vec![], at: NOON };
    let delete = DeleteUser { app: APP, user: user_id(NOON, 2), event: Some(event), now: NOON };
    assert!(unavailable(store.delete_user(delete).await.map(drop)));
    assert_eq!(store.user(APP, user_id(NOON, 2)).await.unwrap(), Some(user_of(&guest(NOON, 2))));
    assert_eq!(store.user_count(APP).await.unwrap(), 1);
    assert_eq!(store.apps().await.unwrap(), []);
}

pub(crate) async fn a_closed_store_refuses(engine: &dyn Engine) {
    let store = engine.open();
    store.log_in(guest(NOON, 1)).await.unwrap();
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.log_in(guest(NOON, 2)).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.user_count(APP).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.see_time(Timestamp(1)).await, Err(Error::Unavailable(_))));
    drop(store);
    assert_eq!(engine.open().user_count(APP).await.unwrap(), 1);
}

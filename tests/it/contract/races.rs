//! Two at the same time: whoever commits first wins, and nobody is left between.

use std::sync::Arc;

use passerby::model::{
    AnonymousUserExpiration, DAY, Day, ExpiryClock, ProviderType, SessionId, Timestamp, UserId,
};
use passerby::store::{
    Became, DeleteUser, Expire, ImportUsers, ImportedRegistration, Link, Linked, LogIn, LoggedIn, MadeApiKey,
    Register, RenewToken, ResetPassword, Result, Store, TokenPurpose,
};

use super::Engine;
use super::given::{
    APP, NOON, TODAY, api_key, become_someone, claim, confirmed, credential_id, email_claim, guest, id, link,
    log_in_all, log_in_with, make, password, register, token, use_token, user_id,
};

/// How often each race is run.
const ROUNDS: u32 = 20;

/// Does all of it at the same time.
async fn race<T: Send + 'static>(
    racers: impl IntoIterator<Item = impl Future<Output = Result<T>> + Send + 'static>,
) -> Vec<T> {
    let running: Vec<_> = racers.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::new();
    for one in running {
        results.push(one.await.unwrap().unwrap());
    }
    results
}

/// The same act by eight clients at once; says how many of them got what they wanted.
async fn winners<F>(store: &Arc<dyn Store>, act: impl Fn(Arc<dyn Store>) -> F) -> usize
where
    F: Future<Output = Result<bool>> + Send + 'static,
{
    let results = race((0..8).map(|_| act(Arc::clone(store)))).await;
    results.into_iter().filter(|won| *won).count()
}

pub(crate) async fn a_guest_who_links_while_it_expires_stays_or_never_was(engine: &dyn Engine) {
    const GUESTS: u32 = 200;
    let store = engine.open();
    log_in_all(&store, (0..GUESTS).map(|n| guest(NOON, n))).await;
    let policy = AnonymousUserExpiration { clock: ExpiryClock::Inactivity, days: 90 };
    let now = Day(TODAY.0 + 91).start();
    let sweeping = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            let mut act = Expire { app: APP, policy, now, after: None, limit: 3, events: true };
            let mut removed = Vec::new();
            loop {
                let done = store.expire(act).await.unwrap();
                removed.extend(done.removed);
                act.after = done.after;
                if !done.more {
                    return removed;
                }
            }
        }
    });
    let linked = race((0..GUESTS).rev().map(|n| {
        let store = Arc::clone(&store);
        let act = Link { now, sessions_end: now.plus(60 * DAY), ..link(n, claim(&n.to_string())) };
        async move { Ok((n, store.link(act).await?)) }
    }))
    .await;
    let removed = sweeping.await.unwrap();
    for (n, linked) in linked {
        let user = user_id(NOON, n);
        let there = store.user(APP, user).await.unwrap();
        let claimant = store.claimant(APP, ProviderType::CustomFunction, &n.to_string()).await.unwrap();
        match linked {
            Linked::Linked => {
                assert!(there.is_some_and(|user| !user.guest && user.identities.len() == 2));
                assert_eq!(claimant, Some(user));
                assert!(!removed.contains(&user));
            }
            Linked::Gone => {
                assert_eq!((there, claimant), (None, None));
                assert!(removed.contains(&user));
            }
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) async fn of_two_guests_who_link_one_identity_one_wins(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..ROUNDS {
        let name = n.to_string();
        let guests = [2 * n, 2 * n + 1];
        log_in_all(&store, guests.map(|n| guest(NOON, n))).await;
        let results = race(guests.map(|n| {
            let (store, act) = (Arc::clone(&store), link(n, claim(&name)));
            async move { store.link(act).await }
        }))
        .await;
        let winner = results.iter().position(|linked| *linked == Linked::Linked).unwrap();
        assert_eq!(results[1 - winner], Linked::Taken);
        let claimant = store.claimant(APP, ProviderType::CustomFunction, &name).await.unwrap();
        assert_eq!(claimant, Some(user_id(NOON, guests[winner])));
        for (place, n) in guests.into_iter().enumerate() {
            let user = store.user(APP, user_id(NOON, n)).await.unwrap().unwrap();
            assert_eq!(user.guest, place != winner);
        }
    }
}

pub(crate) async fn of_a_link_and_a_login_that_want_one_identity_one_wins(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..ROUNDS {
        let name = n.to_string();
        store.log_in(guest(NOON, n)).await.unwrap();
        let login = log_in_with(claim(&name), NOON.plus(60), n);
        let linking = tokio::spawn({
            let (store, act) = (Arc::clone(&store), link(n, claim(&name)));
            async move { store.link(act).await.unwrap() }
        });
        let logged_in = store.log_in(login.clone()).await.unwrap();
        let linked = linking.await.unwrap();
        let visitor = user_id(NOON, n);
        let expected = match linked {
            Linked::Linked => LoggedIn::In { user: visitor, created: false, identity: 1, custom_data: None },
            Linked::Taken => LoggedIn::In { user: login.user, created: true, identity: 0, custom_data: None },
            other => panic!("{other:?}"),
        };
        assert_eq!(logged_in, expected);
        let made = store.user(APP, login.user).await.unwrap().is_some();
        let still_guest = store.user(APP, visitor).await.unwrap().unwrap().guest;
        assert_eq!((made, still_guest), (linked == Linked::Taken, linked == Linked::Taken));
    }
}

pub(crate) async fn first_logins_with_one_identity_make_one_user(engine: &dyn Engine) {
    let store = engine.open();
    for round in 0..ROUNDS {
        let name = round.to_string();
        let results = race((0..8).map(|n| {
            let (store, act) = (Arc::clone(&store), log_in_with(claim(&name), NOON, 8 * round + n));
            async move { store.log_in(act).await }
        }))
        .await;
        let mut users: Vec<(UserId, bool)> = Vec::new();
        for result in results {
            match result {
                LoggedIn::In { user, created, identity: 0, .. } => users.push((user, created)),
                other => panic!("{other:?}"),
            }
        }
        assert!(users.iter().all(|(user, _)| *user == users[0].0));
        assert_eq!(users.iter().filter(|(_, created)| *created).count(), 1);
        assert_eq!(store.sessions_of(APP, users[0].0).await.unwrap().len(), 8);
    }
    assert_eq!(store.user_count(APP).await.unwrap(), u64::from(ROUNDS));
}

pub(crate) async fn one_email_is_linked_to_one_of_two_guests(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..ROUNDS {
        store.register(confirmed(register(n, &n.to_string(), NOON))).await.unwrap();
        let guests = [2 * n, 2 * n + 1];
        log_in_all(&store, guests.map(|n| guest(NOON, n))).await;
        let mut results = race(guests.map(|guest| {
            let (store, act) = (Arc::clone(&store), link(guest, email_claim(n)));
            async move { store.link(act).await }
        }))
        .await;
        let user = store.credential(APP, &n.to_string()).await.unwrap().unwrap().user;
        let winner = results.iter().position(|linked| *linked == Linked::Linked).unwrap();
        assert_eq!(user, Some(user_id(NOON, guests[winner])));
        results.remove(winner);
        assert_eq!(results, [Linked::Taken]);
    }
}

pub(crate) async fn one_address_is_registered_once(engine: &dyn Engine) {
    let store = engine.open();
    for round in 0..ROUNDS {
        // Half of the time somebody had the address until just now.
        let email = round.to_string();
        if round % 2 == 0 {
            store.register(register(10 * round + 9, &email, NOON.plus(-1_800))).await.unwrap();
        }
        let won = race((0..8).map(|n| {
            let (store, act) = (Arc::clone(&store), register(10 * round + n, &email, NOON));
            async move { store.register(act).await }
        }))
        .await;
        let winner = won.iter().position(|won| *won).unwrap();
        assert_eq!(won.iter().filter(|won| **won).count(), 1);
        let credential = store.credential(APP, &email).await.unwrap().unwrap();
        assert_eq!(credential.id, credential_id(10 * round + winner as u32));
    }
    assert_eq!(store.pending(APP, None, 1_000).await.unwrap().len(), (ROUNDS + ROUNDS / 2) as usize);
}

pub(crate) async fn of_an_import_and_a_registration_that_want_one_address_one_has_it(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..ROUNDS {
        let (brought, registered) =
            (credential_id(2 * n), confirmed(register(2 * n + 1, &n.to_string(), NOON)));
        let brings = ImportedRegistration { id: brought, email: n.to_string(), confirmed: true };
        let import = ImportUsers { app: APP, users: vec![], registrations: vec![brings], now: NOON };
        let importing = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.import_users(import).await.unwrap().registrations }
        });
        let is_registered = store.register(registered.clone()).await.unwrap();
        let became = importing.await.unwrap();
        let (of_the_import, owner) =
            if is_registered { (Became::Nobody, registered.id) } else { (Became::Made, brought) };
        assert_eq!(became, [of_the_import]);
        let there = store.credential(APP, &n.to_string()).await.unwrap();
        assert_eq!(there.map(|credential| credential.id), Some(owner));
    }
}

pub(crate) async fn a_confirmation_and_whoever_takes_the_address_over_exclude_each_other(
    engine: &dyn Engine,
) {
    let store = engine.open();
    for n in 0..ROUNDS {
        let email = n.to_string();
        let old = register(2 * n, &email, NOON);
        store.register(old.clone()).await.unwrap();
        // The clocks of the two are a second apart, on both sides of the end.
        let end = old.token.unwrap().until;
        let taking_over = tokio::spawn({
            let (store, act) = (Arc::clone(&store), register(2 * n + 1, &email, end));
            async move { store.register(act).await.unwrap() }
        });
        let is_confirmed = store.confirm(use_token(old.token.unwrap(), end.plus(-1))).await.unwrap();
        assert_ne!(is_confirmed, taking_over.await.unwrap());
        let credential = store.credential(APP, &email).await.unwrap().unwrap();
        let holder = if is_confirmed { old.id } else { credential_id(2 * n + 1) };
        assert_eq!((credential.id, credential.confirmed), (holder, is_confirmed));
    }
}

pub(crate) async fn a_token_is_used_by_one_of_many(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..ROUNDS {
        let act = register(n, &n.to_string(), NOON);
        store.register(act.clone()).await.unwrap();
        let confirm = use_token(act.token.unwrap(), NOON);
        assert_eq!(winners(&store, |store| async move { store.confirm(confirm).await }).await, 1);
        let sent = token(1_000 + n, NOON);
        let renew = RenewToken { app: APP, credential: act.id, purpose: TokenPurpose::Reset, token: sent };
        store.renew_token(renew).await.unwrap();
        let reset = ResetPassword { token: use_token(sent, NOON), hash: password(9) };
        let resets = winners(&store, move |store| {
            let reset = reset.clone();
            async move { store.reset_password(reset).await }
        });
        assert_eq!(resets.await, 1);
    }
}

pub(crate) async fn a_redirect_comes_back_to_one_of_many(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..ROUNDS as u8 {
        let put = passerby::store::PutRedirect {
            state: [n; 32],
            record: "{}".to_owned(),
            until: NOON.plus(600),
            now: NOON,
        };
        store.put_redirect(put).await.unwrap();
        let take =
            |store: Arc<dyn Store>| async move { Ok(store.take_redirect([n; 32], NOON).await?.is_some()) };
        assert_eq!(winners(&store, take).await, 1);
    }
}

pub(crate) async fn keys_made_at_once_keep_their_limit_and_names(engine: &dyn Engine) {
    let store = engine.open();
    for round in 0..ROUNDS {
        become_someone(&store, [round]).await;
        let owner = user_id(NOON, round);
        let results = race((0..8).map(|n| {
            let mut key = api_key(8 * round + n, owner);
            key.name = (n / 2).to_string();
            let store = Arc::clone(&store);
            async move { store.make_api_key(make(&key)).await }
        }))
        .await;
        assert_eq!(results.iter().filter(|made| **made == MadeApiKey::Made).count(), 2);
        let keys = store.api_keys_of(APP, Some(owner)).await.unwrap();
        assert_eq!(keys.len(), 2);
        assert_ne!(keys[0].name, keys[1].name);
    }
}

pub(crate) async fn a_login_that_meets_a_deletion_comes_before_it_or_is_somebody_new(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..ROUNDS {
        let name = n.to_string();
        let first = log_in_with(claim(&name), NOON, n);
        store.log_in(first.clone()).await.unwrap();
        let again = LogIn {
            user: user_id(NOON.plus(9), n),
            session: SessionId(id(NOON.plus(9), 9_000 + n)),
            ..first.clone()
        };
        let deleting = tokio::spawn({
            let store = Arc::clone(&store);
            let act = DeleteUser { app: APP, user: first.user, event: None, now: NOON };
            async move { store.delete_user(act).await.unwrap() }
        });
        let logged_in = store.log_in(again.clone()).await.unwrap();
        assert!(deleting.await.unwrap());
        assert_eq!(store.user(APP, first.user).await.unwrap(), None);
        assert_eq!(store.sessions_of(APP, first.user).await.unwrap(), []);
        let claimant = store.claimant(APP, ProviderType::CustomFunction, &name).await.unwrap();
        match logged_in {
            LoggedIn::In { user, created: false, .. } => {
                assert_eq!((user, claimant), (first.user, None));
            }
            LoggedIn::In { user, created: true, .. } => {
                assert_eq!((user, claimant), (again.user, Some(again.user)));
            }
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) async fn an_email_that_is_deleted_while_it_is_linked_goes_or_stays_whole(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..ROUNDS {
        let email = n.to_string();
        let act: Register = confirmed(register(n, &email, Timestamp(NOON.0)));
        store.register(act.clone()).await.unwrap();
        store.log_in(guest(NOON, n)).await.unwrap();
        let deleting = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.delete_pending(APP, credential_id(n)).await.unwrap() }
        });
        let linked = store.link(link(n, email_claim(n))).await.unwrap();
        let deleted = deleting.await.unwrap();
        let user = store.user(APP, user_id(NOON, n)).await.unwrap().unwrap();
        let credential = store.credential(APP, &email).await.unwrap();
        match linked {
            Linked::Linked => assert!(!deleted && !user.guest && credential.unwrap().user == Some(user.id)),
            Linked::Unproved => assert!(deleted && user.guest && credential.is_none()),
            other => panic!("{other:?}"),
        }
    }
}

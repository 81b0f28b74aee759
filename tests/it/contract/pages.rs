//! Pages of users, in every order and with every filter, compared with what a plain reading of the page says.

use std::sync::Arc;

use passerby::model::{DAY, Day, Order, Page, ProviderType, Span, Timestamp, User, UserId, UserType};
use passerby::store::{
    EmailReset, LogIn, MadeEmailUser, MakeEmailUser, RenewToken, ResetEmail, SetDisabled, Store,
    TokenPurpose, Touch,
};

use super::Engine;
use super::given::{
    APP, NOON, OTHER, TODAY, claim, claim_of, confirmed, credential_of, email_claim, email_user, events,
    guest, ids, link, log_in_with, object, password, register, token, user_id,
};
use serde_json::json;

/// Users of every kind: guests new and seen, others seen, unseen and of several providers, of each some disabled.
async fn populated(engine: &dyn Engine) -> Arc<dyn Store> {
    let store = engine.open();
    for n in 0..24 {
        store.log_in(guest(NOON.plus(i64::from(n / 4) * DAY), n)).await.unwrap();
        store.log_in(LogIn { app: OTHER, ..guest(NOON, n) }).await.unwrap();
    }
    for n in [1, 5, 6, 13] {
        let user = user_id(NOON.plus(i64::from(n / 4) * DAY), n);
        store.touch(Touch { app: APP, user, at: Day(TODAY.0 + 5 + i64::from(n % 2)).start() }).await.unwrap();
    }
    let kinds = [ProviderType::CustomToken, ProviderType::CustomFunction, ProviderType::Google];
    for n in 30..48 {
        let provider = kinds[n as usize % 3];
        let at = NOON.plus(i64::from(n % 6) * DAY);
        store.log_in(log_in_with(claim_of(provider, &n.to_string()), at, n)).await.unwrap();
    }
    // A guest who became someone, twice over by one provider.
    for name in ["anna", "anne"] {
        store.link(link(2, claim(name))).await.unwrap();
    }
    for n in 1..=4 {
        store.make_email_user(email_user(n, &format!("{n}@example.com"))).await.unwrap();
    }
    for n in [3, 9, 33, 40] {
        let at = if n < 30 { n / 4 } else { n % 6 };
        let act = SetDisabled { app: APP, user: user_id(NOON.plus(i64::from(at) * DAY), n), disabled: true };
        assert!(store.set_disabled(act).await.unwrap());
    }
    store
}

/// Whether a user is one of a page's, said plainly.
fn is_wanted(page: &Page, user: &User) -> bool {
    let has = |kind: &ProviderType| user.identity(*kind).is_some();
    let seen = user.last_authentication().unwrap_or(Timestamp(0));
    page.guest.is_none_or(|guest| guest == user.guest)
        && page.disabled.is_none_or(|disabled| disabled == user.disabled)
        && (page.providers.is_empty() || page.providers.iter().any(has))
        && page.created.holds(user.created())
        && page.seen.holds(seen)
}

/// A page's users, all of them in one.
fn expected(everybody: &[User], page: &Page) -> Vec<UserId> {
    let mut wanted: Vec<&User> = everybody.iter().filter(|user| is_wanted(page, user)).collect();
    wanted.sort_by_key(|user| (page.order.value(user), user.id));
    if page.descending {
        wanted.reverse();
    }
    wanted.into_iter().map(|user| user.id).collect()
}

/// What a reader gets who goes from page to page.
async fn read_through(store: &Arc<dyn Store>, mut page: Page) -> Vec<UserId> {
    let mut found = Vec::new();
    loop {
        let users = store.users(APP, page.clone()).await.unwrap();
        assert!(users.len() <= page.limit as usize);
        found.extend(ids(&users));
        match users.last() {
            Some(last) if users.len() == page.limit as usize => {
                page.after = Some(last.id);
                page.after_value = page.order.value(last);
            }
            _ => return found,
        }
    }
}

pub(crate) async fn a_page_holds_whom_its_filters_say_in_its_order(engine: &dyn Engine) {
    let store = populated(engine).await;
    let everybody = store.users(APP, Page { limit: 1_000, ..Page::default() }).await.unwrap();
    assert_eq!(everybody.len(), 24 + 18 + 4);
    let spans = |from: Option<i64>, until: Option<i64>| Span {
        from: from.map(|at| NOON.plus(at)),
        until: until.map(|at| NOON.plus(at)),
    };
    let spans = [
        spans(None, None),
        spans(Some(DAY), None),
        spans(None, Some(5 * DAY / 2)),
        spans(Some(1), Some(5 * DAY)),
    ];
    let providers: [&[ProviderType]; 4] = [
        &[],
        &[ProviderType::CustomFunction],
        &[ProviderType::LocalUserpass, ProviderType::Google],
        &[ProviderType::AnonUser, ProviderType::CustomToken],
    ];
    let mut pages = vec![Page::default()];
    let mut also = |change: &dyn Fn(&Page) -> Vec<Page>| {
        pages = pages.iter().flat_map(change).collect();
    };
    also(&|page| {
        [Order::Id, Order::Status, Order::Activity].map(|order| Page { order, ..page.clone() }).into()
    });
    also(&|page| [false, true].map(|descending| Page { descending, ..page.clone() }).into());
    also(&|page| [None, Some(false), Some(true)].map(|guest| Page { guest, ..page.clone() }).into());
    also(&|page| [None, Some(false), Some(true)].map(|disabled| Page { disabled, ..page.clone() }).into());
    also(&|page| providers.map(|kinds| Page { providers: kinds.to_vec(), ..page.clone() }).into());
    also(&|page| spans.map(|created| Page { created, ..page.clone() }).into());
    also(&|page| spans.map(|seen| Page { seen, ..page.clone() }).into());
    let mut met = 0;
    for page in pages {
        let expected = expected(&everybody, &page);
        met += expected.len();
        for limit in [4, 100] {
            let page = Page { limit, ..page.clone() };
            assert_eq!(read_through(&store, page.clone()).await, expected, "{page:?}");
        }
    }
    assert!(met > 10_000, "{met}");
}

pub(crate) async fn who_is_sought_is_found_by_address_name_and_id(engine: &dyn Engine) {
    let store = populated(engine).await;
    store.make_email_user(email_user(5, "Anna%_@Example.com")).await.unwrap();
    let of = |text: &str| Page { limit: 100, begins: Some(text.to_owned()), ..Page::default() };
    let by = |text: &str| Page { limit: 100, email: Some(text.to_owned()), ..Page::default() };
    let found = async |page: Page| ids(&store.users(APP, page).await.unwrap());
    let anna = email_user(5, "").user;
    let linked = user_id(NOON, 2);
    for (page, expected) in [
        (by("anna%_@example.com"), vec![anna]),
        (by("ANNA%_@EXAMPLE.COM"), vec![anna]),
        // Nothing in it stands for anything else.
        (by("anna%"), vec![]),
        (by("%"), vec![]),
        (by("' or 1 = 1 --"), vec![]),
        (by("2@example.com"), vec![email_user(2, "").user]),
        (of("anna"), vec![anna]),
        (of("aNNa%_"), vec![anna]),
        (of("%"), vec![]),
        (of("_"), vec![]),
        (of("anna_"), vec![]),
        (of("nna"), vec![]),
        (of("custom-function ann"), vec![linked]),
        (of(&linked.to_string()), vec![linked]),
        (of(&linked.to_string()[..23]), vec![user_id(NOON, 1), linked, user_id(NOON, 3)]),
        (of(&linked.to_string()[..7]), vec![]),
        (of("\0"), vec![]),
        (Page { disabled: Some(true), ..of("anna") }, vec![]),
        (Page { guest: Some(true), ..of(&linked.to_string()) }, vec![]),
    ] {
        let mut found = found(page.clone()).await;
        found
            .retain(|id| expected.contains(id) || page.begins.as_deref().is_none_or(|text| text.len() != 23));
        assert_eq!(found, expected, "{page:?}");
    }
    // In every order, from page to page.
    let everybody = store.users(APP, Page { limit: 1_000, ..Page::default() }).await.unwrap();
    let google = |user: &&User| user.identity(ProviderType::Google).is_some();
    let named: Vec<User> = everybody.iter().filter(google).cloned().collect();
    for order in [Order::Id, Order::Status, Order::Activity] {
        for descending in [false, true] {
            let page = Page { limit: 2, order, descending, ..of("oauth2-google") };
            let expected = self::expected(&named, &page);
            assert_eq!(read_through(&store, page.clone()).await, expected, "{page:?}");
        }
    }
    assert_eq!(store.users(OTHER, of("anna")).await.unwrap(), []);
}

pub(crate) async fn an_administrator_makes_a_user_with_an_address(engine: &dyn Engine) {
    let store = engine.open();
    let act = MakeEmailUser { events: events(1), ..email_user(1, "1@example.com") };
    for _again in 0..2 {
        assert_eq!(store.make_email_user(act.clone()).await.unwrap(), MadeEmailUser::Made);
    }
    let user = store.user(APP, act.user).await.unwrap().unwrap();
    assert_eq!((user.kind, user.guest, user.last_active_at), (UserType::Normal, false, None));
    assert_eq!(user.data(None), email_claim(1).data);
    assert_eq!(store.due_events(NOON, 9).await.unwrap().len(), 2);
    assert_eq!(store.pending(APP, None, 9).await.unwrap(), []);
    let login = log_in_with(email_claim(1), NOON, 7);
    let logged_in = store.log_in(login).await.unwrap();
    assert_eq!(
        logged_in,
        passerby::store::LoggedIn::In { user: act.user, created: false, identity: 0, custom_data: None }
    );
    // An address that is somebody's, or waits for its confirmation.
    assert_eq!(store.make_email_user(email_user(2, "1@example.com")).await.unwrap(), MadeEmailUser::Taken);
    assert!(store.register(register(3, "3@example.com", NOON)).await.unwrap());
    assert_eq!(store.make_email_user(email_user(2, "3@example.com")).await.unwrap(), MadeEmailUser::Taken);
    assert_eq!(store.user_count(APP).await.unwrap(), 1);
    let later = MakeEmailUser { now: NOON.plus(DAY), ..email_user(2, "3@example.com") };
    assert_eq!(store.make_email_user(later).await.unwrap(), MadeEmailUser::Made, "it lapsed");
}

pub(crate) async fn an_address_is_changed_with_all_that_knows_it(engine: &dyn Engine) {
    let store = engine.open();
    store.make_email_user(email_user(1, "1@example.com")).await.unwrap();
    store.register(confirmed(register(2, "2@example.com", NOON))).await.unwrap();
    store.log_in(guest(NOON, 9)).await.unwrap();
    let sent = token(5, NOON);
    let renew = RenewToken {
        app: APP,
        credential: register(1, "", NOON).id,
        purpose: TokenPurpose::Reset,
        token: sent,
    };
    assert!(store.renew_token(renew).await.unwrap());
    let user = email_user(1, "").user;
    let reset = |user, email: &str| ResetEmail { app: APP, user, email: email.to_owned(), now: NOON };
    assert_eq!(store.reset_email(reset(user, "2@example.com")).await.unwrap(), EmailReset::Taken);
    assert_eq!(store.reset_email(reset(user_id(NOON, 9), "9@x")).await.unwrap(), EmailReset::NoEmail);
    assert_eq!(store.reset_email(reset(user_id(NOON, 8), "9@x")).await.unwrap(), EmailReset::Gone);
    let elsewhere = ResetEmail { app: OTHER, ..reset(user, "9@x") };
    assert_eq!(store.reset_email(elsewhere).await.unwrap(), EmailReset::Gone);
    for _again in 0..2 {
        assert_eq!(store.reset_email(reset(user, "new@example.com")).await.unwrap(), EmailReset::Reset);
    }
    let kept = credential_of(&confirmed(register(1, "new@example.com", NOON)));
    let kept = passerby::store::Credential { user: Some(user), hash: password(1), ..kept };
    assert_eq!(store.credential(APP, "new@example.com").await.unwrap(), Some(kept));
    assert_eq!(store.credential(APP, "1@example.com").await.unwrap(), None, "anybody may have it");
    let data = store.user(APP, user).await.unwrap().unwrap().data(None);
    assert_eq!(data, object(json!({"email": "new@example.com"})));
    let with_old_token =
        passerby::store::ResetPassword { token: super::given::use_token(sent, NOON), hash: password(3) };
    assert!(!store.reset_password(with_old_token).await.unwrap(), "who reads the old address is nobody");
}

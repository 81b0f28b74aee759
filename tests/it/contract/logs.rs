//! Apps' logs, and how many guests came.

use passerby::model::{
    AppKey, AuthEvent, AuthEventType, Day, GuestLogins, LogDetails, LogEntry, LogQuery, LogType, Millis,
    Platform, ProviderType, RequestId, UserId,
};
use passerby::store::{AppendLogs, CountGuestLogins, Logged, Store, TrimLogs};

use super::Engine;
use super::given::{APP, NOON, OTHER, TODAY, device, guest, id, user_id, with_device};

/// Everything.
const ALL: LogQuery = LogQuery {
    kinds: None,
    errors_only: false,
    user: None,
    co_id: None,
    after: None,
    until: None,
    skip: 0,
    limit: 100,
};

/// The moment of the `n`th entry: so many milliseconds after noon.
pub(super) fn moment(n: u32) -> Millis {
    Millis(Millis::of(NOON).0 + i64::from(n))
}

/// The `n`th entry: every second one is an error, every third one of a user, every fourth one of a function.
pub(super) fn entry(n: u32) -> LogEntry {
    let is_function = n.is_multiple_of(4);
    let event = AuthEvent { kind: AuthEventType::Login, provider: Some(ProviderType::ApiKey) };
    LogEntry {
        id: id(NOON, n),
        co_id: RequestId(id(NOON, n / 2)),
        kind: if is_function { LogType::Function } else { LogType::Auth },
        user: (n.is_multiple_of(3)).then(|| user_id(NOON, 1)),
        started: moment(n),
        completed: moment(n + 7),
        is_error: n.is_multiple_of(2),
        device: None,
        details: LogDetails {
            request_url: format!("/{n}"),
            status: Some(401),
            error: "a\0b\u{e4}".to_owned(),
            auth_event: (!is_function).then_some(event),
            messages: vec![String::new(), "x\ny".to_owned()],
            ..LogDetails::default()
        },
    }
}

fn append(app: AppKey, numbers: impl IntoIterator<Item = u32>) -> AppendLogs {
    AppendLogs { entries: numbers.into_iter().map(|n| (app, entry(n))).collect() }
}

/// The numbers of the entries that a query finds, in its order.
async fn found(store: &dyn Store, app: AppKey, query: &LogQuery) -> Vec<u32> {
    let logged = store.logs(app, query.clone()).await.unwrap();
    let number = |logged: Logged| u32::try_from(logged.entry.started.0 - moment(0).0).unwrap();
    logged.into_iter().map(number).collect()
}

pub(crate) async fn entries_come_back_as_they_were_the_newest_first(engine: &dyn Engine) {
    let store = engine.open();
    store.log_in(with_device(guest(NOON, 1), 5)).await.unwrap();
    let of_device = |n: u8| LogEntry { device: Some(device(n).hash), ..entry(20 + u32::from(n)) };
    let entries =
        vec![(APP, entry(3)), (APP, of_device(5)), (OTHER, entry(9)), (APP, of_device(6)), (APP, entry(4))];
    store.append_logs(AppendLogs { entries }).await.unwrap();
    let expected = [of_device(6), of_device(5), entry(4), entry(3)]
        .map(|entry| Logged { device: (entry == of_device(5)).then(|| device(5).details), entry });
    assert_eq!(store.logs(APP, ALL).await.unwrap(), expected);
    assert_eq!(found(&*store, OTHER, &ALL).await, [9]);
    assert!(found(&*store, AppKey(9), &ALL).await.is_empty());
}

pub(crate) async fn the_same_entries_twice_are_there_once(engine: &dyn Engine) {
    let store = engine.open();
    for numbers in [0..10, 0..10, 5..15] {
        store.append_logs(append(APP, numbers)).await.unwrap();
    }
    assert_eq!(found(&*store, APP, &ALL).await, (0..15).rev().collect::<Vec<_>>());
    let other = LogEntry { is_error: true, ..entry(1) };
    store.append_logs(AppendLogs { entries: vec![(APP, other)] }).await.unwrap();
    let until = Some(moment(1));
    let logged = store.logs(APP, LogQuery { until, limit: 1, ..ALL }).await.unwrap();
    assert_eq!(logged.first().map(|logged| &logged.entry), Some(&entry(1)));
}

/// Every mixture of filters finds what it would among all.
pub(crate) async fn a_log_is_narrowed_in_every_way(engine: &dyn Engine) {
    let store = engine.open();
    store.append_logs(append(APP, 0..60)).await.unwrap();
    store.append_logs(append(OTHER, 0..60)).await.unwrap();
    let kinds =
        [None, Some(vec![]), Some(vec![LogType::Function]), Some(vec![LogType::Auth, LogType::ApiKey])];
    let users = [None, Some(user_id(NOON, 1)), Some(user_id(NOON, 2))];
    let spans =
        [(None, None), (Some(10), None), (None, Some(40)), (Some(20), Some(21)), (Some(30), Some(30))];
    for (kinds, user) in kinds.iter().flat_map(|kinds| users.map(|user| (kinds, user))) {
        for (errors_only, co_id) in [(false, None), (true, None), (false, Some(9)), (true, Some(9))] {
            for (after, until) in spans {
                let query = LogQuery {
                    kinds: kinds.clone(),
                    errors_only,
                    user,
                    co_id: co_id.map(|n| RequestId(id(NOON, n))),
                    after: after.map(moment),
                    until: until.map(moment),
                    skip: 1,
                    limit: 7,
                };
                let fits = |n: &u32| {
                    let entry = entry(*n);
                    kinds.as_ref().is_none_or(|kinds| kinds.contains(&entry.kind))
                        && (!errors_only || entry.is_error)
                        && user.is_none_or(|user| entry.user == Some(user))
                        && co_id.is_none_or(|co_id| n / 2 == co_id)
                        && after.is_none_or(|after| *n > after)
                        && until.is_none_or(|until| *n <= until)
                };
                let expected: Vec<u32> = (0..60).rev().filter(fits).skip(1).take(7).collect();
                assert_eq!(found(&*store, APP, &query).await, expected, "{query:?}");
            }
        }
    }
}

pub(crate) async fn old_entries_go_in_bites(engine: &dyn Engine) {
    let store = engine.open();
    store.append_logs(append(APP, 0..30)).await.unwrap();
    store.append_logs(append(OTHER, 0..3)).await.unwrap();
    let trim = TrimLogs { app: APP, before: moment(25), limit: 10 };
    for (removed, left) in [(10, 20), (10, 10), (5, 5), (0, 5)] {
        assert_eq!(store.trim_logs(trim).await.unwrap(), removed);
        assert_eq!(found(&*store, APP, &ALL).await, (30 - left..30).rev().collect::<Vec<_>>());
    }
    assert_eq!(found(&*store, OTHER, &ALL).await, [2, 1, 0]);
    let of_user = LogQuery { user: Some(user_id(NOON, 1)), ..ALL };
    assert_eq!(found(&*store, APP, &of_user).await, [27]);
}

/// Where the `n`th server's counter stands.
pub(super) fn count(server: u32, day: Day, platform: Platform, logins: u64) -> CountGuestLogins {
    let counts = vec![(APP, GuestLogins { day, platform, logins })];
    CountGuestLogins { counter: id(NOON, server), counts }
}

pub(crate) async fn guests_are_counted_once_whatever_is_told_again(engine: &dyn Engine) {
    let store = engine.open();
    let yesterday = Day(TODAY.0 - 1);
    let acts = [
        count(1, TODAY, Platform::Ios, 5),
        count(2, TODAY, Platform::Ios, 2),
        count(1, TODAY, Platform::Chrome, 1),
        count(1, TODAY, Platform::Ios, 9),
        count(1, yesterday, Platform::Ios, 4),
    ];
    // Again, and in the other order: a counter never goes back.
    for act in acts.iter().chain(acts.iter().rev()) {
        store.count_guest_logins(act.clone()).await.unwrap();
    }
    let logins = |day, platform, logins| GuestLogins { day, platform, logins };
    let today = [logins(TODAY, Platform::Chrome, 1), logins(TODAY, Platform::Ios, 11)];
    assert_eq!(store.guest_logins(APP, TODAY).await.unwrap(), today);
    let all = [logins(yesterday, Platform::Ios, 4), today[0], today[1]];
    assert_eq!(store.guest_logins(APP, yesterday).await.unwrap(), all);
    assert_eq!(store.guest_logins(OTHER, yesterday).await.unwrap(), []);
    assert_eq!(store.guest_logins(APP, Day(TODAY.0 + 1)).await.unwrap(), []);
}

/// A user that entries are of may go; the entries stay.
pub(crate) async fn entries_outlive_their_user(engine: &dyn Engine) {
    let store = engine.open();
    store.log_in(guest(NOON, 1)).await.unwrap();
    store.append_logs(append(APP, [3])).await.unwrap();
    let user: UserId = user_id(NOON, 1);
    store.delete_user(passerby::store::DeleteUser { app: APP, user, event: None, now: NOON }).await.unwrap();
    assert_eq!(found(&*store, APP, &LogQuery { user: Some(user), ..ALL }).await, [3]);
}

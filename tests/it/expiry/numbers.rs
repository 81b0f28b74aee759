//! What the numbers of an app say of its guests, and what a preview says of a policy: the reaper then does it.

use std::collections::BTreeMap;
use std::sync::Arc;

use passerby::auth::{App, DayStatistics, ExpiryPreview, Live, Minute, UserChange};
use passerby::expiry::Reaper;
use passerby::model::{
    AnonymousUserExpiration, DAY, Day, ExpiryClock, ObjectId, ProviderType, Timestamp, UserId, UserType,
};
use passerby::store::{Claim, Events, ImportUsers, ImportedIdentity, ImportedUser, Link, Linked, LogIn};
use serde_json::Map;

use super::{BEGINNING, policy, settings, step};
use crate::support::{Guest, House};

const APP: &str = "news-abcde";

fn day(days: i64) -> Day {
    Day(BEGINNING.day().0 + days)
}

fn nothing(day: Day) -> DayStatistics {
    let returned = [(1, 0), (7, 0), (30, 0)];
    let none = BTreeMap::new();
    DayStatistics { day, created: 0, returned, linked: none.clone(), expired: 0, deleted: 0, logins: none }
}

fn claim(provider: ProviderType, id: &str) -> Claim {
    Claim { provider, id: id.to_owned(), data: Map::new(), password: None }
}

/// Makes a guest someone, as a provider's story does.
async fn link(house: &House, app: &Arc<App>, guest: &Guest, claim: Claim, now: Timestamp) {
    let session = house.store.sessions_of(app.key, guest.user).await.unwrap().remove(0).id;
    let (sessions_end, events) = (now.plus(60 * DAY), Events::default());
    let act = Link { app: app.key, user: guest.user, session, claim, sessions_end, events, now };
    assert_eq!(house.store.link(act).await.unwrap(), Linked::Linked);
}

#[tokio::test]
async fn an_app_that_nobody_used_is_zeros() {
    let house = House::open(BEGINNING).await;
    let app = house.deploy(APP, settings(policy(ExpiryClock::Inactivity, 10))).await;
    let told = house.auth.statistics(&app, 3).await.unwrap();
    assert_eq!(told.days, [day(-2), day(-1), day(0)].map(nothing));
    assert_eq!(told.median_seconds_to_link, None);
    assert_eq!(told.live, Live { guests: 0, people: 0, servers: 0 });
    let minutes = (0..60).rev().map(|n| (BEGINNING.plus(-60 * n), Minute::default()));
    assert_eq!(told.logins_per_minute, minutes.collect::<Vec<_>>());
    let days = (0..=91).map(|n| (day(n), 0)).collect();
    assert_eq!(told.upcoming_expiries, ExpiryPreview { now: 0, days });
}

#[tokio::test]
async fn the_lives_of_guests_are_told_in_numbers() {
    let house = House::open(BEGINNING).await;
    let app = house.deploy(APP, settings(policy(ExpiryClock::Inactivity, 10))).await;
    let mut reaper = Reaper::new(Arc::clone(&house.store));
    let mut guests = Vec::new();
    for n in 0..6 {
        house.clock.set(BEGINNING.plus(n * 60));
        guests.push(house.log_in(&app).await);
        house.auth.flush_logs().await.unwrap();
    }
    let told = house.auth.statistics(&app, 1).await.unwrap();
    let minutes = &told.logins_per_minute[54..];
    let each = |n: i64| (BEGINNING.plus(n * 60), Minute { guests: 1, others: 0 });
    assert_eq!(minutes, (0..6).map(each).collect::<Vec<_>>());
    // The first one stays for a month; the second comes back a week later, once; the others differ more.
    let visits = [(0, vec![1, 7, 12, 20, 30]), (1, vec![7])];
    link(&house, &app, &guests[2], claim(ProviderType::Google, "ann"), BEGINNING.plus(120 + 3)).await;
    let late = BEGINNING.plus(180 + 2 * DAY);
    link(&house, &app, &guests[3], claim(ProviderType::Apple, "bob"), late).await;
    house.clock.set(day(3).start().plus(9));
    house.auth.change_user(&app, guests[4].user, UserChange::Delete).await.unwrap();
    let login = LogIn {
        app: app.key,
        identity: Some(claim(ProviderType::CustomToken, "carl")),
        user: UserId(ObjectId::from_parts(day(3).start(), [9; 5], 1)),
        kind: UserType::Normal,
        session: passerby::model::SessionId(ObjectId::from_parts(day(3).start(), [9; 5], 2)),
        expires: None,
        device: None,
        device_details: None,
        events: Events::default(),
        now: day(3).start(),
    };
    house.store.log_in(login).await.unwrap();
    for today in 0..=30 {
        let now = day(today).start().plus(DAY / 2);
        house.clock.set(now);
        step(&mut reaper, now).await;
        for (n, _) in visits.iter().filter(|(_, days)| days.contains(&today)) {
            assert!(house.refreshes(&app, &guests[*n]).await);
        }
    }
    // Activity is handed over and not waited for; whatever comes behind it is.
    house.store.see_time(day(30).start()).await.unwrap();
    let told = house.auth.statistics(&app, 31).await.unwrap();
    let mut expected: Vec<DayStatistics> = (0..=30).map(|n| nothing(day(n))).collect();
    expected[0].created = 6;
    expected[0].returned = [(1, 1), (7, 2), (30, 1)];
    expected[0].linked = BTreeMap::from([(ProviderType::Google, 1), (ProviderType::Apple, 1)]);
    expected[3].deleted = 1;
    expected[3].logins = BTreeMap::from([(ProviderType::CustomToken, 1)]);
    // Ten whole days after the first day, and after the seventh.
    expected[11].expired = 1;
    expected[18].expired = 1;
    assert_eq!(told.days, expected);
    assert_eq!(told.median_seconds_to_link, Some(3));
    assert_eq!(told.live, Live { guests: 1, people: 3, servers: 0 });
    let upcoming = told.upcoming_expiries;
    let some: Vec<(Day, u64)> = upcoming.days.into_iter().filter(|(_, guests)| *guests > 0).collect();
    assert_eq!((upcoming.now, some), (0, vec![(day(41), 1)]));
    assert!(told.logins_per_minute.iter().all(|(_, minute)| *minute == Minute::default()), "a month ago");
    let of_today = house.auth.statistics(&app, 1).await.unwrap();
    assert_eq!((of_today.days, of_today.median_seconds_to_link), (vec![nothing(day(30))], None));
}

/// Guests of forty days, a few of whom came back, became someone, or came from elsewhere.
async fn populated(kept: AnonymousUserExpiration) -> (House, Arc<App>) {
    let house = House::open(BEGINNING).await;
    let app = house.deploy(APP, settings(kept)).await;
    let mut guests: Vec<Guest> = Vec::new();
    for today in 0..40 {
        for n in 0..3 {
            house.clock.set(day(today).start().plus(1 + n * 20_000 + today * 7));
            guests.push(house.log_in(&app).await);
        }
        let now = house.auth.clock().now();
        for (n, guest) in guests.iter().enumerate() {
            let place = i64::try_from(n).unwrap();
            if place % 5 == 0 && (today - place / 3) % (2 + place % 7) == 0 {
                house.refreshes(&app, guest).await;
            }
            if place % 11 == 10 && place / 3 + 4 == today {
                link(&house, &app, guest, claim(ProviderType::Google, &n.to_string()), now).await;
            }
        }
        if today % 6 == 0 {
            bring(&house, &app, today, now).await;
        }
    }
    house.clock.set(day(40).start());
    house.store.see_time(day(40).start()).await.unwrap();
    (house, app)
}

/// Brings a guest who was made three hundred days ago.
async fn bring(house: &House, app: &Arc<App>, n: i64, now: Timestamp) {
    let id = UserId(ObjectId::from_parts(now.plus(-300 * DAY), [8; 5], u32::try_from(n).unwrap()));
    let identity =
        ImportedIdentity { claim: claim(ProviderType::AnonUser, &format!("elsewhere {n}")), email: None };
    let user = ImportedUser {
        id,
        kind: UserType::Normal,
        disabled: false,
        last_active: None,
        custom_data: None,
        identities: vec![identity],
    };
    let act = ImportUsers { app: app.key, users: vec![user], registrations: Vec::new(), now };
    house.store.import_users(act).await.unwrap();
}

#[tokio::test]
async fn a_preview_says_what_the_reaper_then_does() {
    for foreseen in [
        policy(ExpiryClock::Inactivity, 20),
        policy(ExpiryClock::Inactivity, 1),
        policy(ExpiryClock::Age, 25),
        policy(ExpiryClock::Age, 90),
        policy(ExpiryClock::Never, 1),
    ] {
        let (house, app) = populated(policy(ExpiryClock::Inactivity, 90)).await;
        let preview = house.auth.preview_expiry(&app, foreseen).await.unwrap();
        let app = house.deploy(APP, settings(foreseen)).await;
        let in_force = house.auth.statistics(&app, 1).await.unwrap();
        assert_eq!(in_force.upcoming_expiries, preview, "{foreseen:?}");
        let mut reaper = Reaper::new(Arc::clone(&house.store));
        assert_eq!(step(&mut reaper, day(40).start()).await.0, preview.now, "{foreseen:?}");
        for (on, guests) in preview.days {
            let last_second = on.start().plus(DAY - 1);
            house.clock.set(last_second);
            assert_eq!(step(&mut reaper, last_second).await.0, guests, "{foreseen:?} on {on}");
        }
        let left = house.auth.statistics(&app, 1).await.unwrap();
        let guests = house.store.users(
            app.key,
            passerby::model::Page { limit: 1_000, guest: Some(true), ..passerby::model::Page::default() },
        );
        assert_eq!(left.live.guests, guests.await.unwrap().len() as u64, "{foreseen:?}");
        assert_eq!(left.live.guests == 0, foreseen.clock != ExpiryClock::Never, "{foreseen:?}");
    }
}

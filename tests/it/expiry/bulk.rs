//! Guests deleted in bulk by an administrator.

use std::sync::Arc;

use passerby::auth::{Error, GRACE, GuestDeletion, GuestDeletionState};
use passerby::model::{AppKey, DAY, ExpiryClock, Timestamp};
use passerby::store::PutGuestDeletion;

use super::{BEGINNING, policy, settings};
use crate::support::House;

fn day(n: i64) -> Timestamp {
    Timestamp(BEGINNING.0 + n * DAY)
}

/// An app that keeps guests for good, an old guest, and one who came on the third day, which it is now.
async fn house() -> (House, Arc<passerby::auth::App>, crate::support::Guest) {
    let house = House::open(BEGINNING).await;
    let app = house.deploy("news-aaaaa", settings(policy(ExpiryClock::Never, 90))).await;
    house.log_in(&app).await;
    house.clock.set(day(3));
    house.store.see_time(day(3)).await.unwrap();
    let young = house.log_in(&app).await;
    (house, app, young)
}

#[tokio::test]
async fn nobody_is_deleted_before_the_grace_period_is_over_and_then_only_those_who_were_meant() {
    let (house, app, young) = house().await;
    let asked = house.auth.delete_guests(&app, policy(ExpiryClock::Age, 1)).await.unwrap();
    assert_eq!((asked.asked, asked.begins), (day(3), day(3).plus(GRACE)));
    house.clock.set(asked.begins.plus(-1));
    assert_eq!(house.auth.run_guest_deletions().await.unwrap(), Some(asked.begins));
    assert_eq!(house.store.user_count(app.key).await.unwrap(), 2);
    house.clock.set(asked.begins);
    assert_eq!(house.auth.run_guest_deletions().await.unwrap(), None);
    let state = house.auth.guest_deletion(&app).await.unwrap().map(|deletion| deletion.state);
    assert_eq!(state, Some(GuestDeletionState::Done(1)));
    assert!(house.refreshes(&app, &young).await);
}

#[tokio::test]
async fn who_comes_back_within_the_grace_period_stays() {
    let house = House::open(BEGINNING).await;
    let app = house.deploy("news-aaaaa", settings(policy(ExpiryClock::Never, 90))).await;
    let guest = house.log_in(&app).await;
    house.clock.set(day(3));
    house.store.see_time(day(3)).await.unwrap();
    house.auth.delete_guests(&app, policy(ExpiryClock::Inactivity, 1)).await.unwrap();
    assert!(house.refreshes(&app, &guest).await);
    house.clock.set(day(3).plus(GRACE));
    house.auth.run_guest_deletions().await.unwrap();
    let state = house.auth.guest_deletion(&app).await.unwrap().map(|deletion| deletion.state);
    assert_eq!(state, Some(GuestDeletionState::Done(0)));
    assert!(house.refreshes(&app, &guest).await);
}

#[tokio::test]
async fn what_is_called_off_deletes_nobody() {
    let (house, app, _) = house().await;
    let policy = policy(ExpiryClock::Age, 1);
    house.auth.delete_guests(&app, policy).await.unwrap();
    assert!(matches!(house.auth.delete_guests(&app, policy).await, Err(Error::GuestDeletionExists)));
    house.auth.call_guest_deletion_off(&app).await.unwrap();
    assert!(matches!(house.auth.call_guest_deletion_off(&app).await, Err(Error::NoGuestDeletion)));
    house.clock.set(day(3).plus(GRACE));
    assert_eq!(house.auth.run_guest_deletions().await.unwrap(), None);
    assert_eq!(
        (house.auth.guest_deletion(&app).await.unwrap(), house.store.user_count(app.key).await.unwrap()),
        (None, 2)
    );
}

#[tokio::test]
async fn a_clock_that_jumped_ahead_deletes_nobody_in_bulk() {
    let (house, app, _) = house().await;
    house.clock.set(day(400));
    let refused = house.auth.delete_guests(&app, policy(ExpiryClock::Age, 30)).await;
    assert!(matches!(refused, Err(Error::ClockJumped { .. })));
    assert_eq!(house.auth.guest_deletion(&app).await.unwrap(), None);
}

#[tokio::test]
async fn what_was_asked_for_at_one_server_is_called_off_at_another() {
    let (house, app, _) = house().await;
    let (other, policy) = (house.beside().await, policy(ExpiryClock::Age, 1));
    let asked = house.auth.delete_guests(&app, policy).await.unwrap();
    assert_eq!(other.guest_deletion(&app).await.unwrap(), Some(asked));
    assert!(matches!(other.delete_guests(&app, policy).await, Err(Error::GuestDeletionExists)));
    other.call_guest_deletion_off(&app).await.unwrap();
    house.clock.set(day(3).plus(GRACE));
    for server in [&house.auth, &other] {
        assert_eq!(server.run_guest_deletions().await.unwrap(), None);
        assert_eq!(server.guest_deletion(&app).await.unwrap(), None);
    }
    assert_eq!(house.store.user_count(app.key).await.unwrap(), 2);
}

/// A server began it, and went no further.
async fn begin(house: &House, app: AppKey) {
    let waiting = house.store.guest_deletions().await.unwrap().remove(0).1;
    let running = waiting.replace("\"waiting\"", "\"running\"");
    let act = PutGuestDeletion { app, was: Some(waiting), becomes: Some(running) };
    assert!(house.store.put_guest_deletion(act).await.unwrap());
}

#[tokio::test]
async fn what_runs_is_stopped_between_two_bites() {
    let house = House::open(BEGINNING).await;
    let app = house.deploy("news-aaaaa", settings(policy(ExpiryClock::Never, 90))).await;
    for _ in 0..2_000 {
        house.log_in(&app).await;
    }
    house.clock.set(day(3));
    house.store.see_time(day(3)).await.unwrap();
    let asked = house.auth.delete_guests(&app, policy(ExpiryClock::Age, 1)).await.unwrap();
    house.clock.set(asked.begins);
    let server = Arc::clone(&house.auth);
    let run = tokio::spawn(async move { server.run_guest_deletions().await.unwrap() });
    let state = async || house.auth.guest_deletion(&app).await.unwrap().map(|deletion| deletion.state);
    while state().await == Some(GuestDeletionState::Waiting) {
        tokio::task::yield_now().await;
    }
    house.auth.call_guest_deletion_off(&app).await.unwrap();
    assert_eq!(run.await.unwrap(), None);
    assert_eq!(house.auth.guest_deletion(&app).await.unwrap(), None);
    let left = house.store.user_count(app.key).await.unwrap();
    assert!((1..2_000).contains(&left), "{left} are left");
}

#[tokio::test]
async fn what_a_server_left_behind_is_called_off() {
    let (house, app, _) = house().await;
    house.auth.delete_guests(&app, policy(ExpiryClock::Age, 1)).await.unwrap();
    begin(&house, app.key).await;
    house.beside().await.call_guest_deletion_off(&app).await.unwrap();
    assert_eq!(house.auth.run_guest_deletions().await.unwrap(), None);
    assert_eq!(house.auth.guest_deletion(&app).await.unwrap(), None);
    assert_eq!(house.store.user_count(app.key).await.unwrap(), 2);
}

/// Its answer was lost, so the database is asked again for what somebody called off since.
#[tokio::test]
async fn what_was_called_off_does_not_come_back() {
    let (house, app, _) = house().await;
    house.auth.delete_guests(&app, policy(ExpiryClock::Age, 1)).await.unwrap();
    let waiting = house.store.guest_deletions().await.unwrap().remove(0).1;
    house.auth.call_guest_deletion_off(&app).await.unwrap();
    let again = PutGuestDeletion { app: app.key, was: None, becomes: Some(waiting) };
    assert!(!house.store.put_guest_deletion(again).await.unwrap());
    assert_eq!(house.auth.guest_deletion(&app).await.unwrap(), None);
}

#[tokio::test]
async fn what_nobody_began_in_time_deletes_nobody() {
    let (house, app, _) = house().await;
    let asked = house.auth.delete_guests(&app, policy(ExpiryClock::Age, 1)).await.unwrap();
    house.clock.set(asked.begins.plus(300));
    assert_eq!(house.auth.run_guest_deletions().await.unwrap(), None);
    let failed = GuestDeletion { state: GuestDeletionState::Failed, ..asked };
    assert_eq!(house.auth.guest_deletion(&app).await.unwrap(), Some(failed));
    assert_eq!(house.store.user_count(app.key).await.unwrap(), 2);
}

#[tokio::test]
async fn another_server_goes_on_with_a_deletion_when_one_stops() {
    let (house, app, young) = house().await;
    house.auth.delete_guests(&app, policy(ExpiryClock::Age, 1)).await.unwrap();
    begin(&house, app.key).await;
    house.clock.set(day(4));
    let other = house.beside().await;
    assert_eq!(other.run_guest_deletions().await.unwrap(), None);
    let state = house.auth.guest_deletion(&app).await.unwrap().map(|deletion| deletion.state);
    assert_eq!(state, Some(GuestDeletionState::Done(1)));
    assert!(house.refreshes(&app, &young).await, "who came within a day of the asking stays");
}

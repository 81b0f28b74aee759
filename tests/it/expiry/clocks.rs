//! Clocks that are wrong, and sweeps that are long.

use std::sync::Arc;

use passerby::expiry::{BELIEVED, ClockJump, Reaper, Step};
use passerby::model::{DAY, DeploymentId, ExpiryClock, ObjectId, Timestamp};
use passerby::store::Deploy;

use super::{BEGINNING, policy, settings, step};
use crate::support::House;

fn day(n: i64) -> Timestamp {
    Timestamp(BEGINNING.0 + n * DAY)
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_kills_nobody_until_somebody_agrees() {
    let house = House::open(BEGINNING).await;
    let app = house.deploy("news-aaaaa", settings(policy(ExpiryClock::Inactivity, 90))).await;
    let guest = house.log_in(&app).await;
    let mut reaper = Reaper::new(Arc::clone(&house.store));
    step(&mut reaper, BEGINNING).await;

    let far = day(400);
    house.clock.set(far);
    let paused = Step::Paused(ClockJump { from: BEGINNING, to: far });
    for _ in 0..3 {
        assert_eq!(reaper.step(far, |_| false).await.unwrap(), paused);
    }
    // A reaper of a new process is as careful, and an operator who does not agree removes nobody.
    assert_eq!(Reaper::new(Arc::clone(&house.store)).step(far, |_| false).await.unwrap(), paused);
    assert!(house.auth.expire_guests(&app, false).await.is_err());
    assert_eq!(house.store.user_count(app.key).await.unwrap(), 1);

    // The clock was wrong: it comes back, and everything goes on.
    house.clock.set(day(1));
    assert_eq!(step(&mut reaper, day(1)).await.0, 0);
    assert!(house.refreshes(&app, &guest).await);

    // The clock was right: the server was off for a year.
    let far = day(500);
    house.clock.set(far);
    assert!(matches!(reaper.step(far, |_| false).await.unwrap(), Step::Paused(_)));
    assert_eq!(house.auth.expire_guests(&app, true).await.unwrap(), 1);
    assert_eq!(house.store.user_count(app.key).await.unwrap(), 0);
    assert_eq!(step(&mut reaper, far).await.0, 0);
}

#[tokio::test]
async fn a_step_of_seven_days_is_believed_and_one_second_more_is_not() {
    let house = House::open(BEGINNING).await;
    let app = house.deploy("news-aaaaa", settings(policy(ExpiryClock::Age, 1))).await;
    house.log_in(&app).await;
    let mut reaper = Reaper::new(Arc::clone(&house.store));
    step(&mut reaper, BEGINNING).await;
    let beyond = BEGINNING.plus(BELIEVED + 1);
    assert!(matches!(reaper.step(beyond, |_| false).await.unwrap(), Step::Paused(_)));
    assert_eq!(step(&mut reaper, BEGINNING.plus(BELIEVED)).await.0, 1);
}

#[tokio::test]
async fn a_clock_that_jumps_back_harms_nobody_and_forgets_nobody() {
    for clock in [ExpiryClock::Inactivity, ExpiryClock::Age] {
        let house = House::open(BEGINNING).await;
        let app = house.deploy("news-aaaaa", settings(policy(clock, 1))).await;
        let mut reaper = Reaper::new(Arc::clone(&house.store));
        step(&mut reaper, BEGINNING).await;
        // The clock is five days ahead for a while: somebody comes and, in that time, goes.
        house.clock.set(day(5));
        step(&mut reaper, day(5)).await;
        let early = house.log_in(&app).await;
        assert_eq!(step(&mut reaper, day(7)).await.0, 1);
        // It is set right. Guests who come now are younger than the one before, by their ids older.
        house.clock.set(day(1));
        let guest = house.log_in(&app).await;
        assert!(guest.user < early.user);
        let (removed, next) = step(&mut reaper, day(1).plus(60)).await;
        assert_eq!(removed, 0);
        assert!(house.refreshes(&app, &guest).await);
        let due = if clock == ExpiryClock::Age { day(2) } else { day(3) };
        assert!(next <= due, "{clock:?}: the reaper comes at {next:?}, somebody is due at {due:?}");
        assert_eq!(step(&mut reaper, due.plus(-1)).await.0, 0, "{clock:?}");
        assert_eq!(step(&mut reaper, due).await.0, 1, "{clock:?}");
    }
}

#[tokio::test]
async fn guests_come_in_while_many_are_let_go() {
    let house = House::open(BEGINNING).await;
    let app = house.deploy("news-aaaaa", settings(policy(ExpiryClock::Age, 1))).await;
    let logins = (0..3_000).map(|_| house.log_in(&app));
    let mut old = Vec::new();
    for login in logins.collect::<Vec<_>>() {
        old.push(login.await);
    }
    let mut reaper = Reaper::new(Arc::clone(&house.store));
    step(&mut reaper, BEGINNING).await;
    house.clock.set(day(2));

    let mut came = Vec::new();
    let removed = {
        let mut sweep = std::pin::pin!(step(&mut reaper, day(2)));
        loop {
            tokio::select! {
                (removed, _) = &mut sweep => break removed,
                guest = house.log_in(&app) => came.push(guest),
            }
        }
    };
    assert_eq!(removed, 3_000);
    // The sweep takes a dozen bites, and between any two of them the writer is free.
    assert!(came.len() >= 4, "only {} guests came in", came.len());
    for guest in &came {
        assert!(house.refreshes(&app, guest).await);
    }
    for guest in old.iter().step_by(100) {
        assert!(!house.refreshes(&app, guest).await);
        assert_eq!(house.store.sessions_of(app.key, guest.user).await.unwrap(), []);
    }
}

#[tokio::test]
async fn guests_go_although_another_app_cannot_be_read() {
    let house = House::open(BEGINNING).await;
    let (dev, news) = (
        house.deploy("dev-aaaaa", settings(policy(ExpiryClock::Age, 1))).await,
        house.deploy("news-aaaaa", settings(policy(ExpiryClock::Age, 1))).await,
    );
    house.log_in(&dev).await;
    house.log_in(&news).await;
    let damage = Deploy {
        app: dev.key,
        new: None,
        replaces: Some(dev.deployment),
        deployment: DeploymentId(ObjectId([9; 12])),
        config: "{".to_owned(),
        files: Vec::new(),
        secrets: Vec::new(),
        directory: None,
        listed: None,
        now: BEGINNING,
    };
    house.store.deploy(damage).await.unwrap();
    let mut reaper = Reaper::new(Arc::clone(&house.store));
    assert_eq!(step(&mut reaper, day(2)).await.0, 1);
    assert_eq!(house.store.user_count(dev.key).await.unwrap(), 1);
    assert_eq!(house.store.user_count(news.key).await.unwrap(), 0);
    // It goes on as it was, and is heard of no more than that.
    house.auth.reload().await.unwrap();
    assert_eq!(house.auth.app("dev-aaaaa").unwrap().deployment, dev.deployment);
}

//! A program beside Passerby that writes to the same cluster, one row after another: how long it cannot is the cluster's
//! own doing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::cluster::Cluster;

const REST: Duration = Duration::from_millis(100);

/// Writes until it is over; gives back when each row was acknowledged.
pub(super) fn write_beside(cluster: &Cluster, is_over: &AtomicBool) -> Vec<Instant> {
    let mut acknowledged = Vec::new();
    let mut number = 0;
    while !is_over.load(Ordering::Relaxed) {
        number += 1;
        if cluster.write(number).status().expect("psql runs").success() {
            acknowledged.push(Instant::now());
        }
        thread::sleep(REST);
    }
    acknowledged
}

/// The longest time in which nothing was acknowledged, of what touches the time since `from`.
pub(super) fn longest_gap(mut acknowledged: Vec<Instant>, from: Instant, until: Instant) -> Duration {
    acknowledged.sort_unstable();
    let before = acknowledged.iter().rev().find(|&&at| at <= from).copied().unwrap_or(from);
    let after = acknowledged.into_iter().filter(|&at| at > from).chain([until]);
    let mut last = before;
    let mut longest = Duration::ZERO;
    for at in after {
        longest = longest.max(at.saturating_duration_since(last));
        last = at;
    }
    longest
}

#[test]
fn the_longest_gap_begins_before_the_fault_and_may_last_to_the_end() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let seconds = |gap: Duration| gap.as_secs();
    assert_eq!(seconds(longest_gap(vec![at(1), at(9), at(4), at(10)], at(5), at(11))), 5);
    assert_eq!(seconds(longest_gap(vec![at(1), at(2)], at(2), at(20))), 18);
    assert_eq!(seconds(longest_gap(vec![], at(2), at(20))), 18);
}

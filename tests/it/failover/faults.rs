//! What can happen to a cluster, and how it is undone.

use std::thread;
use std::time::{Duration, Instant};

use super::cluster::Cluster;

/// Long enough for a cluster to fail over twice.
const LONGEST: Duration = Duration::from_secs(60);
/// For how long commits wait for a replica.
const WAIT: Duration = Duration::from_secs(25);

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// SIGKILL to everything on the primary's machine.
    Kill,
    /// SIGKILL to the primary's Patroni alone.
    KillPatroni,
    /// An orderly stop of the primary.
    Stop,
    /// SIGSTOP to everything on the primary's machine; later it goes on.
    Freeze,
    /// The primary's machine has no network; later it has.
    Cut,
    /// The primary's machine reaches no other node, but haproxy reaches it; later it does.
    Part,
    /// SIGKILL to everything on all machines; then they start.
    Restart,
    /// No replica acknowledges anything; later they go on.
    Wait,
    /// The same, and an administrator cancels the commits that wait.
    Cancel,
    /// The same, and an administrator ends the connections whose commits wait.
    Terminate,
}

/// Every fault, by its name.
const FAULTS: [(&str, Fault); 10] = [
    ("kill", Fault::Kill),
    ("kill-patroni", Fault::KillPatroni),
    ("stop", Fault::Stop),
    ("freeze", Fault::Freeze),
    ("cut", Fault::Cut),
    ("part", Fault::Part),
    ("restart", Fault::Restart),
    ("wait", Fault::Wait),
    ("cancel", Fault::Cancel),
    ("terminate", Fault::Terminate),
];

impl Fault {
    /// The fault of a name.
    pub(super) fn named(name: &str) -> Fault {
        let found = FAULTS.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| panic!("unknown fault {name}: {FAULTS:?}")).1
    }

    pub(super) fn name(self) -> &'static str {
        FAULTS.iter().find(|(_, fault)| *fault == self).expect("every fault has a name").0
    }

    /// Whether the nodes must have networks of their own.
    pub(super) fn needs_namespaces(self) -> bool {
        matches!(self, Fault::Cut | Fault::Part)
    }

    /// Whether no commit can be answered between its begin and its end, since there is one node at most.
    pub(super) fn holds_all_commits(self) -> bool {
        matches!(self, Fault::Wait | Fault::Cancel | Fault::Terminate)
    }

    /// Brings it about, and undoes it when the cluster has got over it. Gives back when it was done and when undone.
    pub(super) fn happen(self, cluster: &Cluster) -> (Instant, Instant) {
        let primary = cluster.does(&["primary"]);
        let standbys: Vec<&str> =
            ["node1", "node2", "node3"].into_iter().filter(|&node| node != primary).collect();
        let [one, other] = standbys[..] else { panic!("the primary is {primary}") };
        let primary = primary.as_str();
        let (act, undo) = match self {
            Fault::Kill => (vec!["kill", primary], vec!["start", primary]),
            Fault::KillPatroni => (vec!["kill-patroni", primary], vec!["start", primary]),
            Fault::Stop => (vec!["stop", primary], vec!["start", primary]),
            Fault::Freeze => (vec!["freeze", primary], vec!["thaw", primary]),
            Fault::Cut => (vec!["cut", primary], vec!["mend", primary]),
            Fault::Part => (vec!["part", primary], vec!["mend", primary]),
            Fault::Restart => {
                (vec!["kill", "node1", "node2", "node3"], vec!["start", "node1", "node2", "node3"])
            }
            Fault::Wait | Fault::Cancel | Fault::Terminate => {
                (vec!["freeze", "postgres", one, other], vec!["thaw", "postgres", one, other])
            }
        };
        let began = Instant::now();
        cluster.does(&act);
        let done = Instant::now();
        match self {
            Fault::Restart => {}
            Fault::Wait => thread::sleep(WAIT),
            Fault::Cancel => end_waits(cluster, primary, "pg_cancel_backend"),
            Fault::Terminate => end_waits(cluster, primary, "pg_terminate_backend"),
            _ => wait_for_another(cluster, primary),
        }
        let undone = Instant::now();
        cluster.does(&undo);
        if self.holds_all_commits() { (done, undone) } else { (began, undone) }
    }
}

/// Waits until another node is the primary and answers a commit.
fn wait_for_another(cluster: &Cluster, former: &str) {
    let deadline = Instant::now() + LONGEST;
    let commit = ["psql", "postgres", "-c", "select pg_current_xact_id()"];
    while cluster.tries(&["primary"]).is_none_or(|now| now == former) || cluster.tries(&commit).is_none() {
        assert!(Instant::now() < deadline, "nobody took over: {:?}", cluster.tries(&["status"]));
        thread::sleep(Duration::from_millis(250));
    }
}

/// Ends every wait of a commit for a replica, as an impatient administrator would, again and again.
fn end_waits(cluster: &Cluster, primary: &str, how: &str) {
    let until = Instant::now() + WAIT;
    let statement = format!(
        "select {how}(pid) from pg_stat_activity where wait_event = 'SyncRep' and usename = 'passerby'"
    );
    let mut ended = 0;
    while Instant::now() < until {
        let said = cluster.does(&["node-psql", primary, "-c", &statement]);
        ended += said.lines().filter(|line| *line == "t").count();
        thread::sleep(Duration::from_millis(500));
    }
    assert!(ended > 0, "no commit waited");
}

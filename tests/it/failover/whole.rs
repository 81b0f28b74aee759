//! That nothing is there by half: every act wrote all of its rows or none.

use std::collections::HashSet;

use super::cluster::Cluster;

/// Rows that miss their others, each as what is wrong and whose it is.
const HALVES: &str = r#"
    select 'a user without a session', encode(u.id, 'hex') from users u
    where u.disabled = 0 and not exists (select from sessions s where s.app = u.app and s."user" = u.id)
    union all select 'a session without a user', encode(s."user", 'hex') from sessions s
    where not exists (select from users u where s.app = u.app and s."user" = u.id)
    union all select 'a disabled user with a session', encode(u.id, 'hex') from users u
    where u.disabled = 1 and exists (select from sessions s where s.app = u.app and s."user" = u.id)
    union all select 'a guest with an identity, or somebody without', encode(u.id, 'hex') from users u
    where (u.guest = 1) = exists (select from identities i where i.app = u.app and i."user" = u.id)
    union all select 'an identity without a user', encode(i."user", 'hex') from identities i
    where not exists (select from users u where i.app = u.app and i."user" = u.id)
    union all select 'a claim without an identity', k.id from claims k
    where not exists (select from identities i where i.app = k.app and i."user" = k."user" and i.provider = k.provider
        and i.id = k.id)
    union all select 'a claim without a credential', k.id from claims k
    where not exists (select from credentials c where c.app = k.app and encode(c.id, 'hex') = k.id
        and c."user" = k."user")
    union all select 'a credential without a claim', c.email from credentials c
    where c."user" is not null and not exists (select from claims k where k.app = c.app and k."user" = c."user"
        and k.id = encode(c.id, 'hex'))
    union all select 'a credential without an address', c.email from credentials c
    where not exists (select from emails e where e.app = c.app and e.email = c.email and e.credential = c.id)
    union all select 'an address without a credential', e.email from emails e
    where not exists (select from credentials c where e.app = c.app and e.email = c.email and e.credential = c.id)"#;

/// What is there by half. Users who asked to leave may be without a session.
pub(super) fn halves(cluster: &Cluster, left: &HashSet<String>) -> Vec<String> {
    let mut halves = cluster.rows(HALVES);
    halves.retain(|row| row.rsplit_once('|').is_none_or(|(_, whose)| !left.contains(whose)));
    halves
}

//! Administrators, their keys, roles and sessions; projects; the audit log.

use std::sync::Arc;

use passerby::model::{AdminId, AuditId, DAY, GroupId, Role, Secret, SessionId, Timestamp};
use passerby::store::{
    Admin, AdminKey, AdminSession, AuditLine, Error, Found, KeyRecord, MadeAdmin, MakeAdmin, Note,
    OpenAdminSession, Project, Renamed, SetRole, Store, Taken,
};

use super::given::{NOON, id, taken};
use super::{Engine, tampered};

fn admin_id(n: u32) -> AdminId {
    AdminId(id(NOON, 700_000 + n))
}

fn project_id(n: u32) -> GroupId {
    GroupId(id(NOON, 710_000 + n))
}

/// The `n`th administrator, who owns the first project.
fn admin(n: u32) -> Admin {
    Admin {
        id: admin_id(n),
        email: Some(format!("admin-{n}@ops.example")),
        hash: Some(Secret::new("$argon2id$".to_owned())),
        disabled: false,
        roles: vec![(project_id(0), Role::Owner)],
    }
}

/// The `n`th key pair, of an administrator.
fn key(n: u8, of: u32) -> AdminKey {
    AdminKey {
        public_key: format!("public-{n}"),
        admin: admin_id(of),
        name: "ci".to_owned(),
        hash: [n; 32],
        digest: Secret::new(vec![0, n]),
        created: NOON,
    }
}

/// The `n`th session of an administrator, for a minute.
fn session(n: u32, of: u32, key: Option<&AdminKey>) -> OpenAdminSession {
    let public_key = key.map(|key| key.public_key.clone());
    let id = SessionId(id(NOON, 720_000 + n));
    OpenAdminSession {
        session: AdminSession { id, admin: admin_id(of), public_key, expires: NOON.plus(60) },
        now: NOON,
    }
}

fn make(admin: Admin, key: Option<AdminKey>) -> MakeAdmin {
    MakeAdmin { admin, key, only_first: false }
}

async fn with_admins(engine: &dyn Engine, numbers: impl IntoIterator<Item = u32>) -> Arc<dyn Store> {
    let store = engine.open();
    store.found(Found { group_id: project_id(0), now: NOON }).await.unwrap();
    for n in numbers {
        assert_eq!(store.make_admin(make(admin(n), None)).await.unwrap(), MadeAdmin::Made);
    }
    store
}

pub(crate) async fn the_first_administrator_is_made_once(engine: &dyn Engine) {
    let store = with_admins(engine, []).await;
    let first = |n| MakeAdmin { only_first: true, ..make(admin(n), Some(key(n as u8, n))) };
    for _again in 0..2 {
        assert_eq!(store.make_admin(first(1)).await.unwrap(), MadeAdmin::Made);
    }
    assert_eq!(store.make_admin(first(2)).await.unwrap(), MadeAdmin::NotFirst);
    assert_eq!(store.admins().await.unwrap(), [admin(1)]);
    assert_eq!(store.admin_keys_of(admin_id(1)).await.unwrap(), [key(1, 1)]);
    assert_eq!(store.admin_key("public-2").await.unwrap(), None);
}

pub(crate) async fn an_address_is_one_administrators(engine: &dyn Engine) {
    let store = with_admins(engine, [2, 1]).await;
    assert_eq!(store.admins().await.unwrap(), [admin(1), admin(2)]);
    let same = Admin { email: admin(1).email, ..admin(3) };
    assert_eq!(store.make_admin(make(same, None)).await.unwrap(), MadeAdmin::EmailTaken);
    let other = Admin { email: None, ..admin(1) };
    assert_eq!(taken(&store.make_admin(make(other, None)).await), Some(Taken::Id));
    for n in [3, 4] {
        // Those without an address are not in each other's way.
        let nameless = Admin { email: None, hash: None, ..admin(n) };
        assert_eq!(store.make_admin(make(nameless, None)).await.unwrap(), MadeAdmin::Made);
    }
    assert_eq!(store.admin_of_email("admin-1@ops.example").await.unwrap(), Some(admin(1)));
    assert_eq!(store.admin_of_email("Admin-1@ops.example").await.unwrap(), None);
    assert_eq!(store.admin(admin_id(9)).await.unwrap(), None);
}

pub(crate) async fn a_key_pair_is_found_by_either_half_until_it_is_revoked(engine: &dyn Engine) {
    let store = with_admins(engine, [1, 2]).await;
    for _again in 0..2 {
        assert!(store.make_admin_key(key(1, 1)).await.unwrap());
    }
    assert!(!store.make_admin_key(key(2, 9)).await.unwrap(), "nobody's");
    assert_eq!(taken(&store.make_admin_key(key(1, 2)).await), Some(Taken::Id));
    let same_private = AdminKey { hash: [1; 32], ..key(3, 2) };
    assert_eq!(taken(&store.make_admin_key(same_private).await), Some(Taken::Id));
    assert_eq!(store.admin_key("public-1").await.unwrap(), Some(key(1, 1)));
    assert_eq!(store.admin_key_of_hash([1; 32]).await.unwrap(), Some(key(1, 1)));
    let (by_key, by_password) = (session(1, 1, Some(&key(1, 1))), session(2, 1, None));
    for open in [&by_key, &by_password] {
        assert!(store.open_admin_session(open.clone()).await.unwrap());
    }
    assert!(store.revoke_admin_key("public-1".to_owned()).await.unwrap());
    assert!(!store.revoke_admin_key("public-1".to_owned()).await.unwrap());
    assert_eq!(store.admin_key_of_hash([1; 32]).await.unwrap(), None);
    assert_eq!(store.admin_session(by_key.session.id).await.unwrap(), None, "it opened it");
    assert!(store.admin_session(by_password.session.id).await.unwrap().is_some());
    assert!(!store.open_admin_session(by_key).await.unwrap(), "it was revoked meanwhile");
}

pub(crate) async fn a_session_is_opened_by_who_may_and_ends(engine: &dyn Engine) {
    let store = with_admins(engine, [1, 2]).await;
    store.make_admin_key(key(1, 1)).await.unwrap();
    let open = session(1, 1, None);
    for _again in 0..2 {
        assert!(store.open_admin_session(open.clone()).await.unwrap());
    }
    assert_eq!(store.admin_session(open.session.id).await.unwrap(), Some((open.session.clone(), admin(1))));
    assert!(!store.open_admin_session(session(2, 9, None)).await.unwrap(), "nobody");
    assert!(!store.open_admin_session(session(2, 2, Some(&key(1, 1)))).await.unwrap(), "another's key");
    let mut other = session(1, 2, None);
    assert_eq!(taken(&store.open_admin_session(other.clone()).await), Some(Taken::Id));
    assert!(store.set_admin_disabled(admin_id(1), true).await.unwrap());
    assert_eq!(store.admin_session(open.session.id).await.unwrap(), None);
    assert!(!store.open_admin_session(open.clone()).await.unwrap(), "disabled");
    assert!(store.set_admin_disabled(admin_id(1), false).await.unwrap());
    assert!(!store.set_admin_disabled(admin_id(9), false).await.unwrap());
    assert!(store.open_admin_session(open.clone()).await.unwrap());
    assert!(store.end_admin_session(open.session.id).await.unwrap());
    assert!(!store.end_admin_session(open.session.id).await.unwrap());
    // Lapsed sessions go when others come.
    store.open_admin_session(open.clone()).await.unwrap();
    other.session.id = SessionId(id(NOON, 1));
    other.now = NOON.plus(60);
    store.open_admin_session(other).await.unwrap();
    assert_eq!(store.admin_session(open.session.id).await.unwrap(), None);
}

pub(crate) async fn the_sessions_of_an_administrator_are_its_own(engine: &dyn Engine) {
    let store = with_admins(engine, [1, 2]).await;
    store.make_admin_key(key(1, 1)).await.unwrap();
    let acts = [session(3, 1, None), session(1, 1, Some(&key(1, 1))), session(2, 2, None)];
    for act in acts.clone() {
        assert!(store.open_admin_session(act).await.unwrap());
    }
    let [with_password, with_key, of_another] = acts.map(|act| act.session);
    let of = async |n| store.admin_sessions_of(admin_id(n)).await.unwrap();
    assert_eq!(of(1).await, [with_key, with_password.clone()]);
    assert_eq!(of(2).await, [of_another]);
    assert_eq!(of(9).await, []);
    store.revoke_admin_key(key(1, 1).public_key).await.unwrap();
    assert_eq!(of(1).await, [with_password]);
}

pub(crate) async fn a_deleted_administrator_leaves_nothing_behind(engine: &dyn Engine) {
    let store = with_admins(engine, [1, 2]).await;
    store.make_admin_key(key(1, 1)).await.unwrap();
    let open = session(1, 1, None);
    store.open_admin_session(open.clone()).await.unwrap();
    assert!(store.delete_admin(admin_id(1)).await.unwrap());
    assert!(!store.delete_admin(admin_id(1)).await.unwrap());
    assert_eq!(store.admins().await.unwrap(), [admin(2)]);
    assert_eq!(store.admin_key("public-1").await.unwrap(), None);
    assert_eq!(store.admin_session(open.session.id).await.unwrap(), None);
    let again = Admin { roles: vec![], ..admin(1) };
    store.make_admin(make(again.clone(), None)).await.unwrap();
    assert_eq!(store.admin(admin_id(1)).await.unwrap(), Some(again), "its roles went too");
}

pub(crate) async fn roles_are_given_and_taken_where_both_are_there(engine: &dyn Engine) {
    let store = with_admins(engine, [1]).await;
    let other = Project { id: project_id(1), name: "Other".to_owned() };
    assert!(store.make_project(other).await.unwrap());
    let set = |admin, project, role| SetRole { admin: admin_id(admin), project: project_id(project), role };
    for _again in 0..2 {
        assert!(store.set_role(set(1, 1, Some(Role::ReadOnly))).await.unwrap());
    }
    let roles = async || store.admin(admin_id(1)).await.unwrap().unwrap().roles;
    assert_eq!(roles().await, [(project_id(0), Role::Owner), (project_id(1), Role::ReadOnly)]);
    assert!(store.set_role(set(1, 1, Some(Role::Owner))).await.unwrap());
    assert!(store.set_role(set(1, 0, None)).await.unwrap());
    assert_eq!(roles().await, [(project_id(1), Role::Owner)]);
    assert!(!store.set_role(set(9, 1, Some(Role::Owner))).await.unwrap());
    assert!(!store.set_role(set(1, 9, Some(Role::Owner))).await.unwrap());
}

pub(crate) async fn projects_have_names_of_their_own(engine: &dyn Engine) {
    let store = with_admins(engine, []).await;
    let project = |n, name: &str| Project { id: project_id(n), name: name.to_owned() };
    for _again in 0..2 {
        assert!(store.make_project(project(1, "Other")).await.unwrap());
    }
    assert!(!store.make_project(project(2, "Other")).await.unwrap());
    assert_eq!(taken(&store.make_project(project(1, "Third")).await), Some(Taken::Id));
    assert_eq!(store.rename_project(project(1, "Project 0")).await.unwrap(), Renamed::NameTaken);
    for _again in 0..2 {
        assert_eq!(store.rename_project(project(1, "Third")).await.unwrap(), Renamed::Renamed);
    }
    assert_eq!(store.rename_project(project(9, "Fourth")).await.unwrap(), Renamed::Gone);
    assert_eq!(store.projects().await.unwrap(), [project(0, "Project 0"), project(1, "Third")]);
}

pub(crate) async fn the_servers_keys_are_kept_once(engine: &dyn Engine) {
    let store = engine.open();
    let key = |purpose, n| KeyRecord {
        id: format!("key-{n}"),
        purpose,
        material: Secret::new(vec![n]),
        created: NOON,
    };
    assert_eq!(store.keep_server_keys(vec![key(1, 1)]).await.unwrap(), [key(1, 1)]);
    let both = [key(1, 1), key(2, 3)];
    assert_eq!(store.keep_server_keys(vec![key(2, 3), key(1, 2)]).await.unwrap(), both);
    drop(store);
    assert_eq!(engine.open().keep_server_keys(vec![]).await.unwrap(), both);
}

/// A line of the `n`th second after noon.
fn line(n: i64, project: Option<u32>) -> AuditLine {
    AuditLine {
        id: AuditId(id(NOON.plus(n), 730_000)),
        admin: project.map(admin_id),
        who: format!("who {n}"),
        project: project.map(project_id),
        what: "PUT /x/{y}".to_owned(),
        target: "/x/1".to_owned(),
        origin: "CLI".to_owned(),
        address: project.map(|_| "203.0.113.7".to_owned()),
        status: 204,
    }
}

pub(crate) async fn the_audit_log_is_read_backwards_and_forgets_what_is_old(engine: &dyn Engine) {
    let store = engine.open();
    let lines = [line(0, Some(1)), line(1, None), line(2, Some(2)), line(3, Some(1))];
    for line in lines.iter().cycle().take(8) {
        store.note(Note { line: line.clone(), forget: Timestamp(0) }).await.unwrap();
    }
    let [first, second, third, fourth] = lines;
    let audit = async |projects: Option<&[u32]>, after: Option<&AuditLine>, limit| {
        let projects = projects.map(|list| list.iter().map(|n| project_id(*n)).collect());
        store.audit(projects, after.map(|line| line.id), limit).await.unwrap()
    };
    let all = [fourth.clone(), third.clone(), second.clone(), first.clone()];
    assert_eq!(audit(None, None, 9).await, all);
    assert_eq!(audit(None, None, 2).await, all[..2]);
    assert_eq!(audit(None, Some(&third), 9).await, all[2..]);
    assert_eq!(audit(Some(&[1]), None, 9).await, [fourth.clone(), first]);
    assert_eq!(audit(Some(&[2, 1]), Some(&fourth), 1).await, [third]);
    assert_eq!(audit(Some(&[]), None, 9).await, []);
    let late = line(DAY, None);
    store.note(Note { line: late.clone(), forget: NOON.plus(3) }).await.unwrap();
    assert_eq!(audit(None, None, 9).await, [late, fourth]);
}

pub(crate) async fn administrators_survive_reopening_and_take_no_nul(engine: &dyn Engine) {
    let store = with_admins(engine, [1]).await;
    store.make_admin_key(key(1, 1)).await.unwrap();
    let open = session(1, 1, Some(&key(1, 1)));
    store.open_admin_session(open.clone()).await.unwrap();
    store.note(Note { line: line(1, None), forget: NOON }).await.unwrap();
    let nul = || "\0".to_owned();
    let unavailable = |failed: bool| assert!(failed, "a text with U+0000");
    let bad = Admin { email: Some(nul()), ..admin(2) };
    unavailable(matches!(store.make_admin(make(bad, None)).await, Err(Error::Unavailable(_))));
    let bad = AdminKey { name: nul(), ..key(2, 1) };
    unavailable(matches!(store.make_admin_key(bad).await, Err(Error::Unavailable(_))));
    let bad = Project { id: project_id(5), name: nul() };
    unavailable(matches!(store.make_project(bad).await, Err(Error::Unavailable(_))));
    let bad = Note { line: AuditLine { target: nul(), ..line(2, None) }, forget: NOON };
    unavailable(matches!(store.note(bad).await, Err(Error::Unavailable(_))));
    drop(store);
    let store = engine.open();
    assert_eq!(store.admin_session(open.session.id).await.unwrap(), Some((open.session, admin(1))));
    assert_eq!(store.admin_key("public-1").await.unwrap(), Some(key(1, 1)));
    assert_eq!(store.audit(None, None, 9).await.unwrap(), [line(1, None)]);
    assert_eq!(store.projects().await.unwrap().len(), 1);
}

pub(crate) async fn an_impossible_role_is_corrupt(engine: &dyn Engine) {
    let store = with_admins(engine, [1]).await;
    let store = tampered(engine, store, "update roles set role = 9");
    let corrupt = store.admin(admin_id(1)).await;
    assert!(matches!(corrupt, Err(Error::Corrupt { table: "roles", .. })), "{corrupt:?}");
}

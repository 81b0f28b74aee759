//! Drafts, the history of deployments, and apps that go.

use passerby::model::{DeploymentId, DraftId, ObjectId};
use passerby::store::{
    DEPLOYMENTS_KEPT, Deploy, DeploymentRecord, DraftRecord, Listed, PutDraft, PutGuestDeletion,
    SnapshotRecord, Store, Taken,
};

use super::Engine;
use super::given::{APP, NOON, OTHER, deployment, file, guest, id, new_app, taken, user_id};

fn admin(n: u32) -> ObjectId {
    id(NOON, 5_000 + n)
}

fn listed(draft: Option<(DraftId, DeploymentId)>) -> Option<Listed> {
    let name = draft.map(|_| "spring".to_owned());
    Some(Listed { admin: admin(1), origin: "CLI".to_owned(), name, draft })
}

/// A new draft of the `n`th admin.
fn draft(of: &Deploy, n: u32) -> PutDraft {
    PutDraft {
        app: of.app,
        draft: DraftRecord {
            id: DraftId(id(NOON, 6_000 + n)),
            admin: admin(n),
            origin: "UI".to_owned(),
            created: NOON,
            base: of.deployment,
            snapshot: DeploymentId(id(NOON, 7_000 + 100 * n)),
        },
        replaces: None,
        config: format!(r#"{{"name":"draft {n}"}}"#),
        files: vec![file("values/a.json", format!("{n}").as_bytes())],
        now: NOON,
    }
}

/// What a draft becomes, by the `m`th change.
fn changed(of: &PutDraft, m: u32) -> PutDraft {
    let snapshot = DeploymentId(id(NOON, 8_000 + m));
    PutDraft {
        draft: DraftRecord { snapshot, ..of.draft.clone() },
        replaces: Some(of.draft.snapshot),
        config: format!(r#"{{"change":{m}}}"#),
        files: vec![file("values/b.json", b"2")],
        ..of.clone()
    }
}

async fn snapshot(store: &dyn Store, id: DeploymentId) -> Option<SnapshotRecord> {
    store.snapshot(APP, id).await.unwrap()
}

pub(crate) async fn a_draft_changes_nothing_that_is_live(engine: &dyn Engine) {
    let store = engine.open();
    let news = new_app(APP, "news-abcde", 1);
    store.deploy(news.clone()).await.unwrap();
    let (live, files) = (store.app(APP).await.unwrap(), store.files(APP).await.unwrap());
    let first = draft(&news, 1);
    for _again in 0..2 {
        store.put_draft(first.clone()).await.unwrap();
    }
    let second = changed(&first, 1);
    for _again in 0..2 {
        store.put_draft(second.clone()).await.unwrap();
    }
    assert_eq!(store.drafts(APP).await.unwrap(), std::slice::from_ref(&second.draft));
    assert_eq!(store.drafts(OTHER).await.unwrap(), []);
    let held = SnapshotRecord { config: second.config.clone(), files: second.files.clone() };
    assert_eq!(snapshot(&*store, second.draft.snapshot).await, Some(held));
    assert_eq!(snapshot(&*store, first.draft.snapshot).await, None);
    assert_eq!((store.app(APP).await.unwrap(), store.files(APP).await.unwrap()), (live, files));
    assert!(store.delete_draft(APP, first.draft.id).await.unwrap());
    assert!(!store.delete_draft(APP, first.draft.id).await.unwrap());
    assert_eq!(snapshot(&*store, second.draft.snapshot).await, None);
}

pub(crate) async fn an_admin_has_one_draft_of_an_app(engine: &dyn Engine) {
    let store = engine.open();
    let news = new_app(APP, "news-abcde", 1);
    store.deploy(news.clone()).await.unwrap();
    store.put_draft(draft(&news, 1)).await.unwrap();
    store.put_draft(draft(&news, 2)).await.unwrap();
    let another = DraftRecord {
        id: DraftId(id(NOON, 6_500)),
        snapshot: DeploymentId(id(NOON, 9_000)),
        ..draft(&news, 1).draft
    };
    let second = PutDraft { draft: another, ..draft(&news, 1) };
    assert_eq!(taken(&store.put_draft(second.clone()).await), Some(Taken::Draft));
    assert_eq!(snapshot(&*store, second.draft.snapshot).await, None, "it left nothing behind");
    assert_eq!(store.drafts(APP).await.unwrap(), [draft(&news, 1).draft, draft(&news, 2).draft]);
    // Nobody's app has no drafts.
    let to_nowhere = PutDraft { app: OTHER, ..draft(&news, 3) };
    assert_eq!(taken(&store.put_draft(to_nowhere).await), Some(Taken::Draft));
}

pub(crate) async fn a_change_of_a_draft_that_changed_is_refused(engine: &dyn Engine) {
    let store = engine.open();
    let news = new_app(APP, "news-abcde", 1);
    store.deploy(news.clone()).await.unwrap();
    let first = draft(&news, 1);
    store.put_draft(first.clone()).await.unwrap();
    store.put_draft(changed(&first, 1)).await.unwrap();
    assert_eq!(taken(&store.put_draft(changed(&first, 2)).await), Some(Taken::Draft));
    assert_eq!(store.drafts(APP).await.unwrap(), [changed(&first, 1).draft]);
}

pub(crate) async fn a_draft_becomes_a_deployment_in_one_act(engine: &dyn Engine) {
    let store = engine.open();
    let news = new_app(APP, "news-abcde", 1);
    store.deploy(news.clone()).await.unwrap();
    let draft = draft(&news, 1);
    store.put_draft(draft.clone()).await.unwrap();
    let stale = Some((draft.draft.id, DeploymentId(id(NOON, 1))));
    let stale = Deploy { listed: listed(stale), ..deployment(&news, 1) };
    assert_eq!(taken(&store.deploy(stale).await), Some(Taken::Draft));
    assert_eq!(store.app(APP).await.unwrap().unwrap().deployment, news.deployment);
    let live = Some((draft.draft.id, draft.draft.snapshot));
    let live = Deploy { listed: listed(live), ..deployment(&news, 2) };
    for _again in 0..2 {
        store.deploy(live.clone()).await.unwrap();
    }
    assert_eq!(store.app(APP).await.unwrap().unwrap().deployment, live.deployment);
    assert_eq!(store.drafts(APP).await.unwrap(), []);
    let record = DeploymentRecord {
        id: live.deployment,
        created: live.now,
        admin: admin(1),
        origin: "CLI".to_owned(),
        name: Some("spring".to_owned()),
        draft: Some(draft.draft.id),
    };
    assert_eq!(store.deployments(APP).await.unwrap(), [record]);
}

pub(crate) async fn the_newest_deployments_are_kept_with_their_files(engine: &dyn Engine) {
    let store = engine.open();
    let mut live = new_app(APP, "news-abcde", 1);
    store.deploy(live.clone()).await.unwrap();
    assert_eq!(store.deployments(APP).await.unwrap(), [], "an app that is made was not deployed");
    let mut made = Vec::new();
    for n in 1..=DEPLOYMENTS_KEPT + 5 {
        live = Deploy { listed: listed(None), ..deployment(&live, n) };
        store.deploy(live.clone()).await.unwrap();
        made.insert(0, live.clone());
    }
    let kept = store.deployments(APP).await.unwrap();
    let newest = made.iter().take(DEPLOYMENTS_KEPT as usize);
    assert_eq!(
        kept.iter().map(|record| record.id).collect::<Vec<_>>(),
        newest.clone().map(|act| act.deployment).collect::<Vec<_>>(),
        "of one second, in the order in which they were made"
    );
    for act in newest {
        let held = SnapshotRecord { config: act.config.clone(), files: act.files.clone() };
        assert_eq!(snapshot(&*store, act.deployment).await, Some(held));
    }
    assert_eq!(snapshot(&*store, made.last().unwrap().deployment).await, None);
}

pub(crate) async fn how_an_app_deploys_is_kept(engine: &dyn Engine) {
    let store = engine.open();
    store.deploy(new_app(APP, "news-abcde", 1)).await.unwrap();
    assert_eq!(store.deploy_config(APP).await.unwrap(), None);
    assert!(store.set_deploy_config(APP, "{}".to_owned()).await.unwrap());
    assert!(!store.set_deploy_config(OTHER, "{}".to_owned()).await.unwrap());
    assert_eq!(store.deploy_config(APP).await.unwrap().as_deref(), Some("{}"));
}

pub(crate) async fn what_is_said_of_a_deletion_takes_the_place_of_what_was_read(engine: &dyn Engine) {
    let store = engine.open();
    store.deploy(new_app(APP, "news-abcde", 1)).await.unwrap();
    let put = async |app, was: Option<&str>, becomes: Option<&str>| {
        let (was, becomes) = (was.map(str::to_owned), becomes.map(str::to_owned));
        store.put_guest_deletion(PutGuestDeletion { app, was, becomes }).await.unwrap()
    };
    assert_eq!(store.guest_deletions().await.unwrap(), []);
    assert!(put(APP, None, Some("waits")).await);
    assert!(!put(APP, None, Some("another")).await, "it waits");
    assert!(put(APP, None, Some("waits")).await, "done again, it is done");
    assert!(!put(OTHER, None, Some("waits")).await, "no such app");
    assert_eq!(store.guest_deletions().await.unwrap(), [(APP, "waits".to_owned())]);
    assert!(put(APP, Some("waits"), Some("runs")).await);
    assert!(!put(APP, Some("waits"), None).await, "it runs");
    assert_eq!(store.guest_deletions().await.unwrap(), [(APP, "runs".to_owned())]);
    assert!(put(APP, Some("runs"), None).await);
    assert_eq!(store.guest_deletions().await.unwrap(), []);
}

pub(crate) async fn an_app_that_is_deleted_is_gone_at_once_and_its_rows_in_bites(engine: &dyn Engine) {
    let store = engine.open();
    let news = new_app(APP, "news-abcde", 1);
    let dev = Deploy { app: OTHER, ..new_app(OTHER, "dev-abcde", 2) };
    store.deploy(news.clone()).await.unwrap();
    store.deploy(dev.clone()).await.unwrap();
    store.put_draft(draft(&news, 1)).await.unwrap();
    for n in 0..10 {
        store.log_in(guest(NOON, n)).await.unwrap();
    }
    assert!(!store.is_departing().await.unwrap());
    assert!(store.delete_app(APP).await.unwrap());
    assert!(!store.delete_app(APP).await.unwrap());
    assert_eq!(store.app(APP).await.unwrap(), None);
    assert!(store.is_departing().await.unwrap());
    // Its number is nobody else's, its ids are free.
    assert_eq!(taken(&store.deploy(new_app(APP, "news-fghij", 3)).await), Some(Taken::AppKey));
    let mut bites = 0;
    while store.clear_departed(3).await.unwrap() {
        bites += 1;
    }
    assert!(bites >= 3, "ten users by threes take more than {bites} bites");
    assert!(!store.is_departing().await.unwrap());
    assert_eq!(store.user_count(APP).await.unwrap(), 0);
    assert_eq!(store.user(APP, user_id(NOON, 1)).await.unwrap(), None);
    assert_eq!(store.secrets(APP).await.unwrap(), []);
    assert_eq!(snapshot(&*store, news.deployment).await, None);
    assert_eq!(taken(&store.deploy(new_app(APP, "news-abcde", 1)).await), Some(Taken::AppKey));
    // The other app, which has the same files, has them still.
    assert_eq!(store.files(OTHER).await.unwrap().len(), dev.files.len());
}

//! Apps, what is deployed of them, their keys, and what the server knows of itself.

use passerby::model::Secret;
use passerby::store::{
    AddKey, AppRecord, Deploy, DirectoryRecord, File, Found, KeyRecord, NewApp, RetireKey, Taken,
};

use super::Engine;
use super::given::{
    APP, NOON, OTHER, deployment, file, guest, id, log_in_all, new_app, secret, signing_key, taken, user_id,
};

/// The record that a new app has.
fn record(act: &Deploy) -> AppRecord {
    let NewApp { id, client_app_id, domain_id, group_id, keys, access_list } = act.new.clone().unwrap();
    AppRecord {
        key: act.app,
        id,
        client_app_id,
        domain_id,
        group_id,
        created: act.now,
        deployment: act.deployment,
        config: act.config.clone(),
        keys,
        access_list,
        refresh_token_seconds: None,
    }
}

pub(crate) async fn a_project_is_founded_once(engine: &dyn Engine) {
    let store = engine.open();
    assert_eq!(store.group().await.unwrap(), None);
    let first = Found { group_id: passerby::model::GroupId(id(NOON, 1)), now: NOON };
    let second = Found { group_id: passerby::model::GroupId(id(NOON, 2)), now: NOON };
    assert_eq!(store.found(first).await.unwrap(), first.group_id);
    assert_eq!(store.found(second).await.unwrap(), first.group_id);
    assert_eq!(store.group().await.unwrap(), Some(first.group_id));
}

pub(crate) async fn a_new_app_is_found_as_it_was_made(engine: &dyn Engine) {
    let store = engine.open();
    let (news, dev) = (new_app(APP, "news-abcde", 1), new_app(OTHER, "dev-abcde", 2));
    store.deploy(news.clone()).await.unwrap();
    store.deploy(dev.clone()).await.unwrap();
    assert_eq!(store.app(APP).await.unwrap(), Some(record(&news)));
    assert_eq!(store.app(passerby::model::AppKey(9)).await.unwrap(), None);
    assert_eq!(store.apps().await.unwrap(), [record(&dev), record(&news)], "by client app id");
}

pub(crate) async fn a_taken_app_number_or_client_app_id_is_refused_whole(engine: &dyn Engine) {
    let store = engine.open();
    let news = new_app(APP, "news-abcde", 1);
    store.deploy(news.clone()).await.unwrap();
    assert_eq!(taken(&store.deploy(new_app(APP, "dev-abcde", 2)).await), Some(Taken::AppKey));
    assert_eq!(taken(&store.deploy(new_app(OTHER, "news-abcde", 2)).await), Some(Taken::ClientAppId));
    let mut same_id = new_app(OTHER, "dev-abcde", 2);
    same_id.new.as_mut().unwrap().id = news.new.as_ref().unwrap().id;
    assert_eq!(taken(&store.deploy(same_id).await), Some(Taken::Id));
    assert_eq!(store.apps().await.unwrap(), [record(&news)]);
    assert_eq!(store.files(OTHER).await.unwrap(), []);
    // What was refused left nothing behind that stands in the way.
    store.deploy(new_app(OTHER, "dev-abcde", 2)).await.unwrap();
}

pub(crate) async fn a_deployment_replaces_the_one_it_was_made_from(engine: &dyn Engine) {
    let store = engine.open();
    let news = new_app(APP, "news-abcde", 1);
    store.deploy(news.clone()).await.unwrap();
    let second = deployment(&news, 1);
    let stale = Deploy { directory: Some(("/srv/news".to_owned(), vec![9])), ..deployment(&news, 2) };
    let to_nowhere = Deploy { app: OTHER, ..deployment(&news, 3) };
    let from_nothing = Deploy { replaces: None, ..deployment(&news, 4) };
    store.deploy(second.clone()).await.unwrap();
    for refused in [stale, to_nowhere, from_nothing] {
        assert_eq!(taken(&store.deploy(refused).await), Some(Taken::Deployment));
    }
    let live = AppRecord { deployment: second.deployment, config: second.config.clone(), ..record(&news) };
    assert_eq!(store.apps().await.unwrap(), [live]);
    assert_eq!(store.files(APP).await.unwrap(), second.files);
    assert_eq!(store.directory("/srv/news").await.unwrap(), None);
}

pub(crate) async fn the_same_deployment_twice_is_one(engine: &dyn Engine) {
    let store = engine.open();
    let news = new_app(APP, "news-abcde", 1);
    store.deploy(news.clone()).await.unwrap();
    store.deploy(news.clone()).await.unwrap();
    let second = deployment(&news, 1);
    store.deploy(second.clone()).await.unwrap();
    store.deploy(second.clone()).await.unwrap();
    let third = deployment(&second, 2);
    store.deploy(third.clone()).await.unwrap();
    // The answer may have been lost long ago: it was done, and it does not become live again.
    store.deploy(second.clone()).await.unwrap();
    store.deploy(news.clone()).await.unwrap();
    assert_eq!(store.app(APP).await.unwrap().unwrap().deployment, third.deployment);
    let other = Deploy { config: "{}".to_owned(), ..second };
    assert_eq!(taken(&store.deploy(other).await), Some(Taken::Deployment));
}

pub(crate) async fn secrets_come_with_a_deployment_once(engine: &dyn Engine) {
    let store = engine.open();
    let news = new_app(APP, "news-abcde", 1);
    store.deploy(news.clone()).await.unwrap();
    assert_eq!(store.secrets(APP).await.unwrap(), news.secrets);
    // Under another id, of which its name has one already.
    let with = |bytes: &[u8]| vec![secret(2, "jwtKey", bytes)];
    let second = Deploy { secrets: with(&[3]), ..deployment(&news, 1) };
    let stale = Deploy { secrets: with(&[4]), ..deployment(&news, 2) };
    store.deploy(second.clone()).await.unwrap();
    assert_eq!(taken(&store.deploy(stale).await), Some(Taken::Deployment));
    let kept = [secret(1, "jwtKey", &[3])];
    assert_eq!(store.secrets(APP).await.unwrap(), kept);
    // An old deployment again does not bring its secrets back, and one without any takes none away.
    store.deploy(news).await.unwrap();
    store.deploy(deployment(&second, 3)).await.unwrap();
    assert_eq!(store.secrets(APP).await.unwrap(), kept);
}

pub(crate) async fn files_are_listed_bytewise(engine: &dyn Engine) {
    let store = engine.open();
    let paths = ["b", "B", "a/z", "a.json", "a\u{fc}", "a", "Z", "\u{10000}", "\u{ffff}"];
    let files: Vec<File> = paths.iter().map(|path| file(path, path.as_bytes())).collect();
    let act = Deploy { files: files.clone(), ..new_app(APP, "news-abcde", 1) };
    store.deploy(act).await.unwrap();
    let mut expected = files;
    expected.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    assert_eq!(store.files(APP).await.unwrap(), expected);
    assert_eq!(store.files(OTHER).await.unwrap(), []);
}

pub(crate) async fn a_directory_remembers_its_app_and_its_last_content(engine: &dyn Engine) {
    let store = engine.open();
    let path = "/srv/apps/n\u{e4}ws";
    let first = Deploy { directory: Some((path.to_owned(), vec![1, 0])), ..new_app(APP, "news-abcde", 1) };
    store.deploy(first.clone()).await.unwrap();
    let found = store.directory(path).await.unwrap();
    assert_eq!(found, Some(DirectoryRecord { app: APP, content: vec![1, 0] }));
    let second = Deploy { directory: Some((path.to_owned(), vec![2])), ..deployment(&first, 1) };
    store.deploy(second).await.unwrap();
    let found = store.directory(path).await.unwrap();
    assert_eq!(found, Some(DirectoryRecord { app: APP, content: vec![2] }));
    assert_eq!(store.directory("/srv/apps").await.unwrap(), None);
}

pub(crate) async fn keys_are_added_and_retired(engine: &dyn Engine) {
    let store = engine.open();
    store.deploy(new_app(APP, "news-abcde", 1)).await.unwrap();
    store.deploy(new_app(OTHER, "dev-abcde", 2)).await.unwrap();
    let later = signing_key("a later one", 60);
    let act = AddKey { app: APP, key: later.clone() };
    store.add_key(act.clone()).await.unwrap();
    store.add_key(act.clone()).await.unwrap();
    let other = KeyRecord { material: Secret::new(vec![1]), ..later.clone() };
    assert_eq!(taken(&store.add_key(AddKey { app: APP, key: other }).await), Some(Taken::Id));
    let keys = async |app| store.app(app).await.unwrap().unwrap().keys;
    assert_eq!(keys(APP).await, [signing_key("first", 0), later.clone()], "oldest first");
    log_in_all(&store, [guest(NOON, 1)]).await;
    let retire = RetireKey { app: APP, purpose: 1, id: "first".to_owned() };
    assert!(!store.retire_key(RetireKey { purpose: 2, ..retire.clone() }).await.unwrap());
    assert!(store.retire_key(retire.clone()).await.unwrap());
    assert!(!store.retire_key(retire).await.unwrap());
    assert_eq!(keys(APP).await, [later]);
    assert_eq!(keys(OTHER).await, [signing_key("first", 0)]);
    assert_eq!(store.sessions_of(APP, user_id(NOON, 1)).await.unwrap().len(), 1);
}

pub(crate) async fn the_latest_time_only_moves_forward(engine: &dyn Engine) {
    let store = engine.open();
    assert_eq!(store.latest_time().await.unwrap(), None);
    for (told, known) in [(0, 0), (10, 10), (5, 10), (10, 10), (11, 11)] {
        store.see_time(NOON.plus(told)).await.unwrap();
        assert_eq!(store.latest_time().await.unwrap(), Some(NOON.plus(known)));
    }
}

pub(crate) async fn an_examined_store_is_well(engine: &dyn Engine) {
    let store = engine.open();
    store.deploy(new_app(APP, "news-abcde", 1)).await.unwrap();
    log_in_all(&store, (0..100).map(|n| guest(NOON, n))).await;
    store.ready().await.unwrap();
    let findings = store.examine().await.unwrap();
    assert!(findings.len() > 3, "{findings:?}");
    for finding in findings {
        assert!(finding.well && !finding.name.is_empty() && !finding.finding.is_empty(), "{finding:?}");
    }
}

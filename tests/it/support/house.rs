//! The server's inside without a process: its clock and its dice are the test's.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use passerby::auth::{App, Arrival, Auth, Login, Parts, Presented, Sealer};
use passerby::functions::{self, Engine};
use passerby::model::{
    AppConfig, Clock, Format, GroupId, ObjectId, Provider, ProviderType, Settings, Timestamp, UserId,
    default_location,
};
use passerby::outbound::{self, Fetcher, MailConfig, Mailer, Templates, Trust};
use passerby::store::{Found, Store};

use super::{Kept, Seeded};

/// A clock that stands until it is set.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// Prints mails, as a server without a mail server does.
fn mailer() -> Mailer {
    let about = MailConfig {
        from: "Passerby <no-reply@auth.example>".to_owned(),
        reply_to: None,
        hello: "auth.example".to_owned(),
        total: std::time::Duration::from_secs(10),
    };
    Mailer::log(&about, Templates::read(None).expect("our own")).expect("an address")
}

/// Reaches nobody: nothing is allowed beyond public addresses.
fn fetcher() -> Fetcher {
    Fetcher::new(Vec::new(), &Trust::default(), outbound::Limits::default()).expect("TLS")
}

fn parts(store: &Arc<dyn Store>, clock: &Arc<HandClock>, seed: u64) -> Parts {
    Parts {
        store: Arc::clone(store),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        dice: Arc::new(Seeded::new(seed)),
        sealer: Sealer::none(),
        public_url: PUBLIC_URL.to_owned(),
        page_origins: HashMap::new(),
        guest_logins_per_hour: 0,
        password_logins_per_minute: 1_000,
        mails_per_hour: 1_000,
        log_entries_per_second: 200,
        log_retention_days: 10,
        engine: Arc::new(Engine::start(functions::Limits::default()).expect("threads")),
        mail: Arc::new(mailer()),
        fetch: Arc::new(fetcher()),
        issuers: HashMap::new(),
        dev_admin: false,
    }
}

/// A real store with the stories on it.
pub(crate) struct House {
    pub(crate) clock: Arc<HandClock>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) auth: Arc<Auth>,
    _data: tempfile::TempDir,
}

/// Where clients believe the server to be.
pub(crate) const PUBLIC_URL: &str = "https://auth.example";

impl House {
    pub(crate) async fn open(now: Timestamp) -> House {
        let data = tempfile::tempdir().expect("a directory");
        let store = Kept::of(data.path()).open().await;
        let clock = Arc::new(HandClock(AtomicI64::new(now.0)));
        store.found(Found { group_id: GroupId(ObjectId([7; 12])), now }).await.expect("a project");
        let auth = Auth::open(parts(&store, &clock, 42)).await.expect("no apps yet");
        House { clock, store, auth: Arc::new(auth), _data: data }
    }

    /// Another server on the store.
    pub(crate) async fn beside(&self) -> Auth {
        Auth::open(parts(&self.store, &self.clock, 43)).await.expect("the apps")
    }

    /// Deploys an app with anonymous authentication, new or again.
    pub(crate) async fn deploy(&self, client_app_id: &str, settings: Settings) -> Arc<App> {
        let config = AppConfig {
            format: Format::V20210101,
            name: "app".to_owned(),
            allowed_request_origins: Vec::new(),
            deployment_model: "GLOBAL".to_owned(),
            location: default_location().to_owned(),
            root: serde_json::Map::new(),
            providers: vec![Provider::new(ProviderType::AnonUser, false)],
            settings,
            ids: BTreeMap::new(),
        };
        let arrival = Arrival {
            client_app_id: Some(client_app_id.parse().expect("an id")),
            app_id: None,
            domain_id: None,
            config,
            settings_given: true,
            files: Vec::new(),
            secrets: Vec::new(),
            directory: None,
            group: None,
            author: None,
            replaces: None,
        };
        self.auth.arrive(arrival).await.expect("it is deployed").app
    }

    /// Logs a guest in.
    pub(crate) async fn log_in(&self, app: &Arc<App>) -> Guest {
        let login = Login { provider: "anon-user".to_owned(), body: serde_json::Map::new(), address: None };
        let made = self.auth.log_in(app, login).await.expect("a guest");
        Guest { user: made.user, refresh: made.refresh_token }
    }

    /// Whether a refresh token still refreshes. Counts as activity.
    pub(crate) async fn refreshes(&self, app: &Arc<App>, guest: &Guest) -> bool {
        let token = Presented::read(&guest.refresh).expect("a token");
        match self.auth.refresh_caller(app, &token).await {
            Ok(caller) => {
                let access = self.auth.refresh(&caller).expect("a token");
                let token = Presented::read(&access).expect("a token");
                assert_eq!(self.auth.access(app, &token).await.expect("good at once").user.id, guest.user);
                self.noted(app, guest).await;
                true
            }
            Err(passerby::auth::Error::SessionNotFound) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Waits until a guest's activity of today is noted, for which no request waits. A slow disk takes as long as ten
    /// thousand looks.
    pub(crate) async fn noted(&self, app: &Arc<App>, guest: &Guest) {
        for _ in 0..1_000_000 {
            let user = self.store.user(app.key, guest.user).await.expect("the store works");
            if user.expect("a guest").last_active() >= self.clock.now().day() {
                return;
            }
        }
        panic!("the activity of {guest:?} is not noted");
    }
}

/// A guest with its tokens.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    pub(crate) user: UserId,
    pub(crate) refresh: String,
}

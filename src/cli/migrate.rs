//! `passerby migrate realm`.

mod entries;
mod report;
mod tables;

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::desk::{AppPath, Desk, Need};
use super::failure::CliError;
use super::progress::Progress;
use super::{At, client_app_id, print};
use crate::auth::{ImportReport, Newcomer, Registered, Wrong};
use crate::model::{AppConfig, ClientAppId, DomainId, ProviderType};
use crate::server::Directory;

/// Entries that are taken in at once, each batch whole.
const BATCH: usize = 250;
/// Batches that wait while one is taken in.
const AHEAD: usize = 2;
/// Problems that are told; whoever has more has the same one often.
const TOLD: usize = 20;

#[derive(Subcommand)]
pub(super) enum MigrateCommand {
    /// From Realm or Atlas App Services: an exported app directory, and the users that its Admin API or command line
    /// listed.
    Realm(Box<RealmArgs>),
}

#[derive(Args)]
pub(super) struct RealmArgs {
    /// The app directory, as `realm-cli` or `appservices` exported it.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// A list of users in JSON: pages of the Admin API's `…/users`, in one array, one after another or a user to a
    /// line; or what `realm-cli users list -f json` printed. May be given several times.
    #[arg(long, value_name = "FILE")]
    users: Vec<PathBuf>,
    /// A list of pending users in JSON, as the Admin API's `…/user_registrations/pending_users` answers.
    #[arg(long, value_name = "FILE")]
    pending: Option<PathBuf>,
    /// The app that the directory is, when its files do not say, or say another.
    #[arg(long, value_name = "CLIENT_APP_ID", value_parser = client_app_id)]
    app: Option<ClientAppId>,
    /// Reads everything and says what would come where nobody is yet, without touching a store.
    #[arg(long)]
    dry_run: bool,
    /// Prints the report: `{client_app_id, created, changed, dry_run, users, guests, pending_users, identities,
    /// cannot_come, warnings}`; users, guests and pending users each as `{brought, already_there, not_brought}`,
    /// identities by provider, and by reason how much cannot come.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

pub(super) async fn migrate(file: Option<&PathBuf>, command: MigrateCommand) -> Result<(), CliError> {
    match command {
        MigrateCommand::Realm(args) => realm(file, *args).await,
    }
}

/// What became of the app.
#[derive(Deserialize)]
struct AppImported {
    client_app_id: ClientAppId,
    created: bool,
    changed: bool,
    warnings: Vec<Warning>,
}

#[derive(Deserialize)]
struct Warning {
    text: String,
}

#[derive(Deserialize)]
struct AppDomain {
    domain_id: DomainId,
}

async fn realm(file: Option<&PathBuf>, args: RealmArgs) -> Result<(), CliError> {
    let place = args.at.place(file)?;
    let config = place.here()?;
    let lists = Lists { users: args.users, pending: args.pending };
    let progress = Progress::spinner("reading");
    let directory = Directory::load(&args.directory)?;
    let import = directory.import()?;
    // Everything is read before anything is done, so that a mistake leaves everything as it was.
    let foreseen = lists.examine()?;
    let mut done = report::Migrated {
        client_app_id: args.app.clone().or(import.client_app_id),
        created: false,
        changed: false,
        dry_run: args.dry_run,
        report: foreseen.report,
        warnings: import.warnings.iter().map(ToString::to_string).collect(),
    };
    if !args.dry_run {
        let desk = Desk::here(config, Need::Nothing).await?;
        progress.say(format!("importing {}", args.directory.display()));
        let app = import_app(&desk, &directory, args.app, foreseen.domain_id).await?;
        let path = desk.app(&app.client_app_id).await?;
        let domain: AppDomain = desk.get(&path.admin("")).await?;
        done.warnings = app.warnings.into_iter().map(|warning| warning.text).collect();
        if let Some(named) = foreseen.domain_id.filter(|named| *named != domain.domain_id) {
            done.warnings.push(format!(
                "the app has the domain id {} and keeps it, but the lists say {named}",
                domain.domain_id
            ));
        }
        done.report = import_people(&desk, &path, lists, &progress).await?;
        (done.client_app_id, done.created, done.changed) =
            (Some(app.client_app_id), app.created, app.changed);
    }
    drop(progress);
    done.warnings.extend(not_served(&import.config, &done.report));
    done.print(args.json);
    Ok(())
}

async fn import_app(
    desk: &Desk,
    directory: &Directory,
    app: Option<ClientAppId>,
    domain_id: Option<DomainId>,
) -> Result<AppImported, CliError> {
    let files =
        directory.tree.0.iter().map(|(path, bytes)| (path.clone(), Value::String(STANDARD.encode(bytes))));
    let request = json!({
        "path": directory.path, "client_app_id": app, "domain_id": domain_id, "unless_known": true,
        "files": files.collect::<Map<_, _>>(),
    });
    let imported: Result<AppImported, CliError> = desk.order("/import", &request).await;
    imported.map_err(|error| match error.is(StatusCode::CONFLICT) {
        true => error.hinting("run the same command again"),
        false => error,
    })
}

/// Takes everybody in, batch by batch; the next ones are read meanwhile.
async fn import_people(
    desk: &Desk,
    app: &AppPath,
    lists: Lists,
    progress: &Progress,
) -> Result<ImportReport, CliError> {
    let (batches, mut waiting) = mpsc::channel(AHEAD);
    let reading = tokio::task::spawn_blocking(move || lists.batches(&batches));
    let mut report = ImportReport::default();
    let mut count = 0;
    while let Some((list, batch)) = waiting.recv().await {
        count += batch.len() as u64;
        let request = json!({ list: batch });
        let done: Result<ImportReport, CliError> = desk.post(&app.ours("/users/import"), &request).await;
        report +=
            done.map_err(|error| error.hinting("run the same command again: it goes on where it stopped"))?;
        progress.say(format!("{} taken in", print::count(count, "user")));
    }
    reading.await.map_err(|error| CliError::Lost(error.into()))??;
    Ok(report)
}

/// Providers with which people come, and which let nobody in yet.
fn not_served<'a>(config: &'a AppConfig, report: &'a ImportReport) -> impl Iterator<Item = String> + 'a {
    report.identities.iter().filter_map(|(provider, count)| {
        let kind: ProviderType = provider.parse().ok()?;
        let served = config.provider(kind).is_some_and(|provider| !provider.disabled);
        let lets_in = !matches!(kind, ProviderType::AnonUser | ProviderType::ApiKey);
        (lets_in && !served).then(|| {
            format!("{count} identities of {provider} came, which the app has not enabled: nobody logs in with it until it is")
        })
    })
}

/// The lists to be read.
struct Lists {
    users: Vec<PathBuf>,
    pending: Option<PathBuf>,
}

/// What lists say, before anybody was asked.
#[derive(Default)]
struct Foreseen {
    report: ImportReport,
    domain_id: Option<DomainId>,
    problems: Vec<String>,
}

impl Lists {
    /// Reads everything and finds what is wrong with it.
    fn examine(&self) -> Result<Foreseen, CliError> {
        let mut foreseen = Foreseen::default();
        for path in &self.users {
            let broken = entries::users(path, |number, entry| {
                let user = Newcomer::read(&entry);
                let user = user.and_then(|user| foreseen.of_one_app(user.domain_id).map(|()| user));
                match user {
                    Ok(user) => foreseen.report.foresee(&user),
                    Err(wrong) => foreseen.problem(path, number, &wrong),
                }
                foreseen.goes_on()
            })?;
            foreseen.problems.extend(broken.map(|broken| format!("{}: {broken}", path.display())));
        }
        if let Some(path) = &self.pending {
            let broken = entries::plain(path, |number, entry| {
                let one = Registered::read(&entry);
                let one = one.and_then(|one| foreseen.of_one_app(one.domain_id).map(|()| one));
                match one {
                    Ok(one) => foreseen.report.foresee_registration(&one),
                    Err(wrong) => foreseen.problem(path, number, &wrong),
                }
                foreseen.goes_on()
            })?;
            foreseen.problems.extend(broken.map(|broken| format!("{}: {broken}", path.display())));
        }
        if foreseen.problems.is_empty() { Ok(foreseen) } else { Err(refusal(foreseen.problems)) }
    }

    /// Reads everything again, and hands it over.
    fn batches(&self, to: &mpsc::Sender<(&'static str, Vec<Value>)>) -> Result<(), CliError> {
        let mut changed = None;
        for path in &self.users {
            changed =
                changed.or(hand_over("users", to, |each| entries::users(path, each))?.map(|b| (path, b)));
        }
        if let Some(path) = &self.pending {
            changed = changed
                .or(hand_over("pending_users", to, |each| entries::plain(path, each))?.map(|b| (path, b)));
        }
        match changed {
            None => Ok(()),
            Some((path, broken)) => Err(refusal(vec![format!("{}: {broken}", path.display())])),
        }
    }
}

/// Hands the entries of a list over in batches; says what is broken in it.
fn hand_over(
    list: &'static str,
    to: &mpsc::Sender<(&'static str, Vec<Value>)>,
    read: impl FnOnce(&mut dyn FnMut(u64, Value) -> bool) -> Result<Option<String>, CliError>,
) -> Result<Option<String>, CliError> {
    let mut batch = Vec::with_capacity(BATCH);
    let broken = read(&mut |_, entry| {
        batch.push(entry);
        // Nobody takes any more when a batch was refused.
        batch.len() < BATCH || to.blocking_send((list, std::mem::take(&mut batch))).is_ok()
    })?;
    if !batch.is_empty() {
        let _ = to.blocking_send((list, batch));
    }
    Ok(broken)
}

impl Foreseen {
    /// That every entry which names an app names the same one.
    fn of_one_app(&mut self, domain_id: Option<DomainId>) -> Result<(), Wrong> {
        let Some(named) = domain_id else { return Ok(()) };
        let first = *self.domain_id.get_or_insert(named);
        if first == named {
            return Ok(());
        }
        let said = format!("it is of another app than the entries before: {named}, not {first}");
        Err(Wrong { field: "domain_id".to_owned(), said })
    }

    fn problem(&mut self, path: &Path, number: u64, wrong: &Wrong) {
        self.problems.push(format!("{}: entry {number}: {wrong}", path.display()));
    }

    /// No more is told after so much.
    fn goes_on(&self) -> bool {
        self.problems.len() < TOLD
    }
}

fn refusal(problems: Vec<String>) -> CliError {
    CliError::Refused {
        status: StatusCode::BAD_REQUEST,
        text: "the lists have entries that are not valid: nothing was taken in".to_owned(),
        problems,
        hint: Some("correct or remove the entries, and run the same command again".to_owned()),
        unconfirmed: false,
    }
}

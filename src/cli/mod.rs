//! The command line: one file per command.
//!
//! Every command but `serve`, `check`, `restore`, `migrate-store`, `move`, `completions` and `man` asks a [`desk`]: the owner-only socket of the
//! server that runs on the data directory, the same routes within this process when none does, or a server elsewhere.

mod access_list;
mod admins;
mod api_keys;
mod apps;
mod audit;
mod backup;
mod changes;
mod check;
mod completions;
mod confirm;
mod desk;
mod doctor;
mod export;
mod failure;
mod import;
mod keys;
mod login;
mod logs;
mod man;
mod migrate;
mod migrate_store;
mod moving;
mod print;
mod profile;
mod progress;
mod projects;
mod providers;
mod pull;
mod push;
mod remote;
mod restore;
mod secrets;
mod serve;
mod shipment;
mod users;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::BoolishValueParser;
use clap::{Args, CommandFactory, Parser, Subcommand};
use url::Url;

use crate::config::{Config, Settings, StoreUrl};
use crate::model::ClientAppId;
use crate::server;
use desk::Place;
use failure::{CliError, exit_codes};

/// Passerby lets people into an app before they have a name: guests first, accounts later.
#[derive(Parser)]
#[command(
    name = "passerby",
    version,
    help_template = HELP,
    after_help = exit_codes(),
    disable_help_subcommand = true,
    subcommand_help_heading = "Commands",
)]
struct Cli {
    /// A TOML file with settings: the long names of the flags of `serve`, with `_` for `-`.
    #[arg(long, global = true, value_name = "FILE", env = "PASSERBY_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Examples come first: most who read this want to be shown rather than told.
const HELP: &str = "\
{about}

Start here:
  passerby serve examples/news        serve an app, and be told how to log a guest in
  passerby check my-app               see what is wrong with an app directory, changing nothing

Beside the running server (or without one, on its data directory):
  passerby apps list                  which apps there are
  passerby users list news-aaaaa      who came
  passerby push my-app                see what an app directory changes, and take it in
  passerby watch my-app               take it in whenever it is saved
  passerby migrate realm my-app       bring an app and its users from Realm
  passerby backup ~/passerby.backup   copy everything while people log in
  passerby doctor                     see whether all is well

{usage-heading} {usage}

{all-args}{after-help}";

#[derive(Subcommand)]
enum Command {
    /// Serves the apps in the store, after importing the given app directories if they are new or changed.
    Serve(Box<serve::ServeArgs>),
    /// Takes an app directory in: a new app, or a new configuration of one that is known.
    Import(import::ImportArgs),
    /// Writes an app as a directory that `import`, and the original's tools, read.
    Export(export::ExportArgs),
    /// Takes an app and its users in from where they were.
    #[command(subcommand)]
    Migrate(migrate::MigrateCommand),
    /// Finds everything that is wrong with app directories, without taking them in.
    Check(check::CheckArgs),
    /// Shows what an app directory would change, asks, and takes it in.
    Push(push::PushArgs),
    /// Shows what an app directory would change.
    Diff(push::DiffArgs),
    /// Puts an app's files into a directory, showing which it replaces or removes, and asking first.
    Pull(pull::PullArgs),
    /// Takes an app directory in whenever one of its files is saved.
    Watch(watch::WatchArgs),
    /// Through which providers people come into an app.
    #[command(subcommand)]
    Providers(providers::ProvidersCommand),
    /// Which apps there are.
    #[command(subcommand)]
    Apps(apps::AppsCommand),
    /// Who came, and what may become of them.
    #[command(subcommand)]
    Users(users::UsersCommand),
    /// What happened in an app: logins, refusals and their reasons, what functions wrote.
    Logs(logs::LogsArgs),
    /// The keys that sign an app's tokens.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// What providers and functions must know and nobody may see.
    #[command(subcommand)]
    Secrets(secrets::SecretsCommand),
    /// The keys that servers log in with.
    #[command(subcommand)]
    ApiKeys(api_keys::ApiKeysCommand),
    /// From where an app's clients may come.
    #[command(subcommand)]
    AccessList(access_list::AccessListCommand),
    /// Who may administer this server, with which key pairs, and where.
    #[command(subcommand)]
    Admins(admins::AdminsCommand),
    /// The projects that apps belong to.
    #[command(subcommand)]
    Projects(projects::ProjectsCommand),
    /// What administrators did, the newest first.
    Audit(audit::AuditArgs),
    /// Logs in at a server elsewhere, so that other commands can ask there.
    Login(login::LoginArgs),
    /// Ends a login, and forgets it.
    Logout(login::WhoArgs),
    /// Who is logged in, where, and with which roles.
    Whoami(login::WhoamiArgs),
    /// Copies the store to a new file, also while a server runs.
    Backup(backup::BackupArgs),
    /// Puts a backup into an empty data directory.
    Restore(restore::RestoreArgs),
    /// Brings the schema of a store in PostgreSQL up to date, with a role that may.
    MigrateStore(migrate_store::MigrateStoreArgs),
    /// Moves the store between a data directory and a database, with everything in it.
    Move(moving::MoveArgs),
    /// Says whether all is well, and what is not.
    Doctor(doctor::DoctorArgs),
    /// Prints a completion script for a shell.
    Completions(completions::CompletionsArgs),
    /// Prints the manual page.
    Man(man::ManArgs),
}

/// Which store a command works on.
#[derive(Args)]
struct At {
    /// The data directory.
    #[arg(long, value_name = "DIR", env = "PASSERBY_DATA", hide_env_values = true)]
    data: Option<PathBuf>,
    #[command(flatten)]
    database: Database,
    /// A file with the key that seals signing keys; needed when no server runs.
    #[arg(long, value_name = "FILE", env = "PASSERBY_MASTER_KEY_FILE", hide_env_values = true)]
    master_key_file: Option<PathBuf>,
    /// A server elsewhere, at which `passerby login` logged in, instead of a data directory.
    #[arg(long, value_name = "URL", value_parser = profile::url)]
    url: Option<Url>,
    /// The same by the name of the login's profile.
    #[arg(long, value_name = "NAME", value_parser = profile::name)]
    profile: Option<String>,
}

impl At {
    fn place(self, file: Option<&PathBuf>) -> Result<Place, CliError> {
        if let Some(profile) = login::choose(self.url.as_ref(), self.profile.as_deref())? {
            return Ok(Place::There(Box::new(profile)));
        }
        let master_key_file = self.master_key_file;
        let flags = Settings { data: self.data, master_key_file, ..self.database.settings() };
        Ok(Place::Here(Box::new(Config::load(file, flags)?)))
    }
}

/// A store that is a database.
#[derive(Args)]
struct Database {
    /// A database in PostgreSQL that is the store, instead of a file in the data directory.
    #[arg(long, value_name = "URL", env = "PASSERBY_STORE", hide_env_values = true)]
    store: Option<StoreUrl>,
    /// A file with the password for it, which nobody but its owner can read.
    #[arg(long, value_name = "FILE", env = "PASSERBY_STORE_PASSWORD_FILE", hide_env_values = true)]
    store_password_file: Option<PathBuf>,
    /// A pooler in transaction mode, such as pgbouncer, stands before it.
    #[arg(long, value_name = "BOOL", env = "PASSERBY_STORE_POOLER", hide_env_values = true, num_args = 0..=1,
        require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    store_pooler: Option<bool>,
}

impl Database {
    fn settings(self) -> Settings {
        Settings {
            store: self.store,
            store_password_file: self.store_password_file,
            store_pooler: self.store_pooler,
            ..Settings::default()
        }
    }
}

fn client_app_id(text: &str) -> Result<ClientAppId, String> {
    text.parse()
        .map_err(|_| "expected an id such as news-abcde: ASCII letters, digits, `_`, `-`, `.`".to_owned())
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if std::env::args().any(|argument| server::shows_password(&argument)) {
        print::warning(
            "the password in a URL on the command line can be read by everybody on this machine: put it into a file \
             (--store-password-file, or PGPASSFILE)",
        );
    }
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::error(&error);
            ExitCode::from(error.exit() as u8)
        }
    }
}

fn run(cli: Cli) -> Result<(), CliError> {
    let file = cli.config.as_ref();
    let Some(command) = cli.command else {
        print::out(&Cli::command().render_help().to_string());
        return Ok(());
    };
    match command {
        Command::Serve(args) => serve::serve(file, *args),
        Command::Check(args) => check::check(&args),
        Command::Restore(args) => restore::restore(file, args),
        Command::Completions(args) => completions::completions(&args),
        Command::Man(args) => man::man(&args),
        Command::Move(args) => moving::move_store(args),
        Command::Push(args) => wait(push::push(file, args)),
        Command::Diff(args) => wait(push::diff(file, args)),
        Command::Pull(args) => wait(pull::pull(file, args)),
        Command::Watch(args) => wait(watch::watch(file, args)),
        Command::Providers(command) => wait(providers::providers(file, command)),
        Command::Import(args) => wait(import::import(file, args)),
        Command::Export(args) => wait(export::export(file, args)),
        Command::Migrate(command) => wait(migrate::migrate(file, command)),
        Command::Apps(command) => wait(apps::apps(file, command)),
        Command::Users(command) => wait(users::users(file, command)),
        Command::Logs(args) => wait(logs::logs(file, args)),
        Command::Keys(command) => wait(keys::keys(file, command)),
        Command::Secrets(command) => wait(secrets::secrets(file, command)),
        Command::ApiKeys(command) => wait(api_keys::api_keys(file, command)),
        Command::AccessList(command) => wait(access_list::access_list(file, command)),
        Command::Admins(command) => wait(admins::admins(file, command)),
        Command::Projects(command) => wait(projects::projects(file, command)),
        Command::Audit(args) => wait(audit::audit(file, args)),
        Command::Login(args) => wait(login::login(args)),
        Command::Logout(args) => wait(login::logout(args)),
        Command::Whoami(args) => wait(login::whoami(args)),
        Command::Backup(args) => wait(backup::backup(file, args)),
        Command::MigrateStore(args) => wait(migrate_store::migrate_store(file, args)),
        Command::Doctor(args) => wait(doctor::doctor(file, args)),
    }
}

/// Runs a command that asks a desk.
fn wait<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?
        .block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_well_formed() {
        Cli::command().debug_assert();
    }
}

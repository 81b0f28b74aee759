//! `passerby login`, `logout` and `whoami`.

use std::io::{BufRead, IsTerminal, Write};

use bytes::Bytes;
use clap::Args;
use http::Method;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Host, Url};

use super::desk::{Desk, read, refusal};
use super::failure::CliError;
use super::print;
use super::profile::{self, DEFAULT, Profile};
use super::remote::{Remote, Wire};
use crate::model::Secret;

/// Where the private key stands for those who cannot type it.
const PRIVATE_KEY: &str = "PASSERBY_PRIVATE_KEY";

#[derive(Args)]
pub(super) struct LoginArgs {
    /// The server, such as https://auth.example.com.
    #[arg(long, value_name = "URL", value_parser = profile::url)]
    url: Url,
    /// The public key of the key pair. The private one is asked for, or read from standard input or from
    /// PASSERBY_PRIVATE_KEY: an argument would be seen by others.
    #[arg(long, value_name = "KEY")]
    public_key: String,
    /// Under which name to remember it.
    #[arg(long, value_name = "NAME", default_value = DEFAULT, value_parser = profile::name)]
    profile: String,
    /// Agrees that the key crosses the network readable, where the URL is plain http.
    #[arg(long)]
    plain_http: bool,
}

#[derive(Args)]
pub(super) struct WhoArgs {
    /// The server.
    #[arg(long, value_name = "URL", value_parser = profile::url)]
    url: Option<Url>,
    /// The profile.
    #[arg(long, value_name = "NAME", value_parser = profile::name)]
    profile: Option<String>,
}

#[derive(Args)]
pub(super) struct WhoamiArgs {
    #[command(flatten)]
    who: WhoArgs,
    /// Prints `{url, profile, public_key, user_id, roles}`, the roles as `{group_id, role_name}`.
    #[arg(long)]
    json: bool,
}

impl WhoArgs {
    fn profile(&self) -> Result<Profile, CliError> {
        match choose(self.url.as_ref(), self.profile.as_deref())? {
            Some(profile) => Ok(profile),
            None => Profile::load(DEFAULT),
        }
    }
}

/// The profile that `--url` and `--profile` mean; `None` when neither is said.
pub(super) fn choose(url: Option<&Url>, name: Option<&str>) -> Result<Option<Profile>, CliError> {
    match (url, name) {
        (None, None) => Ok(None),
        (Some(url), None) => Profile::of(url).map(Some),
        (url, Some(name)) => {
            let profile = Profile::load(name)?;
            // Its tokens are for nobody else.
            match url.filter(|url| **url != profile.url) {
                Some(url) => Err(CliError::Usage(format!(
                    "the profile {name} is of {}, not of {url}: leave one of both out",
                    profile.url
                ))),
                None => Ok(Some(profile)),
            }
        }
    }
}

#[derive(Deserialize)]
struct Session {
    access_token: String,
    refresh_token: String,
}

pub(super) async fn login(args: LoginArgs) -> Result<(), CliError> {
    let LoginArgs { url, public_key, profile, plain_http } = args;
    if url.scheme() == "http" && !plain_http && !is_loopback(&url) {
        return Err(CliError::Usage(format!(
            "{url} would carry the private key readable across the network: use https, or agree with --plain-http"
        )));
    }
    let private_key = private_key()?;
    let credentials = json!({ "username": public_key, "apiKey": private_key.expose() }).to_string();
    let path = "/api/admin/v3.0/auth/providers/mongodb-cloud/login";
    let (status, bytes) = Wire::to(&url)?.ask(Method::POST, path, None, Bytes::from(credentials)).await?;
    if !status.is_success() {
        let hint = "`passerby admins keys create`, where the server runs, makes a key pair; the first start wrote one \
                    to admin-key.json in the data directory";
        return Err(refusal(status, &bytes).hinting(hint));
    }
    let Session { access_token, refresh_token } = read(&bytes)?;
    let (access_token, refresh_token) = (Secret::new(access_token), Secret::new(refresh_token));
    let profile = Profile { name: profile, url, public_key, access_token, refresh_token };
    profile.save()?;
    let (url, name) = (&profile.url, &profile.name);
    print::out(&format!("Logged in to {url} as {}, profile {name}.\n", print::plain(&profile.public_key)));
    print::note(&format!("Other commands ask there with --profile {name} or --url {url}."));
    Ok(())
}

pub(super) async fn logout(args: WhoArgs) -> Result<(), CliError> {
    let profile = args.profile()?;
    let (url, name) = (profile.url.clone(), profile.name.clone());
    profile.remove()?;
    // Whoever wants out is out here, whatever the server says.
    if let Err(error) = Remote::new(profile)?.log_out().await {
        print::warning(&format!("the session goes on until it ends by itself: {error}"));
    }
    print::out(&format!("Logged out of {url}, profile {name}.\n"));
    Ok(())
}

#[derive(Deserialize)]
struct Who {
    user_id: String,
    #[serde(default)]
    roles: Vec<Role>,
}

#[derive(Deserialize)]
struct Role {
    #[serde(default)]
    group_id: String,
    role_name: String,
}

pub(super) async fn whoami(args: WhoamiArgs) -> Result<(), CliError> {
    let profile = args.who.profile()?;
    let (url, name, key) = (profile.url.clone(), profile.name.clone(), profile.public_key.clone());
    let desk = Desk::Remote(Box::new(Remote::new(profile)?));
    let answer: Value = desk.get("/api/admin/v3.0/auth/profile").await?;
    if args.json {
        let (user, roles) = (&answer["user_id"], &answer["roles"]);
        print::json(&json!({
            "url": url.as_str(), "profile": name, "public_key": key, "user_id": user, "roles": roles,
        }));
        return Ok(());
    }
    let who: Who = serde_json::from_value(answer).map_err(|error| CliError::Lost(error.into()))?;
    let mut pairs = vec![
        ("server", url.to_string()),
        ("profile", name),
        ("public key", key),
        ("administrator", who.user_id),
    ];
    pairs.extend(
        who.roles.into_iter().map(|role| ("role", format!("{} of {}", role.role_name, role.group_id))),
    );
    print::out(&print::pairs(&pairs));
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// From the environment, from whoever types it, or from standard input.
fn private_key() -> Result<Secret<String>, CliError> {
    let failed = |error: std::io::Error| CliError::Usage(format!("failed to read the private key: {error}"));
    let key = match std::env::var(PRIVATE_KEY) {
        Ok(key) => key,
        Err(_) if std::io::stdin().is_terminal() => typed().map_err(failed)?,
        Err(_) => line().map_err(failed)?,
    };
    match key.trim() {
        "" => Err(CliError::Usage(format!(
            "there is no private key: write it to standard input, or set {PRIVATE_KEY}"
        ))),
        key => Ok(Secret::new(key.to_owned())),
    }
}

fn line() -> std::io::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map(|_| line)
}

/// A line that the terminal does not show.
fn typed() -> std::io::Result<String> {
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut quiet = before.clone();
    quiet.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &quiet)?;
    let mut screen = std::io::stderr();
    let _ = write!(screen, "Private key: ");
    let _ = screen.flush();
    let read = line();
    let restored = tcsetattr(&stdin, OptionalActions::Flush, &before);
    let _ = writeln!(screen);
    restored?;
    read
}

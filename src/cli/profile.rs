//! Where somebody is logged in: a file for each profile, in the platform's folder of settings, for its owner alone.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::failure::CliError;
use crate::model::Secret;

/// The profile of who names none.
pub(super) const DEFAULT: &str = "default";

/// A server, and what it gave to somebody who logged in. The private key is not kept.
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) url: Url,
    /// Who logged in.
    pub(super) public_key: String,
    pub(super) access_token: Secret<String>,
    pub(super) refresh_token: Secret<String>,
}

#[derive(Deserialize)]
struct Kept {
    url: String,
    public_key: String,
    access_token: String,
    refresh_token: String,
}

impl Profile {
    /// Reads a profile.
    pub(super) fn load(name: &str) -> Result<Profile, CliError> {
        let path = path(name)?;
        let failed = |source| CliError::Profile { path: path.clone(), source };
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(CliError::NoProfile(name.to_owned()));
            }
            other => other.map_err(failed)?,
        };
        if fs::metadata(&path).map_err(failed)?.permissions().mode() & 0o077 != 0 {
            return Err(CliError::OpenProfile(path));
        }
        // What is wrong with it is not said: that could repeat a token.
        let kept = serde_json::from_str(&text).map_err(|_| failed(io::ErrorKind::InvalidData.into()))?;
        let Kept { url: of, public_key, access_token, refresh_token } = kept;
        let url = url(&of).map_err(|_| failed(io::ErrorKind::InvalidData.into()))?;
        let (access_token, refresh_token) = (Secret::new(access_token), Secret::new(refresh_token));
        Ok(Profile { name: name.to_owned(), url, public_key, access_token, refresh_token })
    }

    /// The profile of a server. Of several the one that nobody had to name.
    pub(super) fn of(url: &Url) -> Result<Profile, CliError> {
        let mut names: Vec<String> = match fs::read_dir(folder()?) {
            Ok(entries) => {
                entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
            }
            Err(_) => Vec::new(),
        };
        names.sort_by_key(|name| (name.as_str() != "default.json", name.clone()));
        let names = names.iter().filter_map(|name| name.strip_suffix(".json"));
        let mut profiles = names.filter_map(|name| Profile::load(name).ok());
        profiles.find(|profile| profile.url == *url).ok_or_else(|| CliError::NotLoggedIn(url.to_string()))
    }

    /// Writes it, whole or not at all.
    pub(super) fn save(&self) -> Result<(), CliError> {
        let path = path(&self.name)?;
        let failed = |source| CliError::Profile { path: path.clone(), source };
        let kept = json!({
            "url": self.url.as_str(),
            "public_key": self.public_key,
            "access_token": self.access_token.expose(),
            "refresh_token": self.refresh_token.expose(),
        });
        DirBuilder::new().recursive(true).mode(0o700).create(folder()?).map_err(failed)?;
        let beside = path.with_extension(format!("{}.new", std::process::id()));
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside);
        let written = file.and_then(|mut file| writeln!(file, "{kept}"));
        let placed = written.and_then(|()| fs::rename(&beside, &path));
        placed.map_err(|source| {
            let _ = fs::remove_file(&beside);
            failed(source)
        })
    }

    /// Forgets it.
    pub(super) fn remove(&self) -> Result<(), CliError> {
        let path = path(&self.name)?;
        fs::remove_file(&path).map_err(|source| CliError::Profile { path, source })
    }
}

/// A name that is a file's as well.
pub(super) fn name(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match !text.is_empty() && !text.starts_with('.') && text.chars().all(good) {
        true => Ok(text.to_owned()),
        false => Err("expected ASCII letters, digits, `_`, `-`, `.`, and no dot in front".to_owned()),
    }
}

/// A server's URL. What a login must never be sent to is refused here: other schemes, and names and passwords.
pub(super) fn url(text: &str) -> Result<Url, String> {
    let url: Url =
        text.parse().map_err(|error| format!("{error}: expected a URL such as https://auth.example.com"))?;
    let plain = url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("expected a URL such as https://auth.example.com".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || !plain {
        return Err("expected a URL without a name, a password, a query or a fragment".to_owned());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    let mut url = url;
    url.set_path(&path);
    Ok(url)
}

fn path(name: &str) -> Result<PathBuf, CliError> {
    Ok(folder()?.join(format!("{name}.json")))
}

/// `passerby/profiles` in the platform's folder of settings.
fn folder() -> Result<PathBuf, CliError> {
    let said = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let of_platform = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
    let folder = said.or_else(|| Some(std::env::home_dir()?.join(of_platform)));
    let folder = folder.filter(|folder| folder.is_absolute());
    let none = || {
        CliError::Usage("there is no folder for profiles: neither HOME nor XDG_CONFIG_HOME is set".to_owned())
    };
    Ok(folder.ok_or_else(none)?.join("passerby/profiles"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_has_a_name_that_stays_in_its_folder() {
        for bad in ["", ".", "..", "../x", "a/b", ".hidden", "ä"] {
            assert!(name(bad).is_err(), "{bad}");
        }
        assert_eq!(name("live-2.eu"), Ok("live-2.eu".to_owned()));
    }

    #[test]
    fn a_url_is_one_of_a_server() {
        for bad in
            ["auth.example.com", "ftp://a", "https://me:pw@a", "https://a/?x", "https://a/#x", "file:///a"]
        {
            assert!(url(bad).is_err(), "{bad}");
        }
        assert_eq!(url("https://a.example/base/").unwrap(), url("https://a.example/base").unwrap());
    }
}

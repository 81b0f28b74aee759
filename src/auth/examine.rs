//! What an operator should know.

use std::net::IpAddr;

use super::{App, Auth, Result, keys};
use crate::expiry;
use crate::model::{ProviderType, with_causes};
use crate::store::Finding;

/// Seconds by which the clocks of two machines may differ: what one server writes, another reads.
const MOST_SECONDS_APART: i64 = 2;

impl Auth {
    /// Everything that was looked at, with whether it is well: the store, the signing keys, the clock, the address
    /// for clients, and each app.
    pub async fn examine(&self) -> Result<Vec<Finding>> {
        let mut findings = match self.store().examine().await {
            Ok(findings) => findings,
            // Whoever looks for what is wrong is told, and nothing else can be looked at.
            Err(error) => return Ok(vec![finding("store", with_causes(&error, ": "), false)]),
        };
        findings.push(self.examine_keys().await?);
        findings.push(self.examine_clock().await?);
        findings.extend(self.examine_engine_clock().await?);
        findings.push(examine_public_url(self.public_url()));
        for app in self.apps() {
            findings.push(examine_app(&app));
            let concerns = self.concerns(&app).await?;
            let name = format!("app {}", app.client_app_id);
            findings.extend(concerns.iter().map(|c| finding(&name, c.to_string(), !c.is_broken)));
        }
        Ok(findings)
    }

    async fn examine_keys(&self) -> Result<Finding> {
        let records = self.store().apps().await?;
        let keys: Vec<_> = records.iter().flat_map(|record| &record.keys).collect();
        let sealed = keys.iter().filter(|key| keys::is_sealed(key)).count();
        let all = keys.len();
        Ok(match (self.parts.sealer.seals(), all - sealed) {
            (true, 0) => finding("signing keys", format!("all {all} are sealed with the master key"), true),
            (true, plain) => {
                let said = format!(
                    "{plain} of {all} were stored before there was a master key: rotate and retire them"
                );
                finding("signing keys", said, false)
            }
            (false, _) => {
                let said =
                    format!("{all}, as safe as the store is from those who read it; there is no master key");
                finding("signing keys", said, true)
            }
        })
    }

    /// How far the clock of the database's machine is from ours, as far as that can be known: the answer took its time.
    async fn examine_engine_clock(&self) -> Result<Option<Finding>> {
        let before = self.clock().now();
        let Some(theirs) = self.store().engine_time().await? else { return Ok(None) };
        let after = self.clock().now();
        let apart = (before.0 - theirs.0).max(theirs.0 - after.0).max(0);
        let well = apart <= MOST_SECONDS_APART;
        let said = match well {
            true => format!("within {} s of this machine's", apart + 1),
            false => format!("{apart} s from this machine's: have both follow a time server"),
        };
        Ok(Some(finding("database's clock", said, well)))
    }

    async fn examine_clock(&self) -> Result<Finding> {
        let now = self.clock().now();
        Ok(match expiry::clock_jump(self.store(), now).await? {
            None => finding("clock", now.rfc3339(), true),
            Some(jump) => {
                let said = format!(
                    "it went from {} to {}, so no guest expires until `passerby users expire --accept-clock` says \
                     that it is right",
                    jump.from.rfc3339(),
                    jump.to.rfc3339()
                );
                finding("clock", said, false)
            }
        })
    }
}

fn examine_public_url(url: &str) -> Finding {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let local = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    let (said, well) = match (local, scheme) {
        (true, _) => {
            (format!("{url}: only clients on this machine reach it; set `public_url` for others"), true)
        }
        (false, "https") => (url.to_owned(), true),
        (false, _) => (format!("{url}: tokens travel in the clear; use https"), false),
    };
    finding("public URL", said, well)
}

fn examine_app(app: &App) -> Finding {
    let on: Vec<ProviderType> = app.config.providers.iter().filter(|p| !p.disabled).map(|p| p.kind).collect();
    let said = match on.as_slice() {
        [] => "nobody can log in: enable a provider".to_owned(),
        some => format!("people log in through {}", names(some)),
    };
    finding(&format!("app {}", app.client_app_id), said, !on.is_empty())
}

fn names(kinds: &[ProviderType]) -> String {
    kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
}

fn finding(name: &str, finding: String, well: bool) -> Finding {
    Finding { name: name.to_owned(), finding, well }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clear_text_beyond_this_machine_is_unwell() {
        let well = |url| examine_public_url(url).well;
        assert!(well("https://auth.example.com") && well("https://auth.example.com:8443/x"));
        assert!(well("http://127.0.0.1:8080") && well("http://localhost:1") && well("http://[::1]:1"));
        assert!(
            !well("http://auth.example.com") && !well("http://192.0.2.1:8080") && !well("http://127.evil:x")
        );
    }
}

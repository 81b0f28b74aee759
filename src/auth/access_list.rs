//! From where an app's clients may come. No part of its configuration: an entry counts from the moment it is listed.

use std::net::IpAddr;
use std::sync::Arc;

use super::{App, Auth, Error, Result};
use crate::model::{AllowedIpId, Network, Timestamp};
use crate::store::{AllowedIp, PutAllowedIp};

/// What a new app begins with.
const EVERYWHERE: &str = "0.0.0.0/0";
/// Characters of a comment.
const LONGEST_COMMENT: usize = 256;
/// Entries of one app: each is looked at for each request.
const MOST_ENTRIES: usize = 200;

/// An app's access list.
pub struct AccessList {
    entries: Vec<AllowedIp>,
    networks: Vec<Network>,
    /// What nearly every app has, and costs nothing to look up.
    everywhere: bool,
}

impl AccessList {
    pub(super) fn read(entries: Vec<AllowedIp>) -> AccessList {
        let networks: Vec<Network> = entries.iter().filter_map(|entry| entry.address.parse().ok()).collect();
        let everywhere = networks.iter().any(Network::is_everywhere);
        AccessList { entries, networks, everywhere }
    }

    /// Whether a client may come from an address; one that has none, as over the owner-only socket, is no client.
    pub fn admits(&self, address: Option<IpAddr>) -> bool {
        self.everywhere
            || address.is_none_or(|address| self.networks.iter().any(|network| network.holds(address)))
    }
}

/// An entry, as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessEntry {
    /// Its id.
    pub id: AllowedIpId,
    /// An address or a network, as it was written.
    pub address: String,
    /// A note.
    pub comment: String,
    /// Whether the administrator's own address is in it.
    pub includes_current: bool,
}

impl AccessEntry {
    fn of(entry: &AllowedIp, current: Option<IpAddr>) -> AccessEntry {
        let network: Option<Network> = entry.address.parse().ok();
        AccessEntry {
            id: entry.id,
            address: entry.address.clone(),
            comment: entry.comment.clone(),
            includes_current: network.zip(current).is_some_and(|(network, current)| network.holds(current)),
        }
    }
}

impl Auth {
    /// An app's access list, in the order in which it was listed. `current` is where the administrator comes from.
    pub fn access_list(&self, app: &App, current: Option<IpAddr>) -> Vec<AccessEntry> {
        app.access_list.entries.iter().map(|entry| AccessEntry::of(entry, current)).collect()
    }

    /// Lets clients come from an address or a network.
    pub async fn allow_ip(
        &self,
        app: &Arc<App>,
        address: &str,
        comment: &str,
        current: Option<IpAddr>,
    ) -> Result<AccessEntry> {
        if app.access_list.entries.len() >= MOST_ENTRIES {
            return Err(Error::BadParameter(format!("an access list has at most {MOST_ENTRIES} entries")));
        }
        let id = AllowedIpId(self.dice().object_id(self.clock().now()));
        let entry = entry(id, address, comment)?;
        let shown = AccessEntry::of(&entry, current);
        let act = PutAllowedIp { app: app.key, entry };
        self.changing(async { Ok(self.store().allow_ip(act).await?) }).await?;
        Ok(shown)
    }

    /// Changes an entry; what is absent stays. `id` may be any text.
    pub async fn change_allowed_ip(
        &self,
        app: &Arc<App>,
        id: &str,
        address: Option<&str>,
        comment: Option<&str>,
        current: Option<IpAddr>,
    ) -> Result<AccessEntry> {
        let known = app.access_list.entry(id)?;
        let address = address.unwrap_or(&known.address);
        let entry = entry(known.id, address, comment.unwrap_or(&known.comment))?;
        let shown = AccessEntry::of(&entry, current);
        let act = PutAllowedIp { app: app.key, entry };
        let there = self.changing(async { Ok(self.store().change_allowed_ip(act).await?) }).await?;
        if there { Ok(shown) } else { Err(Error::AllowedIpNotFound(id.to_owned())) }
    }

    /// Removes an entry; without any, nobody may come.
    pub async fn disallow_ip(&self, app: &Arc<App>, id: &str) -> Result<()> {
        let known = app.access_list.entry(id)?.id;
        let there = self.changing(async { Ok(self.store().disallow_ip(app.key, known).await?) }).await?;
        if there { Ok(()) } else { Err(Error::AllowedIpNotFound(id.to_owned())) }
    }

    /// The entry with which a new app begins.
    pub(super) fn everywhere(&self, now: Timestamp) -> AllowedIp {
        let id = AllowedIpId(self.dice().object_id(now));
        AllowedIp { id, address: EVERYWHERE.to_owned(), comment: String::new() }
    }
}

impl App {
    /// Refuses a client that comes from where none may.
    pub fn admit(&self, address: Option<IpAddr>) -> Result<()> {
        if self.access_list.admits(address) { Ok(()) } else { Err(Error::AddressNotAllowed) }
    }
}

impl AccessList {
    fn entry(&self, id: &str) -> Result<&AllowedIp> {
        let parsed: Option<AllowedIpId> = id.parse().ok();
        let found = self.entries.iter().find(|entry| Some(entry.id) == parsed);
        found.ok_or_else(|| Error::AllowedIpNotFound(id.to_owned()))
    }
}

fn entry(id: AllowedIpId, address: &str, comment: &str) -> Result<AllowedIp> {
    let address = address.trim();
    let wrong = |error| Error::BadParameter(format!("`address`: {error}"));
    address.parse::<Network>().map_err(wrong)?;
    if comment.chars().count() > LONGEST_COMMENT || comment.contains('\0') {
        return Err(Error::BadParameter(format!("`comment`: at most {LONGEST_COMMENT} characters")));
    }
    Ok(AllowedIp { id, address: address.to_owned(), comment: comment.to_owned() })
}

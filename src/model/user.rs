//! Users, identities, sessions and devices.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Day, DeviceId, ObjectId, ProviderType, SessionId, Timestamp, UserId};

/// What a user is, as the profile says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UserType {
    /// A person.
    Normal,
    /// Made with a server API key.
    Server,
}

/// One person in one app.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The id; its first four bytes are the creation second.
    pub id: UserId,
    /// What the user is.
    pub kind: UserType,
    /// Whether its identities are exactly one `anon-user`.
    pub guest: bool,
    /// Whether logins and sessions are refused.
    pub disabled: bool,
    /// A guest's last day of activity, when that is later than the day it was made.
    pub last_seen: Option<Day>,
    /// Anybody else's last activity, to the hour.
    pub last_active_at: Option<Timestamp>,
    /// What the app keeps of the user, told in each new access token.
    pub custom_data: Option<Map<String, Value>>,
    /// In the order in which they were made.
    pub identities: Vec<Identity>,
}

impl User {
    /// When the user was made.
    pub fn created(&self) -> Timestamp {
        self.id.0.created()
    }

    /// The union of what the providers told, in the order of the identities; the identity at `last`, with which the
    /// session began, has the last word.
    pub fn data(&self, last: Option<usize>) -> Map<String, Value> {
        let mut data = Map::new();
        let session = last.and_then(|n| self.identities.get(n));
        for identity in self.identities.iter().chain(session) {
            data.extend(identity.data.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        data
    }

    /// The user as triggers are shown it.
    pub fn shown(&self) -> Value {
        let identities = self.identities.iter().map(|identity| {
            json!({ "id": identity.id, "provider_type": identity.provider, "data": identity.data })
        });
        json!({
            "id": self.id,
            "type": self.kind,
            "data": self.data(None),
            "custom_data": self.custom_data,
            "identities": identities.collect::<Vec<_>>(),
        })
    }

    /// The identity of a provider, the first one when there are several.
    pub fn identity(&self, provider: ProviderType) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.provider == provider)
    }

    /// When the user last logged in or asked for something: of a guest to the day, of anybody else to the hour. `None`
    /// when that never was, as of somebody whom an administrator made.
    pub fn last_authentication(&self) -> Option<Timestamp> {
        match self.guest {
            true => Some(self.last_seen.map_or_else(|| self.created(), Day::start)),
            false => self.last_active_at,
        }
    }

    /// The last day on which the user is known to have been active.
    pub fn last_active(&self) -> Day {
        let seen = self.last_active_at.map(Timestamp::day).or(self.last_seen);
        seen.unwrap_or(Day(i64::MIN)).max(self.created().day())
    }
}

/// What one provider knows of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider's id for the person.
    pub id: String,
    /// Which provider.
    pub provider: ProviderType,
    /// What the provider told of the person, at the last login with it.
    pub data: Map<String, Value>,
}

/// The id of a guest's one identity, `<oid>-<24 letters>`, derived from the user's id so that it needs no row.
///
/// As in the original, the ObjectId in it is the one before the user's. The letters are a public mixing of the
/// id: an anonymous identity is no credential, so nothing hangs on their being guessed.
pub fn anonymous_identity_id(user: UserId) -> String {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = user.0.0;
    let counter = u32::from_be_bytes([0, j, k, l]).wrapping_sub(1).to_be_bytes();
    let before = ObjectId([a, b, c, d, e, f, g, h, i, counter[1], counter[2], counter[3]]);
    let mut state =
        u64::from_be_bytes([a, b, c, d, e, f, g, h]) ^ u64::from_be_bytes([i, j, k, l, 0, 0, 0, 1]);
    let mut id = before.to_string();
    id.push('-');
    for _ in 0..2 {
        let mut word = split_mix(&mut state);
        for _ in 0..12 {
            id.push(char::from(b'a' + u8::try_from(word % 26).unwrap_or_default()));
            word /= 26;
        }
    }
    id
}

/// One step of the SplitMix64 sequence.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One login that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The id; its first four bytes are the second of the login.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The provider of the identity that logged in.
    pub provider: ProviderType,
    /// Its place among the user's identities.
    pub identity: usize,
    /// The device that logged in, if it said so.
    pub device: Option<DeviceId>,
    /// What the device said of itself.
    pub device_details: Option<DeviceHash>,
    /// When the session ends by itself; `None` for a guest's, which lives as long as the guest may.
    pub expires: Option<Timestamp>,
}

/// The first 16 bytes of the SHA-256 of a device's details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceHash(pub [u8; 16]);

/// What a device says of itself at login: kept once per app and referred to by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The key.
    pub hash: DeviceHash,
    /// A JSON object of the known fields, each cut at 256 characters, keys in a fixed order.
    pub details: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anonymous_identity_has_the_original_form() {
        let user: UserId = "636a9db3bdeec4a0374030d4".parse().unwrap();
        let id = anonymous_identity_id(user);
        assert_eq!(id, "636a9db3bdeec4a0374030d3-oeerqzymkhkidoetagpobzqs");
        let other = anonymous_identity_id("636a9db3bdeec4a037403000".parse().unwrap());
        assert!(other.starts_with("636a9db3bdeec4a037402fff-"), "the counter borrows: {other}");
        assert_ne!(id[25..], other[25..]);
    }
}

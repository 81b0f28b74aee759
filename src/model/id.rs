//! Ids. A BSON ObjectId is twelve bytes, its first four the creation second; on the wire it is 24 hex digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Timestamp;
use super::hex::{digits, unhex};

/// A text that is not an id of the wanted form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct BadId;

/// A BSON ObjectId.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub [u8; 12]);

impl ObjectId {
    /// Twelve zero bytes: "none" on the wire.
    pub const ZERO: ObjectId = ObjectId([0; 12]);

    /// Puts an id together: `second` (as unsigned 32 bits), the process' five bytes, a 24-bit counter.
    pub fn from_parts(second: Timestamp, process: [u8; 5], counter: u32) -> ObjectId {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&id_second(second).to_be_bytes());
        bytes[4..9].copy_from_slice(&process);
        bytes[9..].copy_from_slice(&counter.to_be_bytes()[1..]);
        ObjectId(bytes)
    }

    /// The smallest id made in `second`: a bound for ranges.
    pub fn first_of(second: Timestamp) -> ObjectId {
        ObjectId::from_parts(second, [0; 5], 0)
    }

    /// The second in which the id was made.
    pub fn created(self) -> Timestamp {
        let [a, b, c, d, ..] = self.0;
        Timestamp(i64::from(u32::from_be_bytes([a, b, c, d])))
    }

    /// The 24 lower-case hex digits as ASCII bytes, without allocating.
    pub fn hex(self) -> [u8; 24] {
        let mut out = [0; 24];
        for (pair, byte) in out.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&digits(byte));
        }
        out
    }
}

/// A second as an ObjectId holds it, clamped to the unsigned 32 bits there are (until 2106).
fn id_second(second: Timestamp) -> u32 {
    u32::try_from(second.0.max(0)).unwrap_or(u32::MAX)
}

impl FromStr for ObjectId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<ObjectId, BadId> {
        unhex(text).map(ObjectId).ok_or(BadId)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.hex()).unwrap_or_default())
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.hex()).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ObjectId, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A newtype over [`ObjectId`], so that one kind of id cannot stand in for another.
macro_rules! object_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub ObjectId);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<$name, BadId> {
                text.parse().map($name)
            }
        }
    )*};
}

object_ids! {
    /// An app's own id, `_id` in the Admin API; never the client app id.
    AppId;
    /// A project ("group") of apps.
    GroupId;
    /// An app's domain, named in tokens and profiles; fixed for the app's life.
    DomainId;
    /// A provider record of an app.
    ProviderId;
    /// One configuration snapshot of an app.
    DeploymentId;
    /// Changes of an app's configuration that wait to be deployed.
    DraftId;
    /// A user of an app.
    UserId;
    /// A session of a user.
    SessionId;
    /// A device, as the client's SDK keeps it. All zeros means none.
    DeviceId;
    /// An e-mail address with its password: the id of its identity.
    CredentialId;
    /// An API key: the id of its identity.
    ApiKeyId;
    /// An event that waits for its trigger.
    EventId;
    /// A named secret.
    SecretId;
    /// An address or network on an app's access list.
    AllowedIpId;
    /// A request, as answers and the log name it (`co_id`).
    RequestId;
    /// An administrator.
    AdminId;
    /// A line of the audit log.
    AuditId;
}

/// The small number by which the store knows an app. Never leaves the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppKey(pub i32);

/// The id by which clients know an app, such as `news-abcde`: 1 to 128 ASCII letters, digits, `_`, `-` or `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ClientAppId(String);

impl ClientAppId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientAppId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<ClientAppId, BadId> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let fits = (1..=128).contains(&text.len()) && text.chars().all(allowed) && !text.starts_with('.');
        if fits { Ok(ClientAppId(text.to_owned())) } else { Err(BadId) }
    }
}

impl fmt::Display for ClientAppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ClientAppId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ClientAppId, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Lets maps keyed by [`ClientAppId`] be asked with text from the wire.
impl std::borrow::Borrow<str> for ClientAppId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_id_reads_what_it_prints() {
        let id = ObjectId::from_parts(Timestamp(0x636a_9db3), [0xbd, 0xee, 0xc4, 0xa0, 0x37], 0x40_30d4);
        assert_eq!(id.to_string(), "636a9db3bdeec4a0374030d4");
        assert_eq!("636a9db3bdeec4a0374030d4".parse(), Ok(id));
        assert_eq!(id.created(), Timestamp(0x636a_9db3));
    }

    #[test]
    fn what_is_not_24_hex_digits_is_refused() {
        for text in [
            "",
            "636a9db3bdeec4a0374030d",
            "636a9db3bdeec4a0374030dg",
            "636a9db3bdeec4a0374030d4a",
            "ééééééééé",
        ] {
            assert_eq!(text.parse::<ObjectId>(), Err(BadId), "{text:?}");
        }
    }

    #[test]
    fn a_client_app_id_holds_no_path() {
        for text in ["", ".", "..", "a/b", "a b", "ä", "a%2f", "a\0b"] {
            assert_eq!(text.parse::<ClientAppId>(), Err(BadId), "{text:?}");
        }
        assert!("myapp-abcde".parse::<ClientAppId>().is_ok());
    }
}

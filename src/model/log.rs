//! What an app's log holds: entries of what happened, and how many guests came.

use serde::{Deserialize, Serialize};

use super::{Day, DeviceHash, Millis, ObjectId, ProviderType, RequestId, UserId};

/// What an entry is about; the original had many more, of parts that are not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogType {
    /// Somebody logs in, links, logs out, registers, or goes.
    Auth,
    /// A user's own API keys.
    ApiKey,
    /// A trigger that waited for one of those.
    AuthTrigger,
    /// A function that a client called.
    Function,
}

impl LogType {
    /// Every type, by its number in the store.
    pub const ALL: [LogType; 4] = [LogType::Auth, LogType::ApiKey, LogType::AuthTrigger, LogType::Function];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            LogType::Auth => "AUTH",
            LogType::ApiKey => "API_KEY",
            LogType::AuthTrigger => "AUTH_TRIGGER",
            LogType::Function => "FUNCTION",
        }
    }

    /// Its number in the store.
    pub fn number(self) -> u8 {
        match self {
            LogType::Auth => 0,
            LogType::ApiKey => 1,
            LogType::AuthTrigger => 2,
            LogType::Function => 3,
        }
    }

    /// The type of a number.
    pub fn from_number(number: u8) -> Option<LogType> {
        LogType::ALL.get(usize::from(number)).copied()
    }

    /// The type of a name.
    pub fn from_name(name: &str) -> Option<LogType> {
        LogType::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One entry of an app's log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// Its id: that of the request, when the request has no other entry.
    pub id: ObjectId,
    /// The request that it came from, or what stands for it.
    pub co_id: RequestId,
    /// What it is about.
    pub kind: LogType,
    /// The user, if it is known.
    pub user: Option<UserId>,
    /// When it began.
    pub started: Millis,
    /// When it was done.
    pub completed: Millis,
    /// Whether something was refused, or failed.
    pub is_error: bool,
    /// The device of the user's session, whose details are kept once.
    pub device: Option<DeviceHash>,
    /// The rest.
    pub details: LogDetails,
}

/// What of an entry is only shown. Absent and empty are the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogDetails {
    /// The path, without its query, which may hold secrets.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_url: String,
    /// The method.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_method: String,
    /// The client's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_ip_address: Option<String>,
    /// The status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The real reason of a refusal, which the client may not have been told.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// Its code.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error_code: String,
    /// What was asked of a provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_event: Option<AuthEvent>,
    /// The function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_name: Option<String>,
    /// The trigger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger_name: Option<String>,
    /// What functions wrote to their console.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<String>,
    /// What a device said of itself whose user stayed unknown: a JSON object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// What was asked of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthEvent {
    /// What.
    pub kind: AuthEventType,
    /// Of which, if it is known.
    pub provider: Option<ProviderType>,
}

/// The kinds of authentication event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthEventType {
    /// A login.
    Login,
    /// The end of a session.
    Logout,
    /// Everything else: links, registrations, resets, deletions.
    Other,
}

/// Which entries are wanted, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogQuery {
    /// Of these types; all when there is no list.
    pub kinds: Option<Vec<LogType>>,
    /// Only what was refused or failed.
    pub errors_only: bool,
    /// Only of this user.
    pub user: Option<UserId>,
    /// Only of this request.
    pub co_id: Option<RequestId>,
    /// Only what began later than this.
    pub after: Option<Millis>,
    /// Only what began then or earlier.
    pub until: Option<Millis>,
    /// So many are left out first.
    pub skip: u32,
    /// At most so many.
    pub limit: u32,
}

/// How many guests came to an app on a day, from a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GuestLogins {
    /// The UTC day.
    pub day: Day,
    /// The platform.
    pub platform: Platform,
    /// How many.
    pub logins: u64,
}

/// The platforms that guests are counted by. A closed list: clients say of themselves what they like, and a count for
/// each wording would be a way to fill the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// Nothing was said.
    Unknown,
    /// Something else.
    Other,
    /// Android.
    Android,
    /// Chrome and what is built on it.
    Chrome,
    /// Edge.
    Edge,
    /// Firefox.
    Firefox,
    /// iOS.
    Ios,
    /// Linux.
    Linux,
    /// macOS.
    Macos,
    /// Node.js.
    Node,
    /// Opera.
    Opera,
    /// Safari.
    Safari,
    /// tvOS.
    Tvos,
    /// watchOS.
    Watchos,
    /// Windows.
    Windows,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Platform; 15] = [
        Platform::Unknown,
        Platform::Other,
        Platform::Android,
        Platform::Chrome,
        Platform::Edge,
        Platform::Firefox,
        Platform::Ios,
        Platform::Linux,
        Platform::Macos,
        Platform::Node,
        Platform::Opera,
        Platform::Safari,
        Platform::Tvos,
        Platform::Watchos,
        Platform::Windows,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Platform::Unknown => "unknown",
            Platform::Other => "other",
            Platform::Android => "android",
            Platform::Chrome => "chrome",
            Platform::Edge => "edge",
            Platform::Firefox => "firefox",
            Platform::Ios => "ios",
            Platform::Linux => "linux",
            Platform::Macos => "macos",
            Platform::Node => "node",
            Platform::Opera => "opera",
            Platform::Safari => "safari",
            Platform::Tvos => "tvos",
            Platform::Watchos => "watchos",
            Platform::Windows => "windows",
        }
    }

    /// The platform of a name that was given before.
    pub fn from_name(name: &str) -> Option<Platform> {
        Platform::ALL.into_iter().find(|platform| platform.name() == name)
    }

    /// The platform that a client says it is of.
    pub fn said(platform: Option<&str>) -> Platform {
        let Some(said) = platform.filter(|said| !said.is_empty()) else { return Platform::Unknown };
        let known = Platform::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(said));
        known.unwrap_or(match said {
            "edge-chromium" | "edge-ios" => Platform::Edge,
            "crios" | "chromium-webview" => Platform::Chrome,
            "fxios" => Platform::Firefox,
            "Mac OS X" | "OS X" | "OSX" | "darwin" => Platform::Macos,
            _ => Platform::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_lead_back() {
        for kind in LogType::ALL {
            assert_eq!(LogType::from_name(kind.name()), Some(kind));
            assert_eq!(LogType::from_number(kind.number()), Some(kind));
        }
        assert_eq!((LogType::from_name("auth"), LogType::from_number(4)), (None, None));
        for platform in Platform::ALL {
            assert_eq!(Platform::from_name(platform.name()), Some(platform));
        }
    }

    #[test]
    fn whatever_a_client_says_is_one_of_few_platforms() {
        let said = [
            None,
            Some(""),
            Some("iOS"),
            Some("macOS"),
            Some("crios"),
            Some("edge-chromium"),
            Some("\0evil\n"),
        ];
        let names = said.map(|said| Platform::said(said).name());
        assert_eq!(names, ["unknown", "unknown", "ios", "macos", "chrome", "edge", "other"]);
    }
}

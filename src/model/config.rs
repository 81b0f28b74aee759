//! An app's configuration, as one immutable snapshot: what a deployment makes live and an app directory holds.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ObjectId, ProviderId};

/// The configuration of one app, without its files that nobody interprets yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppConfig {
    /// The version in which the app directory came, and in which it is exported by default.
    pub format: Format,
    /// The app's name: begins with a letter, then ASCII letters, digits, `_`, `-`.
    pub name: String,
    /// Origins that browsers may call from, such as `https://example.com`; empty means any.
    pub allowed_request_origins: Vec<String>,
    /// `GLOBAL` or `LOCAL`, or what else the directory said.
    pub deployment_model: String,
    /// Where the original ran the app, such as `US-VA`. Kept and told to clients, without effect.
    pub location: String,
    /// The root file as it came, in its order, including the keys that have a field above. Export starts from it.
    pub root: Map<String, Value>,
    /// The providers, in the order in which they came; at most one of a type.
    pub providers: Vec<Provider>,
    /// What `passerby.json` says.
    pub settings: Settings,
    /// The ids of what stands in the app's files, by kind and name, such as `functions/a/b`, `values/title` or
    /// `services/mongodb-atlas`: those that came; the first deployment makes the others, and they are kept from then
    /// on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, Option<ObjectId>>,
}

impl AppConfig {
    /// Gives whatever has an id the one it had in another configuration of the app.
    pub fn keep_ids(&mut self, had: &BTreeMap<String, Option<ObjectId>>) {
        for (key, id) in &mut self.ids {
            *id = had.get(key).copied().flatten().or(*id);
        }
    }

    /// The provider of a type, if the app has it.
    pub fn provider(&self, kind: ProviderType) -> Option<&Provider> {
        self.providers.iter().find(|p| p.kind == kind)
    }
}

/// Where an app's directory may hold the packages of its functions in one archive; of a package that is in several of
/// them, the first one counts.
pub const PACKAGE_ARCHIVES: [&str; 4] = [
    "functions/node_modules.tar.gz",
    "functions/node_modules.tgz",
    "functions/node_modules.tar",
    "functions/node_modules.zip",
];

/// Where an app runs when its directory does not say.
pub fn default_location() -> &'static str {
    "US-VA"
}

/// The version of an app directory's layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Format {
    /// `stitch.json` and `auth_providers/*.json`.
    #[serde(rename = "20180301")]
    V20180301,
    /// `config.json` and `auth_providers/*.json`.
    #[serde(rename = "20200603")]
    V20200603,
    /// `realm_config.json` and `auth/providers.json`.
    #[serde(rename = "20210101")]
    V20210101,
    /// `root_config.json`, ids in `.mdb/meta.json`, and `auth/providers.json`.
    #[serde(rename = "20230101")]
    V20230101,
}

impl Format {
    /// Every version, oldest first.
    pub const ALL: [Format; 4] = [Format::V20180301, Format::V20200603, Format::V20210101, Format::V20230101];

    /// The `config_version` number.
    pub fn number(self) -> u32 {
        match self {
            Format::V20180301 => 20_180_301,
            Format::V20200603 => 20_200_603,
            Format::V20210101 => 20_210_101,
            Format::V20230101 => 20_230_101,
        }
    }

    /// The name of the root file.
    pub fn root_file(self) -> &'static str {
        match self {
            Format::V20180301 => "stitch.json",
            Format::V20200603 => "config.json",
            Format::V20210101 => "realm_config.json",
            Format::V20230101 => "root_config.json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        let found = Format::ALL.into_iter().find(|v| v.number().to_string() == text);
        found.ok_or_else(|| {
            let known: Vec<String> = Format::ALL.iter().map(Format::to_string).collect();
            format!("unknown version `{text}`: expected one of {}", known.join(", "))
        })
    }
}

/// The eight kinds of provider. A provider's name equals its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ProviderType {
    /// Anonymous.
    #[serde(rename = "anon-user")]
    AnonUser,
    /// Email/Password.
    #[serde(rename = "local-userpass")]
    LocalUserpass,
    /// API keys, of users and of servers.
    #[serde(rename = "api-key")]
    ApiKey,
    /// Custom JWT.
    #[serde(rename = "custom-token")]
    CustomToken,
    /// The app's own function.
    #[serde(rename = "custom-function")]
    CustomFunction,
    /// Google.
    #[serde(rename = "oauth2-google")]
    Google,
    /// Facebook.
    #[serde(rename = "oauth2-facebook")]
    Facebook,
    /// Apple.
    #[serde(rename = "oauth2-apple")]
    Apple,
}

impl ProviderType {
    /// Every type, in the order of the console.
    pub const ALL: [ProviderType; 8] = [
        ProviderType::AnonUser,
        ProviderType::LocalUserpass,
        ProviderType::Google,
        ProviderType::Facebook,
        ProviderType::Apple,
        ProviderType::ApiKey,
        ProviderType::CustomToken,
        ProviderType::CustomFunction,
    ];

    /// The word of the wire, such as `anon-user`.
    pub fn as_str(self) -> &'static str {
        match self {
            ProviderType::AnonUser => "anon-user",
            ProviderType::LocalUserpass => "local-userpass",
            ProviderType::ApiKey => "api-key",
            ProviderType::CustomToken => "custom-token",
            ProviderType::CustomFunction => "custom-function",
            ProviderType::Google => "oauth2-google",
            ProviderType::Facebook => "oauth2-facebook",
            ProviderType::Apple => "oauth2-apple",
        }
    }

    /// The number by which the store knows the type. Never changed, never reused.
    pub fn number(self) -> u8 {
        match self {
            ProviderType::AnonUser => 0,
            ProviderType::LocalUserpass => 1,
            ProviderType::ApiKey => 2,
            ProviderType::CustomToken => 3,
            ProviderType::CustomFunction => 4,
            ProviderType::Google => 5,
            ProviderType::Facebook => 6,
            ProviderType::Apple => 7,
        }
    }

    /// The type of a store's number.
    pub fn from_number(number: u8) -> Option<ProviderType> {
        ProviderType::ALL.into_iter().find(|p| p.number() == number)
    }
}

impl fmt::Display for ProviderType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ProviderType {
    type Err = super::BadId;

    fn from_str(text: &str) -> Result<ProviderType, super::BadId> {
        ProviderType::ALL.into_iter().find(|p| p.as_str() == text).ok_or(super::BadId)
    }
}

/// One provider of an app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provider {
    /// Its type, which is also its name.
    pub kind: ProviderType,
    /// Its record's id, when the directory gave one; made at the first deployment otherwise and kept from then on.
    pub id: Option<ProviderId>,
    /// Whether logins through it are refused.
    pub disabled: bool,
    /// Every other key, in its order: `config`, `secret_config`, `metadata_fields`, …
    pub rest: Map<String, Value>,
    /// Its keys as its file had them, in their order, those with a field above included; empty when it never was
    /// in a file. Export follows it, and writes an `id` only where one came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_order: Vec<String>,
}

impl Provider {
    /// A provider with nothing but its type, as one that never was in a file.
    pub fn new(kind: ProviderType, disabled: bool) -> Provider {
        Provider { kind, id: None, disabled, rest: Map::new(), key_order: Vec::new() }
    }
}

/// `passerby.json`: what the original had no place for. Unknown keys are errors, absent ones take their defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// When guests expire.
    pub anonymous_user_expiration: AnonymousUserExpiration,
    /// How access tokens look.
    pub access_token: AccessTokenSettings,
    /// How refused links answer.
    pub link_errors: LinkErrors,
    /// Whether each guest login is an entry of the app's log, rather than counted.
    pub log_guest_logins: bool,
    /// Older habits of clients.
    pub compat: CompatSettings,
}

/// When guests expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnonymousUserExpiration {
    /// What is counted.
    pub clock: ExpiryClock,
    /// How many days, 1 to 36,500.
    pub days: u32,
}

impl Default for AnonymousUserExpiration {
    fn default() -> AnonymousUserExpiration {
        AnonymousUserExpiration { clock: ExpiryClock::Inactivity, days: 90 }
    }
}

/// What the expiry of guests counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpiryClock {
    /// Whole UTC days since the last day of activity.
    Inactivity,
    /// Time since the user was made.
    Age,
    /// Guests never expire.
    Never,
}

/// How access tokens look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessTokenSettings {
    /// The form.
    pub form: TokenForm,
    /// How long one is good, in minutes, 1 to 1440.
    pub minutes: u32,
}

impl Default for AccessTokenSettings {
    fn default() -> AccessTokenSettings {
        AccessTokenSettings { form: TokenForm::Standard, minutes: 30 }
    }
}

/// The two forms of access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenForm {
    /// ES256 with issuer and audience: any JWT library verifies it through the app's JWKS.
    Standard,
    /// HS256 and the original's claims exactly.
    Original,
}

/// How refused links answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum LinkErrors {
    /// 401 in a form on which realm-web does not loop.
    #[default]
    Safe,
    /// The original to the letter.
    Exact,
    /// 400 and 409.
    Strict,
}

/// Older habits of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct CompatSettings {
    /// Whether `GET …/anon-user/login` logs in. Unsafe: a prefetch makes users.
    pub get_login: bool,
}

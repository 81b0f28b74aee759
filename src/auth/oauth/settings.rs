//! The configuration of an OAuth provider, and where its issuer is.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{ClientSecret, OAuth};
use crate::model::{ProviderType, Secret};

/// The fields that an issuer may be asked for.
const FIELDS: [&str; 9] =
    ["name", "first_name", "last_name", "picture", "gender", "birthday", "min_age", "max_age", "email"];

/// Which issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `oauth2-google`.
    Google,
    /// `oauth2-facebook`.
    Facebook,
    /// `oauth2-apple`.
    Apple,
}

impl Kind {
    /// The kind of a provider, if it is one of these.
    pub fn of(provider: ProviderType) -> Option<Kind> {
        match provider {
            ProviderType::Google => Some(Kind::Google),
            ProviderType::Facebook => Some(Kind::Facebook),
            ProviderType::Apple => Some(Kind::Apple),
            ProviderType::AnonUser
            | ProviderType::LocalUserpass
            | ProviderType::ApiKey
            | ProviderType::CustomToken
            | ProviderType::CustomFunction => None,
        }
    }
}

/// Where an issuer is, and how it names itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// What `iss` of its ID tokens may be; the first is the audience of a client secret that we sign.
    pub issuers: Vec<String>,
    /// Where browsers log in.
    pub authorize: String,
    /// Where codes are exchanged.
    pub token: String,
    /// Its keys.
    pub jwks: String,
    /// Facebook's Graph, without a trailing slash.
    pub graph: String,
}

/// What of the [`Endpoints`] somebody else's issuer has elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EndpointSettings {
    /// In place of `issuers`, one.
    pub issuer: Option<String>,
    /// In place of `authorize`.
    pub authorize: Option<String>,
    /// In place of `token`.
    pub token: Option<String>,
    /// In place of `jwks`.
    pub jwks: Option<String>,
    /// In place of `graph`.
    pub graph: Option<String>,
}

impl Endpoints {
    /// The real ones.
    pub fn of(kind: Kind) -> Endpoints {
        let (issuers, authorize, token, jwks, graph): (&[&str], _, _, _, _) = match kind {
            Kind::Google => (
                &["https://accounts.google.com", "accounts.google.com"],
                "https://accounts.google.com/o/oauth2/v2/auth",
                "https://oauth2.googleapis.com/token",
                "https://www.googleapis.com/oauth2/v3/certs",
                "",
            ),
            Kind::Facebook => (
                &[],
                "https://www.facebook.com/dialog/oauth",
                "https://graph.facebook.com/oauth/access_token",
                "",
                "https://graph.facebook.com",
            ),
            Kind::Apple => (
                &["https://appleid.apple.com"],
                "https://appleid.apple.com/auth/authorize",
                "https://appleid.apple.com/auth/token",
                "https://appleid.apple.com/auth/keys",
                "",
            ),
        };
        Endpoints {
            issuers: issuers.iter().map(|&issuer| issuer.to_owned()).collect(),
            authorize: authorize.to_owned(),
            token: token.to_owned(),
            jwks: jwks.to_owned(),
            graph: graph.to_owned(),
        }
    }

    /// These, and others where the settings say so.
    pub fn replaced_by(mut self, settings: &EndpointSettings) -> Result<Endpoints, BadOAuth> {
        if let Some(issuer) = &settings.issuer {
            if issuer.is_empty() {
                return Err(BadOAuth::Value("issuer", "a text that is not empty"));
            }
            self.issuers = vec![issuer.clone()];
        }
        for (name, place, address) in [
            ("authorize", &mut self.authorize, &settings.authorize),
            ("token", &mut self.token, &settings.token),
            ("jwks", &mut self.jwks, &settings.jwks),
            ("graph", &mut self.graph, &settings.graph),
        ] {
            let Some(address) = address else { continue };
            let fits = url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
            if !fits {
                return Err(BadOAuth::Value(name, "an address, https://…"));
            }
            place.clone_from(address);
        }
        self.graph.truncate(self.graph.trim_end_matches('/').len());
        Ok(self)
    }
}

/// A configuration that cannot work; the provider refuses every login until it is repaired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadOAuth {
    /// A value of the wrong kind, or none where one must be.
    #[error("failed to understand `{0}`: expected {1}")]
    Value(&'static str, &'static str),
    /// No secret has this name.
    #[error("failed to find the secret `{0}`")]
    NoSecret(String),
    /// Domains are compared with an address that nobody asks for.
    #[error("failed to restrict domains: `metadata_fields` must have `email`, required")]
    DomainsWithoutEmail,
    /// Apple's private key is none.
    #[error("failed to read the private key: expected the .p8 file that Apple gives")]
    PrivateKey,
}

impl OAuth {
    /// Reads the members of a provider. For Apple, `secret_config` has a `clientSecret`, or a `privateKey` beside
    /// `teamId` and `keyId` in `config`; `clientId` may be a list, for one app on several platforms.
    pub fn read(
        kind: Kind,
        provider: &Map<String, Value>,
        secret: impl Fn(&str) -> Option<Secret<String>>,
        endpoints: Endpoints,
        public_url: &str,
    ) -> Result<OAuth, BadOAuth> {
        let member = |part: &str, name: &str| provider.get(part).and_then(|part| part.get(name));
        let client_ids = client_ids(kind, member("config", "clientId"))?;
        let named = |name: &str| -> Result<Option<Secret<String>>, BadOAuth> {
            let name = member("secret_config", name).and_then(Value::as_str).filter(|name| !name.is_empty());
            let missing = |name: &str| BadOAuth::NoSecret(name.to_owned());
            name.map(|name| secret(name).filter(|s| !s.expose().is_empty()).ok_or_else(|| missing(name)))
                .transpose()
        };
        let given = |name: &'static str| {
            let text = member("config", name).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.ok_or(BadOAuth::Value(name, "a text, beside a `privateKey`"))
        };
        let secret = match named("privateKey")? {
            Some(key) if kind == Kind::Apple => {
                ClientSecret::signed(given("teamId")?, given("keyId")?, &key)?
            }
            _ => ClientSecret::Given(
                named("clientSecret")?.ok_or(BadOAuth::Value("clientSecret", "a secret's name"))?,
            ),
        };
        let fields = match kind {
            Kind::Apple => Vec::new(),
            Kind::Google | Kind::Facebook => fields(provider.get("metadata_fields"))?,
        };
        let domains = match kind {
            Kind::Apple => Vec::new(),
            Kind::Google | Kind::Facebook => {
                texts("domain_restrictions", provider.get("domain_restrictions"))?
            }
        };
        if !domains.is_empty() && !fields.iter().any(|field| field == "email") {
            return Err(BadOAuth::DomainsWithoutEmail);
        }
        Ok(OAuth {
            kind,
            client_ids,
            secret,
            open_id: kind == Kind::Google
                && member("config", "openId").and_then(Value::as_bool).unwrap_or(false),
            fields,
            domains: domains.iter().map(|domain| domain.to_ascii_lowercase()).collect(),
            redirect_uris: texts("redirect_uris", provider.get("redirect_uris"))?,
            endpoints,
            callback: format!("{public_url}/api/client/v2.0/auth/callback"),
        })
    }
}

fn client_ids(kind: Kind, value: Option<&Value>) -> Result<Vec<String>, BadOAuth> {
    let ids = match value {
        Some(Value::String(id)) => vec![id.clone()],
        // Facebook's tokens belong to the one app that is asked about.
        Some(Value::Array(_)) if kind != Kind::Facebook => texts("clientId", value)?,
        _ => Vec::new(),
    };
    // Without one nobody could say whom a token is for.
    if ids.is_empty() || ids.iter().any(String::is_empty) {
        return Err(BadOAuth::Value("clientId", "a text that is not empty"));
    }
    Ok(ids)
}

/// The fields that are asked for: those with `required`. One that a person does not have is left out.
fn fields(value: Option<&Value>) -> Result<Vec<String>, BadOAuth> {
    let wrong = BadOAuth::Value("metadata_fields", "a list of {name, required}");
    let entries = match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(_) => return Err(wrong),
    };
    let mut fields = Vec::new();
    for entry in entries {
        let name = entry.get("name").and_then(Value::as_str);
        let name = name.filter(|name| FIELDS.contains(name)).ok_or_else(|| wrong.clone())?;
        let required = entry.get("required").and_then(Value::as_bool).unwrap_or(false);
        if required && !fields.iter().any(|field| field == name) {
            fields.push(name.to_owned());
        }
    }
    Ok(fields)
}

fn texts(name: &'static str, value: Option<&Value>) -> Result<Vec<String>, BadOAuth> {
    let texts = match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(values)) => values.iter().map(|value| value.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    };
    texts.ok_or(BadOAuth::Value(name, "a list of texts"))
}

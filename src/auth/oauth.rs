//! Google, Facebook and Apple: what a client or the issuer itself hands us, turned into somebody.
//!
//! Two ways in: an app got a token from the issuer's own SDK ([`OAuth::prove`]), or the server sent the browser there
//! ([`OAuth::authorize_url`]) and the issuer sends it back with a code ([`OAuth::prove_callback`]). Whoever keeps the
//! state between the two keeps the whole [`Start`]: its nonce and verifier bind the code to that one start.

mod apple;
mod client_secret;
mod facebook;
mod google;
mod settings;

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::foreign_token::{self, Audience, Claims, Expect, Keys, verify};
use super::jwks::KeySets;
use super::outbound::{Fetch, FetchError, Request, Response};
use super::person::Person;
use crate::model::{Dice, Timestamp};

pub use client_secret::ClientSecret;
pub use settings::{BadOAuth, EndpointSettings, Endpoints, Kind};

/// The longest code or token of an issuer that is passed on, in bytes.
const LONGEST_CREDENTIAL: usize = 8192;

/// One app's provider, resolved.
pub struct OAuth {
    kind: Kind,
    /// At least one; the first is the one of redirects.
    client_ids: Vec<String>,
    secret: ClientSecret,
    /// Whether Google's ID tokens are accepted, and its codes are not.
    open_id: bool,
    /// The fields that are asked for and kept.
    fields: Vec<String>,
    /// Domains of e-mail addresses, in lower case; any when empty.
    domains: Vec<String>,
    redirect_uris: Vec<String>,
    endpoints: Endpoints,
    /// Where issuers send browsers back to.
    callback: String,
}

/// What is needed to ask an issuer.
pub struct Reach<'a> {
    /// Fetches.
    pub fetch: &'a dyn Fetch,
    /// The issuers' keys.
    pub sets: &'a KeySets,
    /// The present.
    pub now: Timestamp,
}

/// What a client hands us.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// `authCode`.
    AuthCode(&'a str),
    /// `id_token`.
    IdToken(&'a str),
    /// `accessToken`.
    AccessToken(&'a str),
}

/// What binds an issuer's answer to our question. All of it is secret but the state.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// `state`, which comes back beside the code.
    pub state: String,
    /// `nonce`, which comes back inside the ID token.
    pub nonce: String,
    /// The PKCE verifier, whose digest went along.
    pub verifier: String,
}

impl Start {
    /// Draws one: 256 bits each.
    pub fn draw(dice: &dyn Dice) -> Start {
        let [state, nonce, verifier] = [(); 3].map(|()| {
            let mut bytes = [0; 32];
            dice.fill(&mut bytes);
            URL_SAFE_NO_PAD.encode(bytes)
        });
        Start { state, nonce, verifier }
    }
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start").finish_non_exhaustive()
    }
}

/// Why nobody is proved, for the log: it repeats no token and nothing of a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A credential of another kind than the provider takes.
    #[error("this provider does not accept {0}")]
    NotAccepted(&'static str),
    /// A credential that is empty or far too long.
    #[error("the credential is empty or too long")]
    NoCredential,
    /// The issuer does not take the code, or us.
    #[error("error exchanging access code with OAuth2 provider: {0}")]
    Exchange(String),
    /// The issuer's ID token is not good.
    #[error("invalid ID token: {0}")]
    Token(#[from] foreign_token::Refusal),
    /// An access token that the issuer does not know any more.
    #[error("error fetching info from OAuth2 provider: the access token is not valid")]
    AccessToken,
    /// An access token that was given to another app.
    #[error("error fetching info from OAuth2 provider: the access token belongs to another app")]
    OtherApp,
    /// An answer without what every answer has.
    #[error("error fetching info from OAuth2 provider: {0}")]
    Answer(&'static str),
    /// An e-mail address of another domain, not confirmed, or absent.
    #[error("the domain of the e-mail address is not allowed")]
    DomainNotAllowed,
    /// We could not find out.
    #[error("the issuer is not available: {0}")]
    Unavailable(String),
    /// Apple's private key did not sign.
    #[error("failed to sign the client secret")]
    ClientSecret,
}

impl Refusal {
    /// Whether we could not find out, rather than that the credential is bad.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Refusal::Unavailable(_) | Refusal::ClientSecret => true,
            Refusal::Token(token) => token.is_unavailable(),
            _ => false,
        }
    }
}

impl From<FetchError> for Refusal {
    fn from(error: FetchError) -> Refusal {
        Refusal::Unavailable(error.to_string())
    }
}

/// What an issuer gives for a code.
#[derive(Deserialize)]
struct Exchanged {
    access_token: Option<String>,
    id_token: Option<String>,
}

impl OAuth {
    /// Whether browsers may be sent there after a login: exactly as it is configured.
    pub fn allows_redirect(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|allowed| allowed == uri)
    }

    /// Where the browser is sent to log in.
    pub fn authorize_url(&self, start: &Start) -> Result<String, Refusal> {
        if self.open_id {
            return Err(Refusal::NotAccepted("redirects while it is set to OpenID Connect"));
        }
        let mut url = url::Url::parse(&self.endpoints.authorize)
            .map_err(|_| Refusal::Unavailable("its authorize endpoint is no address".to_owned()))?;
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, start.verifier.as_bytes()));
        url.query_pairs_mut()
            .append_pair("client_id", self.client_id())
            .append_pair("redirect_uri", &self.callback)
            .append_pair("response_type", "code")
            .append_pair("scope", &self.scope())
            .append_pair("state", &start.state)
            .append_pair("nonce", &start.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if self.kind == Kind::Apple {
            // Apple insists on it once a scope is asked for.
            url.query_pairs_mut().append_pair("response_mode", "form_post");
        }
        Ok(url.into())
    }

    /// Who the bearer of what a client sent is.
    pub async fn prove(&self, credential: Credential<'_>, reach: &Reach<'_>) -> Result<Person, Refusal> {
        let (Credential::AuthCode(text) | Credential::IdToken(text) | Credential::AccessToken(text)) =
            credential;
        let short = matches!(credential, Credential::IdToken(_)) || text.len() <= LONGEST_CREDENTIAL;
        if text.is_empty() || !short {
            return Err(Refusal::NoCredential);
        }
        match (self.kind, credential) {
            (Kind::Google, Credential::IdToken(token)) if self.open_id => {
                self.google(token, None, reach).await
            }
            (Kind::Google, Credential::IdToken(_)) => {
                Err(Refusal::NotAccepted("an ID token unless it is set to OpenID Connect"))
            }
            (Kind::Google, Credential::AuthCode(_)) if self.open_id => {
                Err(Refusal::NotAccepted("a code while it is set to OpenID Connect"))
            }
            (Kind::Google, Credential::AuthCode(code)) => {
                // Google gave it to the app without a redirect.
                let exchanged = self.exchange(code, "", None, reach).await?;
                let token = exchanged.id_token.ok_or(Refusal::Answer("there is no ID token"))?;
                self.google(&token, None, reach).await
            }
            (Kind::Facebook, Credential::AccessToken(token)) => self.facebook(token, reach).await,
            (Kind::Apple, Credential::IdToken(token)) => self.apple(token, None, reach).await,
            (_, Credential::AuthCode(_)) => Err(Refusal::NotAccepted("a code")),
            (_, Credential::IdToken(_)) => Err(Refusal::NotAccepted("an ID token")),
            (_, Credential::AccessToken(_)) => Err(Refusal::NotAccepted("an access token")),
        }
    }

    /// Who came back with a code of the start whose state stood beside it.
    pub async fn prove_callback(
        &self,
        code: &str,
        start: &Start,
        reach: &Reach<'_>,
    ) -> Result<Person, Refusal> {
        if self.open_id {
            return Err(Refusal::NotAccepted("redirects while it is set to OpenID Connect"));
        }
        if code.is_empty() || code.len() > LONGEST_CREDENTIAL {
            return Err(Refusal::NoCredential);
        }
        let exchanged = self.exchange(code, &self.callback, Some(&start.verifier), reach).await?;
        let no_token = Refusal::Answer("there is no ID token");
        match self.kind {
            Kind::Google => {
                self.google(&exchanged.id_token.ok_or(no_token)?, Some(&start.nonce), reach).await
            }
            Kind::Apple => self.apple(&exchanged.id_token.ok_or(no_token)?, Some(&start.nonce), reach).await,
            Kind::Facebook => {
                let token = exchanged.access_token.ok_or(Refusal::Answer("there is no access token"))?;
                self.facebook(&token, reach).await
            }
        }
    }

    fn client_id(&self) -> &str {
        self.client_ids.first().map_or("", String::as_str)
    }

    fn keeps(&self, field: &str) -> bool {
        self.fields.iter().any(|kept| kept == field)
    }

    fn scope(&self) -> String {
        let asks = |fields: &[&str]| fields.iter().any(|field| self.keeps(field));
        let mut scope = match self.kind {
            Kind::Google => vec!["openid"],
            Kind::Facebook => vec!["public_profile"],
            Kind::Apple => vec!["openid", "email"],
        };
        let optional: &[(&str, &[&str])] = match self.kind {
            Kind::Google => {
                &[("email", &["email"]), ("profile", &["name", "first_name", "last_name", "picture"])]
            }
            Kind::Facebook => &[
                ("email", &["email"]),
                ("user_gender", &["gender"]),
                ("user_birthday", &["birthday"]),
                ("user_age_range", &["min_age", "max_age"]),
            ],
            Kind::Apple => &[],
        };
        scope.extend(optional.iter().filter(|(_, fields)| asks(fields)).map(|(word, _)| *word));
        scope.join(" ")
    }

    async fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        reach: &Reach<'_>,
    ) -> Result<Exchanged, Refusal> {
        let audience = self.endpoints.issuers.first().map_or("", String::as_str);
        let secret = self.secret.of(self.client_id(), audience, reach.now)?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", self.client_id()),
            ("client_secret", secret.expose()),
            ("redirect_uri", redirect_uri),
        ];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        let request = Request::form(&*self.endpoints.token, &form).with_header("accept", "application/json");
        let response = reach.fetch.fetch(request).await?;
        if response.status == 200 {
            return read(&response).ok_or(Refusal::Answer("the answer is no JSON"));
        }
        unavailable(&response)?;
        Err(Refusal::Exchange(error_code(&response)))
    }

    /// Checks an ID token: signed with the issuer's key, from the issuer, for us and nobody else, of this start.
    async fn id_token(&self, token: &str, nonce: Option<&str>, reach: &Reach<'_>) -> Result<Claims, Refusal> {
        let expect = Expect {
            keys: &Keys::Set(self.endpoints.jwks.clone()),
            issuers: Some(&self.endpoints.issuers),
            audience: Audience::Only(&self.client_ids),
            nonce,
            now: reach.now,
        };
        Ok(verify(token, &expect, reach.sets).await?)
    }

    /// Refuses who has no address of an allowed domain. `address` is one that the issuer says it confirmed.
    fn check_domain(&self, address: Option<&str>) -> Result<(), Refusal> {
        if self.domains.is_empty() {
            return Ok(());
        }
        let domain = address.and_then(|address| address.rsplit_once('@')).map(|(_, domain)| domain);
        let fits = domain.is_some_and(|domain| self.domains.contains(&domain.to_ascii_lowercase()));
        if fits { Ok(()) } else { Err(Refusal::DomainNotAllowed) }
    }

    /// What is kept of a profile: the configured fields that are there, in their order.
    fn data(&self, found: impl Fn(&str) -> Option<String>) -> Map<String, Value> {
        let kept = |field: &String| Some((field.clone(), Value::String(found(field)?)));
        self.fields.iter().filter_map(kept).collect()
    }
}

fn read<T: for<'de> Deserialize<'de>>(response: &Response) -> Option<T> {
    serde_json::from_slice(&response.body).ok()
}

/// An issuer that is down, or wants us to wait, has said nothing about the credential.
fn unavailable(response: &Response) -> Result<(), Refusal> {
    match response.status {
        429 | 500.. => Err(Refusal::Unavailable(format!("it answered {}", response.status))),
        _ => Ok(()),
    }
}

/// The `error` of RFC 6749, if it is one of its short words; never its description, which may repeat what we sent.
fn error_code(response: &Response) -> String {
    let error: Option<Value> = read(response);
    let code = error.as_ref().and_then(|error| error.get("error")).and_then(Value::as_str);
    let is_word = |code: &&str| code.len() <= 64 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    code.filter(is_word).map_or_else(|| format!("status {}", response.status), str::to_owned)
}

#[cfg(test)]
mod tests;

//! E-mail accounts before they are somebody: register, confirm, reset. Nobody is logged in by any of it.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Value, json};

use super::letter::{self, Letter, LetterKind};
use super::providers::local_userpass::{Confirmation, MailLink, Reset, confirmation, reset};
use super::sha256::sha256;
use super::{App, Auth, Error, Result};
use crate::model::{CredentialId, ObjectId, ProviderType, Timestamp, hex, unhex};
use crate::store::{
    Credential, Register, RenewToken, ResetPassword, SentToken, SetPassword, TokenPurpose, UseToken,
};

/// How long a token that was sent is good, in every way to confirm or reset.
const TOKEN_SECS: i64 = 30 * 60;
/// Characters of a password.
const PASSWORD: std::ops::RangeInclusive<usize> = 6..=128;
const LONGEST_EMAIL: usize = 128;
/// Random bytes of a token's secret half: 128 hex digits on the wire.
const TOKEN_BYTES: usize = 64;

/// A token in the hands of whoever is to use it.
pub(super) struct Token {
    /// The public half, 24 hex digits.
    id: ObjectId,
    /// The secret half, 128 hex digits.
    secret: String,
}

/// The two halves of a token, for an administrator who hands it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentConfirmation {
    /// The public half.
    pub token_id: String,
    /// The secret half.
    pub token: String,
}

/// What a confirmation or reset function decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// At once.
    Success,
    /// By the token, in time.
    Pending,
    /// It ended without a `status`.
    Silent,
    /// Anything else, a function that is not there or failed among it.
    Refused,
}

/// Who asks, for the limits.
#[derive(Clone, Copy)]
pub struct Asker {
    /// The client's address, when there is one.
    pub address: Option<IpAddr>,
}

impl Auth {
    /// Registers an address with a password. Nothing is attached to anybody by it.
    pub async fn register(&self, app: &Arc<App>, asker: Asker, email: &str, password: &str) -> Result<()> {
        self.serves_accounts(app)?;
        let now = self.clock().now();
        self.mails.admit(app, email, asker.address, now)?;
        let way = confirmation(app);
        let by_mail = matches!(way, Confirmation::Mail(_));
        check_email(email)?;
        if by_mail && !self.parts.mail.is_address(email) {
            return Err(Error::BadEmail);
        }
        check_password(password)?;
        let hash = self.passwords.hash(self.dice(), password).await?;
        let token = self.new_token(now);
        let id = CredentialId(self.dice().object_id(now));
        let sent = (way != Confirmation::Automatic).then(|| stored(&token, now));
        let act = Register { app: app.key, id, email: email.to_owned(), hash, token: sent, now };
        if !self.store().register(act).await? {
            return Err(Error::NameInUse);
        }
        let done = match way {
            Confirmation::Automatic => Ok(()),
            Confirmation::Function(name) => {
                self.run_confirmation_function(app, &name, id, email, &token).await
            }
            Confirmation::Mail(link) => self.mail(app, email, &link, &token, TokenPurpose::Confirm).await,
        };
        if done.as_ref().is_err_and(|error| !error.is_failure()) {
            // A registration that came to nothing frees its address. Where it is the server that failed, nothing is
            // decided: the function may even have sent the token before.
            self.store().delete_pending(app.key, id).await?;
        }
        done
    }

    /// Confirms an address with the token that was sent to it.
    pub async fn confirm(&self, app: &Arc<App>, id: &str, secret: &str) -> Result<()> {
        self.serves_accounts(app)?;
        let token = self.use_token(app, id, secret)?;
        if self.store().confirm(token).await? { Ok(()) } else { Err(Error::TokenLapsed) }
    }

    /// Sends the confirmation mail again, with a new token.
    pub async fn resend_confirmation(&self, app: &Arc<App>, asker: Asker, email: &str) -> Result<()> {
        self.serves_accounts(app)?;
        let now = self.clock().now();
        self.mails.admit(app, email, asker.address, now)?;
        let credential = self.pending_credential(app, email).await?;
        let Confirmation::Mail(link) = confirmation(app) else {
            return Err(Error::OtherWay("this app does not confirm addresses by mail"));
        };
        let token = self.renew(app, credential.id, TokenPurpose::Confirm, now).await?;
        self.mail(app, email, &link, &token, TokenPurpose::Confirm).await
    }

    /// Runs the confirmation function again, with a new token.
    pub async fn rerun_confirmation(&self, app: &Arc<App>, asker: Asker, email: &str) -> Result<()> {
        self.serves_accounts(app)?;
        let now = self.clock().now();
        self.mails.admit(app, email, asker.address, now)?;
        let name = match confirmation(app) {
            // Said first, so that it tells nothing of the address.
            Confirmation::Automatic => return Err(Error::ConfirmsAutomatically(email.to_owned())),
            Confirmation::Mail(_) => return Err(Error::OtherWay("this app confirms addresses by mail")),
            Confirmation::Function(name) => name,
        };
        let credential = self.pending_credential(app, email).await?;
        let token = self.renew(app, credential.id, TokenPurpose::Confirm, now).await?;
        self.run_confirmation_function(app, &name, credential.id, email, &token).await
    }

    /// A new token for a registration, in the hands of an administrator; nobody is mailed.
    pub async fn new_confirmation(&self, app: &Arc<App>, email: &str) -> Result<SentConfirmation> {
        let credential = self.pending_credential(app, email).await?;
        let token = self.renew(app, credential.id, TokenPurpose::Confirm, self.clock().now()).await?;
        Ok(SentConfirmation { token_id: token.id.to_string(), token: token.secret })
    }

    /// Confirms a registration in the app's own way, for an administrator. Where a function decides, it is asked, and
    /// nothing is left to do when it says yes; otherwise a new token waits for its use. A function without a status
    /// counts as pending here, as in the original: the administrator gets the token and decides.
    pub async fn run_confirmation(&self, app: &Arc<App>, email: &str) -> Result<Option<SentConfirmation>> {
        let credential = self.pending_credential(app, email).await?;
        let token = self.renew(app, credential.id, TokenPurpose::Confirm, self.clock().now()).await?;
        if let Confirmation::Function(name) = confirmation(app)
            && self.ask_confirmation(app, &name, credential.id, email, &token).await? == Verdict::Success
        {
            return Ok(None);
        }
        Ok(Some(SentConfirmation { token_id: token.id.to_string(), token: token.secret }))
    }

    /// Sends a mail with which the password can be reset.
    pub async fn send_reset(&self, app: &Arc<App>, asker: Asker, email: &str) -> Result<()> {
        self.serves_accounts(app)?;
        let Reset::Mail(link) = reset(app) else {
            return Err(Error::OtherWay("please use reset password via function"));
        };
        let now = self.clock().now();
        self.mails.admit(app, email, asker.address, now)?;
        let credential = self.known_credential(app, email).await?;
        let token = self.renew(app, credential.id, TokenPurpose::Reset, now).await?;
        self.mail(app, email, &link, &token, TokenPurpose::Reset).await
    }

    /// Sets a new password with the token that was sent; every session of the user ends.
    pub async fn reset_password(&self, app: &Arc<App>, id: &str, secret: &str, password: &str) -> Result<()> {
        self.serves_accounts(app)?;
        let token = self.use_token(app, id, secret)?;
        check_password(password)?;
        let hash = self.passwords.hash(self.dice(), password).await?;
        let reset = ResetPassword { token, hash };
        if self.store().reset_password(reset).await? { Ok(()) } else { Err(Error::TokenLapsed) }
    }

    /// Asks the app's reset function, which may set the password at once, later by a token, or not at all.
    pub async fn call_reset(
        &self,
        app: &Arc<App>,
        asker: Asker,
        email: &str,
        password: &str,
        arguments: Vec<Value>,
    ) -> Result<()> {
        self.serves_accounts(app)?;
        let now = self.clock().now();
        self.mails.admit(app, email, asker.address, now)?;
        check_password(password)?;
        let credential = self.known_credential(app, email).await?;
        let Reset::Function(name) = reset(app) else { return Err(Error::NotReset(email.to_owned())) };
        let current = self.passwords.verify(password, Some(&credential.hash)).await?;
        let token = self.renew(app, credential.id, TokenPurpose::Reset, now).await?;
        let about = json!({
            "username": email, "password": password, "token": token.secret, "tokenId": token.id,
            "currentPasswordValid": current,
        });
        let arguments = [about].into_iter().chain(arguments).collect();
        let refused = || Error::NotReset(email.to_owned());
        match self.verdict(app, &name, arguments).await? {
            Verdict::Success => {
                let hash = self.passwords.hash(self.dice(), password).await?;
                let set = SetPassword { app: app.key, credential: credential.id, hash };
                if self.store().set_password(set).await? { Ok(()) } else { Err(refused()) }
            }
            Verdict::Pending => Ok(()),
            Verdict::Silent | Verdict::Refused => Err(refused()),
        }
    }

    /// For whoever registers, a function that says nothing has refused.
    async fn run_confirmation_function(
        &self,
        app: &Arc<App>,
        name: &str,
        credential: CredentialId,
        email: &str,
        token: &Token,
    ) -> Result<()> {
        match self.ask_confirmation(app, name, credential, email, token).await? {
            Verdict::Success | Verdict::Pending => Ok(()),
            Verdict::Silent | Verdict::Refused => Err(Error::NotConfirmed(email.to_owned())),
        }
    }

    /// Asks the confirmation function, and does what it decides; a refusal is an error already.
    async fn ask_confirmation(
        &self,
        app: &Arc<App>,
        name: &str,
        credential: CredentialId,
        email: &str,
        token: &Token,
    ) -> Result<Verdict> {
        let about = json!({ "username": email, "token": token.secret, "tokenId": token.id });
        let verdict = self.verdict(app, name, vec![about]).await?;
        let stands = match verdict {
            Verdict::Success => self.store().confirm_credential(app.key, credential).await?,
            Verdict::Pending | Verdict::Silent => true,
            Verdict::Refused => false,
        };
        if stands { Ok(verdict) } else { Err(Error::NotConfirmed(email.to_owned())) }
    }

    /// Asks a function that decides. A server that fails at it is an error, and no verdict.
    async fn verdict(&self, app: &App, name: &str, arguments: Vec<Value>) -> Result<Verdict> {
        match self.run_system_function(app, name, arguments).await {
            Ok(said) => Ok(match said.get("status").and_then(Value::as_str) {
                Some("success") => Verdict::Success,
                Some("pending") => Verdict::Pending,
                None => Verdict::Silent,
                Some(_) => Verdict::Refused,
            }),
            Err(error) if error.is_failure() => Err(error),
            Err(_) => Ok(Verdict::Refused),
        }
    }

    fn serves_accounts(&self, app: &App) -> Result<()> {
        let kind = ProviderType::LocalUserpass;
        if app.serves(kind) { Ok(()) } else { Err(Error::ProviderNotServed(kind)) }
    }

    async fn known_credential(&self, app: &App, email: &str) -> Result<Credential> {
        self.store().credential(app.key, email).await?.ok_or(Error::UserNotFound)
    }

    async fn pending_credential(&self, app: &App, email: &str) -> Result<Credential> {
        let credential = self.known_credential(app, email).await?;
        if credential.confirmed { Err(Error::AlreadyConfirmed) } else { Ok(credential) }
    }

    async fn renew(
        &self,
        app: &App,
        credential: CredentialId,
        purpose: TokenPurpose,
        now: Timestamp,
    ) -> Result<Token> {
        let token = self.new_token(now);
        let act = RenewToken { app: app.key, credential, purpose, token: stored(&token, now) };
        if self.store().renew_token(act).await? { Ok(token) } else { Err(Error::UserNotFound) }
    }

    async fn mail(
        &self,
        app: &App,
        email: &str,
        link: &MailLink,
        token: &Token,
        purpose: TokenPurpose,
    ) -> Result<()> {
        let page = link.url.as_str();
        let url = letter::link(page, &token.secret, &token.id.to_string())
            .ok_or_else(|| Error::NotMailed("the app names no page for the link".to_owned()))?;
        let mut id = [0; 16];
        self.dice().fill(&mut id);
        let letter = Letter {
            kind: match purpose {
                TokenPurpose::Confirm => LetterKind::ConfirmEmail,
                TokenPurpose::Reset => LetterKind::ResetPassword,
            },
            app_name: app.config.name.clone(),
            to: email.to_owned(),
            subject: link.subject.clone(),
            link: url,
            minutes: u32::try_from(TOKEN_SECS / 60).unwrap_or_default(),
            now: self.clock().now(),
            id,
        };
        self.parts.mail.send(&letter).await.map_err(|error| Error::NotMailed(error.to_string()))
    }

    fn new_token(&self, now: Timestamp) -> Token {
        let mut bytes = [0; TOKEN_BYTES];
        self.dice().fill(&mut bytes);
        Token { id: self.dice().object_id(now), secret: hex(&bytes) }
    }

    fn use_token(&self, app: &App, id: &str, secret: &str) -> Result<UseToken> {
        let id = id.parse().map_err(|_| Error::BadTokenData)?;
        let secret = unhex::<TOKEN_BYTES>(secret).ok_or(Error::BadTokenData)?;
        Ok(UseToken { app: app.key, id, hash: sha256(&hex(&secret)), now: self.clock().now() })
    }
}

/// What no address may be. Whether mail could reach it is another question.
pub(super) fn check_email(email: &str) -> Result<()> {
    let bad = email.is_empty() || email.chars().count() > LONGEST_EMAIL || email.contains('\0');
    if bad { Err(Error::BadEmail) } else { Ok(()) }
}

pub(super) fn check_password(password: &str) -> Result<()> {
    if PASSWORD.contains(&password.chars().count()) { Ok(()) } else { Err(Error::BadPassword) }
}

/// How a token is stored.
fn stored(token: &Token, now: Timestamp) -> SentToken {
    SentToken { id: token.id, hash: sha256(&token.secret), until: now.plus(TOKEN_SECS) }
}

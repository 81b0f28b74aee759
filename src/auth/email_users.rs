//! Users with an address and a password whom an administrator makes, and whose address an administrator changes.

use std::sync::Arc;

use super::accounts::{check_email, check_password};
use super::{App, Auth, Error, Result};
use crate::model::{CredentialId, ProviderType, User, UserId};
use crate::store::{EmailReset, Events, MadeEmailUser, MakeEmailUser, ResetEmail};

impl Auth {
    /// Makes a user who is confirmed at once and gets no mail.
    pub async fn make_email_user(&self, app: &Arc<App>, email: &str, password: &str) -> Result<User> {
        let provider = ProviderType::LocalUserpass;
        if !app.serves(provider) {
            return Err(Error::NoEmailUsers);
        }
        check_email(email)?;
        check_password(password)?;
        let hash = self.passwords.hash(self.dice(), password).await?;
        let now = self.clock().now();
        let (credential, user) =
            (CredentialId(self.dice().object_id(now)), UserId(self.dice().object_id(now)));
        let events = Events { login: None, ..self.events(app, provider, now) };
        let act =
            MakeEmailUser { app: app.key, user, credential, email: email.to_owned(), hash, events, now };
        match self.store().make_email_user(act).await? {
            MadeEmailUser::Made => self.events_waiting(),
            MadeEmailUser::Taken => return Err(Error::NameInUse),
        }
        self.user(app, user).await
    }

    /// Gives a user another address. Tokens that were sent to the old one are void.
    pub async fn reset_email(&self, app: &Arc<App>, user: UserId, email: &str) -> Result<()> {
        check_email(email)?;
        let act = ResetEmail { app: app.key, user, email: email.to_owned(), now: self.clock().now() };
        match self.store().reset_email(act).await? {
            EmailReset::Reset => Ok(()),
            EmailReset::Taken => Err(Error::NameInUse),
            EmailReset::NoEmail => {
                Err(Error::BadParameter("the user has no e-mail address to reset".to_owned()))
            }
            EmailReset::Gone => Err(Error::UserNotFound),
        }
    }
}

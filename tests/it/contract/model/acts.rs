//! Acts as values, done to a store.

use std::fmt::Debug;
use std::sync::Arc;

use passerby::model::{AppKey, CredentialId, Page, Session, User, UserId};
use passerby::store::{
    ApiKey, Credential, DeleteApiKey, DeleteUser, Error, Expire, Link, LogIn, LogOut, MakeApiKey, Register,
    RenewToken, ResetPassword, Result, RevokeSessions, SetApiKeyDisabled, SetDisabled, SetPassword, Store,
    Touch, UseToken,
};

use super::world::{CLAIMS, EMAILS, KEYS, claim_at, email_at, key_at};

/// Something that is done, whichever app it is done to.
#[derive(Clone, Debug)]
pub(super) enum Act {
    LogIn(LogIn),
    Link(Link),
    LogOut(LogOut),
    Touch(Touch),
    SetDisabled(SetDisabled),
    Revoke(RevokeSessions),
    DeleteUser(DeleteUser),
    Expire(Expire),
    Register(Register),
    Confirm(UseToken),
    ConfirmByHand(CredentialId),
    Renew(RenewToken),
    Reset(ResetPassword),
    SetPassword(SetPassword),
    DeletePending(CredentialId),
    MakeKey(MakeApiKey),
    SetKeyDisabled(SetApiKeyDisabled),
    DeleteKey(DeleteApiKey),
}

/// Does it to an app; says how it ended, as text.
pub(super) async fn perform(store: &Arc<dyn Store>, app: AppKey, act: Act) -> String {
    match act {
        Act::LogIn(act) => ended(store.log_in(LogIn { app, ..act }).await),
        Act::Link(act) => ended(store.link(Link { app, ..act }).await),
        Act::LogOut(act) => ended(store.log_out(LogOut { app, ..act }).await),
        Act::Touch(act) => ended(store.touch(Touch { app, ..act }).await),
        Act::SetDisabled(act) => ended(store.set_disabled(SetDisabled { app, ..act }).await),
        Act::Revoke(act) => ended(store.revoke_sessions(RevokeSessions { app, ..act }).await),
        Act::DeleteUser(act) => ended(store.delete_user(DeleteUser { app, ..act }).await),
        Act::Expire(act) => ended(store.expire(Expire { app, ..act }).await.map(|done| done.removed)),
        Act::Register(act) => ended(store.register(Register { app, ..act }).await),
        Act::Confirm(act) => ended(store.confirm(UseToken { app, ..act }).await),
        Act::ConfirmByHand(id) => ended(store.confirm_credential(app, id).await),
        Act::Renew(act) => ended(store.renew_token(RenewToken { app, ..act }).await),
        Act::Reset(mut act) => {
            act.token.app = app;
            ended(store.reset_password(act).await)
        }
        Act::SetPassword(act) => ended(store.set_password(SetPassword { app, ..act }).await),
        Act::DeletePending(id) => ended(store.delete_pending(app, id).await),
        Act::MakeKey(act) => ended(store.make_api_key(MakeApiKey { app, ..act }).await),
        Act::SetKeyDisabled(act) => ended(store.set_api_key_disabled(SetApiKeyDisabled { app, ..act }).await),
        Act::DeleteKey(act) => ended(store.delete_api_key(DeleteApiKey { app, ..act }).await),
    }
}

/// How an act ended: with what it answers, or with what was taken.
pub(super) fn ended<T: Debug>(result: Result<T>) -> String {
    match result {
        Ok(done) => format!("{done:?}"),
        Err(Error::Conflict(taken)) => format!("{taken:?}"),
        Err(other) => panic!("{other:?}"),
    }
}

/// All that can be asked of an app.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) users: Vec<User>,
    pub(super) sessions: Vec<Session>,
    pub(super) pending: Vec<Credential>,
    pub(super) emails: Vec<Option<Credential>>,
    pub(super) claimants: Vec<Option<UserId>>,
    pub(super) keys: Vec<Option<ApiKey>>,
}

/// Asks all of it.
pub(super) async fn look(store: &Arc<dyn Store>, app: AppKey) -> Seen {
    let users = store.users(app, Page { limit: 100, ..Page::default() }).await.unwrap();
    let mut seen = Seen {
        users,
        sessions: Vec::new(),
        pending: store.pending(app, None, 100).await.unwrap(),
        emails: Vec::new(),
        claimants: Vec::new(),
        keys: Vec::new(),
    };
    for user in &seen.users {
        let sessions = store.sessions_of(app, user.id).await.unwrap();
        for session in &sessions {
            let bearer = store.bearer(app, user.id, session.id).await.unwrap().unwrap();
            assert_eq!((&bearer.user, &bearer.session), (user, session));
        }
        seen.sessions.extend(sessions);
    }
    for n in 0..EMAILS {
        seen.emails.push(store.credential(app, email_at(n)).await.unwrap());
    }
    for n in 0..CLAIMS {
        let claim = claim_at(n);
        seen.claimants.push(store.claimant(app, claim.provider, &claim.id).await.unwrap());
    }
    for n in 0..KEYS {
        let (hash, key) = key_at(n);
        let found = store.api_key(app, hash).await.unwrap();
        let listed = store.api_keys_of(app, Some(key.user)).await.unwrap();
        let there = listed.into_iter().find(|listed| listed.id == key.id);
        assert_eq!(found.as_ref().filter(|key| !key.server), there.as_ref());
        seen.keys.push(found);
    }
    seen
}

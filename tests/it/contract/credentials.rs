//! E-mail addresses with passwords, before and after a user has them.

use passerby::model::{Page, ProviderType, Secret};
use passerby::store::{
    Claim, Credential, DeleteUser, Linked, LoggedIn, Register, RenewToken, ResetPassword, SentToken,
    SetPassword, Taken, TokenPurpose, UseToken,
};

use super::Engine;
use super::given::{
    APP, NOON, OTHER, confirmed, credential_id, credential_of, email_claim, guest, link, log_in_with,
    password, register, session_of, taken, token, use_token, user_id,
};

const ANNA: &str = "anna@example.com";

pub(crate) async fn a_registration_waits_for_its_confirmation(engine: &dyn Engine) {
    let store = engine.open();
    let act = register(1, ANNA, NOON);
    for _again in 0..2 {
        assert!(store.register(act.clone()).await.unwrap());
    }
    let pending = credential_of(&act);
    assert_eq!(pending.blocks_until, NOON.plus(30 * 60));
    assert_eq!(store.credential(APP, ANNA).await.unwrap(), Some(pending.clone()));
    assert_eq!(store.pending(APP, None, 10).await.unwrap(), std::slice::from_ref(&pending));
    assert_eq!(store.credential(OTHER, ANNA).await.unwrap(), None);
    assert_eq!(store.pending(OTHER, None, 10).await.unwrap(), []);
    assert!(store.confirm(use_token(act.token.unwrap(), NOON.plus(1))).await.unwrap());
    let expected = Credential { confirmed: true, ..pending };
    assert_eq!(store.credential(APP, ANNA).await.unwrap(), Some(expected.clone()));
    // It stays listed until somebody logs in with it.
    assert_eq!(store.pending(APP, None, 10).await.unwrap(), std::slice::from_ref(&expected));
    store.log_in(log_in_with(email_claim(1), NOON, 1)).await.unwrap();
    assert_eq!(store.pending(APP, None, 10).await.unwrap(), []);
    let expected = Credential { user: Some(user_id(NOON, 1)), ..expected };
    assert_eq!(store.credential(APP, ANNA).await.unwrap(), Some(expected));
    // The same act again, though its answer was lost long ago.
    assert!(store.register(act.clone()).await.unwrap());
    let other = Register { email: "berta@example.com".to_owned(), ..act };
    assert_eq!(taken(&store.register(other).await), Some(Taken::Id));
}

pub(crate) async fn an_address_that_somebody_has_is_not_registered(engine: &dyn Engine) {
    let store = engine.open();
    store.register(confirmed(register(1, ANNA, NOON))).await.unwrap();
    store.register(register(2, "pending@example.com", NOON)).await.unwrap();
    let far = NOON.plus(10_000_000);
    assert!(!store.register(register(3, ANNA, far)).await.unwrap());
    assert!(!store.register(confirmed(register(3, ANNA, far))).await.unwrap());
    assert!(!store.register(register(3, "pending@example.com", NOON.plus(30 * 60 - 1))).await.unwrap());
    assert_eq!(store.pending(APP, None, 10).await.unwrap().len(), 2);
    // An address is its bytes.
    for (n, email) in (4..).zip(["Anna@example.com", "anna@example.com ", ""]) {
        assert!(store.register(register(n, email, NOON)).await.unwrap(), "{email:?}");
    }
    assert!(store.register(Register { app: OTHER, ..register(1, ANNA, NOON) }).await.unwrap());
}

pub(crate) async fn a_lapsed_registration_loses_its_address_and_stays_listed(engine: &dyn Engine) {
    let store = engine.open();
    let (old, new) = (register(1, ANNA, NOON), register(2, ANNA, NOON.plus(30 * 60)));
    store.register(old.clone()).await.unwrap();
    assert!(store.register(new.clone()).await.unwrap(), "from the second on at which the token lapsed");
    assert_eq!(store.credential(APP, ANNA).await.unwrap(), Some(credential_of(&new)));
    let both = [credential_of(&old), credential_of(&new)];
    assert_eq!(store.pending(APP, None, 10).await.unwrap(), both);
    // Even by a clock that is behind, the old one is not confirmed any more, nor can it be logged in with.
    assert!(!store.confirm(use_token(old.token.unwrap(), NOON)).await.unwrap());
    assert!(!store.confirm_credential(APP, old.id).await.unwrap());
    let renew =
        RenewToken { app: APP, credential: old.id, purpose: TokenPurpose::Confirm, token: token(7, NOON) };
    assert!(!store.renew_token(renew).await.unwrap());
    let login = log_in_with(email_claim(1), NOON, 1);
    assert_eq!(store.log_in(login).await.unwrap(), LoggedIn::Unproved);
    assert_eq!(store.pending(APP, None, 10).await.unwrap(), both);
    assert!(store.confirm(use_token(new.token.unwrap(), new.now)).await.unwrap());
    assert!(!store.register(register(3, ANNA, NOON.plus(99_999))).await.unwrap());
    // Deleting the old one leaves the new one its address.
    assert!(store.delete_pending(APP, old.id).await.unwrap());
    let expected = Credential { confirmed: true, ..credential_of(&new) };
    assert_eq!(store.credential(APP, ANNA).await.unwrap(), Some(expected));
}

pub(crate) async fn who_lost_an_address_has_it_again_once_it_is_free(engine: &dyn Engine) {
    let store = engine.open();
    for (n, seconds) in [(1, 0), (2, 1_800), (3, 3_600)] {
        assert!(store.register(register(n, ANNA, NOON.plus(seconds))).await.unwrap());
    }
    assert!(store.delete_pending(APP, credential_id(3)).await.unwrap());
    assert_eq!(store.credential(APP, ANNA).await.unwrap(), None);
    // By hand, or with a new token.
    let late = token(7, NOON.plus(5_000));
    let renew =
        RenewToken { app: APP, credential: credential_id(1), purpose: TokenPurpose::Confirm, token: late };
    assert!(store.renew_token(renew).await.unwrap());
    let renewed = Credential { blocks_until: late.until, ..credential_of(&register(1, ANNA, NOON)) };
    assert_eq!(store.credential(APP, ANNA).await.unwrap(), Some(renewed.clone()));
    assert!(!store.confirm_credential(APP, credential_id(2)).await.unwrap());
    assert!(!store.register(register(4, ANNA, NOON.plus(5_001))).await.unwrap(), "it blocks again");
    assert!(store.confirm(use_token(late, NOON.plus(5_001))).await.unwrap());
    let confirmed = Credential { confirmed: true, ..renewed };
    assert_eq!(store.credential(APP, ANNA).await.unwrap(), Some(confirmed));
    assert!(store.delete_pending(APP, credential_id(1)).await.unwrap());
    assert!(store.confirm_credential(APP, credential_id(2)).await.unwrap());
    assert_eq!(store.credential(APP, ANNA).await.unwrap().unwrap().id, credential_id(2));
    assert!(!store.confirm_credential(APP, credential_id(2)).await.unwrap(), "it is confirmed");
    assert!(!store.confirm_credential(APP, credential_id(1)).await.unwrap(), "it is gone");
}

pub(crate) async fn a_confirmation_token_is_good_once_and_in_its_time(engine: &dyn Engine) {
    let store = engine.open();
    let act = register(1, ANNA, NOON);
    let sent = act.token.unwrap();
    store.register(act.clone()).await.unwrap();
    let good = use_token(sent, sent.until.plus(-1));
    for refused in [
        UseToken { now: sent.until, ..good },
        UseToken { hash: [8; 32], ..good },
        UseToken { id: token(2, NOON).id, ..good },
        UseToken { app: OTHER, ..good },
    ] {
        assert!(!store.confirm(refused).await.unwrap(), "{refused:?}");
        assert!(!store.reset_password(reset(refused, 9)).await.unwrap(), "{refused:?}");
    }
    assert!(!store.reset_password(reset(good, 9)).await.unwrap(), "it is for something else");
    assert_eq!(store.credential(APP, ANNA).await.unwrap(), Some(credential_of(&act)));
    assert!(store.confirm(good).await.unwrap());
    assert!(!store.confirm(good).await.unwrap());
}

pub(crate) async fn a_new_token_takes_the_place_of_the_old_one_of_its_purpose(engine: &dyn Engine) {
    let store = engine.open();
    let act = register(1, ANNA, NOON);
    store.register(act.clone()).await.unwrap();
    let renew =
        |purpose, n| RenewToken { app: APP, credential: act.id, purpose, token: token(n, NOON.plus(60)) };
    for _again in 0..2 {
        assert!(store.renew_token(renew(TokenPurpose::Confirm, 2)).await.unwrap());
        assert!(store.renew_token(renew(TokenPurpose::Reset, 3)).await.unwrap());
    }
    for purpose in [TokenPurpose::Confirm, TokenPurpose::Reset] {
        assert!(!store.renew_token(RenewToken { app: OTHER, ..renew(purpose, 4) }).await.unwrap());
        let unknown = RenewToken { credential: credential_id(9), ..renew(purpose, 4) };
        assert!(!store.renew_token(unknown).await.unwrap());
    }
    let expected = Credential { blocks_until: NOON.plus(60 + 30 * 60), ..credential_of(&act) };
    assert_eq!(store.credential(APP, ANNA).await.unwrap(), Some(expected));
    let at = NOON.plus(61);
    assert!(!store.confirm(use_token(act.token.unwrap(), at)).await.unwrap());
    assert!(!store.confirm(use_token(token(3, NOON), at)).await.unwrap());
    assert!(store.confirm(use_token(token(2, NOON), at)).await.unwrap());
    assert!(!store.renew_token(renew(TokenPurpose::Confirm, 5)).await.unwrap(), "it is confirmed");
    assert!(store.reset_password(reset(use_token(token(3, NOON), at), 9)).await.unwrap());
}

/// Sets the `n`th password with a token.
fn reset(token: UseToken, n: u32) -> ResetPassword {
    ResetPassword { token, hash: password(n) }
}

/// The hash that an address has now, and the user.
async fn hash(store: &std::sync::Arc<dyn passerby::store::Store>) -> Secret<String> {
    store.credential(APP, ANNA).await.unwrap().unwrap().hash
}

pub(crate) async fn a_reset_token_sets_the_password_once_and_ends_every_session(engine: &dyn Engine) {
    let store = engine.open();
    store.register(confirmed(register(1, ANNA, NOON))).await.unwrap();
    for act in [log_in_with(email_claim(1), NOON, 1), log_in_with(email_claim(1), NOON, 2), guest(NOON, 3)] {
        store.log_in(act).await.unwrap();
    }
    let sent: SentToken = token(2, NOON);
    let renew =
        RenewToken { app: APP, credential: credential_id(1), purpose: TokenPurpose::Reset, token: sent };
    store.renew_token(renew).await.unwrap();
    let good = use_token(sent, sent.until.plus(-1));
    for refused in [
        UseToken { now: sent.until, ..good },
        UseToken { hash: [8; 32], ..good },
        UseToken { id: token(3, NOON).id, ..good },
        UseToken { app: OTHER, ..good },
    ] {
        assert!(!store.reset_password(reset(refused, 9)).await.unwrap(), "{refused:?}");
    }
    assert!(!store.confirm(good).await.unwrap());
    assert_eq!(hash(&store).await, password(1));
    assert_eq!(store.sessions_of(APP, user_id(NOON, 1)).await.unwrap().len(), 2);
    assert!(store.reset_password(reset(good, 2)).await.unwrap());
    assert_eq!(hash(&store).await, password(2));
    assert_eq!(store.sessions_of(APP, user_id(NOON, 1)).await.unwrap(), []);
    assert_eq!(store.sessions_of(APP, user_id(NOON, 3)).await.unwrap().len(), 1);
    assert!(!store.reset_password(reset(good, 3)).await.unwrap());
    assert_eq!(hash(&store).await, password(2));
}

pub(crate) async fn a_password_that_is_set_ends_sessions_and_voids_reset_tokens(engine: &dyn Engine) {
    let store = engine.open();
    store.register(confirmed(register(1, ANNA, NOON))).await.unwrap();
    store.log_in(guest(NOON, 1)).await.unwrap();
    store.link(link(1, email_claim(1))).await.unwrap();
    let sent = token(2, NOON);
    let renew =
        RenewToken { app: APP, credential: credential_id(1), purpose: TokenPurpose::Reset, token: sent };
    store.renew_token(renew).await.unwrap();
    let set = SetPassword { app: APP, credential: credential_id(1), hash: password(2) };
    for _again in 0..2 {
        assert!(store.set_password(set.clone()).await.unwrap());
        assert_eq!(hash(&store).await, password(2));
        assert_eq!(store.sessions_of(APP, user_id(NOON, 1)).await.unwrap(), []);
    }
    assert!(!store.reset_password(reset(use_token(sent, NOON), 3)).await.unwrap());
    assert!(!store.set_password(SetPassword { app: OTHER, ..set.clone() }).await.unwrap());
    assert!(!store.set_password(SetPassword { credential: credential_id(9), ..set }).await.unwrap());
    // One without a user has no sessions to end.
    store.register(register(3, "pending@example.com", NOON)).await.unwrap();
    let set = SetPassword { app: APP, credential: credential_id(3), hash: password(4) };
    assert!(store.set_password(set).await.unwrap());
}

pub(crate) async fn a_password_that_changed_since_it_was_checked_proves_nobody(engine: &dyn Engine) {
    let store = engine.open();
    for (n, email) in [(1, ANNA), (2, "berta@example.com")] {
        store.register(confirmed(register(n, email, NOON))).await.unwrap();
    }
    // Anna is somebody, whose first login's answer was lost; Berta is nobody yet; two guests want to be either.
    let lost = log_in_with(email_claim(1), NOON, 1);
    store.log_in(lost.clone()).await.unwrap();
    for n in [2, 3] {
        store.log_in(guest(NOON, n)).await.unwrap();
    }
    for n in [1, 2] {
        let set = SetPassword { app: APP, credential: credential_id(n), hash: password(10 + n) };
        assert!(store.set_password(set).await.unwrap());
    }
    let before = store.users(APP, all()).await.unwrap();
    for late in [lost, log_in_with(email_claim(1), NOON, 4), log_in_with(email_claim(2), NOON, 5)] {
        assert_eq!(store.log_in(late.clone()).await.unwrap(), LoggedIn::Unproved, "{late:?}");
    }
    for late in [link(2, email_claim(1)), link(2, email_claim(2))] {
        assert_eq!(store.link(late.clone()).await.unwrap(), Linked::Unproved, "{late:?}");
    }
    let unchecked = Claim { password: None, ..email_claim(2) };
    assert_eq!(store.link(link(2, unchecked)).await.unwrap(), Linked::Unproved);
    assert_eq!(store.users(APP, all()).await.unwrap(), before);
    assert_eq!(store.sessions_of(APP, user_id(NOON, 1)).await.unwrap(), []);
    // With what they have now it goes on, but not once more with what they had.
    let with = |n| Claim { password: Some(password(10 + n)), ..email_claim(n) };
    assert!(matches!(store.log_in(log_in_with(with(1), NOON, 6)).await.unwrap(), LoggedIn::In { .. }));
    assert_eq!(store.link(link(2, with(1))).await.unwrap(), Linked::Taken);
    assert_eq!(store.link(link(2, with(2))).await.unwrap(), Linked::Linked);
    assert_eq!(store.link(link(2, with(2))).await.unwrap(), Linked::Already);
    assert_eq!(store.link(link(2, email_claim(2))).await.unwrap(), Linked::Unproved);
}

/// Every user.
fn all() -> Page {
    Page { limit: 100, ..Page::default() }
}

pub(crate) async fn only_what_has_no_user_is_deleted_as_pending(engine: &dyn Engine) {
    let store = engine.open();
    for n in 1..=3 {
        let act = register(n, &format!("{n}@example.com"), NOON);
        store.register(if n == 1 { act } else { confirmed(act) }).await.unwrap();
    }
    store.log_in(log_in_with(email_claim(3), NOON, 3)).await.unwrap();
    assert!(!store.delete_pending(APP, credential_id(3)).await.unwrap());
    assert!(!store.delete_pending(OTHER, credential_id(1)).await.unwrap());
    for n in [1, 2] {
        assert!(store.delete_pending(APP, credential_id(n)).await.unwrap());
        assert!(!store.delete_pending(APP, credential_id(n)).await.unwrap());
        assert_eq!(store.credential(APP, &format!("{n}@example.com")).await.unwrap(), None);
    }
    assert!(!store.confirm(use_token(token(1, NOON), NOON)).await.unwrap());
    assert!(store.register(register(4, "1@example.com", NOON)).await.unwrap());
}

pub(crate) async fn pending_credentials_are_listed_by_page(engine: &dyn Engine) {
    let store = engine.open();
    let mut expected = Vec::new();
    for n in (1..=7).rev() {
        let act = register(n, &format!("{n}@example.com"), NOON);
        store.register(confirmed(act)).await.unwrap();
        if n % 3 == 0 {
            store.log_in(log_in_with(email_claim(n), NOON, n)).await.unwrap();
        } else {
            expected.insert(0, credential_id(n));
        }
    }
    let mut found = Vec::new();
    loop {
        let page = store.pending(APP, found.last().copied(), 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        found.extend(page.iter().map(|credential| credential.id));
    }
    assert_eq!(found, expected);
}

pub(crate) async fn a_credential_that_is_gone_or_unconfirmed_proves_nobody(engine: &dyn Engine) {
    let store = engine.open();
    store.register(register(1, ANNA, NOON)).await.unwrap();
    store.log_in(guest(NOON, 5)).await.unwrap();
    for n in [1, 2] {
        let login = log_in_with(email_claim(n), NOON, n);
        assert_eq!(store.log_in(login.clone()).await.unwrap(), LoggedIn::Unproved);
        assert_eq!(store.user(APP, login.user).await.unwrap(), None);
        assert_eq!(store.link(link(5, email_claim(n))).await.unwrap(), passerby::store::Linked::Unproved);
        assert!(store.user(APP, user_id(NOON, 5)).await.unwrap().unwrap().guest);
        let claimant = store.claimant(APP, ProviderType::LocalUserpass, &credential_id(n).to_string()).await;
        assert_eq!(claimant.unwrap(), None);
    }
    let mut broken = email_claim(1);
    broken.id = "no id".to_owned();
    assert_eq!(store.log_in(log_in_with(broken, NOON, 3)).await.unwrap(), LoggedIn::Unproved);
}

pub(crate) async fn a_deleted_user_takes_its_credential_along(engine: &dyn Engine) {
    let store = engine.open();
    store.register(confirmed(register(1, ANNA, NOON))).await.unwrap();
    store.log_in(guest(NOON, 1)).await.unwrap();
    store.link(link(1, email_claim(1))).await.unwrap();
    assert!(
        store
            .delete_user(DeleteUser { app: APP, user: user_id(NOON, 1), event: None, now: NOON })
            .await
            .unwrap()
    );
    assert_eq!(store.credential(APP, ANNA).await.unwrap(), None);
    assert_eq!(store.pending(APP, None, 10).await.unwrap(), []);
    // Whoever checked its password just before comes too late.
    let late = log_in_with(email_claim(1), NOON, 2);
    assert_eq!(store.log_in(late).await.unwrap(), LoggedIn::Unproved);
    // The address is free, and whoever has it now is somebody else.
    assert!(store.register(confirmed(register(2, ANNA, NOON.plus(9)))).await.unwrap());
    let login = log_in_with(email_claim(2), NOON.plus(9), 3);
    let made = LoggedIn::In { user: login.user, created: true, identity: 0, custom_data: None };
    assert_eq!(store.log_in(login.clone()).await.unwrap(), made);
    assert_eq!(store.sessions_of(APP, login.user).await.unwrap(), [session_of(&login, login.user, 0)]);
}

//! `passerby.json`: ours alone, so read strictly. A setting that is misspelt is one that silently does not hold.

use super::json::{Source, quoted};
use super::layout::SETTINGS;
use super::parse::parse;
use super::problem::{Findings, did_you_mean};
use super::spot::Spot;
use super::tree::Tree;
use crate::model::{
    AccessTokenSettings, AnonymousUserExpiration, CompatSettings, ExpiryClock, LinkErrors, Settings,
    TokenForm,
};

/// The settings that the directory gives, or `None` if it has no `passerby.json`.
pub(super) fn read(tree: &Tree, findings: &mut Findings) -> Option<Settings> {
    let bytes = tree.0.get(SETTINGS)?;
    let mut settings = Settings::default();
    if let Some(source) = Source::new(SETTINGS, bytes, findings)
        && let Some(node) = parse(&source, findings)
    {
        fill(&mut settings, &Spot::whole(&source, &node), findings);
    }
    Some(settings)
}

fn fill(settings: &mut Settings, spot: &Spot<'_>, findings: &mut Findings) {
    let Settings { anonymous_user_expiration, access_token, link_errors, log_guest_logins, compat } =
        settings;
    for (key, value) in fields(
        spot,
        &["anonymous_user_expiration", "access_token", "link_errors", "log_guest_logins", "compat"],
        findings,
    ) {
        match key {
            "anonymous_user_expiration" => fill_expiration(anonymous_user_expiration, &value, findings),
            "access_token" => fill_access_token(access_token, &value, findings),
            "link_errors" => {
                let words = [
                    ("safe", LinkErrors::Safe),
                    ("exact", LinkErrors::Exact),
                    ("strict", LinkErrors::Strict),
                ];
                put(link_errors, value.one_of(&words, findings));
            }
            "log_guest_logins" => put(log_guest_logins, value.bool(findings)),
            _ => fill_compat(compat, &value, findings),
        }
    }
}

fn fill_expiration(expiration: &mut AnonymousUserExpiration, spot: &Spot<'_>, findings: &mut Findings) {
    let clocks =
        [("inactivity", ExpiryClock::Inactivity), ("age", ExpiryClock::Age), ("never", ExpiryClock::Never)];
    for (key, value) in fields(spot, &["clock", "days"], findings) {
        match key {
            "clock" => put(&mut expiration.clock, value.one_of(&clocks, findings)),
            _ => put(&mut expiration.days, value.number(1, 36_500, findings)),
        }
    }
}

fn fill_access_token(access_token: &mut AccessTokenSettings, spot: &Spot<'_>, findings: &mut Findings) {
    let forms = [("standard", TokenForm::Standard), ("original", TokenForm::Original)];
    for (key, value) in fields(spot, &["form", "minutes"], findings) {
        match key {
            "form" => put(&mut access_token.form, value.one_of(&forms, findings)),
            _ => put(&mut access_token.minutes, value.number(1, 1_440, findings)),
        }
    }
}

fn fill_compat(compat: &mut CompatSettings, spot: &Spot<'_>, findings: &mut Findings) {
    for (_, value) in fields(spot, &["get_login"], findings) {
        put(&mut compat.get_login, value.bool(findings));
    }
}

/// Sets what was read, if it could be.
fn put<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

/// The members with a known key, after reporting all others.
fn fields<'a>(spot: &Spot<'a>, known: &[&str], findings: &mut Findings) -> Vec<(&'a str, Spot<'a>)> {
    let mut members = spot.object(findings).unwrap_or_default();
    members.retain(|(key, value)| {
        let is_known = known.contains(key);
        if !is_known && !findings.is_full() {
            let message = format!("expected one of the keys {}, found {}", known.join(", "), quoted(key));
            let hint = did_you_mean(key, known.iter().copied());
            findings.error(value.problem_with_key(message).with_hint(hint));
        }
        is_known
    });
    members
}

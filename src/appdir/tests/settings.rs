//! `passerby.json`.

use super::{GUESTS, import, refusal};
use crate::model::{
    AccessTokenSettings, AnonymousUserExpiration, CompatSettings, ExpiryClock, LinkErrors, Settings,
    TokenForm,
};

fn files(text: &str) -> [(&'static str, &str); 2] {
    [("auth/providers.json", GUESTS), ("passerby.json", text)]
}

#[test]
fn settings_are_read_and_absent_ones_take_their_defaults() {
    let full = r#"{ "anonymous_user_expiration": { "clock": "age", "days": 36500 },
        "access_token": { "form": "original", "minutes": 1440 },
        "link_errors": "strict", "log_guest_logins": true, "compat": { "get_login": true } }"#;
    let import_of = |text: &str| import(&files(text));
    assert!(import_of(full).settings_given);
    assert_eq!(
        import_of(full).config.settings,
        Settings {
            anonymous_user_expiration: AnonymousUserExpiration { clock: ExpiryClock::Age, days: 36_500 },
            access_token: AccessTokenSettings { form: TokenForm::Original, minutes: 1440 },
            link_errors: LinkErrors::Strict,
            log_guest_logins: true,
            compat: CompatSettings { get_login: true },
        }
    );
    let never = import_of(r#"{"anonymous_user_expiration": {"clock": "never"}}"#).config.settings;
    let expiration = AnonymousUserExpiration { clock: ExpiryClock::Never, days: 90 };
    assert_eq!(never, Settings { anonymous_user_expiration: expiration, ..Settings::default() });
    assert_eq!(
        (import_of("{}").settings_given, import_of("{}").config.settings),
        (true, Settings::default())
    );
}

#[test]
fn misspelt_settings_are_refused_with_what_was_meant() {
    let text = r#"{
    "anonymous_user_expiry": {},
    "anonymous_user_expiration": {"clock": "inactive", "days": 0, "day": 1},
    "access_token": {"form": "Original", "minutes": "30"},
    "link_errors": true,
    "log_guest_logins": "true",
    "compat": []
}"#;
    assert_eq!(
        refusal(&files(text)),
        "passerby.json:2:5: $.anonymous_user_expiry: expected one of the keys anonymous_user_expiration, access_token, \
         link_errors, log_guest_logins, compat, found \"anonymous_user_expiry\"; did you mean \
         \"anonymous_user_expiration\"?\n\
         passerby.json:3:67: $.anonymous_user_expiration.day: expected one of the keys clock, days, found \"day\"; did \
         you mean \"days\"?\n\
         passerby.json:3:44: $.anonymous_user_expiration.clock: expected one of \"inactivity\", \"age\", \"never\", \
         found \"inactive\"; did you mean \"inactivity\"?\n\
         passerby.json:3:64: $.anonymous_user_expiration.days: expected a whole number from 1 to 36500, found 0\n\
         passerby.json:4:30: $.access_token.form: expected one of \"standard\", \"original\", found \"Original\"; did \
         you mean \"original\"?\n\
         passerby.json:4:53: $.access_token.minutes: expected a whole number from 1 to 1440, found \"30\"; write 30 \
         without quotes\n\
         passerby.json:5:20: $.link_errors: expected a text, found true\n\
         passerby.json:6:25: $.log_guest_logins: expected true or false, found \"true\"; write true without quotes\n\
         passerby.json:7:15: $.compat: expected an object, found a list"
    );
}

#[test]
fn days_and_minutes_have_their_ranges() {
    for (days, fits) in
        [("1", true), ("36500", true), ("0", false), ("36501", false), ("1.5", false), ("-1", false)]
    {
        let text = format!(r#"{{"anonymous_user_expiration": {{"days": {days}}}}}"#);
        assert_eq!(super::read(&super::tree(&files(&text)), "news").is_ok(), fits, "{days} days");
    }
    for (minutes, fits) in [("1", true), ("1440", true), ("0", false), ("1441", false), ("1e2", false)] {
        let text = format!(r#"{{"access_token": {{"minutes": {minutes}}}}}"#);
        assert_eq!(super::read(&super::tree(&files(&text)), "news").is_ok(), fits, "{minutes} minutes");
    }
}

//! What the console calls each provider.

use crate::model::ProviderType;

/// The order of the original's table.
pub(in crate::http::console) const ORDER: [ProviderType; 8] = [
    ProviderType::AnonUser,
    ProviderType::LocalUserpass,
    ProviderType::Facebook,
    ProviderType::Google,
    ProviderType::Apple,
    ProviderType::ApiKey,
    ProviderType::CustomToken,
    ProviderType::CustomFunction,
];

/// The words of the table.
pub(in crate::http::console) fn title(kind: ProviderType) -> &'static str {
    match kind {
        ProviderType::AnonUser => "Allow users to log in anonymously",
        ProviderType::LocalUserpass => "Email/Password",
        ProviderType::Facebook => "Facebook",
        ProviderType::Google => "Google",
        ProviderType::Apple => "Apple",
        ProviderType::ApiKey => "API Keys",
        ProviderType::CustomToken => "Custom JWT Authentication",
        ProviderType::CustomFunction => "Custom Function Authentication",
    }
}

/// The words of filters and charts.
pub(in crate::http::console) fn short(kind: ProviderType) -> &'static str {
    match kind {
        ProviderType::AnonUser => "Anonymous",
        ProviderType::ApiKey => "API Key",
        ProviderType::CustomToken => "Custom JWT",
        ProviderType::CustomFunction => "Custom Function",
        other => title(other),
    }
}

/// What it is for, in a sentence.
pub(super) fn about(kind: ProviderType) -> &'static str {
    match kind {
        ProviderType::AnonUser => {
            "People come in without credentials. Each login makes a new user, who can become somebody later."
        }
        ProviderType::LocalUserpass => "People register with an e-mail address and a password.",
        ProviderType::Facebook => "People log in with their Facebook account.",
        ProviderType::Google => "People log in with their Google account.",
        ProviderType::Apple => "People log in with their Apple ID.",
        ProviderType::ApiKey => "Servers, and users who made a key for themselves, log in with it.",
        ProviderType::CustomToken => "People log in with a token that your own identity service signed.",
        ProviderType::CustomFunction => "A function of the app decides who it is.",
    }
}

/// What the switch does.
pub(super) fn when_enabled(kind: ProviderType) -> &'static str {
    match kind {
        ProviderType::AnonUser => {
            "Anyone who has the app may log in as a guest. Guests who are here already stay either way."
        }
        _ => "While it is off, nobody logs in this way. Whoever is logged in stays.",
    }
}

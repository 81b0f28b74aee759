//! One file per provider: each proves a credential and yields an identity.

pub(super) mod anon_user;

use crate::model::ProviderType;

/// Whether logins through this kind of provider are built. The others are kept in the configuration and refuse.
pub(super) fn is_served(kind: ProviderType) -> bool {
    match kind {
        ProviderType::AnonUser => true,
        ProviderType::LocalUserpass
        | ProviderType::ApiKey
        | ProviderType::CustomToken
        | ProviderType::CustomFunction
        | ProviderType::Google
        | ProviderType::Facebook
        | ProviderType::Apple => false,
    }
}

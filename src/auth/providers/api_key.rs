//! `api-key`: a random value that stands for its owner, or for a server user of its own. Stored as its SHA-256: 64
//! random letters need no slow hash.

use crate::auth::link::Proved;
use crate::auth::log_in::required;
use crate::auth::sha256::sha256;
use crate::auth::{App, Auth, Error, Login, Result};
use crate::model::{Dice, ProviderType, UserType};
use crate::store::{ApiKey, Claim};

const LENGTH: usize = 64;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A new value.
pub(crate) fn value(dice: &dyn Dice) -> String {
    (0..LENGTH)
        .filter_map(|_| ALPHABET.get(dice.below(62) as usize))
        .map(|&letter| char::from(letter))
        .collect()
}

/// Unknown, disabled and deleted keys look alike.
pub(crate) async fn prove(auth: &Auth, app: &App, login: &Login) -> Result<Proved> {
    let value = required(&login.body, "key")?;
    let key = auth.store().api_key(app.key, sha256(value)).await?.filter(|key| !key.disabled);
    let key = key.ok_or_else(|| Error::BadCredential("invalid API key".to_owned()))?;
    Ok(Proved { claim: claim(&key), kind: if key.server { UserType::Server } else { UserType::Normal } })
}

/// The identity that a key proves.
pub(crate) fn claim(key: &ApiKey) -> Claim {
    let data = [("name".to_owned(), key.name.as_str().into())].into_iter().collect();
    Claim { provider: ProviderType::ApiKey, id: key.id.to_string(), data, password: None }
}

//! Users and registrations as the original's Admin API lists them, one entry at a time.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Reason;
use crate::auth::custom_data::MOST_CUSTOM_DATA;
use crate::model::{CredentialId, DomainId, ProviderType, Timestamp, UserId, UserType};
use crate::store::LONGEST_SOUGHT;

/// Characters of an identity's id, and of an address.
const LONGEST: usize = 1024;
/// The last second of the year 9999.
const LAST: i64 = 253_402_300_799;

/// A field that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {said}")]
pub struct Wrong {
    /// Which, such as `identities[0].id`.
    pub field: String,
    /// What is wrong with it.
    pub said: String,
}

/// A user of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Newcomer {
    pub(super) id: UserId,
    /// The app that the list is of, if it says so.
    pub domain_id: Option<DomainId>,
    pub(super) kind: UserType,
    pub(super) disabled: bool,
    pub(super) last_active: Option<Timestamp>,
    pub(super) custom_data: Option<Map<String, Value>>,
    /// Those that can come.
    pub(super) identities: Vec<NewIdentity>,
    /// What cannot, whatever else happens.
    pub(super) losses: Vec<Reason>,
}

/// An identity that can come.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NewIdentity {
    pub(super) provider: ProviderType,
    /// The command line's lists leave it out.
    pub(super) id: Option<String>,
    pub(super) data: Map<String, Value>,
    pub(super) email: Option<String>,
}

/// A pending registration of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    pub(super) id: CredentialId,
    /// The app that the list is of, if it says so.
    pub domain_id: Option<DomainId>,
    pub(super) email: String,
    pub(super) confirmed: bool,
}

impl Newcomer {
    /// Reads an entry of a list of users.
    pub fn read(entry: &Value) -> Result<Newcomer, Wrong> {
        let entry = Fields::of(entry, "")?;
        let kind = match entry.text("type")?.as_deref() {
            None | Some("normal") => UserType::Normal,
            Some("server") => UserType::Server,
            Some(other) => {
                return Err(entry.wrong("type", format!("expected `normal` or `server`, found `{other}`")));
            }
        };
        let data = entry.object("data")?.unwrap_or_default();
        let mut newcomer = Newcomer {
            id: entry.id("_id")?,
            domain_id: entry.optional_id("domain_id")?,
            kind,
            disabled: entry.flag("disabled")?,
            last_active: entry.seconds("last_authentication_date")?,
            custom_data: entry.object("custom_data")?,
            identities: Vec::new(),
            losses: Vec::new(),
        };
        let size = serde_json::to_string(&newcomer.custom_data).map_or(usize::MAX, |text| text.len());
        if size > MOST_CUSTOM_DATA {
            newcomer.custom_data = None;
            newcomer.losses.push(Reason::CustomDataTooLarge);
        }
        let identities = entry.array("identities")?;
        let several = identities.len() > 1;
        for (n, identity) in identities.iter().enumerate() {
            newcomer.take(&Fields::of(identity, &format!("identities[{n}]"))?, &data, several)?;
        }
        if identities.is_empty() {
            newcomer.losses.push(Reason::NoIdentity);
        }
        Ok(newcomer)
    }

    /// Whether enough of it can come that it is still who it was: nobody becomes a guest for want of the rest.
    pub(super) fn can_come(&self) -> bool {
        let lost_ways = self.losses.iter().any(|reason| reason.is_of_an_identity());
        let lets_in = |identity: &NewIdentity| {
            !matches!(identity.provider, ProviderType::AnonUser | ProviderType::ApiKey)
        };
        !self.identities.is_empty() && (!lost_ways || self.identities.iter().any(lets_in))
    }

    fn take(&mut self, fields: &Fields<'_>, all: &Map<String, Value>, several: bool) -> Result<(), Wrong> {
        let Some(word) = fields.text("provider_type")? else {
            return Err(fields.wrong("provider_type", "it is missing".to_owned()));
        };
        let provider: ProviderType =
            word.parse().map_err(|_| fields.wrong("provider_type", format!("unknown type `{word}`")))?;
        let id = fields.text("id")?;
        let told = match fields.object("provider_data")? {
            Some(told) => Some(told),
            None => fields.object("data")?,
        };
        if self.identities.iter().any(|known| known.provider == provider && known.id == id) {
            return Err(fields.wrong("id", "the user has this identity twice".to_owned()));
        }
        let (mut data, mut email) = (told.clone().unwrap_or_default(), None);
        match provider {
            ProviderType::AnonUser => data = Map::new(),
            ProviderType::ApiKey => {
                self.losses.push(Reason::ApiKey);
                data = one(told.as_ref().unwrap_or(all), "name");
                if id.is_none() {
                    return Ok(());
                }
            }
            ProviderType::LocalUserpass => {
                if self.identities.iter().any(|known| known.provider == provider) {
                    self.losses.push(Reason::SecondAddress);
                    return Ok(());
                }
                if let Some(id) = &id {
                    id.parse::<CredentialId>().map_err(|_| fields.wrong("id", HEX.to_owned()))?;
                }
                // Of several identities another one may have told the address that stands in the union.
                data = one(told.as_ref().or((!several).then_some(all)).unwrap_or(&Map::new()), "email");
                let Some(address) = data.get("email").and_then(Value::as_str) else {
                    self.losses.push(Reason::AddressUnknown);
                    return Ok(());
                };
                check(address).map_err(|said| fields.wrong("provider_data.email", said))?;
                email = Some(address.to_owned());
            }
            _ => {
                if told.is_none() {
                    data = all.clone();
                }
                if id.is_none() {
                    self.losses.push(Reason::ExternalIdUnknown);
                    return Ok(());
                }
            }
        }
        self.identities.push(NewIdentity { provider, id, data, email });
        Ok(())
    }
}

impl Registered {
    /// Reads an entry of a list of pending users: one for each of its addresses.
    pub fn read(entry: &Value) -> Result<Registered, Wrong> {
        let entry = Fields::of(entry, "")?;
        let logins = entry.array("login_ids")?;
        let [login] = logins else {
            return Err(entry.wrong("login_ids", format!("expected one, found {}", logins.len())));
        };
        let login = Fields::of(login, "login_ids[0]")?;
        let Some(email) = login.text("id")? else {
            return Err(login.wrong("id", "it is missing".to_owned()));
        };
        Ok(Registered {
            id: entry.id("_id")?,
            domain_id: entry.optional_id("domain_id")?,
            confirmed: login.flag("confirmed")?,
            email,
        })
    }
}

const HEX: &str = "expected 24 hex digits";

fn one(data: &Map<String, Value>, key: &str) -> Map<String, Value> {
    data.get(key).map(|value| (key.to_owned(), value.clone())).into_iter().collect()
}

fn check(text: &str) -> Result<(), String> {
    if text.is_empty() {
        Err("it is empty".to_owned())
    } else if text.chars().count() > LONGEST {
        Err(format!("it has more than {LONGEST} characters"))
    } else if text.len() > LONGEST_SOUGHT {
        Err(format!("it has more than {LONGEST_SOUGHT} bytes"))
    } else if text.contains('\0') {
        Err("it holds U+0000".to_owned())
    } else {
        Ok(())
    }
}

/// An object of an entry, with where it is.
struct Fields<'a> {
    object: &'a Map<String, Value>,
    place: String,
}

impl<'a> Fields<'a> {
    fn of(value: &'a Value, place: &str) -> Result<Fields<'a>, Wrong> {
        match value {
            Value::Object(object) => Ok(Fields { object, place: place.to_owned() }),
            other => Err(Wrong {
                field: place.to_owned(),
                said: format!("expected an object, found {}", kind(other)),
            }),
        }
    }

    fn wrong(&self, key: &str, said: String) -> Wrong {
        let field = if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) };
        Wrong { field, said }
    }

    fn expected(&self, key: &str, what: &str, found: &Value) -> Wrong {
        self.wrong(key, format!("expected {what}, found {}", kind(found)))
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// A text that is not empty.
    fn text(&self, key: &str) -> Result<Option<String>, Wrong> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => {
                check(text).map_err(|said| self.wrong(key, said))?;
                Ok(Some(text.clone()))
            }
            Some(other) => Err(self.expected(key, "a string", other)),
        }
    }

    fn object(&self, key: &str) -> Result<Option<Map<String, Value>>, Wrong> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object.clone())),
            Some(other) => Err(self.expected(key, "an object", other)),
        }
    }

    fn array(&self, key: &str) -> Result<&'a [Value], Wrong> {
        match self.get(key) {
            None => Ok(&[]),
            Some(Value::Array(array)) => Ok(array),
            Some(other) => Err(self.expected(key, "an array", other)),
        }
    }

    fn flag(&self, key: &str) -> Result<bool, Wrong> {
        match self.get(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.expected(key, "true or false", other)),
        }
    }

    /// Seconds since 1970; 0 is never.
    fn seconds(&self, key: &str) -> Result<Option<Timestamp>, Wrong> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.as_i64() {
            Some(0) => Ok(None),
            Some(seconds @ 1..=LAST) => Ok(Some(Timestamp(seconds))),
            _ => Err(self.wrong(key, "expected whole seconds since 1970".to_owned())),
        }
    }

    fn optional_id<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Wrong> {
        let Some(value) = self.get(key) else { return Ok(None) };
        serde_json::from_value(value.clone()).map(Some).map_err(|_| self.wrong(key, HEX.to_owned()))
    }

    fn id<T: DeserializeOwned>(&self, key: &str) -> Result<T, Wrong> {
        self.optional_id(key)?.ok_or_else(|| self.wrong(key, "it is missing".to_owned()))
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

//! Administrators: what they may, and with what they ask.

use std::fmt;
use std::str::FromStr;

/// What an administrator may in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// See everything, change nothing.
    ReadOnly,
    /// See and change everything.
    Owner,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 2] = [Role::ReadOnly, Role::Owner];

    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::ReadOnly => "read-only",
            Role::Owner => "owner",
        }
    }

    /// The word on the wire of the Admin API.
    pub fn role_name(self) -> &'static str {
        match self {
            Role::ReadOnly => "GROUP_READ_ONLY",
            Role::Owner => "GROUP_OWNER",
        }
    }

    /// The store's number. Never changed, never reused.
    pub fn number(self) -> u8 {
        match self {
            Role::ReadOnly => 1,
            Role::Owner => 2,
        }
    }

    /// The role of a number.
    pub fn from_number(number: u8) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.number() == number)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Role, String> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("unknown role `{text}`: expected `owner` or `read-only`"))
    }
}

/// With what an administrator asks: deployments and drafts remember it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RequestOrigin {
    /// A command line tool.
    Cli,
    /// The console.
    Ui,
    /// Anything else.
    #[default]
    AdminApi,
}

impl RequestOrigin {
    /// From the `X-BAAS-Request-Origin` header; whatever is not known is a plain client of the API.
    pub fn of_header(header: Option<&str>) -> RequestOrigin {
        match header {
            Some("mongodb-baas-cli") => RequestOrigin::Cli,
            Some("mongodb-baas-ui") => RequestOrigin::Ui,
            _ => RequestOrigin::AdminApi,
        }
    }

    /// The word in deployments: `CLI`, `UI` or `Admin API`.
    pub fn as_str(self) -> &'static str {
        match self {
            RequestOrigin::Cli => "CLI",
            RequestOrigin::Ui => "UI",
            RequestOrigin::AdminApi => "Admin API",
        }
    }
}

impl fmt::Display for RequestOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//! What is refused of a part of a configuration.

use crate::model::ProviderType;

/// A refusal of a part. `Display` is the text for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartRefusal {
    /// There is a provider of the type.
    #[error("an auth provider of type '{0}' already exists")]
    ProviderExists(ProviderType),
    /// A provider that is enabled is not deleted.
    #[error("cannot delete an auth provider that is enabled: disable it first")]
    ProviderEnabled,
    /// What makes no provider, trigger, or the like.
    #[error("{0}")]
    Wrong(String),
    /// A value that has to be there.
    #[error("'{0}' is a required string")]
    Missing(&'static str),
    /// No part of the kind has the id or name.
    #[error("{} not found: '{name}'", .kind.noun())]
    NotFound {
        /// What kind.
        kind: PartKind,
        /// What was asked for.
        name: String,
    },
    /// A part of the kind has the name.
    #[error("{} already exists: '{name}'", .kind.noun())]
    Exists {
        /// What kind.
        kind: PartKind,
        /// The name.
        name: String,
    },
}

/// Parts of a configuration that have a name and an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// A function.
    Function,
    /// A value.
    Value,
    /// A value that depends on the environment.
    EnvironmentValue,
    /// A trigger.
    Trigger,
    /// A service or data source.
    Service,
    /// A rule of a service.
    Rule,
    /// A schema.
    Schema,
    /// A custom resolver.
    Resolver,
    /// An HTTPS endpoint.
    Endpoint,
    /// A log forwarder.
    LogForwarder,
}

impl PartKind {
    fn noun(self) -> &'static str {
        match self {
            PartKind::Function => "function",
            PartKind::Value => "value",
            PartKind::EnvironmentValue => "environment value",
            PartKind::Trigger => "trigger",
            PartKind::Service => "service",
            PartKind::Rule => "rule",
            PartKind::Schema => "schema",
            PartKind::Resolver => "custom resolver",
            PartKind::Endpoint => "endpoint",
            PartKind::LogForwarder => "log forwarder",
        }
    }

    /// How the protocol's error codes begin; `None` where they have none of this kind.
    pub fn code(self) -> Option<(&'static str, &'static str)> {
        match self {
            PartKind::Function => Some(("FunctionNotFound", "FunctionAlreadyExists")),
            PartKind::Value => Some(("ValueNotFound", "ValueAlreadyExists")),
            PartKind::EnvironmentValue => Some(("EnvironmentValueNotFound", "EnvironmentValueAlreadyExists")),
            PartKind::Service => Some(("ServiceNotFound", "ServiceAlreadyExists")),
            PartKind::Rule => Some(("RuleNotFound", "RuleAlreadyExists")),
            PartKind::Trigger
            | PartKind::Schema
            | PartKind::Resolver
            | PartKind::Endpoint
            | PartKind::LogForwarder => None,
        }
    }
}

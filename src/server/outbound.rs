//! The real mail and the real fetches, from the settings.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::ServerError;
use crate::auth::oauth::{EndpointSettings, Endpoints, Kind};
use crate::auth::outbound::{Fetch, Mail};
use crate::config::{Config, SmtpSecurity};
use crate::model::Secret;
use crate::outbound::{Allow, Fetcher, Limits, MailConfig, Mailer, Security, Smtp, Templates, Trust};

/// For everything that one letter takes.
const MAIL_TIME: Duration = Duration::from_secs(10);

/// How others are asked.
pub(super) struct Others {
    pub(super) mail: Arc<dyn Mail>,
    pub(super) fetch: Arc<dyn Fetch>,
    pub(super) issuers: HashMap<Kind, EndpointSettings>,
}

/// Reads what the settings name.
pub(super) fn others(config: &Config, public_url: &str) -> Result<Others, ServerError> {
    let trust = match &config.outbound_ca_file {
        None => Trust::default(),
        Some(file) => Trust::with_file(file).map_err(outbound)?,
    };
    let allow: Result<Vec<Allow>, _> = config.outbound_allow.iter().map(|entry| entry.parse()).collect();
    let fetcher = Fetcher::new(allow.map_err(outbound)?, &trust, Limits::default()).map_err(outbound)?;
    Ok(Others {
        mail: Arc::new(mailer(config, public_url, &trust)?),
        fetch: Arc::new(fetcher),
        issuers: issuers(config)?,
    })
}

/// The addresses that stand in for the real ones, checked.
fn issuers(config: &Config) -> Result<HashMap<Kind, EndpointSettings>, ServerError> {
    let Some(path) = &config.issuers_file else { return Ok(HashMap::new()) };
    let failed = |reason: String| ServerError::Issuers { path: path.clone(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    let named: BTreeMap<String, EndpointSettings> =
        toml::from_str(&text).map_err(|e| failed(e.to_string()))?;
    let mut issuers = HashMap::new();
    for (name, settings) in named {
        let kind = name.parse().ok().and_then(Kind::of);
        let kind = kind.ok_or_else(|| failed(format!("`{name}` is no OAuth provider")))?;
        Endpoints::of(kind).replaced_by(&settings).map_err(|bad| failed(bad.to_string()))?;
        issuers.insert(kind, settings);
    }
    Ok(issuers)
}

fn mailer(config: &Config, public_url: &str, trust: &Trust) -> Result<Mailer, ServerError> {
    let templates = Templates::read(config.mail_templates.as_deref()).map_err(outbound)?;
    let host = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let hello = host.split(['/', ':']).next().unwrap_or("localhost").to_owned();
    let about = MailConfig {
        from: config.mail_from.clone(),
        reply_to: config.mail_reply_to.clone(),
        hello,
        total: MAIL_TIME,
    };
    let Some(smtp) = &config.smtp else { return Mailer::log(&about, templates).map_err(outbound) };
    let password = match &smtp.password_file {
        None => None,
        Some(file) => {
            Some(std::fs::read_to_string(file).map_err(outbound)?.trim_end_matches(['\r', '\n']).to_owned())
        }
    };
    let smtp = Smtp {
        host: smtp.host.clone(),
        port: smtp.port,
        security: match smtp.security {
            SmtpSecurity::Tls => Security::Tls,
            SmtpSecurity::Starttls => Security::StartTls,
            SmtpSecurity::Plain => Security::Plain,
        },
        credentials: smtp.user.clone().zip(password.map(Secret::new)),
    };
    Mailer::smtp(&about, &smtp, trust, templates).map_err(outbound)
}

fn outbound(error: impl std::error::Error + Send + Sync + 'static) -> ServerError {
    ServerError::Outbound(Box::new(error))
}

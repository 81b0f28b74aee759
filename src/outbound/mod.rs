//! What we ask of others: fetches and mail, each behind a trait of `auth`, with limits on where, how long and how much.

mod address;
mod allow;
mod fetch;
mod mail;
mod template;
mod trust;

pub use allow::{Allow, BadAllow};
pub use fetch::{Fetcher, Limits, Resolve};
pub use mail::{MailConfig, MailSetupError, Mailer, Security, Smtp};
pub use template::{BadTemplate, Templates};
pub use trust::{Trust, TrustError};

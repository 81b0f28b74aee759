//! Mail, handed to the operator's mail server inside the request that asks for it, or printed for a developer.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::template::{Rendered, Templates};
use super::trust::Trust;
use crate::auth::letter::Letter;
use crate::auth::outbound::{Mail, MailError, Outcome};
use crate::model::{Secret, hex};

/// Letters under way at once; more wait, within their time.
const AT_ONCE: usize = 16;

/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 256;

/// How the way to the mail server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte, usually at port 465.
    Tls,
    /// STARTTLS, without which nothing is sent; usually at port 587.
    StartTls,
    /// None, for a mail server on this machine; usually at port 25.
    Plain,
}

/// The operator's mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Its host.
    pub host: String,
    /// Its port; the usual one when absent.
    pub port: Option<u16>,
    /// The privacy of the way there.
    pub security: Security,
    /// User and password.
    pub credentials: Option<(String, Secret<String>)>,
}

/// What every letter has in common.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// The sender, such as `News <no-reply@news.example>`.
    pub from: String,
    /// Where answers go, when not to the sender.
    pub reply_to: Option<String>,
    /// The name with which we greet the mail server: the host of the base URL.
    pub hello: String,
    /// For everything that one letter takes.
    pub total: Duration,
}

/// Settings that make no mail.
#[derive(Debug, thiserror::Error)]
pub enum MailSetupError {
    /// An address that is none.
    #[error("failed to understand the address `{0}`: expected News <no-reply@news.example>")]
    BadAddress(String),
    /// Without TLS over a network.
    #[error("failed to accept mail without TLS to `{0}`: that is for a mail server on this machine")]
    PlainElsewhere(String),
    /// A certificate or host that TLS does not take.
    #[error("failed to set TLS up for mail")]
    Tls(#[source] lettre::transport::smtp::Error),
}

enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Log,
}

/// The sender of letters.
pub struct Mailer {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    templates: Templates,
    transport: Transport,
    total: Duration,
    places: Semaphore,
}

impl Mailer {
    /// Sends through a mail server.
    pub fn smtp(
        config: &MailConfig,
        smtp: &Smtp,
        trust: &Trust,
        templates: Templates,
    ) -> Result<Mailer, MailSetupError> {
        let (tls, port) = match smtp.security {
            Security::Tls => (Tls::Wrapper(tls(&smtp.host, trust)?), 465),
            Security::StartTls => (Tls::Required(tls(&smtp.host, trust)?), 587),
            Security::Plain if !is_this_machine(&smtp.host) => {
                return Err(MailSetupError::PlainElsewhere(smtp.host.clone()));
            }
            Security::Plain => (Tls::None, 25),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .port(smtp.port.unwrap_or(port))
            .tls(tls)
            .hello_name(ClientId::Domain(config.hello.clone()))
            .timeout(Some(config.total));
        if let Some((user, password)) = &smtp.credentials {
            transport = transport.credentials(Credentials::new(user.clone(), password.expose().clone()));
        }
        Mailer::new(config, templates, Transport::Smtp(transport.build()))
    }

    /// Prints letters to stderr, for development: whoever reads the terminal can use the links.
    pub fn log(config: &MailConfig, templates: Templates) -> Result<Mailer, MailSetupError> {
        Mailer::new(config, templates, Transport::Log)
    }

    fn new(
        config: &MailConfig,
        templates: Templates,
        transport: Transport,
    ) -> Result<Mailer, MailSetupError> {
        let mailbox = |text: &String| text.parse().map_err(|_| MailSetupError::BadAddress(text.clone()));
        Ok(Mailer {
            from: mailbox(&config.from)?,
            reply_to: config.reply_to.as_ref().map(mailbox).transpose()?,
            templates,
            transport,
            total: config.total,
            places: Semaphore::new(AT_ONCE),
        })
    }

    fn message(&self, letter: &Letter, rendered: Rendered) -> Result<Message, MailError> {
        let to: Address = letter.to.parse().map_err(|_| MailError::BadAddress)?;
        let length = rendered.subject.chars().count();
        if !(1..=LONGEST_SUBJECT).contains(&length) || rendered.subject.chars().any(char::is_control) {
            return Err(MailError::BadSubject);
        }
        let id = hex(&letter.id);
        let since_1970 = Duration::from_secs(letter.now.0.try_into().unwrap_or(0));
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(rendered.subject)
            .date(SystemTime::UNIX_EPOCH + since_1970)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // So that nobody's holiday answers it.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        let body = MultiPart::alternative()
            .boundary(format!("passerby-{id}"))
            .singlepart(SinglePart::plain(rendered.text))
            .singlepart(SinglePart::html(rendered.html));
        message.multipart(body).map_err(|_| MailError::BadAddress)
    }

    async fn send_whole(&self, letter: &Letter) -> Result<(), MailError> {
        let rendered = self.templates.render(letter);
        let subject = rendered.subject.clone();
        let message = self.message(letter, rendered)?;
        match &self.transport {
            Transport::Log => {
                eprintln!("{}", for_developers(letter, &subject));
                Ok(())
            }
            Transport::Smtp(smtp) => {
                let whole = async {
                    let _place =
                        self.places.acquire().await.map_err(|e| MailError::Unreachable(e.to_string()))?;
                    smtp.send(message).await.map(drop).map_err(|error| failure(&error))
                };
                let late = MailError::TimedOut { ms: self.total.as_millis() };
                timeout(self.total, whole).await.unwrap_or(Err(late))
            }
        }
    }
}

impl Mail for Mailer {
    fn is_address(&self, text: &str) -> bool {
        text.parse::<Address>().is_ok()
    }

    fn leaves_this_machine(&self) -> bool {
        matches!(self.transport, Transport::Smtp(_))
    }

    fn send<'a>(&'a self, letter: &'a Letter) -> Outcome<'a, (), MailError> {
        Box::pin(self.send_whole(letter))
    }
}

fn tls(host: &str, trust: &Trust) -> Result<TlsParameters, MailSetupError> {
    let mut tls = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::WebpkiRoots);
    for certificate in trust.own() {
        let certificate = Certificate::from_der(certificate.to_vec()).map_err(MailSetupError::Tls)?;
        tls = tls.add_root_certificate(certificate);
    }
    tls.build().map_err(MailSetupError::Tls)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// What the mail server said, or that it said nothing. Only its code: its words may repeat the recipient.
fn failure(error: &lettre::transport::smtp::Error) -> MailError {
    match error.status() {
        Some(code) => MailError::Rejected(code.to_string()),
        None if error.is_timeout() => MailError::Unreachable("it did not answer in time".to_owned()),
        None if error.is_tls() => MailError::Unreachable("TLS failed".to_owned()),
        None if error.is_response() => MailError::Unreachable("its answer was none".to_owned()),
        None if error.is_client() => MailError::Unreachable("it lacks what we need".to_owned()),
        None => MailError::Unreachable("the connection failed".to_owned()),
    }
}

fn for_developers(letter: &Letter, subject: &str) -> String {
    let Letter { to, link, minutes, .. } = letter;
    let line = "-".repeat(72);
    format!("{line}\nMail to {to}: {subject}\nGood for {minutes} minutes:\n\n{link}\n{line}")
}

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::auth::letter::LetterKind;
use crate::model::Timestamp;

fn config() -> MailConfig {
    MailConfig {
        from: "News <no-reply@news.example>".to_owned(),
        reply_to: Some("help@news.example".to_owned()),
        hello: "auth.news.example".to_owned(),
        total: Duration::from_secs(5),
    }
}

fn templates() -> Templates {
    Templates::read(None).unwrap()
}

fn letter() -> Letter {
    Letter {
        kind: LetterKind::ConfirmEmail,
        app_name: "News".to_owned(),
        to: "ann@example.com".to_owned(),
        subject: None,
        link: "https://news.example/confirm?token=ab&tokenId=cd".to_owned(),
        minutes: 30,
        now: Timestamp(1_795_501_443),
        id: [0xab; 16],
    }
}

fn formatted(letter: &Letter) -> Result<String, MailError> {
    let mailer = Mailer::log(&config(), templates()).unwrap();
    let message = mailer.message(letter, mailer.templates.render(letter))?;
    Ok(String::from_utf8(message.formatted()).unwrap().replace("\r\n", "\n"))
}

#[test]
fn a_letter_is_whole() {
    insta::assert_snapshot!(formatted(&letter()).unwrap());
}

#[test]
fn a_letter_in_another_language_is_whole() {
    let letter = Letter {
        subject: Some("Bestätige deine Adresse für Grüße".to_owned()),
        app_name: "Grüße & Küsse".to_owned(),
        ..letter()
    };
    insta::assert_snapshot!(formatted(&letter).unwrap());
}

#[test]
fn a_header_cannot_be_smuggled_in() {
    for to in [
        "ann@example.com\r\nBcc: eve@example.com",
        "ann@example.com\nBcc: eve@example.com",
        "ann@example.com, eve@example.com",
        "Ann <ann@example.com>",
        "ann@example.com>",
        "ann@exam\0ple.com",
        "ann @example.com",
        "ann",
        "@example.com",
        "ann@",
        "",
    ] {
        let letter = Letter { to: to.to_owned(), ..letter() };
        assert_eq!(formatted(&letter), Err(MailError::BadAddress), "{to:?}");
        assert!(!Mailer::log(&config(), templates()).unwrap().is_address(to), "{to:?}");
    }
    for subject in ["Hello\r\nBcc: eve@example.com", "Hello\nx", "Hello\rx", "a\0b", &"a".repeat(257)] {
        let letter = Letter { subject: Some(subject.to_owned()), ..letter() };
        assert_eq!(formatted(&letter), Err(MailError::BadSubject), "{subject:?}");
    }
    let letter = Letter { app_name: "News\r\nBcc: eve@example.com".to_owned(), ..letter() };
    assert_eq!(formatted(&letter), Err(MailError::BadSubject));
}

#[test]
fn a_developer_reads_the_link() {
    let line = "-".repeat(72);
    assert_eq!(
        for_developers(&letter(), "Confirm"),
        format!(
            "{line}\nMail to ann@example.com: Confirm\nGood for 30 minutes:\n\n\
             https://news.example/confirm?token=ab&tokenId=cd\n{line}"
        )
    );
}

type Heard = Arc<Mutex<Vec<String>>>;

/// A mail server that takes letters, answers `RCPT` as told, and keeps what it heard.
async fn mail_server(rcpt: &'static str, tls: Option<TlsAcceptor>) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let log = heard.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            match &tls {
                None => converse(stream, rcpt, &log).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        converse(stream, rcpt, &log).await;
                    }
                }
            }
        }
    });
    (port, heard)
}

async fn converse(stream: impl AsyncRead + AsyncWrite, rcpt: &str, log: &Mutex<Vec<String>>) {
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 mail.example ready\r\n").await.unwrap();
    let mut in_letter = false;
    while let Ok(Some(line)) = lines.next_line().await {
        log.lock().unwrap().push(line.clone());
        let answer = match line.as_str() {
            "." => {
                in_letter = false;
                "250 taken"
            }
            _ if in_letter => continue,
            "DATA" => {
                in_letter = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            l if l.starts_with("EHLO") => "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            l if l.starts_with("AUTH") => "235 welcome",
            l if l.starts_with("RCPT") => rcpt,
            _ => "250 fine",
        };
        if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            break;
        }
    }
}

fn smtp(port: u16, security: Security) -> Smtp {
    let credentials = Some(("news".to_owned(), Secret::new("hunter2".to_owned())));
    Smtp { host: "127.0.0.1".to_owned(), port: Some(port), security, credentials }
}

#[tokio::test]
async fn a_letter_reaches_the_mail_server() {
    let (port, heard) = mail_server("250 fine", None).await;
    let mailer =
        Mailer::smtp(&config(), &smtp(port, Security::Plain), &Trust::default(), templates()).unwrap();
    mailer.send(&letter()).await.unwrap();
    let heard = heard.lock().unwrap().join("\n");
    let (envelope, message) = heard.split_once("DATA\n").unwrap();
    assert_eq!(
        envelope,
        "EHLO auth.news.example\nAUTH PLAIN AG5ld3MAaHVudGVyMg==\nMAIL FROM:<no-reply@news.example>\n\
         RCPT TO:<ann@example.com>\n"
    );
    assert_eq!(message, format!("{}\n.\nQUIT", formatted(&letter()).unwrap()));
}

#[tokio::test]
async fn a_refusal_says_the_code_and_no_address() {
    let (port, _) = mail_server("550 5.1.1 ann@example.com is nobody here", None).await;
    let mailer =
        Mailer::smtp(&config(), &smtp(port, Security::Plain), &Trust::default(), templates()).unwrap();
    assert_eq!(mailer.send(&letter()).await, Err(MailError::Rejected("550".to_owned())));
}

#[tokio::test]
async fn nothing_is_sent_without_the_tls_that_was_asked_for() {
    let (port, heard) = mail_server("250 fine", None).await;
    let mailer =
        Mailer::smtp(&config(), &smtp(port, Security::StartTls), &Trust::default(), templates()).unwrap();
    let error = mailer.send(&letter()).await.unwrap_err();
    assert_eq!(error, MailError::Unreachable("it lacks what we need".to_owned()));
    assert!(!heard.lock().unwrap().iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")));
}

#[tokio::test]
async fn over_tls_the_mail_server_must_be_who_it_says() {
    let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let acceptor = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![key.cert.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap(),
        )
        .unwrap();
    let (port, heard) = mail_server("250 fine", Some(TlsAcceptor::from(Arc::new(acceptor)))).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, key.cert.pem()).unwrap();
    let trust = Trust::with_file(&file).unwrap();
    for (host, trust, expected) in [
        ("localhost", &Trust::default(), Err(MailError::Unreachable("the connection failed".to_owned()))),
        ("127.0.0.1", &trust, Err(MailError::Unreachable("the connection failed".to_owned()))),
        ("localhost", &trust, Ok(())),
    ] {
        assert_eq!(heard.lock().unwrap().len(), 0, "nobody is told anything before");
        let smtp = Smtp { host: host.to_owned(), ..smtp(port, Security::Tls) };
        let mailer = Mailer::smtp(&config(), &smtp, trust, templates()).unwrap();
        assert_eq!(mailer.send(&letter()).await, expected, "{host}");
    }
}

#[tokio::test]
async fn a_mail_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = MailConfig { total: Duration::from_millis(50), ..config() };
    let mailer = Mailer::smtp(&config, &smtp(port, Security::Plain), &Trust::default(), templates()).unwrap();
    assert_eq!(mailer.send(&letter()).await, Err(MailError::TimedOut { ms: 50 }));
    drop(listener);
    let error = mailer.send(&letter()).await.unwrap_err();
    assert_eq!(error, MailError::Unreachable("the connection failed".to_owned()));
}

#[test]
fn settings_that_make_no_mail_are_refused() {
    let elsewhere = Smtp { host: "mail.example".to_owned(), ..smtp(25, Security::Plain) };
    let error = Mailer::smtp(&config(), &elsewhere, &Trust::default(), templates()).err().unwrap();
    assert_eq!(
        error.to_string(),
        "failed to accept mail without TLS to `mail.example`: that is for a mail server on this machine"
    );
    let config = MailConfig { from: "News".to_owned(), ..config() };
    let error = Mailer::log(&config, templates()).err().unwrap();
    assert_eq!(
        error.to_string(),
        "failed to understand the address `News`: expected News <no-reply@news.example>"
    );
}

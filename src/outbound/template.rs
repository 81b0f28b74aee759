//! The letters' words: ours, or the operator's files in their place.

use std::path::{Path, PathBuf};

use crate::auth::letter::{Letter, LetterKind};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 256 * 1024;

/// A template file that is of no use.
#[derive(Debug, thiserror::Error)]
#[error("failed to use the template {path}: {reason}")]
pub struct BadTemplate {
    path: PathBuf,
    reason: String,
}

/// What may stand between `{{` and `}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    AppName,
    Email,
    Link,
    Minutes,
}

impl Slot {
    const ALL: [(&str, Slot); 4] = [
        ("app_name", Slot::AppName),
        ("email", Slot::Email),
        ("link", Slot::Link),
        ("minutes", Slot::Minutes),
    ];

    fn text(self, letter: &Letter) -> String {
        match self {
            Slot::AppName => letter.app_name.clone(),
            Slot::Email => letter.to.clone(),
            Slot::Link => letter.link.clone(),
            Slot::Minutes => letter.minutes.to_string(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Slot(Slot),
}

/// One text with its slots.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Template(Vec<Piece>);

impl Template {
    fn parse(text: &str) -> Result<Template, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or("a `{{` has no `}}`")?;
            let name = name.trim();
            let slot = Slot::ALL.iter().find(|(known, _)| *known == name).map(|(_, slot)| *slot);
            let slot = slot.ok_or_else(|| {
                let known: Vec<String> =
                    Slot::ALL.iter().map(|(name, _)| format!("{{{{{name}}}}}")).collect();
                format!("{{{{{name}}}}} is unknown: there are {}", known.join(", "))
            })?;
            pieces.extend([Piece::Text(before.to_owned()), Piece::Slot(slot)]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Template(pieces))
    }

    fn has(&self, slot: Slot) -> bool {
        self.0.contains(&Piece::Slot(slot))
    }

    fn fill(&self, letter: &Letter, in_place: fn(String) -> String) -> String {
        let fill = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Slot(slot) => in_place(slot.text(letter)),
        };
        self.0.iter().map(fill).collect()
    }
}

/// The three texts of a kind of letter.
#[derive(Clone, Debug)]
struct Words {
    subject: Template,
    text: Template,
    html: Template,
}

/// The words of every kind of letter.
#[derive(Clone, Debug)]
pub struct Templates {
    confirm_email: Words,
    reset_password: Words,
}

/// A letter in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

impl Templates {
    /// Our own, and in their place the files of a directory, as far as it has them: `confirm-email.subject.txt`,
    /// `confirm-email.txt`, `confirm-email.html`, and the same of `reset-password`.
    pub fn read(directory: Option<&Path>) -> Result<Templates, BadTemplate> {
        Ok(Templates {
            confirm_email: words(
                directory,
                "confirm-email",
                [
                    include_str!("templates/confirm-email.subject.txt"),
                    include_str!("templates/confirm-email.txt"),
                    include_str!("templates/confirm-email.html"),
                ],
            )?,
            reset_password: words(
                directory,
                "reset-password",
                [
                    include_str!("templates/reset-password.subject.txt"),
                    include_str!("templates/reset-password.txt"),
                    include_str!("templates/reset-password.html"),
                ],
            )?,
        })
    }

    pub(super) fn render(&self, letter: &Letter) -> Rendered {
        let words = match letter.kind {
            LetterKind::ConfirmEmail => &self.confirm_email,
            LetterKind::ResetPassword => &self.reset_password,
        };
        let subject = letter.subject.clone().filter(|subject| !subject.is_empty());
        Rendered {
            subject: subject.unwrap_or_else(|| words.subject.fill(letter, |text| text).trim_end().to_owned()),
            text: words.text.fill(letter, |text| text),
            html: words.html.fill(letter, |text| escaped(&text)),
        }
    }
}

fn words(directory: Option<&Path>, name: &str, defaults: [&str; 3]) -> Result<Words, BadTemplate> {
    let [subject, text, html] = defaults;
    let subject = template(directory, &format!("{name}.subject.txt"), subject)?;
    let text = template(directory, &format!("{name}.txt"), text)?;
    let html = template(directory, &format!("{name}.html"), html)?;
    for (template, end) in [(&text, "txt"), (&html, "html")] {
        if !template.has(Slot::Link) {
            let path = directory.unwrap_or(Path::new("")).join(format!("{name}.{end}"));
            return Err(BadTemplate { path, reason: "it has no {{link}}".to_owned() });
        }
    }
    Ok(Words { subject, text, html })
}

fn template(directory: Option<&Path>, file: &str, default: &str) -> Result<Template, BadTemplate> {
    let path = directory.map(|directory| directory.join(file));
    let own = match &path {
        Some(path) => read(path).map_err(|reason| BadTemplate { path: path.clone(), reason })?,
        None => None,
    };
    Template::parse(own.as_deref().unwrap_or(default))
        .map_err(|reason| BadTemplate { path: path.unwrap_or_else(|| file.into()), reason })
}

fn read(path: &Path) -> Result<Option<String>, String> {
    match path.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
        Ok(about) if about.len() > LARGEST => Err(format!("it is larger than {LARGEST} bytes")),
        Ok(_) => std::fs::read_to_string(path).map(Some).map_err(|error| error.to_string()),
    }
}

/// Text as it may stand anywhere in HTML, in an attribute too.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn letter(kind: LetterKind) -> Letter {
        Letter {
            kind,
            app_name: "News".to_owned(),
            to: "ann@example.com".to_owned(),
            subject: None,
            link: "https://news.example/confirm?token=ab&tokenId=cd".to_owned(),
            minutes: 30,
            now: Timestamp(0),
            id: [0; 16],
        }
    }

    #[test]
    fn our_own_words_are_whole() {
        let templates = Templates::read(None).unwrap();
        let confirm = templates.render(&letter(LetterKind::ConfirmEmail));
        insta::assert_snapshot!(format!("{}\n---\n{}---\n{}", confirm.subject, confirm.text, confirm.html));
        let reset = templates.render(&letter(LetterKind::ResetPassword));
        insta::assert_snapshot!(format!("{}\n---\n{}---\n{}", reset.subject, reset.text, reset.html));
    }

    #[test]
    fn an_operators_files_stand_in_the_place_of_ours() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("reset-password.subject.txt", "{{app_name}}: neues Passwort\n");
        write("reset-password.html", "<a title='{{ email }}' href=\"{{link}}\">{{app_name}}</a>");
        let templates = Templates::read(Some(dir.path())).unwrap();
        let mut letter = letter(LetterKind::ResetPassword);
        letter.app_name = "<b>\"N'&\"</b>".to_owned();
        letter.link = "https://a.example/?a={{email}}&token=x".to_owned();
        let rendered = templates.render(&letter);
        assert_eq!(rendered.subject, "<b>\"N'&\"</b>: neues Passwort");
        assert_eq!(
            rendered.html,
            "<a title='ann@example.com' href=\"https://a.example/?a={{email}}&amp;token=x\">\
             &lt;b&gt;&quot;N&#39;&amp;&quot;&lt;/b&gt;</a>"
        );
        assert!(rendered.text.contains("https://a.example/?a={{email}}&token=x"), "{}", rendered.text);
        letter.subject = Some("From the app's configuration".to_owned());
        assert_eq!(templates.render(&letter).subject, "From the app's configuration");
    }

    #[test]
    fn a_template_that_cannot_work_is_refused_at_the_start() {
        for (file, text, reason) in [
            (
                "confirm-email.txt",
                "{{lnk}}",
                "{{lnk}} is unknown: there are {{app_name}}, {{email}}, {{link}}, {{minutes}}",
            ),
            ("confirm-email.html", "<a href='{{link'>", "a `{{` has no `}}`"),
            ("reset-password.html", "<p>Hello</p>", "it has no {{link}}"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join(file);
            std::fs::write(&path, text).unwrap();
            let error = Templates::read(Some(dir.path())).unwrap_err().to_string();
            assert_eq!(error, format!("failed to use the template {}: {reason}", path.display()));
        }
    }
}

//! Recorded texts, cut at the names that stand for what differs from run to run.

/// A part of a recorded text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// What stands between `{{` and `}}`, such as `id:3`.
    Name(&'a str),
}

/// The parts of a recorded text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or_else(|| panic!("a name in {text:?} has no end"));
        pieces.extend((!before.is_empty()).then_some(Piece::Text(before)));
        pieces.push(Piece::Name(name));
        rest = after;
    }
    pieces.extend((!rest.is_empty()).then_some(Piece::Text(rest)));
    pieces
}

/// What a name stands for: `id` of `id:3`.
pub(super) fn kind(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
}

/// How many bytes at the beginning of a text may be what a name stands for.
pub(super) fn length_of(name: &str, text: &str) -> Option<usize> {
    let run = |allowed: fn(u8) -> bool| text.bytes().take_while(|byte| allowed(*byte)).count();
    let exactly = |length: usize, run: usize| (run == length).then_some(length);
    let some = |run: usize| (run > 0).then_some(run);
    match kind(name) {
        "id" => exactly(24, run(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))),
        "letters" => exactly(24, run(|b| b.is_ascii_lowercase())),
        "key" => exactly(64, run(|b| b.is_ascii_alphanumeric())),
        "stamp" => exactly(14, run(|b| b.is_ascii_digit())),
        "token" => some(run(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))),
        "nonce" => some(run(|b| b != b'"')),
        "time" => some(run(|b| b.is_ascii_digit() || b"-:.TZ".contains(&b))),
        "app" => {
            let letters = text.strip_prefix("seed-")?.bytes().take_while(u8::is_ascii_lowercase).count();
            exactly(5, letters).map(|letters| "seed-".len() + letters)
        }
        "took" => {
            let digits = some(run(|b| b.is_ascii_digit()))?;
            text[digits..].starts_with("ms").then_some(digits + "ms".len())
        }
        other => panic!("a recording names `{other}`, which nothing here reads"),
    }
}

#[test]
fn a_text_is_cut_at_its_names() {
    use Piece::{Name, Text};
    assert_eq!(
        pieces("/apps/{{id:4}}/x{{stamp}}"),
        [Text("/apps/"), Name("id:4"), Text("/x"), Name("stamp")]
    );
    assert_eq!(pieces("{{id:1}}-{{letters:1}}"), [Name("id:1"), Text("-"), Name("letters:1")]);
    assert_eq!(pieces(""), []);
}

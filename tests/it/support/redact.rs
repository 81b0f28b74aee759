//! Takes what differs from run to run out of what a command printed.

/// Names ids, keys and times by what they are: `[id]`, `[identity]`, `[key]`, `[time]`, `[day]`, `[seconds]`.
pub(crate) fn redact(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((taken, name)) = time(rest) {
            out.push_str(name);
            rest = &rest[taken..];
            continue;
        }
        let word = rest.find(|c: char| !is_of_word(c)).unwrap_or(rest.len()).max(first.len_utf8());
        out.push_str(name(&rest[..word]).unwrap_or(&rest[..word]));
        rest = &rest[word..];
    }
    out
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// A time at the beginning of a text, in either notation, or a day.
fn time(text: &str) -> Option<(usize, &'static str)> {
    let forms =
        [("0000-00-00 00:00:00 UTC", "[time]"), ("0000-00-00T00:00:00Z", "[time]"), ("0000-00-00", "[day]")];
    let fits = |form: &str| {
        text.len() >= form.len()
            && form
                .bytes()
                .zip(text.bytes())
                .all(|(f, t)| if f == b'0' { t.is_ascii_digit() } else { f == t })
    };
    forms.into_iter().find(|(form, _)| fits(form)).map(|(form, name)| (form.len(), name))
}

fn name(word: &str) -> Option<&'static str> {
    let hex = |text: &str| text.len() == 24 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let letters = |text: &str| text.len() == 24 && text.bytes().all(|b| b.is_ascii_lowercase());
    // A key's id is 16 characters of base64url, and hardly ever without a digit or a capital.
    let key = word.len() == 16 && word.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    match word.split_once('-') {
        _ if hex(word) => Some("[id]"),
        Some((id, rest)) if hex(id) && letters(rest) => Some("[identity]"),
        _ if key => Some("[key]"),
        _ if word.len() == 10 && word.bytes().all(|b| b.is_ascii_digit()) => Some("[seconds]"),
        _ => None,
    }
}

#[test]
fn what_differs_is_named_and_the_rest_stays() {
    assert_eq!(
        redact("636a9db3bdeec4a0374030d4  2026-11-24 06:24:03 UTC (2026-11-24) 1795501443,ä access-original"),
        "[id]  [time] ([day]) [seconds],ä access-original"
    );
    assert_eq!(
        redact("636a9db3bdeec4a0374030d3-oeerqzymkhkidoetagpobzqs sIVQy08QZFXM1Shi"),
        "[identity] [key]"
    );
}

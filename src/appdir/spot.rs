//! A value in a file, with its path: what typed reading asks.

use super::json::{Member, Node, Shape, Source, key_step, placeholder_hint, quoted};
use super::problem::{Findings, Problem, did_you_mean};

/// A value in a file, with its path.
#[derive(Clone)]
pub(super) struct Spot<'a> {
    source: &'a Source<'a>,
    path: String,
    /// Where the key stands, or the value where there is none.
    key_at: usize,
    node: &'a Node,
}

impl<'a> Spot<'a> {
    /// The whole value of a file.
    pub(super) fn whole(source: &'a Source<'a>, node: &'a Node) -> Spot<'a> {
        Spot { source, path: "$".to_owned(), key_at: node.at, node }
    }

    pub(super) fn node(&self) -> &'a Node {
        self.node
    }

    /// Where the value stands, such as `$.security`.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    fn member(&self, member: &'a Member) -> Spot<'a> {
        let path = format!("{}{}", self.path, key_step(&member.key));
        Spot { source: self.source, path, key_at: member.key_at, node: &member.node }
    }

    /// The value of a key, if this is an object that has it.
    pub(super) fn get(&self, key: &str) -> Option<Spot<'a>> {
        let Shape::Object(members) = &self.node.shape else { return None };
        members.iter().find(|m| m.key == key).map(|m| self.member(m))
    }

    /// The value of a key, unless it is null, as exports of the original write what was never set.
    pub(super) fn given(&self, key: &str) -> Option<Spot<'a>> {
        self.get(key).filter(|spot| !matches!(spot.node.shape, Shape::Null))
    }

    /// The keys and values, or `None` after reporting that this is no object.
    pub(super) fn object(&self, findings: &mut Findings) -> Option<Vec<(&'a str, Spot<'a>)>> {
        match &self.node.shape {
            Shape::Object(members) => {
                Some(members.iter().map(|m| (m.key.as_str(), self.member(m))).collect())
            }
            _ => {
                self.expected("an object", None, findings);
                None
            }
        }
    }

    /// The elements, or `None` after reporting that this is no list.
    pub(super) fn list(&self, findings: &mut Findings) -> Option<Vec<Spot<'a>>> {
        let Shape::List(nodes) = &self.node.shape else {
            self.expected("a list", None, findings);
            return None;
        };
        let spots = nodes.iter().enumerate().map(|(index, node)| Spot {
            source: self.source,
            path: format!("{}[{index}]", self.path),
            key_at: node.at,
            node,
        });
        Some(spots.collect())
    }

    /// The text, or `None` after reporting that this is none.
    pub(super) fn text(&self, findings: &mut Findings) -> Option<&'a str> {
        match &self.node.shape {
            Shape::Text(text) => Some(text),
            Shape::Number(number) => {
                self.expected("a text", Some(format!("write \"{number}\"")), findings);
                None
            }
            _ => {
                self.expected("a text", None, findings);
                None
            }
        }
    }

    /// The truth value, or `None` after reporting that this is none.
    pub(super) fn bool(&self, findings: &mut Findings) -> Option<bool> {
        let hint = match &self.node.shape {
            Shape::Bool(value) => return Some(*value),
            Shape::Text(text) => match text.trim().to_lowercase().as_str() {
                word @ ("true" | "false") => Some(format!("write {word} without quotes")),
                "yes" | "on" | "1" => Some("did you mean true?".to_owned()),
                "no" | "off" | "0" => Some("did you mean false?".to_owned()),
                _ if placeholder_hint(text).is_some() => {
                    Some("replace the placeholder with true or false".to_owned())
                }
                _ => None,
            },
            Shape::Number(number) if number.as_u64() == Some(0) => Some("did you mean false?".to_owned()),
            Shape::Number(number) if number.as_u64() == Some(1) => Some("did you mean true?".to_owned()),
            _ => None,
        };
        self.expected("true or false", hint, findings);
        None
    }

    /// The whole number in a range, or `None` after reporting that this is none.
    pub(super) fn number(&self, from: u32, to: u32, findings: &mut Findings) -> Option<u32> {
        let fits = |number: u32| (from..=to).contains(&number);
        let hint = match &self.node.shape {
            Shape::Number(number) => {
                match number.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| fits(*n)) {
                    Some(number) => return Some(number),
                    None => None,
                }
            }
            Shape::Text(text) => {
                text.parse().ok().filter(|n| fits(*n)).map(|n| format!("write {n} without quotes"))
            }
            _ => None,
        };
        self.expected(&format!("a whole number from {from} to {to}"), hint, findings);
        None
    }

    /// What one of several words stands for, or `None` after reporting that this is none of them.
    pub(super) fn one_of<T: Copy>(&self, words: &[(&str, T)], findings: &mut Findings) -> Option<T> {
        let text = self.text(findings)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let names: Vec<String> = words.iter().map(|(word, _)| quoted(word)).collect();
        let hint = did_you_mean(text, words.iter().map(|(word, _)| *word));
        self.expected(&format!("one of {}", names.join(", ")), hint, findings);
        None
    }

    /// Reports a value that is not what it should be; one that is broken was reported already.
    pub(super) fn expected(&self, what: &str, hint: Option<String>, findings: &mut Findings) {
        if matches!(self.node.shape, Shape::Broken) || findings.is_full() {
            return;
        }
        let hint = hint.or_else(|| match &self.node.shape {
            Shape::Text(text) => placeholder_hint(text),
            _ => None,
        });
        let message = format!("expected {what}, found {}", self.node.describe());
        findings.error(self.problem(message).with_hint(hint));
    }

    /// A finding about the value.
    pub(super) fn problem(&self, message: String) -> Problem {
        self.source.problem(self.node.at, Some(&self.path), message)
    }

    /// A finding about the key.
    pub(super) fn problem_with_key(&self, message: String) -> Problem {
        self.source.problem(self.key_at, Some(&self.path), message)
    }
}

//! PEM as people paste it: with line breaks, without, or with `\n` in their place.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// One section of a PEM text.
pub(super) struct Section<'t> {
    /// What stands after `BEGIN`, such as `PUBLIC KEY`.
    pub(super) label: &'t str,
    /// What the section holds.
    pub(super) der: Vec<u8>,
}

/// The first section, if the text has a whole one.
pub(super) fn first(text: &str) -> Option<Section<'_>> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.replace("\\n", "").replace("\\r", "").split_whitespace().collect();
    Some(Section { label, der: STANDARD.decode(body).ok()? })
}

//! The surroundings of a function, in JavaScript, compiled once per process.
//!
//! Every call begins in a context of its own, and reading this much source anew took most of its time.

use std::sync::OnceLock;

use rquickjs::loader::Loader;
use rquickjs::loader::bundle::Bundle;
use rquickjs::module::WriteOptions;
use rquickjs::{Context, Ctx, Error, Function, Module, Result, Runtime};

/// The pieces: `core` is there in every call, the others are loaded when they are first touched.
const SOURCES: [(&str, &str); 14] = [
    ("core", include_str!("prelude/core.js")),
    ("bson", include_str!("prelude/bson.js")),
    ("buffer", include_str!("prelude/buffer.js")),
    ("crypto", include_str!("prelude/crypto.js")),
    ("decimal", include_str!("prelude/decimal.js")),
    ("ejson", include_str!("prelude/ejson.js")),
    ("http", include_str!("prelude/http.js")),
    ("long", include_str!("prelude/long.js")),
    ("querystring", include_str!("prelude/querystring.js")),
    ("require", include_str!("prelude/require.js")),
    ("text", include_str!("prelude/text.js")),
    ("url", include_str!("prelude/url.js")),
    ("util", include_str!("prelude/util.js")),
    ("utils", include_str!("prelude/utils.js")),
];

/// Names and bytecode. The bytecode is the engine's own, which is what makes loading it sound.
type Pieces = &'static [(&'static str, &'static [u8])];

/// The function that a piece exports.
pub(super) fn piece<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Function<'js>> {
    // The bundle lives as long as the process, since engines come and go in tests.
    static PIECES: OnceLock<Pieces> = OnceLock::new();
    let pieces = match PIECES.get() {
        Some(pieces) => *pieces,
        None => {
            let compiled = compile()?;
            *PIECES.get_or_init(|| Vec::leak(compiled))
        }
    };
    let (module, _) = Bundle(pieces).load(ctx, name, None)?.eval()?;
    module.get("default")
}

fn compile() -> Result<Vec<(&'static str, &'static [u8])>> {
    let runtime = Runtime::new()?;
    Context::full(&runtime)?.with(|ctx| {
        let compiled = SOURCES.iter().map(|(name, source)| {
            let options = WriteOptions { strip_source: true, ..WriteOptions::default() };
            let bytecode = Module::declare(ctx.clone(), *name, *source)?.write(options)?;
            Ok::<(&str, &[u8]), Error>((*name, Vec::leak(bytecode)))
        });
        compiled.collect()
    })
}

//! What Rust offers the prelude: the one way out of the sandbox, and nothing in it can do harm.
//!
//! Bytes come in as base64, since only unsafe code could look into JavaScript's own buffers; they go out as copies that
//! count against the call's memory.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rquickjs::context::EvalOptions;
use rquickjs::prelude::Opt;
use rquickjs::{Ctx, Exception, Function, Object, Result, TypedArray, Value};
use serde_json::json;

use super::call::HttpRequest;
use super::desk::Desk;
use super::program::Source;
use super::{keys, prelude, text};

/// How many random bytes are given at once.
const MOST_RANDOM: usize = 1 << 20;

/// The memory that must be free before anything is compiled, in bytes: the engine takes 13 KiB for the shortest source.
const LEAST_ROOM: usize = 32 << 10;

/// The same for each byte of a source. The greediest that we found, arrow functions in arrow functions, takes 180.
const ROOM_PER_BYTE: usize = 192;

/// The same for loading a piece of the prelude, of which the greediest takes 46 KiB.
const ROOM_OF_PIECE: usize = 64 << 10;

/// The memory that must be free before a source of that length is compiled, in bytes.
pub(super) fn room(length: usize) -> usize {
    LEAST_ROOM.saturating_add(length.saturating_mul(ROOM_PER_BYTE))
}

/// The same for a source that came about while the function ran, which nobody has read: where many functions may see many
/// variables, its greed grows with the square of its length.
fn room_of_unknown(length: usize) -> usize {
    room(length).saturating_add(length.saturating_mul(length) / 16)
}

/// A size as JavaScript can ask for it. What is larger is beyond any limit anyway.
fn asked(bytes: usize) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
}

/// Compiles a source of the app once there is room for that.
fn compile<'js>(ctx: &Ctx<'js>, name: &str, source: &str) -> Result<Value<'js>> {
    let make_room: Function = inside(ctx)?.get("makeRoom")?;
    make_room.call::<_, ()>((asked(room(source.len())),))?;
    evaluate(ctx, name, source)
}

/// What the prelude offers Rust.
pub(super) fn inside<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    ctx.userdata::<Object>().map(|inside| inside.clone()).ok_or(rquickjs::Error::Unknown)
}

/// Evaluates a source under the name that errors show.
pub(super) fn evaluate<'js>(ctx: &Ctx<'js>, name: &str, source: &str) -> Result<Value<'js>> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(name.to_owned());
    ctx.eval_with_options(source, options)
}

/// The host of one call.
pub(super) fn host<'js>(ctx: &Ctx<'js>, desk: &Arc<Desk>) -> Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    host.set("outputLimit", desk.limits.output)?;
    host.set("isSystem", desk.is_system)?;
    ends(ctx, &host, desk)?;
    surroundings(ctx, &host, desk)?;
    sources(ctx, &host, desk)?;
    utf8(ctx, &host)?;
    packages(ctx, &host, desk)?;
    cryptography(ctx, &host)?;
    network(ctx, &host, desk)?;
    Ok(host)
}

fn thrown(ctx: &Ctx<'_>, message: &str) -> rquickjs::Error {
    Exception::throw_message(ctx, message)
}

fn bytes_of(ctx: &Ctx<'_>, base64: &str) -> Result<Vec<u8>> {
    STANDARD.decode(base64).map_err(|_| thrown(ctx, "failed to read bytes"))
}

fn bytes<'js>(ctx: Ctx<'js>, done: std::result::Result<Vec<u8>, String>) -> Result<TypedArray<'js, u8>> {
    match done {
        Ok(bytes) => TypedArray::new_copy(ctx, bytes),
        Err(message) => Err(thrown(&ctx, &message)),
    }
}

/// Results, errors and the log.
fn ends<'js>(ctx: &Ctx<'js>, host: &Object<'js>, desk: &Arc<Desk>) -> Result<()> {
    let at = desk.clone();
    let finish = move |text: Opt<Option<String>>| at.papers().finish(Ok(text.0.flatten()));
    host.set("finish", Function::new(ctx.clone(), finish))?;
    let at = desk.clone();
    host.set("fail", Function::new(ctx.clone(), move |text: String| at.papers().finish(Err(text))))?;
    let at = desk.clone();
    let log = move |is_error: bool, text: String| at.log(is_error, text);
    host.set("log", Function::new(ctx.clone(), log))?;
    let at = desk.clone();
    host.set("logIsFull", Function::new(ctx.clone(), move || at.log_is_full()))?;
    let at = desk.clone();
    host.set("outputIsFull", Function::new(ctx.clone(), move || at.papers().is_output_full = true))
}

/// What the function sees: its scene, time and chance.
fn surroundings<'js>(ctx: &Ctx<'js>, host: &Object<'js>, desk: &Arc<Desk>) -> Result<()> {
    let at = desk.clone();
    let scene = move |part: String| {
        let scene = &at.scene;
        match part.as_str() {
            "user" => text::text(&scene.user),
            "app" => text::text(&scene.app),
            "request" => text::text(&scene.request),
            _ => text::text(&json!({ "tag": scene.environment.tag, "values": scene.environment.values })),
        }
    };
    host.set("scene", Function::new(ctx.clone(), scene))?;
    let at = desk.clone();
    let value = move |name: String| at.scene.values.get(&name).map(text::text);
    host.set("value", Function::new(ctx.clone(), value))?;
    let at = desk.clone();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds stay exact for 285,000 years")]
    host.set("now", Function::new(ctx.clone(), move || at.now_ms() as f64))?;
    let at = desk.clone();
    let wake = move |ctx: Ctx<'js>, id: u32, milliseconds: f64| {
        at.wake(id, milliseconds).map_err(|message| thrown(&ctx, &message))
    };
    host.set("wake", Function::new(ctx.clone(), wake))?;
    let at = desk.clone();
    let forget = move |id: u32| {
        at.papers().timers.remove(&id);
    };
    host.set("forget", Function::new(ctx.clone(), forget))?;
    let at = desk.clone();
    host.set("random", Function::new(ctx.clone(), move || at.papers().random()))?;
    let at = desk.clone();
    let random_bytes = move |ctx: Ctx<'js>, count: usize| {
        if count > MOST_RANDOM {
            return Err(thrown(&ctx, "more random bytes are wanted than are given at once"));
        }
        let drawn = at.papers().random_bytes(count);
        TypedArray::new_copy(ctx, drawn)
    };
    host.set("randomBytes", Function::new(ctx.clone(), random_bytes))
}

/// The prelude's pieces and the app's functions.
fn sources<'js>(ctx: &Ctx<'js>, host: &Object<'js>, desk: &Arc<Desk>) -> Result<()> {
    let piece = |ctx: Ctx<'js>, name: String| prelude::piece(&ctx, &name);
    host.set("piece", Function::new(ctx.clone(), piece))?;
    host.set("roomOfPiece", ROOM_OF_PIECE)?;
    let room = |length: usize| asked(room_of_unknown(length));
    host.set("room", Function::new(ctx.clone(), room))?;
    let at = desk.clone();
    let compile_function = move |ctx: Ctx<'js>, name: String, has_room: bool| {
        let Some(function) = at.program.function(&name) else {
            return Err(thrown(&ctx, &format!("function not found: '{name}'")));
        };
        let made = match &function.source {
            Source::Good(source) if has_room => evaluate(&ctx, &function.file, source)?,
            Source::Good(source) => compile(&ctx, &function.file, source)?,
            Source::Bad(message) => {
                return Err(Exception::throw_syntax(&ctx, &format!("function '{name}': {message}")));
            }
        };
        let compiled = Object::new(ctx)?;
        compiled.set("make", made)?;
        compiled.set("runsAsSystem", function.runs_as_system)?;
        Ok(compiled)
    };
    host.set("compile", Function::new(ctx.clone(), compile_function))
}

/// Text as bytes and back, which JavaScript itself does slowly.
fn utf8<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    let utf8 = |ctx: Ctx<'js>, text: String| TypedArray::new_copy(ctx, text.into_bytes());
    host.set("utf8", Function::new(ctx.clone(), utf8))?;
    let text_of = |ctx: Ctx<'js>, base64: String, is_fatal: bool| {
        let bytes = bytes_of(&ctx, &base64)?;
        Ok::<_, rquickjs::Error>(match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(_) if is_fatal => None,
            Err(error) => Some(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        })
    };
    host.set("textOf", Function::new(ctx.clone(), text_of))
}

/// The packages that came with the app.
fn packages<'js>(ctx: &Ctx<'js>, host: &Object<'js>, desk: &Arc<Desk>) -> Result<()> {
    let at = desk.clone();
    let resolve = move |directory: String, request: String| at.program.modules.resolve(&directory, &request);
    host.set("resolve", Function::new(ctx.clone(), resolve))?;
    let at = desk.clone();
    let absence = move |request: String| at.program.modules.absence(&request);
    host.set("absence", Function::new(ctx.clone(), absence))?;
    let at = desk.clone();
    let module_text = move |path: String| at.program.modules.text(&path).map(ToString::to_string);
    host.set("text", Function::new(ctx.clone(), module_text))?;
    let at = desk.clone();
    let compile_module = move |ctx: Ctx<'js>, name: String, path: String| {
        let modules = &at.program.modules;
        if modules.is_es_module(&path) {
            let message =
                format!("function '{name}' requires '{path}', an ES module: only CommonJS can be required");
            return Err(thrown(&ctx, &message));
        }
        let source = modules.text(&path).ok_or_else(|| thrown(&ctx, "there is no such module"))?;
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        compile(
            &ctx,
            &path,
            &format!("(function(exports,require,module,__filename,__dirname){{{source}\n}})"),
        )
    };
    host.set("compileModule", Function::new(ctx.clone(), compile_module))
}

fn cryptography<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    let hash = |ctx: Ctx<'js>, name: String, data: String| {
        let data = bytes_of(&ctx, &data)?;
        bytes(ctx, keys::hash(&name, &data))
    };
    host.set("hash", Function::new(ctx.clone(), hash))?;
    let hmac = |ctx: Ctx<'js>, name: String, key: String, data: String| {
        let (key, data) = (bytes_of(&ctx, &key)?, bytes_of(&ctx, &data)?);
        bytes(ctx, keys::hmac(&name, &key, &data))
    };
    host.set("hmac", Function::new(ctx.clone(), hmac))?;
    let seal = |ctx: Ctx<'js>, key: String, nonce: String, message: String| {
        let (key, nonce, message) =
            (bytes_of(&ctx, &key)?, bytes_of(&ctx, &nonce)?, bytes_of(&ctx, &message)?);
        bytes(ctx, keys::seal(&key, &nonce, message))
    };
    host.set("seal", Function::new(ctx.clone(), seal))?;
    let open = |ctx: Ctx<'js>, key: String, sealed: String| {
        let (key, sealed) = (bytes_of(&ctx, &key)?, bytes_of(&ctx, &sealed)?);
        bytes(ctx, keys::open(&key, &sealed))
    };
    host.set("open", Function::new(ctx.clone(), open))?;
    let sign = |ctx: Ctx<'js>, algorithm: String, key: String, message: String| {
        let (key, message) = (bytes_of(&ctx, &key)?, bytes_of(&ctx, &message)?);
        bytes(ctx, keys::sign(&algorithm, &key, &message))
    };
    host.set("sign", Function::new(ctx.clone(), sign))?;
    let verify = |ctx: Ctx<'js>, algorithm: String, key: String, message: String, signature: String| {
        let (key, message) = (bytes_of(&ctx, &key)?, bytes_of(&ctx, &message)?);
        let signature = bytes_of(&ctx, &signature)?;
        keys::verify(&algorithm, &key, &message, &signature).map_err(|message| thrown(&ctx, &message))
    };
    host.set("verify", Function::new(ctx.clone(), verify))
}

fn network<'js>(ctx: &Ctx<'js>, host: &Object<'js>, desk: &Arc<Desk>) -> Result<()> {
    let at = desk.clone();
    let fetch = move |ctx: Ctx<'js>,
                      method: String,
                      url: String,
                      headers: String,
                      body: String,
                      is_text: bool,
                      follows: bool| {
        let headers =
            serde_json::from_str(&headers).map_err(|_| thrown(&ctx, "failed to read the headers"))?;
        let body = if is_text { body.into_bytes() } else { bytes_of(&ctx, &body)? };
        at.fetch(HttpRequest { method, url, headers, body, follows_redirects: follows })
            .map_err(|message| thrown(&ctx, &message))
    };
    host.set("fetch", Function::new(ctx.clone(), fetch))
}

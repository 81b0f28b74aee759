//! Whatever a function does, it ends, and nobody else notices.

use std::sync::Arc;
use std::time::Duration;

use passerby::functions::{FunctionError, Limits, LogLine, Outcome};
use serde_json::json;
use tokio::time::Instant;

use super::stage::{Silence, Stage, scene};

/// Small limits, so that reaching them takes no time.
fn tight() -> Limits {
    Limits { memory: 8 << 20, output: 64 << 10, logs: 4 << 10, ..Limits::default() }
}

/// The engine may lose a promise for want of memory, and with it the memory that the promise held.
fn is_lost(ended: &Result<Outcome, FunctionError>) -> bool {
    matches!(ended, Err(FunctionError::Threw(threw)) if threw.message == LOST)
}

const LOST: &str = "Error: the function waits for a promise that nothing will settle";

const GOOD: (&str, &str) = ("good", "exports = (n) => n");

async fn end_of(source: &str, wall: Duration) -> FunctionError {
    let mut stage = Stage::with(&[("f", source), GOOD], &[], tight());
    stage.wall = wall;
    let ended = match stage.call("f", json!([])).await {
        Err(error) => error,
        Ok(outcome) => panic!("{source} returned {}", outcome.result.to_string().len()),
    };
    stage.wall = Duration::from_secs(10);
    assert_eq!(stage.result("good", json!(["still"])).await, json!("still"));
    ended
}

#[tokio::test]
async fn what_runs_too_long_ends() {
    for source in [
        "exports = () => { for (;;) {} }",
        "exports = async () => { for (;;) await null }",
        "exports = () => new Promise(() => setInterval(() => {}, 1))",
        "exports = () => { try { for (;;) {} } catch { for (;;) {} } finally { for (;;) {} } }",
        "exports = async () => { const f = () => Promise.resolve().then(f); return f() }",
        "exports = () => /^(a+)+$/.test('a'.repeat(60) + 'b')",
        "exports = () => 'x'.repeat(50).replace(/(x+x+)+y/, '')",
        "exports = () => [].includes.call({ length: 2 ** 53 - 1 }, 1)",
        "exports = () => new Array(4294967295).indexOf(1)",
        "exports = () => ({ get a() { for (;;) {} } })",
        "exports = () => ({ toBSON() { for (;;) {} } })",
        "exports = () => new Proxy({}, { ownKeys() { for (;;) {} } })",
        "exports = () => ({ then(resolve) { for (;;) {} } })",
        "exports = () => { throw { get message() { for (;;) {} } } }",
        "exports = () => { console.log({ toBSON() { for (;;) {} } }) }",
        "exports = () => Array.from({ length: 1e9 }, () => 0).length && eval('for (;;) {}')",
        "exports = () => new Function('for (;;) {}')()",
        "for (;;) {} exports = () => 1",
        "exports = () => { for (;;) { try { eval('1') } catch {} } }",
        "exports = () => context.http.get({ url: 'http://silence.test' })",
        "exports = () => { function* g() { for (;;) yield 1 } for (const x of g()) {} }",
        "exports = () => { for (;;) new BSON.ObjectId() }",
        "exports = () => { const f = () => queueMicrotask(() => { f(); f() }); f(); return new Promise(() => {}) }",
        "exports = () => { const t = []; for (;;) { clearTimeout(setTimeout(() => {}, 1)) } }",
    ] {
        let mut stage = Stage::with(&[("f", source), GOOD], &[], tight());
        stage.scene = scene(Arc::new(Silence));
        stage.wall = Duration::from_millis(150);
        let mut began = Instant::now();
        let mut ended = stage.call("f", json!([])).await;
        // On a busy machine it may not even have begun in its time.
        while ended == Err(FunctionError::Busy) {
            began = Instant::now();
            ended = stage.call("f", json!([])).await;
        }
        assert!(
            matches!(ended, Err(FunctionError::TimeLimit | FunctionError::MemoryLimit)) || is_lost(&ended),
            "{source}: {:?}",
            ended.map(|outcome| outcome.result)
        );
        assert!(began.elapsed() < Duration::from_secs(1), "{source} took {:?}", began.elapsed());
        stage.wall = Duration::from_secs(10);
        assert_eq!(stage.result("good", json!(["still"])).await, json!("still"));
    }
}

#[tokio::test]
async fn what_wants_too_much_memory_ends() {
    for source in [
        "exports = () => { const a = []; for (;;) a.push({ n: a.length }) }",
        "exports = () => { let s = 'x'; while (s.length < 2 ** 28) s += s; return s.charCodeAt(5) }",
        "exports = async () => { const a = []; for (;;) { a.push(new Promise(() => {})); if (a.length % 100 === 0) await null } }",
        "exports = () => { const m = new Map(); for (let i = 0; ; i++) m.set('k' + i, [i]) }",
        "exports = () => { const all = []; for (;;) all.push(new Uint8Array(100_000)) }",
        "exports = () => { const all = []; for (let n = 1n; ; n += 1n) all.push(n << 1000n) }",
        "exports = () => JSON.parse('['.repeat(10) + '1,'.repeat(2_000_000) + '1' + ']'.repeat(10))",
    ] {
        assert_eq!(end_of(source, Duration::from_secs(10)).await, FunctionError::MemoryLimit, "{source}");
    }
    // A function may catch it and go on.
    let stage = Stage::with(
        &[("f", "exports = () => { try { 'x'.repeat(2 ** 27) } catch (e) { return e.name } }")],
        &[],
        tight(),
    );
    assert_eq!(stage.result("f", json!([])).await, json!("InternalError"));
}

#[tokio::test]
async fn what_goes_too_deep_throws() {
    for source in [
        "exports = function f() { return f() + 1 }",
        "exports = () => { let a = []; for (let i = 0; i < 20_000; i++) a = [a]; return JSON.stringify(a) }",
        "exports = () => { const o = {}; o.toString = () => o + ''; return `${o}` }",
        "exports = () => JSON.parse('['.repeat(100_000))",
        "exports = () => { const p = new Proxy({}, { get: (t, k, r) => r[k] }); return p.x }",
        "exports = () => new RegExp('('.repeat(30_000) + ')'.repeat(30_000)).test('')",
        "exports = () => eval('('.repeat(3_000) + ')'.repeat(3_000))",
    ] {
        match end_of(source, Duration::from_secs(10)).await {
            FunctionError::Threw(_) => {}
            other => panic!("{source}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_returns_too_much_ends() {
    for source in [
        "exports = () => 'x'.repeat(100_000)",
        "exports = () => Array.from({ length: 50_000 }, () => 1)",
        "exports = () => { let a = []; for (let i = 0; i < 12; i++) a = [a, a, a]; return a }",
        "exports = () => { let a = 1; for (let i = 0; i < 1_000; i++) a = { a }; return a }",
        "exports = () => { let a = []; for (let i = 0; i < 20_000; i++) a = [a]; return a }",
        "exports = () => new Uint8Array(100_000)",
        "exports = () => { const a = { get self() { return { ...a } } }; return new Proxy({}, { ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }), get: () => 'x'.repeat(70_000) }) }",
    ] {
        assert_eq!(end_of(source, Duration::from_secs(10)).await, FunctionError::OutputLimit, "{source}");
    }
}

#[tokio::test]
async fn a_long_error_is_cut() {
    let stage =
        Stage::with(&[("f", "exports = () => { throw new Error('ü'.repeat(100_000)) }")], &[], tight());
    let Err(FunctionError::Threw(threw)) = stage.call("f", json!([])).await else { panic!("it throws") };
    assert!(
        threw.message.len() <= 16 * 1024 && threw.message.starts_with("Error: üü"),
        "{}",
        threw.message.len()
    );
}

#[tokio::test]
async fn what_logs_too_much_ends_with_what_it_logged_so_far() {
    for source in [
        "exports = () => { for (let i = 0; ; i++) console.log('line ' + i) }",
        "exports = () => { for (let i = 0; i < 1_000; i++) console.log('line ' + i); return 'done' }",
        "exports = () => { for (let i = 0; i < 1_000; i++) console.log('line ' + i); throw new Error('done') }",
        "exports = async () => { for (let i = 0; ; i++) { console.log('line ' + i); await null } }",
        "exports = () => new Promise(() => { let i = 0; setInterval(() => console.log('line ' + i++), 0) })",
        "exports = () => { let i = 0; try { for (;;) console.log('line ' + i++) } finally { for (;;) console.log('line ' + i++) } }",
        "for (let i = 0; ; i++) console.log('line ' + i); exports = () => 1",
    ] {
        let ended = end_of(source, Duration::from_secs(10)).await;
        assert_eq!(ended.to_string(), "log size limit exceeded");
        let FunctionError::LogLimit { logs } = ended else { panic!("{source}: {ended:?}") };
        // 4 KiB of lines that count 16 bytes more than they have.
        let expected: Vec<_> =
            (0..175).map(|i| LogLine { is_error: false, text: format!("line {i}") }).collect();
        assert_eq!(logs, expected, "{source}");
    }
    // One line that is too long keeps those before it.
    let source = "exports = () => { console.error('before'); console.log('x'.repeat(5_000)); return 1 }";
    let logs = vec![LogLine { is_error: true, text: "before".to_owned() }];
    assert_eq!(end_of(source, Duration::from_secs(10)).await, FunctionError::LogLimit { logs });
}

#[tokio::test]
async fn a_promise_that_nothing_settles_ends_at_once() {
    let error = end_of("exports = () => new Promise(() => {})", Duration::from_secs(10)).await;
    assert_eq!(error.to_string(), LOST);
}

#[tokio::test]
async fn functions_that_loop_leave_room_for_others() {
    let mut stage = Stage::new(&[("loop", "exports = () => { for (;;) {} }"), GOOD]);
    stage.wall = Duration::from_secs(3);
    let stage = Arc::new(stage);
    let loops: Vec<_> = (0..6)
        .map(|_| {
            let stage = stage.clone();
            tokio::spawn(async move { stage.call("loop", json!([])).await })
        })
        .collect();
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    while began.elapsed() < Duration::from_secs(2) {
        let asked = Instant::now();
        assert_eq!(stage.result("good", json!([1])).await, json!({ "$numberInt": "1" }));
        slowest = slowest.max(asked.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "a good call took {slowest:?}");
    for looping in loops {
        assert_eq!(looping.await.unwrap(), Err(FunctionError::TimeLimit));
    }
}

#[tokio::test]
async fn functions_that_loop_on_every_thread_make_way() {
    let limits = Limits { threads: 1, most_threads: 2, ..Limits::default() };
    let mut stage = Stage::with(&[("loop", "exports = () => { for (;;) {} }"), GOOD], &[], limits);
    stage.wall = Duration::from_secs(60);
    let stage = Arc::new(stage);
    let loops: Vec<_> = (0..4)
        .map(|_| {
            let stage = stage.clone();
            tokio::spawn(async move { stage.call("loop", json!([])).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let began = Instant::now();
    assert_eq!(stage.result("good", json!([1])).await, json!({ "$numberInt": "1" }));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    loops.iter().for_each(tokio::task::JoinHandle::abort);
    assert_eq!(stage.result("good", json!([2])).await, json!({ "$numberInt": "2" }));
}

#[tokio::test]
async fn a_full_queue_says_so() {
    let limits = Limits { threads: 1, most_threads: 1, queue: 2, ..Limits::default() };
    let mut stage = Stage::with(&[("loop", "exports = () => { for (;;) {} }"), GOOD], &[], limits);
    stage.wall = Duration::from_millis(500);
    let call = || stage.call("loop", json!([]));
    let (a, b, c, d, e) = tokio::join!(call(), call(), call(), call(), call());
    let ends = [a, b, c, d, e];
    let busy = ends.iter().filter(|end| **end == Err(FunctionError::Busy)).count();
    assert!((2..=4).contains(&busy), "{ends:?}");
    assert!(ends.contains(&Err(FunctionError::TimeLimit)), "{ends:?}");
}

#[tokio::test]
async fn many_calls_wait_without_holding_a_thread() {
    let limits = Limits { threads: 1, most_threads: 1, ..Limits::default() };
    let source = "exports = (n) => new Promise((resolve) => setTimeout(resolve, 200, n))";
    let stage = Arc::new(Stage::with(&[("wait", source)], &[], limits));
    let began = Instant::now();
    let waiting: Vec<_> = (0..50)
        .map(|n| {
            let stage = stage.clone();
            tokio::spawn(async move { (n, stage.result("wait", json!([n])).await) })
        })
        .collect();
    for each in waiting {
        let (n, found) = each.await.unwrap();
        assert_eq!(found, json!({ "$numberInt": n.to_string() }));
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn calls_that_wait_are_bounded_too() {
    let limits = Limits { parked: 2, ..Limits::default() };
    let stage = Stage::with(
        &[("wait", "exports = () => new Promise((resolve) => setTimeout(resolve, 300))")],
        &[],
        limits,
    );
    let call = || stage.call("wait", json!([]));
    let (a, b, c) = tokio::join!(call(), call(), call());
    let busy = [a, b, c].iter().filter(|end| **end == Err(FunctionError::Busy)).count();
    assert_eq!(busy, 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_its_call() {
    let limits = Limits { threads: 1, most_threads: 1, ..Limits::default() };
    let stage = Stage::with(&[("loop", "exports = () => { for (;;) {} }"), GOOD], &[], limits);
    let gone = tokio::time::timeout(Duration::from_millis(100), stage.call("loop", json!([]))).await;
    assert!(gone.is_err());
    let began = Instant::now();
    assert_eq!(stage.result("good", json!([1])).await, json!({ "$numberInt": "1" }));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn running_out_of_memory_anywhere_harms_nobody() {
    let source = "exports = async (seed) => {
        const kept = [];
        for (let i = 0; ; i++) {
            switch ((i + seed) % 8) {
                case 0: kept.push({ i, s: 's' + i }); break;
                case 1: kept.push(new BSON.ObjectId(), EJSON.parse('{\"a\":{\"$numberLong\":\"1\"}}')); break;
                case 2: kept.push(/a(b|c)*/g, new Date(), Symbol('x' + i), 10n ** BigInt(i % 50)); break;
                case 3: kept.push(eval('(function(){ return ' + i + '; })'), new Function('a', 'return a')); break;
                case 4: kept.push(new Proxy({}, {}), new WeakMap([[{}, i]]), new Set([i])); break;
                case 5: try { null.x } catch (error) { kept.push(error) } break;
                case 6: kept.push((async () => { await null; return i })()); break;
                case 7: kept.push(Buffer.from('x' + i), new URL('https://x.test/' + i), await i); break;
            }
        }
    }";
    for step in 0..60 {
        let limits = Limits { memory: 150_000 + step * 13_337, ..Limits::default() };
        let stage = Stage::with(&[("f", source)], &[], limits);
        let ended = stage.call("f", json!([step])).await;
        assert!(ended == Err(FunctionError::MemoryLimit) || is_lost(&ended), "{step}: {ended:?}");
    }
}

/// The engine writes where it must not when it runs out of memory while it compiles; so it must not come to that.
#[tokio::test]
async fn running_out_of_memory_while_compiling_harms_nobody() {
    let source = "const texts = [
            'if (a > 1) { for (const x of [1, 2]) { if (x) continue; else break } } try { return a } finally { a++ }',
            'return async function* () { for await (const x of y) { if (x) yield x; else return } }',
        ];
        const Kinds = [Function, (async () => {}).constructor, (function* () {}).constructor, (async function* () {}).constructor];
        exports = () => { const kept = []; for (let i = 0; ; i++) {
            kept.push(Kinds[i % 4]('a', texts[i % 2]), eval('() => { if (i) { while (1) break } }'), new Array(i % 50));
        } }";
    for step in 0..150 {
        let limits = Limits { memory: 600_000 + step * 331, ..Limits::default() };
        let stage = Stage::with(&[("f", source)], &[], limits);
        assert_eq!(stage.call("f", json!([])).await, Err(FunctionError::MemoryLimit), "{step}");
    }
}

/// The same where memory is full to the brim before anything is compiled or a piece of the surroundings loaded, and where
/// the function catches that and goes on.
#[tokio::test]
async fn compiling_at_the_brim_of_memory_harms_nobody() {
    let source = "const texts = [
            'class A { a = 1; #b = () => 2; static c = 3; get d() { return this.#b() } static { this.e = 1 } async *f() { yield* [1] } }; return A',
            'for await (const { x, ...y } of z) { if (x) yield `${x}${y}`; else return a`b${x}` }',
            'l: for (let i = 0; ; i++) { for (;;) { (() => i)(); break l } } return [...a].map((q) => a?.b ?? q ** 2)',
            'x=>x;'.repeat(50), 'a`b`;'.repeat(50), '({a(){},get b(){return 1}});'.repeat(20), 'return x=>y=>z=>w=>[x,y,z,w]', '(((',
        ];
        const pieces = [() => URL, () => BSON, () => utils, () => Buffer, () => TextEncoder, () => crypto, () => fetch,
            () => require('util'), () => context.functions.execute('good', 1), () => EJSON.parse('{\"$numberDecimal\":\"1\"}')];
        exports = () => {
            const kept = [];
            for (let size = 4_096; size >= 1; size >>= 1) {
                try { for (;;) kept.push(new Array(size).fill(0)) } catch {}
                for (const piece of pieces) try { piece() } catch {}
                for (const text of texts) try { eval(`(async function* () {${text}})`); new Function('a', text) } catch {}
                kept.splice(-3);
            }
            for (;;) kept.push([]);
        }";
    for step in 0..40 {
        let limits = Limits { memory: 400_000 + step * 10_007, ..Limits::default() };
        let stage = Stage::with(&[("f", source), GOOD], &[], limits);
        assert_eq!(stage.call("f", json!([])).await, Err(FunctionError::MemoryLimit), "{step}");
    }
}

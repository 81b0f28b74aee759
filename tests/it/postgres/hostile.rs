//! Whoever answers in the database's place may mean harm, or speak badly.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use passerby::store::postgres::{Address, Options, Postgres};

/// A message: its kind, and its length before its body.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind], length.as_slice(), body].concat()
}

/// Lets whoever comes in, and refuses all that is said with an error of a code.
fn refuse(mut stream: TcpStream, code: &str) {
    let mut length = [0; 4];
    if stream.read_exact(&mut length).is_err() {
        return;
    }
    let mut start = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut start).unwrap();
    let ready = message(b'Z', b"I");
    stream.write_all(&[message(b'R', &[0; 4]), ready.clone()].concat()).unwrap();
    let mut said = [0; 5];
    while stream.read_exact(&mut said).is_ok() {
        let mut body = vec![0; u32::from_be_bytes(said[1..].try_into().unwrap()) as usize - 4];
        stream.read_exact(&mut body).unwrap();
        let error = format!("SERROR\0C{code}\0Mno\0\0");
        let answer = [message(b'E', error.as_bytes()), ready.clone()].concat();
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_with_a_code_that_is_none_is_an_error() {
    for code in ["", "5", "\u{e9}\u{e9}", "\u{1f980}"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap();
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| refuse(stream, code)));
        let url = format!("postgres://passerby@{place}/passerby?target_session_attrs=any");
        let options = Options::new(Address::new(&url, None, |_| None).unwrap());
        let refused = Postgres::schema(&options).await.unwrap_err();
        assert_eq!(
            passerby::model::with_causes(&refused, ": "),
            format!("the database refused: ERROR {code}: no"),
            "{code:?}"
        );
    }
}

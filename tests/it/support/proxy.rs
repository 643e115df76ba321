//! A way to a simulated account that can be spoilt: it throttles, refuses, or swallows what is asked, or puts other words
//! into the answers.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is passed on.
    Open = 0,
    /// The credentials are said to have expired.
    Expired = 1,
    /// It is throttled.
    Throttled = 2,
    /// It is taken, and nothing ever comes back.
    Swallowed = 3,
    /// It is said to be wrong.
    Refused = 4,
}

/// What becomes of the text of an answer.
type Rewrite = dyn Fn(String) -> String + Send + Sync;

/// A way to one account.
pub struct Proxy {
    /// Where clients find it.
    pub url: String,
    way: Arc<AtomicU8>,
}

impl Proxy {
    /// The way to the account at `url`, which begins as `way`.
    pub fn to(url: &str, way: Way) -> Proxy {
        Proxy::new(url, way, |answer| answer)
    }

    /// The way to the account at `url`, on which `rewrite` is done to what is answered in XML.
    pub fn rewriting(url: &str, rewrite: impl Fn(String) -> String + Send + Sync + 'static) -> Proxy {
        Proxy::new(url, Way::Open, rewrite)
    }

    fn new(url: &str, way: Way, rewrite: impl Fn(String) -> String + Send + Sync + 'static) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let own = format!("http://{}", listener.local_addr().expect("it is bound"));
        let account = url.trim_start_matches("http://").to_owned();
        let way = Arc::new(AtomicU8::new(way as u8));
        let ways = Arc::clone(&way);
        let rewrite: Arc<Rewrite> = Arc::new(rewrite);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (account, way, rewrite) = (account.clone(), Arc::clone(&ways), Arc::clone(&rewrite));
                // A client that goes away ends its conversation.
                std::thread::spawn(move || drop(converse(&stream, &account, &way, &*rewrite)));
            }
        });
        Proxy { url: own, way }
    }

    /// From now on requests fare so.
    pub fn set(&self, way: Way) {
        self.way.store(way as u8, Ordering::SeqCst);
    }
}

fn converse(mut stream: &TcpStream, account: &str, way: &AtomicU8, rewrite: &Rewrite) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(request) = message(&mut reader)? {
        let now = way.load(Ordering::SeqCst);
        if now == Way::Open as u8 {
            let mut there = TcpStream::connect(account)?;
            there.write_all(&request)?;
            let answer = message(&mut BufReader::new(&there))?.unwrap_or_default();
            stream.write_all(&rewritten(answer, rewrite))?;
        } else if now == Way::Swallowed as u8 {
            // Until the client gives up.
            reader.read_to_end(&mut Vec::new())?;
        } else if now == Way::Expired as u8 {
            stream.write_all(&rewritten(refusal(403, "ExpiredToken"), rewrite))?;
        } else {
            let code = if now == Way::Refused as u8 { "ValidationError" } else { "Throttling" };
            stream.write_all(&rewritten(refusal(400, code), rewrite))?;
        }
    }
    Ok(())
}

/// An answer with other words where it is in XML.
fn rewritten(answer: Vec<u8>, rewrite: &Rewrite) -> Vec<u8> {
    let Ok(text) = String::from_utf8(answer.clone()) else { return answer };
    match text.split_once("\r\n\r\n") {
        Some((head, body)) if head.contains("text/xml") => {
            let body = rewrite(body.to_owned());
            let kept =
                head.split("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("content-length"));
            let head = kept.collect::<Vec<_>>().join("\r\n");
            format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
        }
        _ => answer,
    }
}

/// The next request or answer, head and body, as it came; `None` at the end.
pub fn message(reader: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let mut length = 0;
    loop {
        let from = bytes.len();
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&bytes[from..]).to_ascii_lowercase();
        if let Some(number) = line.strip_prefix("content-length:") {
            length = number.trim().parse().expect("a number of bytes");
        }
        if line == "\r\n" {
            break;
        }
    }
    let head = bytes.len();
    bytes.resize(head + length, 0);
    reader.read_exact(&mut bytes[head..])?;
    Ok(Some(bytes))
}

/// A refusal of the query protocol, in which groups are asked for.
fn refusal(status: u16, code: &str) -> Vec<u8> {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
    );
    let head = format!(
        "HTTP/1.1 {status} Refused\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    format!("{head}{body}").into_bytes()
}

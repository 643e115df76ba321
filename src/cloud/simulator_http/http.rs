//! As much of HTTP/1.1 as AWS's clients use: one thread a connection, requests with a length, kept alive.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::Account;

/// Most bytes of a request's head, and of its body: AWS takes less.
const MOST_HEAD: u64 = 64 << 10;
const MOST_BODY: usize = 1 << 20;
/// Most connections at once; more are closed.
const MOST_CONNECTIONS: usize = 256;
/// How long a connection may be silent between two requests, and a client may take to read an answer.
const SILENCE: Duration = Duration::from_secs(120);
/// How long a request may take to arrive, from its first byte to its last.
const ARRIVAL: Duration = Duration::from_secs(30);

/// A request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::cloud::simulator_http) struct HttpRequest {
    pub(in crate::cloud::simulator_http) path: String,
    /// Names in small letters.
    headers: Vec<(String, String)>,
    pub(in crate::cloud::simulator_http) body: Vec<u8>,
}

impl HttpRequest {
    pub(in crate::cloud::simulator_http) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cloud::simulator_http) struct HttpReply {
    pub(in crate::cloud::simulator_http) status: u16,
    pub(in crate::cloud::simulator_http) headers: Vec<(&'static str, String)>,
    pub(in crate::cloud::simulator_http) body: Vec<u8>,
}

impl HttpReply {
    pub(in crate::cloud::simulator_http) fn new(status: u16, kind: &'static str, body: Vec<u8>) -> HttpReply {
        HttpReply { status, headers: vec![("Content-Type", kind.into())], body }
    }

    pub(in crate::cloud::simulator_http) fn with(mut self, name: &'static str, value: String) -> HttpReply {
        self.headers.push((name, value));
        self
    }
}

/// Serves `account` on `listener` until the process ends.
pub fn serve(listener: &TcpListener, account: Arc<Account>) {
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // Out of file descriptors, most likely: some will be free soon.
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        if open.fetch_add(1, Ordering::SeqCst) >= MOST_CONNECTIONS {
            open.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let (account, open) = (Arc::clone(&account), Arc::clone(&open));
        std::thread::spawn(move || {
            // A client that has gone away, or does not speak HTTP, is not answered.
            let _ = converse(&stream, &account);
            open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// A connection on which a request that has begun must end in time, however slowly its bytes come.
struct Arriving<'a> {
    stream: &'a TcpStream,
    /// When the request must be here; `None` before its first byte.
    until: Option<Instant>,
}

impl Read for Arriving<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let left = self.until.map_or(SILENCE, |until| until.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        let read = self.stream.read(into)?;
        self.until = self.until.or_else(|| Some(Instant::now() + ARRIVAL));
        Ok(read)
    }
}

fn converse(stream: &TcpStream, account: &Account) -> std::io::Result<()> {
    stream.set_write_timeout(Some(SILENCE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(Arriving { stream, until: None });
    loop {
        reader.get_mut().until = None;
        match read(&mut reader)? {
            Incoming::End => return Ok(()),
            Incoming::Bad(status) => return write(stream, &HttpReply::new(status, "text/plain", Vec::new())),
            Incoming::Whole(request) => {
                let reply = account.answer(&request).with("Date", account.date());
                write(stream, &reply)?;
                if request.header("connection").is_some_and(|word| word.eq_ignore_ascii_case("close")) {
                    return Ok(());
                }
            }
        }
    }
}

fn write(mut stream: &TcpStream, reply: &HttpReply) -> std::io::Result<()> {
    stream.write_all(&encode(reply))
}

/// An answer as it goes over the connection.
pub(in crate::cloud::simulator_http) fn encode(reply: &HttpReply) -> Vec<u8> {
    let reason = if reply.status == 200 { "OK" } else { "Refused" };
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\nContent-Length: {}\r\n", reply.status, reply.body.len());
    reply.headers.iter().for_each(|(name, value)| bytes.push_str(&format!("{name}: {value}\r\n")));
    bytes.push_str("\r\n");
    [bytes.as_bytes(), &reply.body].concat()
}

/// What a connection gave.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cloud::simulator_http) enum Incoming {
    /// Nothing more.
    End,
    /// Something that is not served here; the status says why.
    Bad(u16),
    /// A request.
    Whole(HttpRequest),
}

/// The next request of a connection.
pub(in crate::cloud::simulator_http) fn read(reader: &mut impl BufRead) -> std::io::Result<Incoming> {
    let mut head = Vec::new();
    let mut limited = reader.by_ref().take(MOST_HEAD);
    while !head.ends_with(b"\r\n\r\n") {
        if limited.read_until(b'\n', &mut head)? == 0 {
            return Ok(if head.is_empty() { Incoming::End } else { Incoming::Bad(400) });
        }
    }
    let Ok(head) = String::from_utf8(head) else { return Ok(Incoming::Bad(400)) };
    let mut lines = head.split("\r\n");
    let Some(path) = lines.next().and_then(|line| line.split(' ').nth(1)) else {
        return Ok(Incoming::Bad(400));
    };
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers = lines.filter_map(header).collect();
    let mut request = HttpRequest { path: path.to_owned(), headers, body: Vec::new() };
    if request.header("transfer-encoding").is_some() {
        return Ok(Incoming::Bad(411));
    }
    if request.header("content-encoding").is_some() {
        return Ok(Incoming::Bad(415));
    }
    match request.header("content-length").map(str::parse::<usize>) {
        None => {}
        Some(Ok(length)) if length <= MOST_BODY => {
            // Room is made for what comes, not for what is announced.
            reader.by_ref().take(length as u64).read_to_end(&mut request.body)?;
            if request.body.len() < length {
                return Ok(Incoming::Bad(400));
            }
        }
        Some(Ok(_)) => return Ok(Incoming::Bad(413)),
        Some(Err(_)) => return Ok(Incoming::Bad(400)),
    }
    Ok(Incoming::Whole(request))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_follow_each_other_on_one_connection() {
        let mut bytes: &[u8] =
            b"POST /a HTTP/1.1\r\nContent-Length: 3\r\nX-Y: z\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n";
        let Ok(Incoming::Whole(first)) = read(&mut bytes) else { panic!("the first is whole") };
        assert_eq!(
            (first.path.as_str(), first.header("x-y"), &first.body[..]),
            ("/a", Some("z"), &b"abc"[..])
        );
        assert!(matches!(read(&mut bytes), Ok(Incoming::Whole(r)) if r.path == "/b" && r.body.is_empty()));
        assert_eq!(read(&mut bytes).ok(), Some(Incoming::End));
    }

    #[test]
    fn what_is_not_served_is_said_by_its_status() {
        let status = |text: &str| match read(&mut text.as_bytes()) {
            Ok(Incoming::Bad(status)) => status,
            other => panic!("{other:?}"),
        };
        assert_eq!(status("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), 411);
        assert_eq!(status("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\n\r\n"), 415);
        assert_eq!(status("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"), 413);
        assert_eq!(status("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"), 400);
        assert_eq!(status("half a head"), 400);
        assert_eq!(status(&"a".repeat(70_000)), 400);
    }
}

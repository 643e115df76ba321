//! The Lambda Runtime API on loopback, for one process of a function: what Lambda is to the function.

use std::{
    io::{BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use super::proxy::message;

/// An event on its way to the function: id, body, deadline in milliseconds since the epoch.
type Event = (String, String, u128);

/// What the function said: its answer, or its error.
pub type Said = Result<Value, Value>;

/// The API, for one process.
pub struct RuntimeApi {
    /// As `AWS_LAMBDA_RUNTIME_API` names it.
    pub address: String,
    events: Sender<Event>,
    answers: Receiver<Said>,
    count: usize,
}

impl RuntimeApi {
    /// Serves the API on a free port.
    pub fn start() -> RuntimeApi {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let ((events, next), (said, answers)) = (channel(), channel());
        let next = Arc::new(Mutex::new(next));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (next, said) = (Arc::clone(&next), said.clone());
                // A function that is killed ends its conversation.
                thread::spawn(move || drop(converse(&stream, &next, &said)));
            }
        });
        RuntimeApi { address, events, answers, count: 0 }
    }

    /// Gives the function an event that it has `time` for.
    pub fn send(&mut self, event: &Value, time: Duration) {
        self.count += 1;
        let deadline = (SystemTime::now() + time).duration_since(SystemTime::UNIX_EPOCH);
        let deadline = deadline.expect("after 1970").as_millis();
        let event = (format!("{}-{}", self.address, self.count), event.to_string(), deadline);
        self.events.send(event).expect("the API is served");
    }

    /// What the function says, within `wait`.
    pub fn hear(&self, wait: Duration) -> Option<Said> {
        match self.answers.recv_timeout(wait) {
            Ok(said) => Some(said),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the API is served"),
        }
    }
}

fn converse(
    mut stream: &TcpStream,
    next: &Mutex<Receiver<Event>>,
    said: &Sender<Said>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(bytes) = message(&mut reader)? {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").expect("a request has a head");
        let path = head.split(' ').nth(1).expect("a request has a path");
        let value = || serde_json::from_str(body).unwrap_or_else(|e| panic!("{body:?} is no JSON: {e}"));
        match path.trim_start_matches("/2018-06-01/runtime/").split('/').collect::<Vec<_>>()[..] {
            ["invocation", "next"] => {
                let event = next.lock().expect("nobody panics holding it").recv();
                let Ok((id, body, deadline)) = event else { return Ok(()) };
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: {id}\r\n\
                     Lambda-Runtime-Deadline-Ms: {deadline}\r\nLambda-Runtime-Trace-Id: Root=1-0-0\r\n\
                     Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:prescale\r\n\
                     Content-Length: {}\r\n\r\n{body}",
                    body.len()
                )?;
                continue;
            }
            ["invocation", _, "response"] => said.send(Ok(value())).expect("the test listens"),
            ["invocation", _, "error"] | ["init", "error"] => {
                said.send(Err(value())).expect("the test listens");
            }
            _ => panic!("the API has no {path}"),
        }
        stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")?;
    }
    Ok(())
}

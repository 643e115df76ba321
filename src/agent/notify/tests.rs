//! Promises of notifications, against servers and programs that do not behave.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{message::tests::noted, *};
use crate::{cloud::simulator_http::closed_port::ClosedPort, config::Secret, domain::journal::JournalKind};

/// A server on loopback that answers the requests with these codes in turn, and keeps their texts. `None` is
/// silence: the connection stays open and nothing comes.
fn serve(codes: &[Option<u16>]) -> (Secret, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, codes) = (Arc::clone(&seen), codes.to_vec());
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let code = codes[number.min(codes.len() - 1)];
            silent.extend(answer(stream, code, &log));
        }
    });
    (Secret::new(format!("http://{address}/services/secret-key")), seen)
}

/// Answers one request; gives the connection back where silence is the answer.
fn answer(mut stream: TcpStream, code: Option<u16>, log: &Mutex<Vec<String>>) -> Option<TcpStream> {
    let (mut data, mut piece) = (Vec::new(), [0; 4_096]);
    while !data.ends_with(b"\"}") {
        match stream.read(&mut piece) {
            Ok(n) if n > 0 => data.extend_from_slice(&piece[..n]),
            _ => return None,
        }
    }
    log.lock().expect("no test panics while it logs").push(String::from_utf8_lossy(&data).into_owned());
    let Some(code) = code else { return Some(stream) };
    let head = format!("HTTP/1.1 {code} Canned\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    // The client may have gone away; then nobody waits for the answer.
    let _ = stream.write_all(head.as_bytes());
    None
}

fn hasty() -> RetryPolicy {
    RetryPolicy { tries: 3, wait: Duration::from_millis(10), most: Duration::from_millis(400) }
}

fn to(webhook: Secret) -> Notify {
    Notify { webhook: Some(webhook), ..Notify::default() }
}

fn with_program(script: &str) -> Notify {
    Notify { command: ["sh", "-c", script].map(str::to_owned).into(), ..Notify::default() }
}

fn start(notify: &Notify) -> Notifier {
    Notifier::paced(notify, hasty()).expect("a good configuration").expect("it is on")
}

/// Waits until `done` says so, ten seconds at the most.
async fn until(mut done: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen within ten seconds");
}

/// What the notifier remarks first.
async fn remark(notifier: &mut Notifier) -> String {
    let mut said = Vec::new();
    until(|| {
        said.extend(notifier.remarks());
        !said.is_empty()
    })
    .await;
    said.remove(0)
}

#[tokio::test]
async fn a_server_that_fails_twice_gets_the_message_the_third_time() {
    let (address, seen) = serve(&[Some(500), Some(429), Some(200)]);
    let mut notifier = start(&to(address));
    notifier.notify(&noted(JournalKind::Proposed, "desired capacity 4 → 6"));
    let count = || seen.lock().expect("the server does not panic").len();
    until(|| count() == 3).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((count(), notifier.remarks()), (3, vec![]), "taken once it was answered with 200");
    let seen = seen.lock().expect("the server does not panic");
    assert!(seen.iter().all(|r| r.starts_with("POST /services/secret-key HTTP/1.1")), "{seen:?}");
    assert!(seen[2].to_ascii_lowercase().contains("content-type: application/json"), "{}", seen[2]);
    assert!(seen[2].contains("{\"text\":\"proposal: web: desired capacity 4 → 6"), "{}", seen[2]);
}

#[tokio::test]
async fn a_refusal_is_not_repeated_and_the_address_is_not_told() {
    let (address, seen) = serve(&[Some(403)]);
    let mut notifier = start(&to(address));
    notifier.notify(&noted(JournalKind::Brake, "scale-in is frozen for all groups"));
    let said = remark(&mut notifier).await;
    assert!(said.contains("after 1 attempt: HTTP 403") && !said.contains("secret-key"), "{said}");
    assert_eq!(seen.lock().expect("the server does not panic").len(), 1);
}

#[tokio::test]
async fn a_server_that_never_answers_blocks_nothing() {
    let (address, _) = serve(&[None]);
    let mut notifier = start(&to(address));
    let many = MOST_WAITING + 40;
    let told = tokio::time::timeout(Duration::from_millis(300), async {
        (0..many)
            .for_each(|_| notifier.notify(&noted(JournalKind::Outcome, "desired capacity is 6 (was 4)")));
    });
    told.await.expect("telling does not wait");
    assert!(notifier.places[0].dropped >= 39, "the queue is bounded: {}", notifier.places[0].dropped);
    let said = remark(&mut notifier).await;
    let gave_up = said.contains("no answer in time") || said.contains("were dropped");
    assert!(gave_up && !said.contains("secret-key"), "{said}");
}

#[tokio::test]
async fn a_place_that_is_not_there_is_said_without_the_address() {
    let port = ClosedPort::new();
    let mut notifier = start(&to(Secret::new(format!("{}/secret-key", port.url()))));
    notifier.notify(&noted(JournalKind::Blocked, "2 → 4 wanted"));
    let said = remark(&mut notifier).await;
    assert!(said.contains("after 3 attempts:") && !said.contains("secret-key"), "{said}");
}

#[tokio::test]
async fn a_program_gets_json_and_is_tried_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().display().to_string();
    // Fails the first time, keeps its input the second time.
    let script = format!(
        "test -e {path}/first || {{ touch {path}/first; exit 3; }}; cat > {path}/got.new; \
                          mv {path}/got.new {path}/got"
    );
    let mut notifier = start(&with_program(&script));
    notifier.notify(&noted(JournalKind::Outcome, "MinSize is 6 (was 2)"));
    until(|| folder.path().join("got").exists()).await;
    let got = std::fs::read_to_string(folder.path().join("got")).expect("the program wrote it");
    let got: serde_json::Value = serde_json::from_str(&got).expect("JSON on standard input");
    assert_eq!((got["event"].as_str(), got["group"].as_str()), (Some("acted"), Some("web")));
    assert_eq!(got["text"], "MinSize is 6 (was 2)");
}

#[tokio::test]
async fn a_program_that_hangs_is_ended() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pid = folder.path().join("pid");
    let mut notifier = start(&with_program(&format!("echo $$ > {}; exec sleep 600", pid.display())));
    notifier.notify(&noted(JournalKind::Brake, "scale-in is allowed again"));
    let said = remark(&mut notifier).await;
    assert!(said.contains("command sh") && said.contains("no answer in time"), "{said}");
    let pid = std::fs::read_to_string(&pid).expect("it was started");
    assert!(!std::path::Path::new(&format!("/proc/{}", pid.trim())).exists(), "nothing of it is left");
}

#[tokio::test]
async fn only_what_was_chosen_is_told() {
    let (address, seen) = serve(&[Some(200)]);
    let chosen = Notify { events: vec![NotifyEvent::Brake], ..to(address) };
    let mut notifier = start(&chosen);
    notifier.notify(&noted(JournalKind::Proposed, "not this"));
    notifier.notify(&noted(JournalKind::Brake, "but this"));
    until(|| !seen.lock().expect("the server does not panic").is_empty()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let seen = seen.lock().expect("the server does not panic");
    assert!(seen.len() == 1 && seen[0].contains("but this"), "{seen:?}");
}

#[tokio::test]
async fn a_configuration_says_what_it_does_without_its_secret() {
    assert!(Notifier::start(&Notify::default()).expect("fine").is_none());
    let words = check(&to(Secret::new("https://hooks.example.com/services/secret-key"))).expect("an address");
    assert_eq!(
        words,
        "webhook https://hooks.example.com/…: proposal, acted, blocked, failed, demoted, brake"
    );
    let wrong = check(&to(Secret::new("http://[broken/secret-key"))).expect_err("no address");
    assert!(!wrong.contains("secret-key"), "{wrong}");
}

//! Promises of the listener: it only looks, it answers whom it should, and nobody holds it up.

pub(in crate::http) mod fixture;

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use self::fixture::{Listening, parse};
use crate::link::Command;

#[tokio::test]
async fn metrics_and_health_are_served() {
    let listening = Listening::start(&[], None).await;
    assert_eq!(listening.get("/healthz", "").await, (200, "live\n".into()));
    let (status, page) = listening.get("/metrics", "").await;
    assert_eq!(status, 200);
    let samples = parse(&page);
    assert_eq!(samples["prescale_groups"], 3.0);
    assert!(samples["prescale_view_age_seconds"] < 60.0);
    let packed =
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n";
    let answer = listening.send(packed).await;
    assert!(answer.contains("content-encoding: gzip") && !answer.contains("prescale_groups"), "{answer}");
    assert_eq!(listening.get("/nowhere", "").await.0, 404);
    let head = listening.ask("HEAD", "/healthz", "localhost", "").await;
    assert_eq!(head, (200, String::new()));
    listening.stop.send(true).expect("it runs");
    while TcpStream::connect(listening.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn whatever_is_sent_the_engine_is_asked_for_nothing_but_views() {
    let listening = Listening::start(&[], None).await;
    let paths = ["/metrics", "/healthz", "/readyz", "/", "/api/v1/fleet", "/%2e%2e/", "/metrics?x=1"];
    for path in paths {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"] {
            let body = "Content-Length: 27\r\nContent-Type: application/json\r\n\r\n{\"set_brake\":{\"on\":true}}\r\n";
            let request =
                format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{body}");
            let answer = listening.send(request.as_bytes()).await;
            let status = answer.split(' ').nth(1).unwrap_or_default();
            assert!(["400", "404", "405"].contains(&status), "{method} {path}: {answer}");
        }
        listening.get(path, "").await;
    }
    for garbage in [&b"\0\0\0\x02{}"[..], b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", &[0xff; 4_096]] {
        let answer = listening.send(garbage).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(64 << 10));
    assert!(!listening.send(long.as_bytes()).await.starts_with("HTTP/1.1 2"));
    let asked = listening.asked.lock().expect("nobody panics with it");
    assert!(!asked.is_empty(), "it has seen the fleet");
    for (read_only, command) in asked.iter() {
        assert!(*read_only && matches!(command, Command::Show(_)), "{command:?}");
    }
}

#[tokio::test]
async fn a_strange_host_and_a_missing_token_are_refused() {
    let listening = Listening::start(&["ops1.example.com"], Some("a-token-of-length")).await;
    let bearer = "Authorization: Bearer a-token-of-length\r\n";
    for path in ["/metrics", "/healthz", "/readyz", "/"] {
        let (status, body) = listening.ask("GET", path, "evil.example:9188", bearer).await;
        assert!(status == 421 && body.contains("[agent] http_hosts"), "{path}: {status} {body}");
    }
    assert_eq!(listening.ask("GET", "/metrics", "ops1.example.com:9188", bearer).await.0, 200);
    assert_eq!(listening.get("/metrics", bearer).await.0, 200);
    for wrong in ["", "Authorization: Bearer another-token-of-length\r\n"] {
        let (status, body) = listening.get("/metrics", wrong).await;
        assert!(status == 401 && !body.contains("prescale_"), "{body}");
    }
    // A probe of an orchestrator bears none, and learns nothing.
    assert_eq!(listening.get("/healthz", "").await.0, 200);
    assert_eq!(listening.get("/readyz", "").await.0, 200);
}

#[tokio::test]
async fn who_says_nothing_is_hung_up_on_and_others_are_served_meanwhile() {
    let listening = Listening::start(&[], None).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(listening.address).await.expect("it listens");
        stream.write_all(b"GET /metrics HT").await.expect("it listens");
        silent.push(stream);
    }
    assert_eq!(listening.get("/metrics", "").await.0, 200);
    for mut stream in silent {
        let mut rest = Vec::new();
        // What matters is that it ends.
        let _ = timeout(Duration::from_secs(30), stream.read_to_end(&mut rest)).await.expect("it hangs up");
    }
    assert_eq!(listening.get("/metrics", "").await.0, 200);
}

#[tokio::test]
async fn the_api_gives_fleet_group_journal_and_calendar() {
    let listening = Listening::start(&[], None).await;
    let json = async |path: &str| {
        let (status, body) = listening.get(path, "").await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str::<serde_json::Value>(&body).expect("JSON")
    };
    let fleet = json("/api/v1/fleet").await;
    assert_eq!(fleet["groups"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        (&fleet["groups"][0]["name"], &fleet["groups"][0]["planned"]),
        (&"web-0001".into(), &14.into())
    );
    let group = json("/api/v1/group/web-0002?past=24&ahead=6").await;
    assert_eq!(group["row"]["name"], "web-0002");
    assert!(json("/api/v1/journal").await.is_array() && json("/api/v1/calendar").await["entries"].is_array());
    let asked = listening.asked.lock().expect("nobody panics with it").clone();
    let Some((true, Command::Show(viewport))) = asked.last() else { panic!("{asked:?}") };
    assert_eq!(
        (viewport.group.as_deref(), viewport.past, viewport.ahead),
        (Some("web-0002"), 86_400, 21_600)
    );
    for (path, wanted) in [
        ("/api/v1/group/nowhere", 404),
        ("/api/v1/group/..%2f..%2fetc%2fpasswd", 404),
        ("/api/v1/group/web-0001?past=0", 400),
        ("/api/v1/group/web-0001?past=99999999999999999999", 400),
        ("/api/v1/", 404),
    ] {
        assert_eq!(listening.get(path, "").await.0, wanted, "{path}");
    }
}

#[tokio::test]
async fn any_number_of_pages_costs_the_engine_what_one_does() {
    let listening = Arc::new(Listening::start(&[], None).await);
    let count = |listening: &Listening| listening.asked.lock().expect("nobody panics with it").len();
    let before = count(&listening);
    let pages = (0..20).map(|_| {
        let listening = Arc::clone(&listening);
        tokio::spawn(async move { listening.get("/api/v1/group/web-0001", "").await.0 })
    });
    let pages: Vec<_> = pages.collect();
    for page in pages {
        assert_eq!(page.await.expect("it does not panic"), 200);
    }
    // Two are made at once at the most, before the first is remembered.
    let asked = count(&listening) - before;
    assert!((1..=2).contains(&asked), "{asked} times");
}

#[tokio::test]
async fn news_is_told_to_so_many_and_ends_with_the_listener() {
    let listening = Listening::start(&[], None).await;
    let request = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut open = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(listening.address).await.expect("it listens");
        stream.write_all(request).await.expect("it listens");
        let (mut heard, mut chunk) = (String::new(), [0; 1_024]);
        while !heard.contains("event: fleet\ndata: 1\n") {
            let read = timeout(Duration::from_secs(30), stream.read(&mut chunk)).await.expect("it is told");
            let length = read.expect("it is open");
            assert!(length > 0, "it hung up: {heard}");
            heard += &String::from_utf8_lossy(&chunk[..length]);
        }
        assert!(heard.contains("content-type: text/event-stream"), "{heard}");
        open.push(stream);
    }
    let (status, body) = listening.get("/api/v1/events", "").await;
    assert_eq!((status, body.as_str()), (503, "too many pages listen already\n"));
    assert_eq!(listening.get("/metrics", "").await.0, 200, "there is room for a scrape");
    listening.stop.send(true).expect("it runs");
    for mut stream in open {
        let mut rest = Vec::new();
        // However it ends.
        let _ = timeout(Duration::from_secs(30), stream.read_to_end(&mut rest)).await.expect("it hangs up");
    }
}

#[tokio::test]
async fn the_page_is_served_with_its_policy_and_needs_no_token_while_the_data_do() {
    let listening = Listening::start(&[], Some("a-token-of-length")).await;
    let answer = listening.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("<title>prescale</title>"), "{answer}");
    for header in [
        "content-security-policy: default-src 'none'; script-src 'self'",
        "x-frame-options: DENY",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
    ] {
        assert!(answer.contains(header), "{header} is missing in\n{answer}");
    }
    for path in ["/page.js", "/page.css", "/charts.js", "/icon.svg", "/vendor/uplot/uPlot.iife.min.js"] {
        assert_eq!(listening.get(path, "").await.0, 200, "{path}");
    }
    for path in
        ["/api/v1/fleet", "/api/v1/group/web-0001", "/api/v1/journal", "/api/v1/calendar", "/api/v1/events"]
    {
        assert_eq!(listening.get(path, "").await.0, 401, "{path}");
    }
}

//! Tests of the adapter against canned answers over a loopback socket: what an emulator cannot show. Pages,
//! refusals, throttling, a captive portal, all through the real SDK and its retries.

mod groups;
mod role;

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use crate::{
    cloud::{
        CloudError, MetricQuery, MetricSource, Scaler,
        aws::{AccessKey, AwsConnection, ConnectOptions, connect},
    },
    domain::{
        actuator::FloorWindow,
        at_epoch,
        decision::{Licence, Mode},
        metric::Metric,
    },
};

/// An answer: HTTP status, content type, body.
type CannedResponse = (u16, &'static str, Vec<u8>);

/// Answers every request on a free loopback port with what `answer` says to its text; the texts are kept.
fn serve(answer: impl Fn(&str) -> CannedResponse + Send + 'static) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            handle(stream, &answer, &log);
        }
    });
    (url, seen)
}

fn handle(mut stream: TcpStream, answer: &impl Fn(&str) -> CannedResponse, log: &Mutex<Vec<String>>) {
    let Some(request) = read_request(&mut stream) else { return };
    let (status, kind, body) = answer(&request);
    log.lock().expect("no test panics while it logs").push(request);
    let head = format!(
        "HTTP/1.1 {status} Canned\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n",
        body.len(),
        if kind.ends_with("cbor") { "smithy-protocol: rpc-v2-cbor\r\n" } else { "" },
    );
    // The client may have gone away; then nobody waits for the answer.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

fn licence() -> Licence {
    Mode::Auto.licence().expect("auto may change groups")
}

/// Head and body of one request as lossy text.
fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut data = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&data).to_ascii_lowercase();
        if let Some(end) = data.windows(4).position(|w| w == b"\r\n\r\n") {
            let length =
                text.split("content-length: ").nth(1).and_then(|t| t.lines().next()?.trim().parse().ok());
            if data.len() >= end + 4 + length.unwrap_or(0) {
                return Some(String::from_utf8_lossy(&data).into_owned());
            }
        }
        match stream.read(&mut piece).ok()? {
            0 => return None,
            n => data.extend_from_slice(&piece[..n]),
        }
    }
}

fn options(url: String) -> ConnectOptions {
    ConnectOptions {
        region: Some("eu-west-1".into()),
        endpoint_url: Some(url),
        keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
        ..ConnectOptions::default()
    }
}

async fn connection(url: String) -> AwsConnection {
    connect(&options(url)).await.expect("keys and region are given")
}

fn xml(status: u16, body: String) -> CannedResponse {
    (status, "text/xml", body.into_bytes())
}

fn refusal(status: u16, code: &str) -> CannedResponse {
    xml(
        status,
        format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"),
    )
}

fn result(operation: &str, inner: &str) -> CannedResponse {
    xml(
        200,
        format!("<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>"),
    )
}

#[tokio::test]
async fn a_captive_portal_stops_reads_and_writes() {
    let page = "<!DOCTYPE html><html><body>Accept our terms</body></html>";
    let (url, _) = serve(move |_| (200, "text/html", page.into()));
    let connection = connection(url).await;
    let queries = [cpu(0, 600)];
    let metrics = connection.source().metrics(at_epoch(9_000), &queries).await;
    assert!(matches!(&metrics, Err(CloudError::Stop(text)) if text.contains("web page")), "{metrics:?}");
    let groups = connection.source().groups(at_epoch(9_000)).await;
    assert!(matches!(&groups, Err(CloudError::Stop(text)) if text.contains("web page")), "{groups:?}");
    let written = connection.scaler(&licence()).set_desired(at_epoch(0), "web", 4).await;
    assert!(matches!(&written, Err(CloudError::Stop(text)) if text.contains("web page")), "{written:?}");
}

#[tokio::test]
async fn a_refused_write_says_what_to_do() {
    let classes = [
        ("ScalingActivityInProgress", "replan"),
        ("ValidationError", "replan"),
        ("ExpiredToken", "stop"),
        ("Throttling", "retry"),
    ];
    for (code, class) in classes {
        let (url, _) = serve(move |_| refusal(400, code));
        let answer = connection(url).await.scaler(&licence()).set_desired(at_epoch(0), "web", 4).await;
        let got = match answer {
            Ok(()) => "ok",
            Err(CloudError::Retry(_)) => "retry",
            Err(CloudError::NotSent(_)) => "not sent",
            Err(CloudError::Replan(_)) => "replan",
            Err(CloudError::Stop(_)) => "stop",
        };
        assert_eq!(got, class, "{code}");
    }
}

#[tokio::test]
async fn a_write_is_absolute_and_ignores_the_cooldown() {
    let (url, seen) = serve(|_| xml(200, "<SetDesiredCapacityResponse/>".into()));
    connection(url).await.scaler(&licence()).set_desired(at_epoch(0), "web", 4).await.expect("it was taken");
    let seen = seen.lock().expect("the server does not panic");
    assert_eq!(seen.len(), 1);
    assert!(seen[0].contains("DesiredCapacity=4") && seen[0].contains("HonorCooldown=false"), "{}", seen[0]);
}

#[tokio::test]
async fn a_floor_touches_min_size_alone() {
    let (url, seen) = serve(|_| xml(200, "<UpdateAutoScalingGroupResponse/>".into()));
    connection(url).await.scaler(&licence()).set_floor(at_epoch(0), "web", 4).await.expect("it was taken");
    let seen = seen.lock().expect("the server does not panic");
    assert_eq!(seen.len(), 1);
    assert!(
        seen[0].contains("Action=UpdateAutoScalingGroup") && seen[0].contains("MinSize=4"),
        "{}",
        seen[0]
    );
    assert!(!seen[0].contains("MaxSize") && !seen[0].contains("DesiredCapacity"), "{}", seen[0]);
}

#[tokio::test]
async fn the_end_of_a_scheduled_floor_is_ordered_first_and_without_it_nothing_is() {
    let window = FloorWindow { min: 8, start: Some(at_epoch(120)), end: at_epoch(1_920), own: 2 };
    let (url, seen) = serve(|_| xml(200, "<PutScheduledUpdateGroupActionResponse/>".into()));
    connection(url)
        .await
        .scaler(&licence())
        .schedule_floor(at_epoch(0), "web", &window)
        .await
        .expect("both taken");
    let asked = seen.lock().expect("the server does not panic").clone();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].contains("prescale-floor-end") && asked[0].contains("MinSize=2"), "{}", asked[0]);
    assert!(asked[1].contains("StartTime=1970-01-01T00%3A02%3A00Z"), "{}", asked[1]);

    let (url, seen) = serve(|_| refusal(400, "ResourceContention"));
    let refused = connection(url).await.scaler(&licence()).schedule_floor(at_epoch(0), "web", &window).await;
    assert!(matches!(refused, Err(CloudError::Replan(_))), "{refused:?}");
    assert_eq!(seen.lock().expect("the server does not panic").len(), 1, "no floor without its end");
}

#[tokio::test]
async fn only_our_own_scheduled_actions_are_deleted() {
    let listed = ["prescale-floor-end", "nightly"]
        .map(|name| format!("<member><ScheduledActionName>{name}</ScheduledActionName></member>"));
    let listed = format!("<ScheduledUpdateGroupActions>{}</ScheduledUpdateGroupActions>", listed.concat());
    let (url, seen) = serve(move |request| match request.contains("Action=DescribeScheduledActions") {
        true => result("DescribeScheduledActions", &listed),
        false => xml(200, "<DeleteScheduledActionResponse/>".into()),
    });
    connection(url)
        .await
        .scaler(&licence())
        .unschedule_floor(at_epoch(0), "web")
        .await
        .expect("it was taken");
    let seen = seen.lock().expect("the server does not panic");
    assert_eq!(seen.len(), 2);
    assert!(seen[1].contains("Action=DeleteScheduledAction") && seen[1].contains("prescale-floor-end"));
}

#[tokio::test]
async fn terminate_alone_is_named_when_it_is_suspended_or_resumed() {
    let (url, seen) = serve(|_| xml(200, "<SuspendProcessesResponse/>".into()));
    let mut scaler = connection(url).await.scaler(&licence());
    for (on, action) in [(true, "Action=SuspendProcesses"), (false, "Action=ResumeProcesses")] {
        scaler.suspend_terminate(at_epoch(0), "web", on).await.expect("it was taken");
        let seen = seen.lock().expect("the server does not panic");
        let request = seen.last().expect("one call");
        assert!(
            request.contains(action) && request.contains("ScalingProcesses.member.1=Terminate"),
            "{request}"
        );
        assert!(!request.contains("member.2"), "without another: {request}");
    }
}

fn cpu(from: i64, until: i64) -> MetricQuery {
    let (from, until) = (at_epoch(from), at_epoch(until));
    MetricQuery { group: "web".into(), metric: Metric::Cpu, from, until, period: 300 }
}

/// CBOR of a short text.
fn text(word: &str) -> Vec<u8> {
    [&[0x60 + word.len() as u8], word.as_bytes()].concat()
}

/// CBOR of a double.
fn double(value: f64) -> Vec<u8> {
    [&[0xfb], &value.to_be_bytes()[..]].concat()
}

/// CBOR of a GetMetricData answer with one point, and a token where more follows.
fn data_page(id: &str, at: f64, value: f64, next: Option<&str>) -> CannedResponse {
    let mut body = vec![0xa1 + u8::from(next.is_some())];
    body.extend([text("MetricDataResults"), vec![0x81, 0xa4], text("Id"), text(id)].concat());
    body.extend([text("Timestamps"), vec![0x81, 0xc1], double(at)].concat());
    body.extend([text("Values"), vec![0x81], double(value)].concat());
    body.extend([text("StatusCode"), text("PartialData")].concat());
    if let Some(next) = next {
        body.extend([text("NextToken"), text(next)].concat());
    }
    (200, "application/cbor", body)
}

#[tokio::test]
async fn points_come_from_all_pages_and_unknown_ids_are_passed_over() {
    let (url, seen) = serve(|request| match request {
        r if r.contains("page3") => data_page("other", 0.0, 99.0, None),
        r if r.contains("page2") => data_page("q0", 0.0, 10.0, Some("page3")),
        _ => data_page("q0", 600.0, 30.0, Some("page2")),
    });
    let mut source = connection(url).await.source();
    let series = source.metrics(at_epoch(9_000), &[cpu(0, 900)]).await.expect("three pages are whole");
    let values: Vec<_> = series[0].iter().map(|(_, v)| v).collect();
    assert_eq!(values, [Some(10.0), None, Some(30.0)]);
    assert_eq!(seen.lock().expect("the server does not panic").len(), 3);
}

#[tokio::test]
async fn a_metric_that_is_refused_leaves_the_others_as_they_are() {
    let (url, seen) = serve(|request| match request {
        r if r.contains("rotten") => {
            let parts = [vec![0xa1], text("__type"), text("ValidationError")];
            (400, "application/cbor", parts.concat())
        }
        _ => data_page("q0", 600.0, 30.0, None),
    });
    let mut source = connection(url).await.source();
    let of = |group: &str| MetricQuery { group: group.into(), ..cpu(0, 900) };
    let queries = [of("web"), of("rotten"), of("shop")];
    let series = source.metrics(at_epoch(9_000), &queries).await.expect("two of three are there");
    let known: Vec<_> = series.iter().map(|series| series.known().count()).collect();
    assert_eq!(known, [1, 0, 1]);
    assert!(!source.is_complete("rotten", Metric::Cpu), "what was refused is unknown");
    let warnings = source.warnings();
    assert!(
        warnings.iter().any(|w| w.starts_with("rotten: AWS/EC2 CPUUtilization is refused")),
        "{warnings:?}"
    );
    assert_eq!(seen.lock().expect("the server does not panic").len(), 5);
    let all = source.metrics(at_epoch(9_000), &[of("rotten"), of("rotten")]).await;
    assert!(all.is_err(), "a question of which nothing is understood is an error");
}

//! What comes over connections: frames of the socket, requests to the simulated AWS, and AWS's answers.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use prescale::{
    cloud::{
        MetricQuery, MetricSource,
        aws::{AccessKey, ConnectOptions, Deadlines, connect},
        simulator::demo_fleet,
        simulator_http::{Account, AccountLimits, serve},
    },
    domain::{at_epoch, metric::Metric, shift},
    link::{
        View,
        socket::{
            frame::{FROM_CONSOLE, Frames},
            protocol::{FromAgent, FromConsole},
        },
    },
};

use super::fuzz;

/// A moment at which everything happens.
const NOW: i64 = 1_795_000_000;

fn framed(json: &[u8]) -> Vec<u8> {
    let length = u32::try_from(json.len()).expect("a seed is short");
    [&length.to_be_bytes(), json].concat()
}

#[test]
fn frames() {
    let mut seeds: Vec<Vec<u8>> =
        include_str!("seeds/frames.json").lines().map(|l| framed(l.as_bytes())).collect();
    let view = serde_json::to_vec(&FromAgent::View(Box::new(View::default()))).expect("it has JSON");
    seeds.push(framed(&view));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers");
    fuzz("frames", 10, &seeds, |bytes| {
        runtime.block_on(async {
            let mut frames = Frames::new(bytes, FROM_CONSOLE);
            while let Some(Ok(message)) = frames.next::<FromConsole>().await {
                let FromConsole::Request { command, .. } = message;
                command.what();
                if let prescale::link::Command::Show(viewport) = command {
                    let _ = viewport.bounded(at_epoch(NOW));
                }
            }
            let mut frames = Frames::new(bytes, FROM_CONSOLE);
            while let Some(Ok(_)) = frames.next::<FromAgent>().await {}
        });
    });
}

/// A simulated account on a port of its own.
fn account() -> String {
    let fleet = demo_fleet().expect("the traces are built in");
    let account = Account::new(fleet, 1, AccountLimits::default(), || at_epoch(NOW));
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    std::thread::spawn(move || serve(&listener, Arc::new(account)));
    address
}

/// What comes back for `request`; nothing where the connection was closed.
fn ask(address: &str, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    // It may answer, and hang up, before it has everything.
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer);
    assert!(!ended.is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock), "no answer within 20 s");
    answer
}

#[test]
fn requests() {
    let address = account();
    let post = |body: &str, kind: &str, more: &str| {
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n{more}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    let mut seeds: Vec<Vec<u8>> = include_str!("seeds/requests.txt")
        .lines()
        .map(|line| post(line, "application/x-www-form-urlencoded", ""))
        .collect();
    let json = r#"{"StartTime":1794990000,"EndTime":1795000000,"MetricDataQueries":[{"Id":"q0","MetricStat":{"Metric":{"Namespace":"AWS/EC2","MetricName":"CPUUtilization","Dimensions":[{"Name":"AutoScalingGroupName","Value":"checkout-web"}]},"Period":60,"Stat":"Average"}}]}"#;
    seeds.push(post(
        json,
        "application/x-amz-json-1.0",
        "X-Amz-Target: GraniteServiceVersion20100801.GetMetricData\r\n",
    ));
    fuzz("requests", 4, &seeds, |bytes| drop(ask(&address, bytes)));
    assert!(!ask(&address, &seeds[0]).is_empty(), "it still answers");
}

/// Passes requests on to an account, and damages its answers.
fn damaging(account: String) -> (String, Arc<Mutex<Option<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let answer: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
    let given = Arc::clone(&answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (account, given) = (account.clone(), Arc::clone(&given));
            std::thread::spawn(move || pass(stream, &account, &given));
        }
    });
    (url, answer)
}

fn pass(mut stream: TcpStream, account: &str, given: &Mutex<Option<Vec<u8>>>) {
    let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
    let (mut request, mut part) = (Vec::new(), [0; 16 << 10]);
    while let Ok(read @ 1..) = stream.read(&mut part) {
        request.extend_from_slice(&part[..read]);
        if is_whole(&request) {
            break;
        }
    }
    let body = given.lock().expect("nobody panics with it").clone();
    let answer = match body {
        Some(body) => {
            let kind = if request.windows(4).any(|w| w == b"cbor") { "application/cbor" } else { "text/xml" };
            let more = if kind == "application/cbor" { "smithy-protocol: rpc-v2-cbor\r\n" } else { "" };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{more}Connection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            [head.into_bytes(), body].concat()
        }
        None => {
            let text = String::from_utf8_lossy(&request).into_owned();
            let at = text.find("\r\n").map_or(0, |at| at + 2);
            ask(account, &[&request[..at], b"Connection: close\r\n", &request[at..]].concat())
        }
    };
    let _ = stream.write_all(&answer);
}

/// True once the body is as long as announced.
fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|w| w == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok());
    request.len() >= end + 4 + length.unwrap_or(0usize)
}

/// The bodies of an account's answers.
fn answers(address: &str) -> Vec<Vec<u8>> {
    let actions = [
        "DescribeAutoScalingGroups",
        "DescribePolicies",
        "DescribeScalingActivities&AutoScalingGroupName=checkout-web",
    ];
    let xml = actions.map(|action| {
        let body = format!("Action={action}&Version=2011-01-01");
        let request = format!(
            "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        body_of(&ask(address, request.as_bytes()))
    });
    let mut all: Vec<Vec<u8>> = xml.into();
    all.push(metric_data());
    all
}

/// A point of a metric, as CloudWatch answers.
fn metric_data() -> Vec<u8> {
    use ciborium::Value;
    let time = Value::Tag(1, Box::new(Value::from(NOW - 600)));
    let map = |fields: Vec<(&str, Value)>| {
        Value::Map(fields.into_iter().map(|(name, value)| (Value::from(name), value)).collect())
    };
    let result = map(vec![
        ("Id", Value::from("q0")),
        ("Label", Value::from("x")),
        ("Timestamps", Value::Array(vec![time])),
        ("Values", Value::Array(vec![Value::from(40.5)])),
        ("StatusCode", Value::from("Complete")),
    ]);
    let answer = map(vec![("MetricDataResults", Value::Array(vec![result]))]);
    let mut bytes = Vec::new();
    ciborium::into_writer(&answer, &mut bytes).expect("memory takes bytes");
    bytes
}

fn body_of(answer: &[u8]) -> Vec<u8> {
    let at = answer.windows(4).position(|w| w == b"\r\n\r\n").map_or(0, |at| at + 4);
    answer[at..].to_vec()
}

#[test]
fn answers_of_aws() {
    let address = account();
    let seeds = answers(&address);
    let (url, answer) = damaging(address);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let second = Duration::from_secs(1);
    let deadlines = Deadlines {
        connect: second,
        read: second,
        attempt: 2 * second,
        operation: 3 * second,
        ..Deadlines::default()
    };
    let options = ConnectOptions {
        region: Some("us-east-1".into()),
        endpoint_url: Some(url),
        keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
        deadlines,
        ..ConnectOptions::default()
    };
    let connection = runtime.block_on(connect(&options)).expect("keys and region are given");
    let (now, group) = (at_epoch(NOW), "checkout-web".to_owned());
    fuzz("AWS's answers", 1, &seeds, |bytes| {
        let mut source = connection.source();
        *answer.lock().expect("nobody panics with it") = Some(bytes.to_vec());
        // A damaged answer is an error, or what can be read of it.
        let _ = runtime.block_on(source.groups(now));
        let query = MetricQuery {
            group: group.clone(),
            metric: Metric::Cpu,
            from: shift(now, -3_600),
            until: now,
            period: 60,
        };
        let _ = runtime.block_on(source.metrics(now, &[query]));
    });
    *answer.lock().expect("nobody panics with it") = None;
    let groups = runtime.block_on(connection.source().groups(now)).expect("right answers are read");
    assert_eq!(groups.len(), 4);
}

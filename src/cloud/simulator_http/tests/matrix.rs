//! Every fault on every call of the adapter, over real sockets: what it leads to, and what the operator reads.
//!
//! One simulated account stands behind. A fault spoils one operation; all others are answered. What each fault must
//! lead to stands in [`FAULTS`] and in `docs/aws.md`; what becomes of it at each call, in [`expected`]; how a loop says it,
//! in `screen`.

mod screen;

use std::{
    io::{BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream};

use crate::{
    cloud::{
        CloudError, MetricQuery, MetricSource, Scaler,
        aws::{
            AccessKey, AwsConnection, ConnectOptions, Deadlines, connect,
            permissions::{READS, WRITES},
        },
        simulator::{demo_fleet, demo_start},
        simulator_http::{
            Account, AccountLimits, Refusal,
            closed_port::ClosedPort,
            http::{HttpReply, HttpRequest, Incoming, encode, read},
            protocol::{operation, refusal_of},
        },
    },
    domain::{
        Time,
        actuator::FloorWindow,
        decision::{Licence, Mode},
        metric::Metric,
        shift,
    },
};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectionFault {
    /// AWS refuses, with a status and a code.
    Refused(u16, &'static str),
    /// A proxy answers with a web page.
    Page(u16),
    /// The machine's clock is hours off, whatever the SDK makes of it.
    Skewed,
    /// Nobody listens.
    Closed,
    /// The connection breaks before the answer.
    Dropped,
    /// The connection is taken, and nothing ever comes.
    Silent,
    /// The answer breaks off in the middle.
    Truncated,
}

/// What is to be done about a failure: the classes of [`CloudError`].
const RETRY: &str = "try again next cycle";
const REPLAN: &str = "read again and plan anew";
const STOP: &str = "stop and alert";

/// A fault as `docs/aws.md` calls it, the fault, its class, and words that the operator reads.
const FAULTS: [(&str, ConnectionFault, &str, &str); 14] = [
    ("throttling", ConnectionFault::Refused(400, "Throttling"), RETRY, "AWS throttles"),
    (
        "AWS fails (5xx)",
        ConnectionFault::Refused(503, "ServiceUnavailable"),
        RETRY,
        "AWS failed with ServiceUnavailable",
    ),
    ("a gateway fails (5xx, HTML)", ConnectionFault::Page(502), RETRY, "the service failed (HTTP 502)"),
    ("connection refused", ConnectionFault::Closed, RETRY, "no connection to AWS"),
    ("connection broken", ConnectionFault::Dropped, RETRY, "no connection to AWS"),
    ("no answer", ConnectionFault::Silent, RETRY, "was not answered in time"),
    ("answer cut off", ConnectionFault::Truncated, RETRY, "no connection to AWS"),
    (
        "activity in progress",
        ConnectionFault::Refused(400, "ScalingActivityInProgress"),
        REPLAN,
        "(ScalingActivityInProgress)",
    ),
    ("contention", ConnectionFault::Refused(500, "ResourceContention"), REPLAN, "(ResourceContention)"),
    ("out of bounds", ConnectionFault::Refused(400, "ValidationError"), REPLAN, "(ValidationError)"),
    ("credentials expired", ConnectionFault::Refused(403, "ExpiredToken"), STOP, "credentials have expired"),
    ("access denied", ConnectionFault::Refused(403, "AccessDenied"), STOP, "not allowed: "),
    ("web page of a proxy", ConnectionFault::Page(200), STOP, "answered with a web page"),
    ("clock off", ConnectionFault::Skewed, STOP, "clock is wrong"),
];

/// Calls without whose answer a group is seen all the same: what they would say is unknown, with a warning.
const DETAILS: [&str; 5] = [
    "DescribePolicies",
    "DescribeScheduledActions",
    "DescribeScalingActivities",
    "DescribeInstanceRefreshes",
    "DescribeTargetHealth",
];

/// Far above what a call may take, for machines under load: a hang is found, slowness is not judged.
const HANGS: Duration = Duration::from_secs(120);

fn deadlines() -> Deadlines {
    let seconds = Duration::from_secs;
    Deadlines { read: seconds(5), attempt: seconds(6), operation: seconds(15), ..Deadlines::default() }
}

fn begin() -> Time {
    shift(demo_start(), 21 * 86_400 + 420)
}

/// Serves `account` on a free port and spoils `call` by `fault`; gives the address. A port that is closed stays so as long
/// as what is given beside it lives.
fn serve(account: Arc<Account>, call: &'static str, fault: ConnectionFault) -> (String, Option<ClosedPort>) {
    if fault == ConnectionFault::Closed {
        let port = ClosedPort::new();
        return (port.url(), Some(port));
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let account = Arc::clone(&account);
            std::thread::spawn(move || converse(&stream, &account, call, fault));
        }
    });
    (url, None)
}

fn converse(mut stream: &TcpStream, account: &Account, call: &str, fault: ConnectionFault) {
    let mut reader = BufReader::new(stream);
    while let Ok(Incoming::Whole(request)) = read(&mut reader) {
        let spoilt = operation(&request).as_deref() == Some(call);
        let bytes = if spoilt { spoil(&request, fault) } else { encode(&account.answer(&request)) };
        // The client may have gone away; then nobody waits for the answer.
        let sent = stream.write_all(&bytes);
        if spoilt && fault == ConnectionFault::Silent {
            // Until the client gives up.
            let _ = reader.read(&mut [0]);
        }
        if sent.is_err()
            || (spoilt
                && matches!(
                    fault,
                    ConnectionFault::Dropped | ConnectionFault::Silent | ConnectionFault::Truncated
                ))
        {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

/// What is sent in place of the answer; nothing is done.
fn spoil(request: &HttpRequest, fault: ConnectionFault) -> Vec<u8> {
    match fault {
        ConnectionFault::Refused(status, code) => encode(&refused(request, status, code)),
        ConnectionFault::Skewed => {
            let date = "Sun, 06 Nov 1994 08:49:37 GMT".to_owned();
            encode(&refused(request, 403, "RequestTimeTooSkewed").with("Date", date))
        }
        ConnectionFault::Page(status) => {
            let page = b"<!DOCTYPE html><html><body>Accept our terms</body></html>".to_vec();
            encode(&HttpReply::new(status, "text/html", page))
        }
        ConnectionFault::Closed | ConnectionFault::Dropped | ConnectionFault::Silent => Vec::new(),
        ConnectionFault::Truncated => {
            let mut bytes = encode(&HttpReply::new(200, "text/xml", vec![b' '; 1_000]));
            bytes.truncate(bytes.len() - 500);
            bytes
        }
    }
}

fn refused(request: &HttpRequest, status: u16, code: &str) -> HttpReply {
    let refusal = Refusal::new(code, "no\u{1b}[31m");
    HttpReply { status, ..refusal_of(request, &refusal) }
}

async fn connection(url: String) -> AwsConnection {
    let options = ConnectOptions {
        region: Some("us-east-1".into()),
        endpoint_url: Some(url),
        keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
        deadlines: deadlines(),
        ..ConnectOptions::default()
    };
    connect(&options).await.expect("keys and region are given")
}

/// Makes `call` as the engine would; gives the warnings beside the answer.
async fn make(call: &str, connection: &AwsConnection) -> Result<Vec<String>, CloudError> {
    let (now, group) = (begin(), "web-sessions");
    let licence: Licence = Mode::Auto.licence().expect("auto may change groups");
    let (mut source, mut scaler) = (connection.source(), connection.scaler(&licence));
    let ask = |metric| MetricQuery {
        group: group.into(),
        metric,
        from: shift(now, -1_800),
        until: now,
        period: 300,
    };
    let window = FloorWindow { min: 12, start: None, end: shift(now, 1_800), own: 1 };
    match call {
        "GetMetricData" => source.metrics(now, &[ask(Metric::Cpu)]).await.map(drop)?,
        "ListMetrics" => source.metrics(now, &[ask(Metric::Requests)]).await.map(drop)?,
        "SetDesiredCapacity" => scaler.set_desired(now, group, 9).await?,
        "UpdateAutoScalingGroup" => scaler.set_floor(now, group, 2).await?,
        "PutScheduledUpdateGroupAction" => scaler.schedule_floor(now, group, &window).await?,
        "SuspendProcesses" => scaler.suspend_terminate(now, group, true).await?,
        "ResumeProcesses" => scaler.suspend_terminate(now, group, false).await?,
        "DeleteScheduledAction" => scaler.unschedule_floor(now, group).await?,
        _ => source.groups(now).await.map(drop)?,
    }
    Ok(source.warnings())
}

fn class(error: &CloudError) -> &'static str {
    match error {
        CloudError::Retry(_) => RETRY,
        CloudError::NotSent(why) => panic!("what is sent to one account is sent: {why}"),
        CloudError::Replan(_) => REPLAN,
        CloudError::Stop(_) => STOP,
    }
}

/// The class in which `call` fails; `None` where it goes on with less and a warning.
fn expected(call: &str, fault: ConnectionFault, class: &'static str) -> Option<&'static str> {
    let with_less = DETAILS.contains(&call) || call == "ListMetrics" && class == STOP;
    (!with_less || fault == ConnectionFault::Closed).then_some(class)
}

/// One cell of the matrix; words say what is wrong with it.
async fn cell(
    account: Arc<Account>,
    call: &'static str,
    row: (&str, ConnectionFault, &'static str, &str),
) -> Option<String> {
    let (name, fault, class_of_fault, words) = row;
    let (url, _closed) = serve(account, call, fault);
    let connection = connection(url).await;
    let Ok(ended) = tokio::time::timeout(HANGS, make(call, &connection)).await else {
        return Some(format!("{name} at {call}: it hangs"));
    };
    let told = match (&ended, expected(call, fault, class_of_fault)) {
        (Err(error), Some(class_expected)) if class(error) == class_expected => error.to_string(),
        (Ok(warnings), None) => warnings.join("; "),
        (ended, expected) => return Some(format!("{name} at {call}: {ended:?} in place of {expected:?}")),
    };
    let one_line = !told.chars().any(char::is_control) && told.len() < 800;
    (!told.contains(words) || !one_line).then(|| format!("{name} at {call}: {told:?} lacks {words:?}"))
}

fn account() -> Arc<Account> {
    let fleet = demo_fleet().expect("built-in traces are good");
    let account = Account::new(fleet, 1, AccountLimits::default(), begin);
    let window = FloorWindow { min: 12, start: None, end: shift(begin(), 90_000 - account.offset), own: 1 };
    // Something to delete.
    account.simulator().with(|world| world.schedule_floor("web-sessions", &window)).expect("it is to come");
    Arc::new(account)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_call_ends_in_its_class_with_one_clear_line() {
    let account = account();
    let calls: Vec<&'static str> = READS.iter().chain(&WRITES).map(|(_, action)| *action).collect();
    // Boxed: the SDK's futures are large.
    let cell = |call, row| Box::pin(cell(Arc::clone(&account), call, row));
    let cells = calls.iter().flat_map(|call| FAULTS.iter().map(|row| cell(call, *row)));
    let wrong: Vec<String> =
        stream::iter(cells).buffer_unordered(16).filter_map(std::future::ready).collect().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_fault_every_call_succeeds() {
    let account = account();
    for (_, call) in READS.iter().chain(&WRITES) {
        let (url, _) = serve(Arc::clone(&account), "Nothing", ConnectionFault::Silent);
        let connection = connection(url).await;
        assert_eq!(make(call, &connection).await, Ok(Vec::new()), "{call}");
    }
}

#[test]
fn the_page_has_the_same_table() {
    let page = include_str!("../../../../docs/aws.md");
    for (name, _, class, words) in FAULTS {
        let row = format!("| {name} | {class} | `{}` |", words.trim());
        assert!(page.contains(&row), "docs/aws.md lacks the row\n{row}");
    }
    for (service, action) in READS.iter().chain(&WRITES) {
        assert!(page.contains(&format!("| `{service}:{action}` |")), "docs/aws.md lacks {service}:{action}");
    }
    let seconds = |limit: Duration| format!("{} s", limit.as_secs());
    let Deadlines { connect, read, attempt, operation, details } = Deadlines::default();
    for limit in [connect, read, attempt, operation, details] {
        assert!(page.contains(&seconds(limit)), "docs/aws.md lacks {limit:?}");
    }
}

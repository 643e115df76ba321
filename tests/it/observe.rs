//! `observe` against a counting AWS on loopback: hours of the real engine over the real adapter, every command that an
//! operator has and every key of the console on every page, and not one call that changes anything.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crossterm::event::{KeyCode, KeyEvent};

use prescale::{
    cloud::{
        Scaler,
        aws::{AccessKey, AwsConnection, ConnectOptions, connect},
    },
    console::{
        app::{App, Effect, Message},
        draw::theme::Theme,
        input::keymap::Keymap,
        pages::PageSetup,
    },
    domain::{Time, at_epoch, decision::Mode, fault::Fault, shift},
    engine::{
        Engine,
        clock::Clock,
        jobs::training::TrainingOptions,
        options::{CloudAccess, EngineOptions, GroupOptions},
    },
    link::{ClockCommand, Command, Viewport},
    store::Store,
};

/// Calls by their name.
type Calls = Arc<Mutex<BTreeMap<String, usize>>>;

const GROUP: &str = "<AutoScalingGroups><member><AutoScalingGroupName>web</AutoScalingGroupName>\
    <MinSize>1</MinSize><MaxSize>9</MaxSize><DesiredCapacity>3</DesiredCapacity></member></AutoScalingGroups>";

/// Answers every request on a free loopback port and counts them.
fn serve() -> (String, Calls) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let calls = Calls::default();
    let count = calls.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away in the middle asks again.
            let _ = answer(stream, &count);
        }
    });
    (url, calls)
}

fn answer(mut stream: TcpStream, calls: &Calls) -> std::io::Result<()> {
    let mut data = Vec::new();
    let mut piece = [0; 4_096];
    let text = loop {
        let text = String::from_utf8_lossy(&data).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let head = text.to_ascii_lowercase();
            let length =
                head.split("content-length: ").nth(1).and_then(|t| t.lines().next()?.trim().parse().ok());
            if data.len() >= end + 4 + length.unwrap_or(0) {
                break text;
            }
        }
        match stream.read(&mut piece)? {
            0 => return Ok(()),
            n => data.extend_from_slice(&piece[..n]),
        }
    };
    let name = match text.split("Action=").nth(1) {
        Some(rest) => rest.split('&').next().unwrap_or_default().to_owned(),
        None => {
            let path = text.split(' ').nth(1).unwrap_or_default();
            path.rsplit('/').next().unwrap_or_default().to_owned()
        }
    };
    let (kind, body) = if text.contains("Action=") {
        let inner = if name == "DescribeAutoScalingGroups" { GROUP } else { "" };
        (
            "text/xml",
            format!("<{name}Response><{name}Result>{inner}</{name}Result></{name}Response>").into_bytes(),
        )
    } else {
        // An empty map in CBOR: CloudWatch has seen nothing.
        ("application/cbor\r\nsmithy-protocol: rpc-v2-cbor", vec![0xa0])
    };
    *calls.lock().expect("no test panics while it counts").entry(name).or_default() += 1;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}

/// Calls that are not reads.
fn changes(calls: &Calls) -> BTreeMap<String, usize> {
    let calls = calls.lock().expect("the server does not panic");
    let reads = ["Describe", "Get", "List"];
    calls
        .iter()
        .filter(|(name, _)| !reads.iter().any(|r| name.starts_with(r)))
        .map(|(n, c)| (n.clone(), *c))
        .collect()
}

/// Everything that an operator may ask short of raising the mode.
fn commands() -> Vec<Command> {
    let group = || "web".to_owned();
    let mut all = vec![
        Command::Approve { id: 1, revision: 1 },
        Command::Reject { id: 1, revision: 1, reason: "no".into() },
        Command::Snooze { id: 1, revision: 1, minutes: 5 },
        Command::Undo { decision: 1 },
        Command::SetMode { group: group(), mode: Mode::Observe },
        Command::SetBrake { on: true },
        Command::SuspendTerminate { groups: vec![group()] },
        Command::SetBrake { on: false },
        Command::Train { group: group() },
        Command::CancelTraining,
        Command::Backtest { group: group(), contenders: vec!["capacity".into()], days: 7 },
        Command::CancelBacktest,
        Command::Promote { group: group(), version: "1".into() },
        Command::RollBack { group: group() },
        Command::Show(Viewport::default()),
        Command::Clock(ClockCommand::Pause),
    ];
    all.extend(Fault::ALL.map(|fault| Command::Inject { group: group(), fault }));
    all
}

fn options(start: Time) -> EngineOptions {
    EngineOptions {
        zone: chrono_tz::UTC,
        group: Box::new(|_| GroupOptions {
            mode: Mode::Observe,
            capacity: Some(50.0),
            ..GroupOptions::default()
        }),
        calendar: None,
        events: vec![],
        holidays: Vec::new(),
        models: None,
        backfill: 86_400,
        training: TrainingOptions::on_request(),
        anchor: at_epoch(0),
        start,
    }
}

/// A world that counts the calls it receives and the writers built for it.
async fn counting() -> (CloudAccess, Calls, Arc<AtomicUsize>, AwsConnection) {
    let (url, calls) = serve();
    let aws = ConnectOptions {
        region: Some("eu-west-1".into()),
        endpoint_url: Some(url),
        keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
        ..ConnectOptions::default()
    };
    let connection = connect(&aws).await.expect("keys and region are given");
    let built = Arc::new(AtomicUsize::new(0));
    let (count, writer) = (built.clone(), connect(&aws).await.expect("as before"));
    let world = CloudAccess {
        source: Box::new(connection.source()),
        scaler: Box::new(move |licence| {
            count.fetch_add(1, Ordering::SeqCst);
            Box::new(writer.scaler(licence))
        }),
        simulator: None,
    };
    (world, calls, built, connection)
}

#[tokio::test]
async fn hours_of_observe_and_every_command_change_nothing() {
    let (world, calls, built, connection) = counting().await;
    let start = at_epoch(1_700_006_400);
    let mut engine = Engine::new(options(start), world, Store::in_memory().expect("memory")).expect("fresh");
    let mut commands = commands().into_iter().cycle();
    for minute in 0..240 {
        engine.minute(shift(start, 60 * minute)).await.expect("memory can be written");
        let command = commands.next().expect("they begin anew");
        // Most are refused, and say why; only the calls that reach the cloud count.
        let _ = engine.command("ada@ops", command, &mut Clock::Real).await.expect("memory can be written");
    }
    engine.leave().await.expect("memory can be written");
    assert_eq!(engine.groups().len(), 1, "the group was read");
    assert!(calls.lock().expect("the server does not panic")["DescribeAutoScalingGroups"] >= 240);
    assert_eq!(changes(&calls), BTreeMap::new());
    assert_eq!(built.load(Ordering::SeqCst), 0, "no writer was ever built");

    // The counter counts: one write is seen.
    let licence = Mode::Auto.licence().expect("auto may");
    connection.scaler(&licence).set_desired(start, "web", 4).await.expect("it was taken");
    assert_eq!(changes(&calls), BTreeMap::from([("SetDesiredCapacity".to_owned(), 1)]));
}

/// Every key of the keymap, and those that answer questions and fill forms.
fn keys() -> Vec<KeyEvent> {
    let bound = Keymap::default().bindings.into_iter().flat_map(|binding| binding.keys);
    let bound = bound.filter(|key| !key.control).map(|key| key.code);
    let more = ['y', 'n', 'q', ' ', '9', 'Z'].map(KeyCode::Char).into_iter();
    let answers = [KeyCode::Enter, KeyCode::Left, KeyCode::Enter, KeyCode::Esc, KeyCode::Esc];
    // After each key a yes, then a way out, so that what it opens is confirmed and closed.
    bound
        .chain(more)
        .flat_map(|code| [code, KeyCode::Char('y')].into_iter().chain(answers))
        .map(KeyEvent::from)
        .collect()
}

#[tokio::test]
async fn every_key_on_every_page_changes_nothing_while_it_observes() {
    let (world, calls, built, _) = counting().await;
    let start = at_epoch(1_700_006_400);
    let mut engine = Engine::new(options(start), world, Store::in_memory().expect("memory")).expect("fresh");
    let setup = PageSetup { check: |_, _| Vec::new(), ..PageSetup::default() };
    let mut app = App::new(Theme::default(), &setup);
    let (mut minute, mut sent, mut raised) = (0, 0, 0);
    for page in '1'..='7' {
        for (press, key) in keys().into_iter().enumerate() {
            if press % 40 == 0 {
                engine.minute(shift(start, 60 * minute)).await.expect("memory can be written");
                minute += 1;
            }
            if press % 7 == 0 {
                let view = Arc::new(engine.view(&Clock::Real).expect("readable"));
                app.update(Message::View(view), Duration::ZERO);
                app.update(Message::Key(KeyCode::Char(page).into()), Duration::ZERO);
            }
            for effect in app.update(Message::Key(key), Duration::ZERO) {
                let (Effect::Send(command) | Effect::Confirm(command)) = effect else { continue };
                // The one thing that an operator may do to leave `observe`: it is counted and not done.
                if matches!(command, Command::SetMode { mode, .. } if mode != Mode::Observe) {
                    raised += 1;
                    continue;
                }
                sent += 1;
                let _ = engine.command("ada@ops", command, &mut Clock::Real).await.expect("writable");
            }
        }
    }
    engine.leave().await.expect("memory can be written");
    assert!(sent > 50 && raised > 0, "{sent} commands, {raised} times out of observe");
    assert_eq!(changes(&calls), BTreeMap::new());
    assert_eq!(built.load(Ordering::SeqCst), 0, "no writer was ever built");
}

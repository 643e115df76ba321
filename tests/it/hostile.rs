//! What others have named and said, in all the ways that harm a terminal, goes through the real binary: to the screen, in
//! lines, into reports and into the log. Nothing gets through but what `prescale` itself writes.

use std::{
    fs,
    io::Read,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use portable_pty::CommandBuilder;
use prescale::{
    cloud::{
        simulator::{GroupSpec, demo_fleet},
        simulator_http::{Account, AccountLimits, serve},
    },
    domain::{
        at_epoch,
        forecast::Forecast,
        journal::{JournalEntry, JournalKind},
        metric::Metric,
        series::Series,
    },
    store::Store,
};

use crate::support::{
    harness::Terminal,
    home::Home,
    proxy::{Proxy, Way},
    running::Running,
    sequences::{strange, strange_in_lines},
    wait::poll,
};

/// What a terminal would obey: a title, the clipboard, a link, a device string, a cleared screen, and the same in
/// characters of eight bits; then a bell, a NUL, and what turns or hides the letters that follow.
const POISON: &str = "\u{1b}]0;owned\u{7}\u{1b}]52;c;b3duZWQ=\u{7}\u{1b}]8;;http://evil\u{1b}\\\u{1b}P1$r0m\u{1b}\\\u{1b}[2J\
    \u{1b}[31m\u{9d}2;owned\u{9c}\u{9b}2J\u{90}q\u{9c}\u{85}\u{8}\u{7}\u{202e}\u{2066}\u{200b}\u{2028}\u{ad}\u{e0041}POISON";

/// Names as nobody should choose them: wide, combining, right-to-left, invisible, endless.
fn names() -> Vec<String> {
    vec![
        "日本語のグループ".repeat(5),
        "e\u{301}\u{301}\u{301}a\u{20dd}".repeat(9),
        "\u{202e}evil\u{202c} مجموعة العربية".into(),
        "👩\u{200d}👩\u{200d}👧 \u{feff}crew".into(),
        "x".repeat(10_000),
    ]
}

/// [`POISON`] as an XML document can carry it.
fn poison_in_xml() -> String {
    POISON.chars().chain(['\0']).map(|c| format!("&#{};", u32::from(c))).collect()
}

/// The way to an account of groups with these [`names`], on which all other words of its answers are poisoned. It is served
/// from here until the test ends.
fn account() -> Proxy {
    let few = demo_fleet().expect("the traces are built in");
    let all = names().into_iter().zip(few.iter().cycle());
    let specs = all.map(|(name, spec)| GroupSpec { name, ..spec.clone() }).collect();
    let now = || at_epoch(chrono::Utc::now().timestamp());
    let account = Account::new(specs, 1, AccountLimits::default(), now);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || serve(&listener, std::sync::Arc::new(account)));
    let poison = poison_in_xml();
    let words = [
        "<Description>",
        "<Cause>",
        "<StatusMessage>",
        "<PolicyName>",
        "<InstanceId>",
        "<Value>",
        "<Message>",
    ];
    Proxy::rewriting(&url, move |answer| {
        words.iter().fold(answer, |text, word| text.replace(word, &format!("{word}{poison}")))
    })
}

const AWS: &str = "[source]\nkind = \"aws\"\nregion = \"eu-west-1\"\n[train]\ndaily = false\n";

/// What leads to the account, and a user with a name of that kind.
fn variables(proxy: &Proxy) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL", proxy.url.clone()),
        ("AWS_ACCESS_KEY_ID", "test".into()),
        ("AWS_SECRET_ACCESS_KEY", "test".into()),
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ("USER", POISON.into()),
        ("HOSTNAME", POISON.into()),
    ]
}

/// A calendar of events with these [`names`], and one that says [`POISON`].
fn calendar() -> String {
    let event = |name: String| {
        let name = toml::Value::String(name);
        format!("[[event]]\nname = {name}\nkind = \"sale\"\nstart = \"2026-01-01\"\nend = \"2026-12-31\"\n")
    };
    std::iter::once(format!("{POISON} red")).chain(names()).map(event).collect()
}

#[test]
fn on_the_screen() {
    let proxy = account();
    let home = Home::new(AWS);
    home.write("calendar.toml", &calendar());
    let command = CommandBuilder::new(env!("CARGO_BIN_EXE_prescale"));
    let variables = variables(&proxy);
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let terminal = Terminal::run(&home, (160, 50), command, &variables);
    terminal.wait_for("[1 Fleet]");
    terminal.wait_for("日本語");
    for page in ["2", "3", "4", "5", "6", "7", "8", "9", "4", "1"] {
        terminal.press(page);
        terminal.wait_for(&format!("[{page} "));
    }
    for _ in names() {
        terminal.press("j\r");
        terminal.wait_for("[2 Group]");
        terminal.press("1");
        terminal.wait_for("[1 Fleet]");
    }
    // The activities of a group: each has been poisoned.
    terminal.press("/日本\r\r");
    terminal.wait_for("[2 Group]");
    terminal.wait_for("Last activities");
    terminal.wait_for("POISON");
    terminal.press("4\r");
    terminal.wait_for("event 0 \"]0;owned");
    // Typed, pasted, and asked for: what the program repeats is no safer.
    terminal.press("1");
    terminal.wait_for("[1 Fleet]");
    terminal.press(&format!("/\x1b[200~pasted {}\x1b[201~\r", POISON.replace('\u{1b}', "\u{9b}")));
    terminal.wait_for("pasted");
    terminal.press("b");
    terminal.wait_for("Freeze scale-in");
    terminal.press("y6");
    terminal.wait_for("[6 Journal]");
    terminal.wait_for("owned");
    // A refusal in AWS's words.
    proxy.set(Way::Refused);
    terminal.press("8");
    terminal.wait_for("POISONno");
    // A frame may be on its way: then its last sequence is whole a moment later.
    let clean = poll(|| strange(&terminal.bytes()).is_empty().then_some(()));
    assert!(clean.is_some(), "{:?}", strange(&terminal.bytes()));
    let alien = strange_in_lines(&terminal.screen());
    assert!(alien.is_empty(), "{alien:?}\n{}", terminal.screen());
    terminal.press("q");
}

/// What a command says on both its streams until it ends, or until that is `enough`.
fn said(mut command: Command, enough: impl Fn(&str) -> bool) -> String {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = Running::start(command);
    let all = Arc::new(Mutex::new(Vec::new()));
    let out: Box<dyn Read + Send> = Box::new(program.0.stdout.take().expect("piped"));
    let err: Box<dyn Read + Send> = Box::new(program.0.stderr.take().expect("piped"));
    let threads = [out, err].map(|mut stream| {
        let all = Arc::clone(&all);
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut piece) {
                all.lock().expect("nobody panics here").extend_from_slice(&piece[..length]);
            }
        })
    });
    let text = || String::from_utf8_lossy(&all.lock().expect("nobody panics here")).into_owned();
    let done = poll(|| {
        let ended = program.0.try_wait().expect("it is our child").is_some();
        (ended || enough(&text())).then_some(())
    });
    drop(program);
    threads.into_iter().for_each(|thread| thread.join().expect("it only reads"));
    done.unwrap_or_else(|| panic!("waited in vain for enough of\n{}", text()));
    text()
}

/// [`said`] of a command that ends.
fn all_said(home: &Home, arguments: &[&str]) -> String {
    said(home.command(arguments), |_| false)
}

/// [`said`] of a command that looks at the account.
fn said_of(proxy: &Proxy, home: &Home, arguments: &[&str], enough: impl Fn(&str) -> bool) -> String {
    let mut command = home.command(arguments);
    command.envs(variables(proxy));
    said(command, enough)
}

#[test]
fn in_lines_and_in_the_log() {
    let proxy = account();
    // What was advised once is not advised again by the next run: each that is to advise has a home of its own.
    let new = || {
        let home = Home::new(&format!("{AWS}[log]\nfolder = \"log\"\n"));
        home.write("calendar.toml", &calendar());
        home
    };
    let home = new();
    let lines = said_of(&proxy, &home, &["--plain"], |text| text.matches(" group ").count() >= names().len());
    assert!(lines.contains("owned") && lines.contains("日本語"), "{lines}");
    let agent = said_of(&proxy, &new(), &["agent"], |text| text.contains('\n'));
    assert!(agent.contains(" → "), "{agent}");
    let json = said_of(&proxy, &new(), &["agent", "--json"], |text| text.contains('\n'));
    assert!(json.contains("\"group\""), "{json}");
    let doctor = said_of(&proxy, &home, &["doctor", "--aws", "--region", "eu-west-1"], |_| false);
    assert!(doctor.contains("ok"), "{doctor}");
    proxy.set(Way::Refused);
    let refused = said_of(&proxy, &home, &["--plain"], |text| text.contains("POISONno"));
    assert!(refused.contains("POISON"), "{refused}");
    let log: String = fs::read_dir(home.path().join("log"))
        .expect("there is a log")
        .map(|file| fs::read_to_string(file.expect("readable").path()).expect("text"))
        .collect();
    assert!(log.contains("owned"), "{log}");
    for text in [lines, agent, json, doctor, refused, log] {
        assert_eq!(strange_in_lines(&text), Vec::<String>::new(), "{text}");
    }
}

/// A history that another program wrote, with hostile names of its group and in its journal.
fn history(home: &Home) {
    fs::create_dir(home.path().join("data")).expect("the home is ours");
    let mut store = Store::open(&home.path().join("data/prescale.db")).expect("a new one");
    let start = at_epoch(1_700_000_100);
    let demand = Series::from_values(start, 300, (0..30).map(|i| Some(f64::from(i))));
    store.append(POISON, Metric::Demand, &demand).expect("writable");
    let first = at_epoch(1_700_000_400);
    let forecast =
        Forecast { origin: first, step: 300, model: POISON.into(), rows: vec![[1.0; 9]; 4], first };
    store.save_forecast(POISON, &forecast).expect("writable");
    let entry = JournalEntry {
        id: 0,
        at: start,
        group: Some(POISON.into()),
        kind: JournalKind::Other(POISON.into()),
        operator: POISON.into(),
        text: POISON.into(),
        decision: None,
    };
    store.note(&entry).expect("writable");
}

#[test]
fn in_reports_of_a_history_that_others_wrote() {
    let home = Home::new("");
    history(&home);
    for form in ["--md", "--csv", "--html", "--json"] {
        let text = all_said(&home, &["report", "--days", "3660", form]);
        assert!(text.contains("POISON") && text.contains("30"), "{form}: {text}");
        assert_eq!(strange_in_lines(&text), Vec::<String>::new(), "{form}: {text}");
    }
    let text = all_said(&home, &["report", "--group", "nobody"]);
    assert!(text.contains("POISON"), "it names the groups that there are: {text}");
    assert_eq!(strange_in_lines(&text), Vec::<String>::new());
}

#[test]
fn in_complaints_about_files_that_others_wrote() {
    let poison = toml::Value::String(POISON.into()).to_string();
    let raw = POISON;
    for config in [
        format!("[terminal]\ntheme = {poison}\n"),
        format!("[source]\nkind = {poison}\n"),
        format!("{poison} = 1\n"),
        format!("[keys]\nquit = {poison}\n"),
        format!("timezone = {poison}\n"),
        format!("x = {raw}\n"),
        format!("# {raw}\n[terminal\n"),
    ] {
        let home = Home::new(&config);
        for arguments in [&["config", "check"][..], &["doctor"], &["agent"]] {
            let text = said(home.command(arguments), |text| text.lines().count() > 2);
            assert_eq!(strange_in_lines(&text), Vec::<String>::new(), "{arguments:?} of {config:?}: {text}");
        }
    }
    let home = Home::new("");
    home.write("calendar.toml", &calendar());
    home.write("load.csv", &format!("timestamp,{raw}\n{raw},{raw}\n"));
    let data = home.path().join("load.csv").display().to_string();
    for arguments in [
        &["calendar", "list"][..],
        &["calendar", "check"],
        &["calendar", "next"],
        &["import", "--data", &data, "--group", raw],
        &["backtest", "--trace", &data],
    ] {
        let text = all_said(&home, arguments);
        assert_eq!(strange_in_lines(&text), Vec::<String>::new(), "{arguments:?}: {text}");
    }
}

#[test]
fn hostile_sequences_are_detected() {
    let parts = [
        "\u{1b}]0;x\u{7}",
        "\u{1b}]52;c;eA==\u{7}",
        "\u{1b}P1$r0m\u{1b}\\",
        "\u{1b}[6n",
        "\u{1b}[?1003h",
        "\u{1b}c",
        "\u{9b}2J",
        "\u{85}",
        "\u{7}",
        "\u{202e}",
        "\u{200b}",
    ];
    for part in parts {
        assert!(!strange(format!("before {part} after").as_bytes()).is_empty(), "{part:?}");
    }
    assert!(!strange_in_lines("\u{1b}[1m").is_empty(), "lines have no colours");
    let ours = "\u{1b}[?2026h\u{1b}[2;5H\u{1b}[38;5;9;1mdemand → ▶ 日本\u{1b}[0m\r\n\u{1b}[?2026l";
    assert_eq!(strange(ours.as_bytes()), Vec::<String>::new());
}

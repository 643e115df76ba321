//! The console as an operator meets it: the real binary in a real terminal, from the first frame to the exit.

use portable_pty::CommandBuilder;

use crate::support::{
    harness::Terminal,
    home::Home,
    pause::pause_on,
    wait::{signal, until},
};

const GROUPS: [&str; 4] = ["api-bursty", "batch-steady", "checkout-web", "web-sessions"];
const PAGES: [&str; 9] = [
    "1 Fleet",
    "2 Group",
    "3 Proposals",
    "4 Calendar",
    "5 Models",
    "6 Journal",
    "7 Backtest",
    "8 Log",
    "9 Settings",
];

/// Groups ask, and the clock is quick enough that one has to soon; the group that AWS's own target tracking
/// sizes as well does not, so that a capacity that was approved stays what it is.
const ASKING: &str = "
[source]
speed = 600.0
[defaults]
mode = \"approve\"
[group.api-bursty]
mode = \"observe\"
[train]
kind = \"lstm\"
daily = false
epochs = 2
hidden = 8";

#[test]
fn without_a_configuration_it_shows_a_simulated_fleet() {
    let home = Home::new("");
    let terminal = Terminal::ready(&home, (120, 40), &[]);
    GROUPS.iter().for_each(|group| terminal.wait_for(group));
    terminal.press("\r");
    terminal.wait_for("[2 Group]");
    terminal.wait("charts of what was and what is predicted", |screen| {
        ["actual", "predicted", "CPU"].iter().all(|word| screen.contains(word)).then_some(())
    });
    terminal.quit();
}

#[test]
fn every_page_opens_at_every_size() {
    for size in [(80, 24), (160, 45)] {
        let home = Home::new("");
        let terminal = Terminal::ready(&home, size, &[]);
        for page in PAGES {
            terminal.press(&page[..1]);
            // Its tab is marked; a page that is open counts what it holds, as in “Proposals (2)”.
            terminal.wait_for(&format!("[{page}"));
        }
        terminal.press("?");
        terminal.wait_for("Keys (Esc closes)");
        terminal.press("?");
        terminal.wait("the help to close", |s| (!s.contains("Esc closes")).then_some(()));
        terminal.press("\t");
        terminal.wait_for("[1 Fleet]");
        terminal.quit();
    }
}

#[test]
fn a_screen_too_small_says_so_and_recovers() {
    let home = Home::new("");
    let terminal = Terminal::ready(&home, (100, 30), &[]);
    terminal.resize(20, 5);
    terminal.wait_for("80x24");
    terminal.resize(80, 24);
    terminal.wait_for("[1 Fleet]");
    GROUPS.iter().for_each(|group| terminal.wait_for(group));
    terminal.quit();
}

/// Group, desired capacity before and after, as the proposals page says them.
fn proposal(screen: &str) -> Option<(String, u32, u32)> {
    let line = screen.lines().find(|line| line.contains(": desired capacity"))?;
    let (group, change) = line.split_once(": desired capacity")?;
    let mut words = change.split_whitespace();
    let (from, _, to) = (words.next()?, words.next()?, words.next()?);
    Some((group.trim_matches(['│', ' ']).to_owned(), from.parse().ok()?, to.parse().ok()?))
}

#[test]
fn an_approved_proposal_is_journalled_and_carried_out() {
    let home = Home::new(ASKING);
    let terminal = Terminal::ready(&home, (120, 40), &[]);
    terminal.press("3");
    let (group, from, to) = pause_on(&terminal, "a proposal", proposal);
    terminal.wait_for("within min and max: pass");
    terminal.press("a");
    terminal.wait_for(&format!("Sets the desired capacity of {group} from {from} to {to}."));
    terminal.press("y");
    terminal.press("6");
    terminal.wait_for("[6 Journal]");
    terminal.wait("approval, intent and outcome of the group", |screen| {
        let mut kinds = ["approved", "intent", "outcome"].iter();
        kinds.all(|k| screen.lines().any(|l| l.contains(k) && l.contains(&group))).then_some(())
    });
    terminal.wait_for(&format!("desired capacity is {to} (was {from})"));
    terminal.press("1");
    terminal.press("p");
    terminal.wait("the instances to serve", |screen| {
        let row = screen.lines().find(|line| line.contains(&group))?;
        row.contains(&format!(" {to} of {to} ")).then_some(())
    });
    terminal.quit();
}

/// Only the group that AWS sizes asks: for a floor.
const ASKING_FOR_A_FLOOR: &str = "
[source]
speed = 600.0
[defaults]
mode = \"observe\"
[group.api-bursty]
mode = \"approve\"
[train]
daily = false
";

#[test]
fn a_floor_is_restored_when_the_console_ends() {
    let home = Home::new(ASKING_FOR_A_FLOOR);
    let terminal = Terminal::ready(&home, (120, 40), &[]);
    terminal.press("3");
    terminal.wait_for("api-bursty: floor (MinSize)");
    terminal.press("p");
    terminal.wait_for("UpdateAutoScalingGroup AutoScalingGroupName=api-bursty MinSize=");
    terminal.press("a");
    terminal.wait_for("Sets the floor (MinSize) of api-bursty");
    terminal.press("y");
    terminal.press("6");
    terminal.wait_for("MinSize is");
    terminal.quit();
    let store = rusqlite::Connection::open(home.path().join("data/prescale.db")).expect("it was written");
    let held: String = store
        .query_row("SELECT value FROM settings WHERE key = 'floor:api-bursty'", [], |row| row.get(0))
        .expect("it was held");
    let newest: String = store
        .query_row("SELECT text FROM journal WHERE kind = 'intent' ORDER BY id DESC", [], |row| row.get(0))
        .expect("it acted");
    assert_eq!(held, "null");
    assert!(newest.contains("→ 2: prescale is shutting down"), "{newest}");
}

#[test]
fn an_event_typed_into_the_form_reaches_the_file_with_its_comments() {
    let home = Home::new("");
    let before = include_str!("../../calendar.toml");
    let path = home.write("calendar.toml", before);
    let terminal = Terminal::ready(&home, (120, 40), &[]);
    terminal.press("4");
    terminal.wait_for("[4 Calendar]");
    terminal.press("a");
    terminal.wait_for("Add an entry");
    terminal.press("Night of the long queues");
    terminal.wait_for("Night of the long queues");
    terminal.press("\x13");
    let after = until("the file to have the event", || {
        let text = std::fs::read_to_string(&path).ok()?;
        text.contains("Night of the long queues").then_some(text)
    });
    let comments = |text: &str| -> Vec<String> {
        text.lines().filter(|l| l.trim_start().starts_with('#')).map(str::to_owned).collect()
    };
    assert_eq!(comments(&after), comments(before));
    assert!(after.starts_with(before.trim_end()), "what was there has changed:\n{after}");
    terminal.wait("the form to close", |screen| (!screen.contains("Add an entry")).then_some(()));
    terminal.press("6");
    terminal.wait_for("calendar");
    terminal.quit();
    let checked = home.command(&["calendar", "check"]).output().expect("the binary was built for this test");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn a_risk_that_was_thought_of_is_written_into_the_file_and_in_force() {
    let home = Home::new("# ours\n[source]\nspeed = 60.0\n[train]\ndaily = false\n");
    let terminal = Terminal::ready(&home, (120, 40), &[]);
    GROUPS.iter().for_each(|group| terminal.wait_for(group));
    terminal.press("\r");
    terminal.wait_for("[2 Group]");
    terminal.press("w");
    terminal.wait_for("What if: ");
    terminal.press("\x1b[C");
    terminal.wait("the question, once all is computed", |screen| {
        if screen.contains("Write this for") {
            return Some(());
        }
        terminal.press("w");
        std::thread::sleep(std::time::Duration::from_millis(300));
        None
    });
    terminal.press("y");
    let path = home.path().join("prescale.toml");
    let after = until("the file to have the risk", || {
        let text = std::fs::read_to_string(&path).ok()?;
        text.contains("risk = ").then_some(text)
    });
    assert!(after.starts_with("# ours\n[source]\nspeed = 60.0\n[train]\ndaily = false\n"), "{after}");
    terminal.press("6");
    terminal.wait_for("configuration");
    terminal.quit();
}

#[test]
fn a_training_runs_to_its_end_on_the_models_page() {
    let home = Home::new(ASKING);
    let terminal = Terminal::ready(&home, (120, 40), &[]);
    terminal.press("5");
    terminal.wait_for("no trained model yet");
    terminal.press("t");
    terminal.wait_for("Train a new model for");
    terminal.press("y");
    terminal.wait_for("Training for");
    terminal.wait_for("done:");
    terminal.wait_for("2 epochs of at most 2");
    terminal.quit();
}

#[test]
fn the_last_day_is_walked_anew_on_the_backtest_page() {
    let home = Home::new(ASKING);
    let terminal = Terminal::ready(&home, (120, 40), &[]);
    terminal.press("7");
    terminal.wait_for("[7 Backtest]");
    terminal.wait_for("[x] target-tracking");
    // The length: a day in place of a week.
    terminal.press("gjhhh");
    terminal.wait_for("last  < 1 day >");
    terminal.press("\r");
    terminal.wait("a row a policy, and the words beside them", |screen| {
        let row = |policy: &str| {
            let rows = || screen.lines().filter(|line| line.contains(policy));
            rows().any(|line| line.split_whitespace().filter(|word| word.parse::<f64>().is_ok()).count() >= 5)
        };
        let all = ["capacity", "target-tracking", "oracle"].iter().all(|policy| row(policy));
        (all && screen.contains("Compared with target-tracking") && screen.contains("done")).then_some(())
    });
    terminal.quit();
}

#[test]
fn signals_end_it_with_the_terminal_given_back() {
    for (name, codes) in [("TERM", &[0][..]), ("INT", &[0]), ("HUP", &[0, 129])] {
        let home = Home::new("");
        let mut terminal = Terminal::ready(&home, (80, 24), &[]);
        assert!(terminal.is_taken());
        signal(terminal.pid(), name);
        let code = terminal.end();
        assert!(codes.contains(&code), "SIG{name} ended it with {code}");
    }
}

#[test]
fn a_stopped_console_gives_the_terminal_back_and_returns_with_fg() {
    let home = Home::new("");
    let mut shell = CommandBuilder::new("/bin/sh");
    // A shell with job control: the program is a foreground job of its own, as it is for people.
    let script = "set -m; \"$0\"; echo \"left with $?\"; read go; fg; echo \"ended with $?\"";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_prescale")]);
    let mut terminal = Terminal::run(&home, (100, 30), shell, &[]);
    terminal.wait_for("[1 Fleet]");
    terminal.press("\x1a");
    terminal.wait_for("left with 1");
    terminal.wait_restored();
    terminal.press("go\r");
    terminal.wait_for("[1 Fleet]");
    assert!(terminal.is_taken());
    terminal.press("6");
    terminal.wait_for("[6 Journal]");
    terminal.press("q");
    terminal.wait_for("ended with 0");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_stopped_console_resumes() {
    let home = Home::new("");
    let terminal = Terminal::ready(&home, (80, 24), &[]);
    signal(terminal.pid(), "STOP");
    signal(terminal.pid(), "CONT");
    terminal.press("6");
    terminal.wait_for("[6 Journal]");
    terminal.quit();
}

/// True if some SGR sequence in `bytes` sets a colour.
fn colours(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':'))?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    sequences.into_iter().any(|parameters| {
        let mut numbers = parameters.split([';', ':']).filter_map(|n| n.parse::<u16>().ok());
        numbers.any(|n| matches!(n, 30..=38 | 40..=48 | 90..=97 | 100..=107))
    })
}

#[test]
fn no_color_means_no_colour() {
    let home = Home::new("");
    for (variables, wanted) in [(&[("NO_COLOR", "1")][..], false), (&[], true)] {
        let command = CommandBuilder::new(env!("CARGO_BIN_EXE_prescale"));
        let terminal = Terminal::run(&home, (100, 30), command, variables);
        GROUPS.iter().for_each(|group| terminal.wait_for(group));
        terminal.press("2");
        terminal.wait_for("[2 Group]");
        terminal.wait_for("predicted");
        assert_eq!(colours(&terminal.bytes()), wanted, "{variables:?}");
        terminal.quit();
    }
}

#[test]
fn a_broken_configuration_is_refused_before_the_screen_is_taken() {
    let home = Home::new("[defaults]\nrisk = 7\n");
    let mut terminal = Terminal::start(&home, (120, 40), &[]);
    terminal.wait_for("prescale.toml:2:1: defaults.risk: 7 is out of range");
    assert_eq!(terminal.end(), 2);
    assert!(!terminal.bytes().windows(8).any(|part| part == b"\x1b[?1049h"), "the screen was taken");
}

#[test]
fn a_broken_calendar_is_named_on_the_screen_and_nothing_ends() {
    let home = Home::new("");
    home.write(
        "calendar.toml",
        "[[event]]\nname = \"Sale\"\nkind = \"sael\"\nstart = \"2026-11-27\"\nend = \"2026-11-28\"\n",
    );
    let terminal = Terminal::ready(&home, (120, 40), &[]);
    terminal.wait("the file and the line", |screen| {
        let line = screen.lines().find(|line| line.contains("calendar.toml"))?;
        (line.contains('3') && line.contains("sael")).then_some(())
    });
    terminal.quit();
}

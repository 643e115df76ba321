//! What terminals do to programs: they vanish, stall, change size a hundred times.

use portable_pty::CommandBuilder;
use prescale::console::draw::themes;

use crate::support::{
    harness::Terminal,
    home::Home,
    line::{Controlling, Line, child_of},
    running::Running,
    wait::{signal, until},
};

/// A clock that writes something every moment.
const BUSY: &str = "[source]\nspeed = 3600.0\n[train]\ndaily = false\n";

#[test]
fn many_resizes_are_handled() {
    let home = Home::new(BUSY);
    let terminal = Terminal::ready(&home, (100, 30), &[]);
    for turn in 0..60u16 {
        terminal.resize(10 + (turn * 37) % 200, 2 + (turn * 13) % 60);
        if turn % 7 == 0 {
            terminal.press("\t");
        }
    }
    terminal.resize(20, 5);
    terminal.wait_for("80x24");
    terminal.resize(120, 40);
    // Where no page is shown no key is taken, and a key may overtake the news of a larger window.
    terminal.wait_for("1 Fleet");
    terminal.press("1");
    terminal.wait_for("[1 Fleet]");
    terminal.quit();
}

#[test]
fn a_terminal_that_hangs_up_ends_the_program() {
    // No signal tells of it where the terminal is not the controlling one.
    for controlling in [Controlling::Yes, Controlling::No] {
        let home = Home::new(BUSY);
        let mut line = Line::start(&home, controlling);
        line.read_until("[1 Fleet]");
        line.hang_up();
        line.end();
    }
}

#[test]
fn a_terminal_that_takes_nothing_does_not_hold_the_program_up() {
    for name in ["TERM", "HUP"] {
        let home = Home::new(BUSY);
        let mut line = Line::start(&home, Controlling::Yes);
        line.read_until("[1 Fleet]");
        line.stall();
        signal(line.pid(), name);
        line.end();
    }
}

#[test]
fn keys_typed_while_nothing_is_shown_are_not_lost() {
    let home = Home::new(BUSY);
    let mut line = Line::start(&home, Controlling::Yes);
    line.read_until("[1 Fleet]");
    line.stall();
    line.press("8/no such line\r");
    line.stall();
    line.read_until("filter: no such line");
    line.read_until("No entries match the filter.");
}

#[test]
fn a_stop_from_outside_gives_the_terminal_back() {
    let home = Home::new("");
    let mut shell = CommandBuilder::new("/bin/sh");
    let script = "set -m; \"$0\"; echo \"left with $?\"; read go; fg; echo \"ended with $?\"";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_prescale")]);
    let mut terminal = Terminal::run(&home, (100, 30), shell, &[]);
    terminal.wait_for("[1 Fleet]");
    let program = until("the program", || child_of(terminal.pid()));
    signal(program, "TSTP");
    terminal.wait_for("left with 1");
    terminal.wait_restored();
    terminal.press("go\r");
    terminal.wait_for("[1 Fleet]");
    assert!(terminal.is_taken());
    terminal.press("q");
    terminal.wait_for("ended with 0");
    assert_eq!(terminal.end(), 0);
}

/// Run by the next test, as a program of its own: it takes the terminal and breaks.
#[test]
#[ignore = "breaks on purpose"]
fn breaks_on_the_screen() {
    let _screen = prescale::console::terminal::Screen::enter(true, true).expect("a terminal");
    panic!("broken on purpose");
}

#[test]
fn a_panic_gives_the_terminal_back_and_is_seen() {
    let mut command = CommandBuilder::new(std::env::current_exe().expect("this test"));
    command.args(["--ignored", "--exact", "--nocapture", "terminal::breaks_on_the_screen"]);
    let home = Home::new("");
    let mut terminal = Terminal::run(&home, (100, 30), command, &[]);
    terminal.wait_for("broken on purpose");
    assert_ne!(terminal.end(), 0);
    assert!(terminal.bytes().windows(8).any(|part| part == b"\x1b[?1049h"), "the screen was not taken");
    assert!(terminal.bytes().windows(8).any(|part| part == b"\x1b[?1000l"), "the mouse was not given back");
}

#[test]
fn every_theme_and_the_sample_configuration_start() {
    for theme in themes::names() {
        Terminal::ready(&Home::new(""), (80, 24), &["console", "--theme", theme]).quit();
    }
    let home = Home::new(prescale::config::SAMPLE);
    Terminal::ready(&home, (80, 24), &[]).quit();
}

#[test]
fn the_sample_with_every_key_set_starts() {
    // Beyond this machine nothing is told and nothing is shared.
    let outside =
        |line: &str| ["#webhook", "#command", "#url", "#bucket_region"].iter().any(|k| line.starts_with(k));
    let key = |line: &str| line.starts_with("#[") || line[1..].starts_with(|c: char| c.is_ascii_lowercase());
    let lines = prescale::config::SAMPLE.lines().map(|line| {
        match line.starts_with('#') && key(line) && !outside(line) {
            true => &line[1..],
            false => line,
        }
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    assert!(text.contains("\nprice = ") && text.contains("\n[group.web]"), "{text}");
    let home = Home::new(&text);
    let terminal = Terminal::ready(&home, (80, 24), &[]);
    terminal.press("9");
    terminal.wait_for("[9 Settings]");
    terminal.quit();
}

#[test]
fn options_of_the_console_work_without_its_name() {
    let home = Home::new(BUSY);
    let terminal = Terminal::ready(&home, (100, 30), &["--read-only", "--theme", "light"]);
    terminal.wait_for("READ-ONLY");
    terminal.quit();
    let refused =
        Home::new("").command(&["--plain", "doctor"]).output().expect("the binary was built for this test");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--plain is a console option"));
}

#[test]
fn what_is_typed_while_it_starts_is_done_when_it_has() {
    let home = Home::new(BUSY);
    let mut line = Line::start(&home, Controlling::Yes);
    line.press("8/no such line\r");
    line.read_until("filter: no such line");
}

#[test]
fn every_preset_of_keys_is_driven() {
    for (preset, leave) in [("vim", "q"), ("plain", "\x1b[21~")] {
        let home = Home::new(&format!("[keys]\npreset = \"{preset}\"\n"));
        let mut terminal = Terminal::ready(&home, (100, 30), &[]);
        terminal.press(":settings\r");
        terminal.wait_for("[9 Settings]");
        terminal.wait_for("Theme (Left, Right)");
        terminal.press(leave);
        assert_eq!(terminal.end(), 0, "{preset}");
    }
}

#[test]
fn read_only_is_shown_and_nothing_can_be_asked() {
    let home = Home::new(BUSY);
    let terminal = Terminal::ready(&home, (120, 40), &["console", "--read-only"]);
    terminal.wait_for("READ-ONLY");
    terminal.press("b");
    terminal.wait_for("read-only: changes are disabled");
    assert!(!terminal.screen().contains("Freeze scale-in"));
    terminal.quit();
}

#[test]
fn the_screen_is_frozen_and_thawed() {
    let home = Home::new(BUSY);
    let terminal = Terminal::ready(&home, (120, 40), &[]);
    terminal.press("f");
    terminal.wait_for("FROZEN");
    terminal.wait("newer views to wait", |screen| (!screen.contains("FROZEN: 0 newer")).then_some(()));
    let header = |screen: &str| screen.lines().next().unwrap_or_default().to_owned();
    let before = header(&terminal.screen());
    terminal.wait("more of them", |screen| (!screen.contains(" 1 newer")).then_some(()));
    assert_eq!(header(&terminal.screen()), before);
    terminal.press("f");
    terminal.wait("the clock to go on", |screen| (header(screen) != before).then_some(()));
    terminal.quit();
}

#[test]
fn what_is_copied_goes_to_the_terminal() {
    let home = Home::new("");
    let terminal = Terminal::ready(&home, (100, 30), &[]);
    terminal.wait_for("api-bursty");
    terminal.press("/bursty\ry");
    terminal.wait_for("copied the group's name: api-bursty");
    // "api-bursty" in base64.
    let wanted = b"\x1b]52;c;YXBpLWJ1cnN0eQ==";
    assert!(terminal.bytes().windows(wanted.len()).any(|part| part == wanted));
    terminal.quit();
}

#[test]
fn a_mouse_is_heard_only_if_asked_for_and_its_motion_never() {
    let has =
        |terminal: &Terminal, part: &[u8]| terminal.bytes().windows(part.len()).any(|found| found == part);
    let home = Home::new("");
    let quiet = Terminal::ready(&home, (100, 30), &[]);
    assert!(!has(&quiet, b"\x1b[?1000h"));
    quiet.quit();
    let home = Home::new("[terminal]\nmouse = true\n");
    let terminal = Terminal::ready(&home, (100, 30), &[]);
    assert!(
        has(&terminal, b"\x1b[?1000h") && !has(&terminal, b"\x1b[?1003h") && !has(&terminal, b"\x1b[?1002h")
    );
    // A press on the tab of the group page: column 13, row 2.
    terminal.press("\x1b[<0;13;2M\x1b[<0;13;2m");
    terminal.wait_for("[2 Group]");
    terminal.quit();
}

#[test]
fn plain_lines_need_no_terminal_and_end_with_their_reader() {
    let home = Home::new(BUSY);
    let mut command = home.command(&["--plain"]);
    command.stdout(std::process::Stdio::piped());
    let mut program = Running::start(command);
    let mut lines =
        std::io::BufRead::lines(std::io::BufReader::new(program.0.stdout.take().expect("it is piped")));
    let mut next = || lines.next().expect("more to come").expect("it is text");
    assert!(next().ends_with(", 4 groups"));
    let found: Vec<String> = (0..4).map(|_| next()).collect();
    assert!(found.iter().all(|line| !line.contains('\x1b')), "{found:?}");
    assert!(found.iter().any(|line| line.contains("group ")), "{found:?}");
    drop(lines);
    assert_eq!(program.end(), Some(0));
}

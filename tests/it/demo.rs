//! `prescale demo`, the real binary: a story on the console with its captions, and as lines that are the same each time.

use std::process::{Output, Stdio};

use crate::support::{harness::Terminal, home::Home};

fn lines(home: &Home, arguments: &[&str]) -> Output {
    let mut command = home.command(&[&["demo"], arguments].concat());
    command.stdin(Stdio::null()).output().expect("the binary was built for this test")
}

#[test]
fn the_console_shows_captions_over_every_page_and_keeps_nothing() {
    let home = Home::new("");
    let terminal = Terminal::ready(&home, (80, 24), &["demo", "--story", "flood"]);
    terminal.wait_for("Nothing is announced for web-sessions.");
    for page in ['2', '3', '4', '5', '6', '7', '8', '9'] {
        terminal.press(&page.to_string());
        terminal.wait_for(&format!("[{page} "));
        terminal.wait_for("13:00 An ordinary Monday.");
    }
    // Time runs faster, until prescale has met the flood.
    terminal.press("1>>>>>");
    terminal.wait_for("as soon as the load is seen");
    terminal.quit();
    assert!(!home.path().join("data").exists(), "nothing is stored");
}

#[test]
fn as_lines_it_is_the_same_each_time_and_needs_no_terminal() {
    let home = Home::new("[source]\nkind = \"aws\"\n");
    let [first, again] = [(); 2].map(|()| lines(&home, &["--story", "throttling", "--json"]));
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(first.stdout == again.stdout, "the same seed, the same story");
    let text = String::from_utf8_lossy(&first.stdout);
    let told: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("one document a line")).collect();
    let captions: Vec<&str> = told.iter().filter_map(|line| line["caption"]["what"].as_str()).collect();
    assert!(captions.iter().any(|what| what.contains("prescale cannot read AWS")), "{captions:?}");
    assert_eq!(captions.last(), Some(&"The end of the story."));
    assert!(told.iter().any(|line| line["decision"]["stage"] == "applied"), "before and after it acts");

    let plain = lines(&home, &["--plain", "--story", "throttling"]);
    assert!(String::from_utf8_lossy(&plain.stdout).contains("== The end of the story."));
    let refused = lines(&home, &["--read-only"]);
    assert_eq!(refused.status.code(), Some(2));
}

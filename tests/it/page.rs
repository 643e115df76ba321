//! The page in a real browser, where there is one.

use std::process::{Command, Stdio};

use crate::support::{
    home::Home,
    http::{free_port, get},
    running::Running,
};

/// Groups ask, ten simulated minutes a second.
const ASKING: &str = "[source]\nspeed = 600.0\n\n[defaults]\nmode = \"approve\"\n\n[train]\ndaily = false\n";

/// A headless Chromium in a window of this size, with a profile in `home`.
fn chromium(home: &Home, (width, height): (u32, u32)) -> Command {
    let mut browser = Command::new("chromium");
    browser.args([
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--virtual-time-budget=8000",
    ]);
    browser.arg(format!("--window-size={width},{height}"));
    browser.arg(format!("--user-data-dir={}", home.path().join("browser").display()));
    browser.env("HOME", home.path()).stdin(Stdio::null());
    browser
}

#[test]
fn a_browser_draws_fleet_and_charts_under_the_pages_own_policy() {
    if Command::new("chromium").arg("--version").output().is_err() {
        eprintln!("chromium is not installed: not tried (Debian: apt-get install chromium)");
        return;
    }
    let address = free_port();
    let home = Home::new(&format!("{ASKING}\n[agent]\nhttp = \"{address}\"\n"));
    let mut command = home.command(&["agent"]);
    command.stdout(Stdio::null());
    let _agent = Running::start(command);
    assert_eq!(get(address, "/readyz"), "ready\n");
    for size in [(390, 844), (1_440, 900)] {
        let mut browser = chromium(&home, size);
        browser
            .args(["--enable-logging=stderr", "--v=0", "--dump-dom"])
            .arg(format!("http://{address}/#web-sessions"));
        let out = browser.output().expect("it is there");
        let page = String::from_utf8_lossy(&out.stdout);
        let log = String::from_utf8_lossy(&out.stderr);
        assert!(page.contains("data-ready=\"yes\""), "{page}\n{log}");
        for word in ["SIMULATED", "api-bursty", "batch-steady", "web-sessions</h2>", "<canvas", ">live<"] {
            assert!(page.contains(word), "{size:?}: {word} is missing in\n{page}\n{log}");
        }
        assert!(!page.contains("READ-ONLY"), "the agent takes commands, if not from the page");
        let refused =
            log.lines().find(|line| line.contains("Content Security Policy") || line.contains("Uncaught"));
        assert!(refused.is_none(), "{refused:?}");
    }
}

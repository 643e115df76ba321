//! What the documents tell people to type works: walks are run word for word, other commands are read as the program reads
//! them.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
};

use clap::{CommandFactory, Parser, error::ErrorKind};
use prescale::cli::Cli;

use crate::support::{
    home::Home,
    http::free_port,
    journal::journal,
    peer::Peer,
    running::Running,
    wait::{signal, until},
};

/// The address of the simulated AWS in the documents; here it gets a free port.
const ADDRESS: &str = "127.0.0.1:4600";
/// Groups ask, ten simulated minutes a second.
const ASKING: &str = "[source]\nspeed = 600.0\n\n[defaults]\nmode = \"approve\"\n\n[train]\ndaily = false\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("a document of ours")
}

/// The blocks of a document that are fenced as `language`.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let (mut inside, mut found) = (None::<String>, Vec::new());
    for line in text.lines() {
        match &mut inside {
            Some(block) if line.trim() == "```" => found.extend(Some(std::mem::take(block))),
            Some(block) => *block += &format!("{line}\n"),
            None => {}
        }
        if line.trim() == "```" {
            inside = None;
        } else if let Some(fenced) = line.trim().strip_prefix("```") {
            inside = (fenced == language).then(String::new);
        }
    }
    found
}

/// A shell in `folder` in which `prescale` is this program, and which takes everything along that it started.
fn run(script: &str, folder: &Path, home: Option<&Home>) -> String {
    let programs = folder.join("programs");
    fs::create_dir_all(&programs).expect("the folder is ours");
    symlink(env!("CARGO_BIN_EXE_prescale"), programs.join("prescale")).expect("the folder is ours");
    let path = std::env::var("PATH").unwrap_or_default();
    let around = format!("set -eu -o pipefail\ntrap 'kill $(jobs -p) 2> kill.log || true' EXIT\n{script}");
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(around).current_dir(folder).stdin(Stdio::null());
    shell.env("PATH", format!("{}:{path}", programs.display())).env("HOME", folder);
    for name in ["PRESCALE_HOME", "PRESCALE_CONFIG", "PRESCALE_WEBHOOK", "AWS_PROFILE", "AWS_ENDPOINT_URL"] {
        shell.env_remove(name);
    }
    shell.envs(home.map(|home| ("PRESCALE_HOME", home.path())));
    let output = shell.output().expect("bash is there");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{said}\n{errors}");
    said
}

#[test]
fn the_documented_walks_work() {
    let address = free_port().to_string();
    for (name, wanted) in [
        ("docs/deployment.md", &["no proposals are open", "checkout-web: mode observe", "credentials"][..]),
        ("docs/student-project.md", &["accuracy"][..]),
    ] {
        let script = blocks(&document(name), "sh").join("\n").replace(ADDRESS, &address);
        assert!(script.lines().filter(|line| line.starts_with("prescale ")).count() > 4, "{name}: {script}");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let said = run(&script, folder.path(), None);
        for word in wanted {
            // Proposals come and go in the simulation.
            let said = said.replace("expires", "no proposals are open");
            assert!(said.contains(word), "{name}: {word} is missing in\n{said}");
        }
    }
}

#[test]
fn a_backup_of_a_running_agent_goes_on_in_its_place() {
    if Command::new("sqlite3").arg("--version").output().is_err() {
        eprintln!("sqlite3 is not installed: not tried (Debian: apt-get install sqlite3)");
        return;
    }
    let home = Home::new(ASKING);
    let start = |home: &Home| {
        let mut command = home.command(&["agent"]);
        command.stdout(Stdio::null());
        let agent = Running::start(command);
        drop(Peer::connect(home));
        agent
    };
    let mut agent = start(&home);
    until("a decision about checkout-web", || {
        journal(&home, "proposed").iter().any(|(_, text)| text.contains("desired")).then_some(())
    });
    // The whole page: brake, journal, decision, report, backup, restore.
    let script = blocks(&document("docs/operations.md"), "sh").join("\n");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let said = run(&script, folder.path(), Some(&home));
    for word in ["brake on: scale-in frozen", "Known then", "1 come out the same", "proposed", "ok\n"] {
        assert!(said.contains(word), "{word} is missing in\n{said}");
    }
    let kept = fs::read_to_string(folder.path().join("restored.json")).expect("the walk made it");
    assert!(kept.contains("checkout-web"), "{kept}");
    signal(agent.0.id(), "KILL");
    assert_eq!(agent.end(), None);

    let restored = Home::new("");
    let copied =
        Command::new("cp").arg("-R").arg(folder.path().join("restored/.")).arg(restored.path()).status();
    assert!(copied.expect("cp is part of every Unix").success());
    let before = journal(&restored, "brake");
    assert_eq!(before.len(), 2, "on and off: {before:?}");
    let proposed = journal(&restored, "proposed").len();
    let mut agent = start(&restored);
    until("the agent goes on with the journal", || {
        (journal(&restored, "proposed").len() > proposed).then_some(())
    });
    assert_eq!(journal(&restored, "brake"), before);
    signal(agent.0.id(), "TERM");
    assert_eq!(agent.end(), Some(0));
}

/// The words of a line of shell up to a pipe, a redirection or a comment; `None` where it is no plain command.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut found, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '#' | '>' | '|' | '&' | ';') if word.is_empty() => break,
            (None, '[' | '…') => return None,
            (None, c) if c.is_whitespace() => {
                found.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty()))
            }
            (_, c) => word.push(c),
        }
    }
    found.extend(Some(word).filter(|word| !word.is_empty()));
    Some(found.into_iter().take_while(|word| !word.starts_with("2>")).collect())
}

/// A placeholder: `GROUP`, `NAME|INDEX`, `on|off`, `...`.
fn is_placeholder(word: &str) -> bool {
    let upper = word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'|');
    upper || word.contains('|') || word.contains("...")
}

/// Lines of code: within a fence, or indented by four.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && (fenced || line.starts_with("    "))
    })
}

/// What the program says against these words; nothing where it takes them.
fn complaint(words: &[String]) -> Option<String> {
    let why = Cli::try_parse_from(words).err()?;
    let shown = matches!(why.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    (!shown).then(|| format!("{}: {why}", words.join(" ")))
}

#[test]
fn every_command_in_the_documents_is_one_that_the_program_takes() {
    let folder = fs::read_dir(root().join("docs")).expect("a folder of ours");
    let pages = folder.map(|entry| entry.expect("an entry of ours").path());
    let pages = pages.chain(["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| root().join(name)));
    let (mut count, mut wrong) = (0, Vec::new());
    for page in pages.filter(|page| page.extension().is_some_and(|e| e == "md")) {
        let text = fs::read_to_string(&page).expect("a document of ours").replace("\\\n", " ");
        let typed = code(&text).map(|line| line.trim().trim_start_matches(['$', '#']).trim());
        let typed = typed.map(|line| line.trim_start_matches("sudo -u prescale "));
        let typed = typed.filter(|line| line.starts_with("prescale ")).filter_map(words);
        let typed: Vec<_> = typed.filter(|words| !words.iter().any(|word| is_placeholder(word))).collect();
        // In prose a command is named by its first word.
        let named = text.split('`').skip(1).step_by(2).filter_map(|name| name.strip_prefix("prescale "));
        let named = named.filter_map(|rest| rest.split_whitespace().next());
        let named = named.filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
        let named = named.filter(|word| !word.starts_with('-'));
        let named = named.map(|word| ["prescale", word, "--help"].map(str::to_owned).to_vec());
        for words in typed.into_iter().chain(named) {
            count += 1;
            wrong.extend(complaint(&words).map(|why| format!("{}: {why}", page.display())));
        }
    }
    assert!(count > 100, "only {count} commands were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_command_of_the_program_is_in_the_readme_and_in_the_list_of_contracts() {
    let program = Cli::command();
    let shown = program.get_subcommands().filter(|command| !command.is_hide_set());
    let names: Vec<&str> = shown.map(clap::Command::get_name).filter(|name| *name != "help").collect();
    assert!(names.len() > 15, "{names:?}");
    let (readme, contracts) = (document("README.md"), document("docs/commands.md"));
    for name in names {
        // Opening the console needs no name, and what prints manual pages shares a row.
        let row = match name {
            "console" => "| `prescale` |".to_owned(),
            "man" => "`man` |".to_owned(),
            _ => format!("| `prescale {name}`"),
        };
        assert!(readme.contains(&row), "README.md has no row for: prescale {name}");
        assert!(names_command(&contracts, name), "docs/commands.md has nothing of: prescale {name}");
    }
    assert!(names_command("## prescale init", "init") && names_command("`prescale init`", "init"));
    assert!(!names_command("prescale init-x, prescale initial", "init"), "another command");
}

/// True where `text` has the command of just this name.
fn names_command(text: &str, name: &str) -> bool {
    let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
    text.split("prescale ").skip(1).any(|after| after.strip_prefix(name).is_some_and(is_end))
}

//! `prescale man`: the manual pages, made from the command line itself.

use std::{fs, path::PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use serde_json::json;

use super::{Cli, Failure, Global, print, print_json};

/// Options of `prescale man`.
#[derive(Debug, Default, clap::Args)]
pub struct ManArgs {
    /// Write one page per command into this folder instead of printing all to standard output.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs `prescale man`.
///
/// # Errors
/// [`Failure::Failed`] when the pages cannot be written.
pub fn run(global: &Global, options: ManArgs) -> Result<(), Failure> {
    let pages = pages().map_err(|e| Failure::Failed(format!("cannot render the manual: {e}")))?;
    if let Some(folder) = &options.out {
        fs::create_dir_all(folder)
            .and_then(|()| pages.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text)))
            .map_err(|e| {
                Failure::Failed(format!("{}: {e}; check that it may be written", folder.display()))
            })?;
    }
    let names: Vec<&String> = pages.iter().map(|(name, _)| name).collect();
    match (&options.out, global.json) {
        (Some(folder), true) => print_json(&json!({ "ok": true, "folder": folder, "pages": names })),
        (Some(folder), false) => print(&format!("{} pages in {}\n", pages.len(), folder.display())),
        (None, true) => print_json(&json!({
            "ok": true,
            "pages": pages.iter().map(|(name, text)| json!({ "name": name, "roff": text })).collect::<Vec<_>>(),
        })),
        (None, false) => print(&pages.iter().map(|(_, text)| text.as_str()).collect::<String>()),
    }
}

/// File name and roff text of every command, `prescale` itself first.
fn pages() -> std::io::Result<Vec<(String, String)>> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    add(&root, &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, pages: &mut Vec<(String, String)>) -> std::io::Result<()> {
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    man.render(&mut text)?;
    pages.push((man.get_filename(), String::from_utf8_lossy(&text).into_owned()));
    command.get_subcommands().filter(|c| !c.is_hide_set()).try_for_each(|c| add(c, pages))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page() {
        let pages = pages().expect("writing to memory");
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[0], "prescale.1");
        for wanted in ["prescale-backtest.1", "prescale-config-check.1", "prescale-man.1"] {
            assert!(names.contains(&wanted), "{names:?}");
        }
        assert!(pages.iter().all(|(_, text)| text.contains(".SH NAME")));
    }
}

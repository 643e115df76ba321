//! `prescale init`: a first `prescale.toml` for an AWS account, from a few questions or from options.
//!
//! [`account`] reads what there is (and only reads), [`prompt`] puts questions on lines, [`questions`] and [`demands`] are those of this command,
//! [`demand`] is how demand is named when it is typed, [`file`] words the file, and [`stored`] looks at what earlier runs left. The file is written last and at once: who
//! leaves before that leaves nothing behind. Then it runs the checks of `prescale doctor --aws` on it.

mod account;
mod demand;
mod demands;
mod file;
mod prompt;
mod questions;
mod stored;

use std::{
    env,
    io::{IsTerminal, stdin, stdout},
    path::{Path, PathBuf},
};

use serde_json::json;

use self::{account::Found, demand::Demand, file::Choices, prompt::Prompt};
use super::{
    Failure, Global, backtest,
    ctl::ModeArg,
    doctor::{self, DoctorArgs},
    print, print_json,
};
use crate::domain::{
    objective::Objective,
    text::{clean, shell_word},
};

/// Options of `prescale init`.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
What is not given is asked for, which needs a terminal. With --yes or --json nothing is asked: the profile is AWS_PROFILE, the region
AWS_REGION or the profile's, all groups of the region are watched, in observe, and demand is counted as was found for each group. The
checks of doctor --aws run on the file. It changes nothing in AWS.

Example:
  prescale init --region eu-west-1 --group web --group api --yes")]
pub struct InitArgs {
    /// AWS region [default: the profile's, or AWS_REGION]
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// Profile of ~/.aws/config [default: AWS_PROFILE]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Auto Scaling group to watch; may be given several times [default: all in the region, also those created later]
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// How far prescale may go [default: observe]
    #[arg(long, value_enum)]
    mode: Option<ModeArg>,
    /// What demand is counted in: "requests" (of a load balancer), "cpu", "sqs:QUEUE", or a metric as a table, as in
    /// prescale.toml [default: for each group what was found]
    #[arg(long, value_name = "MEASURE")]
    demand: Option<Demand>,
    /// Quantile of demand to provision for, 0.5 to 0.995 [default: 0.95]
    #[arg(long, value_name = "SHARE", value_parser = backtest::risk)]
    risk: Option<f64>,
    /// What is promised, in place of a quantile: a share of minutes above the target (0.5%) or of load (lost_load=0.01%)
    #[arg(long, value_name = "SHARE", conflicts_with = "risk")]
    objective: Option<Objective>,
    /// File to write [default: --config, else prescale.toml in --home, else in this folder]
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Replace the file, if there is one.
    #[arg(long)]
    force: bool,
    /// Ask nothing.
    #[arg(long)]
    yes: bool,
}

/// Runs `prescale init`.
///
/// # Errors
/// [`Failure::Usage`] for an option that does not fit, and for a file that is there already; [`Failure::Failed`] when the account
/// cannot be read, nobody answers, the file cannot be written, or a check of doctor failed.
pub fn run(global: &Global, mut options: InitArgs) -> Result<(), Failure> {
    let output = output(global, &options);
    options.yes |= global.json;
    if !options.yes && !stdin().is_terminal() {
        let text = "init asks questions, and standard input is no terminal; add --yes, and options for what it would ask";
        return Err(Failure::Usage(text.into()));
    }
    let (choices, blind) = if options.yes {
        check_output(&output, options.force)?;
        silent(&options)?
    } else {
        let mut prompt = Prompt::new(stdin().lock(), stdout());
        match questions::all(&mut prompt, &mut options, &output)? {
            // What could not be read was said with the list of groups.
            Some(choices) => (choices, None),
            None => return print("nothing was written\n"),
        }
    };
    file::write(&choices, &output, options.force)?;
    let warnings = blind.into_iter().chain(stored::modes(&checked(global, &output), &choices)).collect();
    finish(global, &choices, &output, warnings)
}

/// The variable of the environment, if it says something.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// What the checks, and the program when it is started as advised, look at.
fn checked(global: &Global, output: &Path) -> Global {
    let home = global.home.clone().or_else(|| home_of(output));
    Global { config: Some(output.to_owned()), home, json: global.json }
}

/// Where the file goes.
fn output(global: &Global, options: &InitArgs) -> PathBuf {
    let usual = || global.home.as_deref().unwrap_or(Path::new("")).join("prescale.toml");
    options.output.clone().or_else(|| global.config.clone()).unwrap_or_else(usual)
}

/// Refuses a file that is there already, unless it may be replaced.
fn check_output(output: &Path, force: bool) -> Result<(), Failure> {
    match output.symlink_metadata() {
        Ok(_) if !force => Err(file::exists(output)),
        _ => Ok(()),
    }
}

/// What the options say, without a question; and which metrics could not be read.
fn silent(options: &InitArgs) -> Result<(Choices, Option<String>), Failure> {
    let profile = options.profile.clone().or_else(|| variable("AWS_PROFILE"));
    let found = account::look(profile.as_deref(), options.region.as_deref())
        .map_err(|why| Failure::Failed(format!("{why}; nothing was written")))?;
    if found.groups.is_empty() {
        let fix = "check the region (--region) and the account (--profile)";
        return Err(Failure::Failed(format!(
            "there is no Auto Scaling group in {}; {fix}; nothing was written",
            found.place
        )));
    }
    let groups = named(&found, &options.groups).map_err(Failure::Usage)?;
    let choices = Choices {
        profile,
        region: found.region.clone(),
        demands: demands::as_found(&groups, options.demand.as_ref()),
        without_requests: demands::counting(&groups, Some(false)),
        unread: demands::counting(&groups, None),
        groups: options.groups.clone(),
        mode: options.mode.unwrap_or(ModeArg::Observe).mode(),
        risk: options.risk,
        objective: options.objective,
    };
    let blind = found.blind.as_ref().filter(|_| options.demand.is_none()).map(|why| clean(why, 600));
    Ok((
        choices,
        blind.map(|why| {
            format!(
                "whether a load balancer counts requests is not known of every group; the others are counted by CPU: {why}"
            )
        }),
    ))
}

/// The groups called `names`, all of them where no name is given.
///
/// # Errors
/// The name that no group has, and the nearest that one has.
fn named<'f>(found: &'f Found, names: &[String]) -> Result<Vec<&'f account::FoundGroup>, String> {
    if names.is_empty() {
        return Ok(found.groups.iter().collect());
    }
    let get = |name: &String| found.groups.iter().find(|group| group.name == *name);
    names.iter().map(|name| get(name).ok_or_else(|| unknown(found, name))).collect()
}

/// That no group has this name, and which is the nearest that one has.
fn unknown(found: &Found, name: &str) -> String {
    let near = |group: &&account::FoundGroup| (1_000.0 * strsim::jaro_winkler(&group.name, name)) as u32;
    let nearest = found.groups.iter().max_by_key(near).map(|group| clean(&group.name, 80));
    let nearest = nearest.map(|name| format!("; the nearest name is {name}")).unwrap_or_default();
    format!("there is no group {} in {}{nearest}", clean(name, 80), found.place)
}

/// Says what was written and how to go on, and runs the checks of doctor on it.
fn finish(global: &Global, choices: &Choices, output: &Path, warnings: Vec<String>) -> Result<(), Failure> {
    let checked = checked(global, output);
    let wanted = DoctorArgs { aws: true, ..DoctorArgs::default() };
    if global.json {
        let report = doctor::report(&checked, &wanted)?;
        print_json(&json!({
            "file": output.display().to_string(),
            "region": choices.region,
            "groups": choices.groups,
            "mode": choices.mode,
            "warnings": warnings,
            "doctor": { "ok": report.failed() == 0, "checks": report.lines() },
        }))?;
        return doctor::verdict(&report);
    }
    let shown = clean(&output.display().to_string(), 200);
    let warnings: String = warnings.iter().map(|text| format!("warning: {text}\n")).collect();
    print(&format!("written: {shown}\n{warnings}\nprescale doctor --aws says of it:\n\n"))?;
    let report = doctor::report(&checked, &wanted)?;
    print(&report.text())?;
    let start = start(global.home.as_deref(), output);
    print(&format!("\nNext: {start} opens the console; {start} agent runs without a screen.\n"))?;
    doctor::verdict(&report)
}

/// The command that starts the program on the file: with the home folder that was `given`, and with what leads to the file.
fn start(given: Option<&Path>, output: &Path) -> String {
    let own = home_of(output);
    let home = given.or(own.as_deref().filter(|own| !is_here(own)));
    let is_found = own.as_deref().is_some_and(|own| home.map_or(is_here(own), |home| is_same(own, home)));
    let option =
        |name: &str, path: &Path| format!(" {name} {}", shell_word(&clean(&path.display().to_string(), 200)));
    let home = home.map(|home| option("--home", home)).unwrap_or_default();
    let config = if is_found { String::new() } else { option("--config", output) };
    format!("prescale{home}{config}")
}

/// True where both lead to one folder.
fn is_same(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// The folder of a `prescale.toml`, which is a home folder.
fn home_of(output: &Path) -> Option<PathBuf> {
    let folder = output.parent().filter(|_| output.ends_with("prescale.toml"))?;
    Some(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() })
}

/// True for the folder in which this process was started.
fn is_here(folder: &Path) -> bool {
    env::current_dir().is_ok_and(|here| is_same(&here, folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advised_command_leads_to_the_file_and_to_the_home_folder_that_was_given() {
        let start = |given: Option<&str>, output: &str| start(given.map(Path::new), Path::new(output));
        assert_eq!(start(None, "prescale.toml"), "prescale");
        assert_eq!(start(None, "/etc/x/prescale.toml"), "prescale --home /etc/x");
        assert_eq!(start(None, "other.toml"), "prescale --config other.toml");
        assert_eq!(start(Some("/srv/a b"), "/srv/a b/prescale.toml"), "prescale --home '/srv/a b'");
        assert_eq!(start(Some("."), "prescale.toml"), "prescale --home .");
        assert_eq!(
            start(Some("/srv"), "/etc/prescale.toml"),
            "prescale --home /srv --config /etc/prescale.toml"
        );
    }
}

//! `prescale doctor`: a checklist of the installation and of the world it sees, with a fix beside each line.
//!
//! [`local`] looks at this machine, [`history`] at what earlier runs left, [`settings`] at the configuration, [`account`] at an AWS account, [`report`] holds the lines and prints them.
//! Everything is read only, apart from one small file that is written to the home folder and removed, and one small object
//! in the shared store; every wait has an end.

mod account;
mod history;
mod local;
mod report;
mod settings;

use std::time::Duration;

use futures_util::future::join_all;

use self::{
    account::Examined,
    report::{DoctorCheck, DoctorReport},
};
use super::{Failure, Global};
use crate::config::Config;

/// Longest time that all questions to AWS together may take.
const MOST_WAIT: Duration = Duration::from_secs(60);

/// Options of `prescale doctor`.
#[derive(Debug, Default, clap::Args)]
pub struct DoctorArgs {
    /// Also check the AWS accounts of the configuration, or the one that is named here: credentials, region, groups, metrics,
    /// policies. Changes nothing.
    #[arg(long)]
    pub aws: bool,
    /// Profile of ~/.aws/config, in place of the configuration's sources [default: AWS_PROFILE]
    #[arg(long, value_name = "NAME", requires = "aws")]
    pub profile: Option<String>,
    /// AWS region, in place of the configuration's sources [default: the profile's, or AWS_REGION]
    #[arg(long, value_name = "NAME", requires = "aws")]
    pub region: Option<String>,
}

/// Runs `prescale doctor`.
///
/// # Errors
/// [`Failure::Failed`] when a line of the checklist failed, after all of them were printed.
pub fn run(global: &Global, options: DoctorArgs) -> Result<(), Failure> {
    let report = report(global, &options)?;
    print!("{}", if global.json { report.json() } else { report.text() });
    verdict(&report)
}

/// The whole checklist.
///
/// # Errors
/// [`Failure::Failed`] when it cannot be begun.
pub(super) fn report(global: &Global, options: &DoctorArgs) -> Result<DoctorReport, Failure> {
    let mut report = DoctorReport::default();
    match crate::config::home(&global.location()) {
        Ok(home) => local::folder(&home, &mut report),
        Err(e) => report.push(DoctorCheck::fail("home", e.to_string(), "pass --home DIR or set HOME")),
    }
    let config = settings::look(global, &mut report);
    if let Some(config) = &config {
        history::look(config, &mut report);
    }
    report.push(local::fleet());
    local::terminal(&local::TerminalFacts::here(), &mut report);
    look_outside(options, config.as_ref(), &mut report)?;
    Ok(report)
}

/// An error where a check failed.
pub(super) fn verdict(report: &DoctorReport) -> Result<(), Failure> {
    match report.failed() {
        0 => Ok(()),
        1 => Err(Failure::Failed("doctor: 1 check failed; see its fix line".into())),
        n => Err(Failure::Failed(format!("doctor: {n} checks failed; see their fix lines"))),
    }
}

/// The shared store, where there is one, and the account, where it is asked for.
fn look_outside(
    options: &DoctorArgs,
    config: Option<&Config>,
    report: &mut DoctorReport,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::Failed(format!("doctor: cannot start the async runtime: {e}")))?;
    if let Some(config) = config {
        runtime.block_on(settings::shared(config, report));
    }
    if !options.aws {
        return Ok(());
    }
    for (label, found) in runtime.block_on(accounts(options, config)) {
        report.take(found, &label);
    }
    // A provider of credentials may still wait on a thread of its own; doctor does not wait for it.
    runtime.shutdown_background();
    Ok(())
}

/// What was found of each account that is asked for, in their order, with what it is called.
async fn accounts(options: &DoctorArgs, config: Option<&Config>) -> Vec<(String, DoctorReport)> {
    let look = async |account: Examined| {
        let mut found = DoctorReport::default();
        let look = account::look(&account, config, chrono::Utc::now(), &mut found);
        if tokio::time::timeout(MOST_WAIT, look).await.is_err() {
            let fix = "check the network and the proxy, then run doctor again";
            found.push(DoctorCheck::fail("aws", "AWS did not answer everything within a minute", fix));
        }
        (account.label, found)
    };
    join_all(Examined::all(options, config).into_iter().map(look)).await
}

//! The questions: account, groups, mode, demand, risk, and whether to write what came of them. What an option says is not asked.

use std::{
    io::{BufRead, Write},
    path::Path,
};

use clap::ValueEnum;

use super::{
    InitArgs,
    account::{self, Found},
    demands,
    file::{self, Choices},
    named,
    prompt::Prompt,
    unknown, variable,
};
use crate::{
    cli::{Failure, ctl::ModeArg},
    domain::{objective::Objective, text::clean},
    plan::Settings,
};

/// Most groups that are listed.
const LISTED: usize = 50;

/// Asks everything; `None` where the file is not to be written.
pub(super) fn all<R: BufRead, W: Write>(
    prompt: &mut Prompt<R, W>,
    options: &mut InitArgs,
    output: &Path,
) -> Result<Option<Choices>, Failure> {
    let shown = clean(&output.display().to_string(), 200);
    prompt.say(&format!(
        "This writes {shown} for an AWS account. It only reads from AWS; Ctrl-C leaves, and\nnothing is written before \
         the last question. Enter takes what stands in [brackets].\n"
    ))?;
    if output.symlink_metadata().is_ok() && !options.force {
        options.force = prompt.yes(&format!("{shown} exists already. Replace it?"), false)?;
        if !options.force {
            return Ok(None);
        }
    }
    let (profile, found) = ask_account(prompt, options)?;
    list(prompt, &found)?;
    let names = ask_groups(prompt, options, &found)?;
    let groups = named(&found, &names).map_err(Failure::Usage)?;
    let mode = ask_mode(prompt, options)?;
    let demands = match &options.demand {
        Some(_) => demands::as_found(&groups, options.demand.as_ref()),
        None => demands::ask_demands(prompt, &groups)?,
    };
    let (risk, objective) = ask_risk(prompt, options)?;
    let choices = Choices {
        without_requests: demands::counting(&groups, Some(false)),
        unread: demands::counting(&groups, None),
        profile,
        region: found.region.clone(),
        groups: names,
        mode: mode.mode(),
        demands,
        risk,
        objective,
    };
    prompt.say(&format!("\n{}", file::text(&choices)))?;
    Ok(prompt.yes(&format!("Write this to {shown}?"), true)?.then_some(choices))
}

/// Profile and region, until groups are found.
fn ask_account<R: BufRead, W: Write>(
    prompt: &mut Prompt<R, W>,
    options: &InitArgs,
) -> Result<(Option<String>, Found), Failure> {
    let mut profile = options.profile.clone();
    let mut region = options.region.clone();
    let mut given = (profile.is_some(), region.is_some());
    loop {
        if !given.0 {
            let own = variable("AWS_PROFILE");
            let usual = profile.clone().or_else(|| own.clone());
            let question = "AWS profile (- for none: environment, default profile, role)";
            profile = prompt.ask(question, &usual.unwrap_or_else(|| "-".into()), |text| {
                Ok(read_profile(text, own.as_deref()))
            })?;
        }
        if !given.1 {
            let usual =
                region.clone().or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"));
            let usual = usual.unwrap_or_default();
            let question = match usual.is_empty() {
                true => "AWS region (empty: the profile's)",
                // An empty line means what stands in brackets.
                false => "AWS region (- for that of AWS_REGION or the profile)",
            };
            region = prompt.ask(question, &usual, read_region)?;
        }
        given = (false, false);
        prompt.say("Reading the Auto Scaling groups ...")?;
        match account::look(profile.as_deref(), region.as_deref()) {
            Ok(found) if found.groups.is_empty() => {
                prompt.say(&format!("  There is no Auto Scaling group in {}.\n", found.place))?;
            }
            Ok(found) => return Ok((profile, found)),
            Err(why) => prompt.say(&format!("  {}\n", clean(&why, 600)))?,
        }
    }
}

/// The profile that an answer means. None is the one called default where AWS_PROFILE names another, which the SDK would follow.
fn read_profile(text: &str, own: Option<&str>) -> Option<String> {
    match text {
        "" | "-" => own.map(|_| "default".to_owned()),
        name => Some(name.to_owned()),
    }
}

fn read_region(text: &str) -> Result<Option<String>, String> {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match text {
        "" | "-" => Ok(None),
        name if name.len() <= 40 && name.chars().all(is_allowed) => Ok(Some(name.to_owned())),
        other => Err(format!("{other:?} is not a region; for example eu-west-1")),
    }
}

/// Shows what was found.
fn list<R: BufRead, W: Write>(prompt: &mut Prompt<R, W>, found: &Found) -> Result<(), Failure> {
    prompt.say(&format!("\n{}, {} groups:\n", found.place, found.groups.len()))?;
    let shown = found.groups.iter().take(LISTED);
    let width = shown.clone().map(|group| group.name.chars().count().min(40)).max().unwrap_or(5).max(5);
    prompt.say(&format!(
        "  {:>4}  {:<width$}  {:<18}  {:<9}  scaled by",
        "", "group", "desired (min-max)", "demand"
    ))?;
    for (at, group) in shown.enumerate() {
        let (desired, min, max) = group.size;
        let size = format!("{desired} ({min}-{max})");
        let name = clean(&group.name, 40);
        let policies = if group.policies.is_empty() { "nothing" } else { &group.policies };
        let demand = group.requests.map_or("unknown".to_owned(), |_| demands::found_demand(group).words());
        prompt.say(&format!("  {:>4}  {name:<width$}  {size:<18}  {demand:<9}  {policies}", at + 1))?;
    }
    if found.groups.len() > LISTED {
        prompt.say(&format!("  and {} more", found.groups.len() - LISTED))?;
    }
    match &found.blind {
        Some(why) => prompt.say(&format!(
            "\n  Metrics could not be read: {}\n  Where demand is unknown it is taken to be \"cpu\", which every group has.\n",
            clean(why, 400)
        )),
        None => prompt.say(
            "\n  demand: \"requests\" where a load balancer counted some in the last three hours, else \"cpu\".\n",
        ),
    }
}

/// The names to watch; none means all.
fn ask_groups<R: BufRead, W: Write>(
    prompt: &mut Prompt<R, W>,
    options: &InitArgs,
    found: &Found,
) -> Result<Vec<String>, Failure> {
    match named(found, &options.groups) {
        Ok(_) if !options.groups.is_empty() => return Ok(options.groups.clone()),
        Ok(_) => {}
        Err(why) => prompt.say(&format!("  {why}"))?,
    }
    let question = "Groups to watch: numbers (1,3-5) or names, or all, also those created later";
    prompt.ask(question, "all", |text| pick(text, found))
}

/// The names that an answer means; none for all.
fn pick(text: &str, found: &Found) -> Result<Vec<String>, String> {
    let all: Vec<&str> = found.groups.iter().map(|group| group.name.as_str()).collect();
    if text.eq_ignore_ascii_case("all") {
        return Ok(Vec::new());
    }
    let mut picked: Vec<String> = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let range = part.split_once('-').unwrap_or((part, part));
        let numbers = (range.0.trim().parse::<usize>(), range.1.trim().parse::<usize>());
        let chosen: &[&str] = match (all.iter().position(|name| *name == part), numbers) {
            (Some(at), _) => &all[at..=at],
            (None, (Ok(first), Ok(last))) => first
                .checked_sub(1)
                .and_then(|first| all.get(first..last))
                .filter(|chosen| !chosen.is_empty())
                .ok_or_else(|| format!("{part}: the numbers go from 1 to {}", all.len()))?,
            _ => return Err(unknown(found, part)),
        };
        let new: Vec<String> = chosen
            .iter()
            .filter(|name| !picked.iter().any(|p| p == *name))
            .map(|name| (*name).to_owned())
            .collect();
        picked.extend(new);
    }
    if picked.is_empty() { Err("name a group, or all".into()) } else { Ok(picked) }
}

fn ask_mode<R: BufRead, W: Write>(prompt: &mut Prompt<R, W>, options: &InitArgs) -> Result<ModeArg, Failure> {
    if let Some(mode) = options.mode {
        return Ok(mode);
    }
    prompt.say(
        "\nMode: observe advises and never changes AWS (the default; stay there until its advice is what you\nwould have \
         done), approve asks before each change, auto changes capacity by itself within preflight.",
    )?;
    prompt.ask("Mode", "observe", |text| {
        ModeArg::from_str(text, true).map_err(|_| "answer observe, approve or auto".to_owned())
    })
}

fn ask_risk<R: BufRead, W: Write>(
    prompt: &mut Prompt<R, W>,
    options: &InitArgs,
) -> Result<(Option<f64>, Option<Objective>), Failure> {
    if options.objective.is_some() {
        return Ok((None, options.objective));
    }
    if options.risk.is_some() {
        return Ok((options.risk, None));
    }
    prompt.say(
        "\nRisk: the quantile of demand to provision for (0.95 suffices in 95 of 100 cases); or an objective, which the\n\
         quantile then follows: a share of minutes above the target (0.5%), or of load lost (lost_load=0.01%).",
    )?;
    prompt.ask("Risk or objective", "0.95", |text| match text.parse::<f64>() {
        Ok(_) => Settings::RISK.typed(text).map(|risk| (Some(risk), None)),
        Err(_) => text.parse().map(|objective| (None, Some(objective))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::init::account::FoundGroup;

    fn found() -> Found {
        let group = |name: &str, requests| FoundGroup {
            name: name.into(),
            size: (4, 2, 12),
            requests,
            policies: String::new(),
        };
        Found {
            region: "eu-west-1".into(),
            place: "aws eu-west-1 123456789012".into(),
            groups: vec![group("api", Some(true)), group("batch-1", Some(false)), group("web", None)],
            blind: None,
        }
    }

    #[test]
    fn groups_are_picked_by_number_range_and_name() {
        let found = found();
        let pick = |text: &str| pick(text, &found);
        assert_eq!(pick("all"), Ok(vec![]));
        assert_eq!(pick("3, 1-2,web"), Ok(vec!["web".into(), "api".into(), "batch-1".into()]));
        assert_eq!(pick("batch-1"), Ok(vec!["batch-1".into()]));
        for (wrong, word) in
            [("0", "from 1 to 3"), ("2-9", "from 1 to 3"), ("3-2", "from 1 to 3"), (",", "name a group")]
        {
            assert!(pick(wrong).is_err_and(|why| why.contains(word)), "{wrong}");
        }
        let why = pick("api,wep").expect_err("a typo");
        assert!(why.contains("no group wep") && why.contains("nearest name is web"), "{why}");
    }

    #[test]
    fn no_profile_is_not_the_one_of_the_environment_and_the_region_of_the_profile_can_be_had_again() {
        assert_eq!(read_profile("-", None), None);
        assert_eq!(read_profile("-", Some("team")).as_deref(), Some("default"));
        assert_eq!(read_profile("team", None).as_deref(), Some("team"));
        assert_eq!((read_region(""), read_region("-")), (Ok(None), Ok(None)));
        assert_eq!(read_region("eu-west-1"), Ok(Some("eu-west-1".into())));
    }

    #[test]
    fn what_could_not_be_read_is_unknown_in_the_list_and_the_permission_is_said() {
        let why = "not allowed: denied; grant cloudwatch:ListMetrics to the role in use".to_owned();
        let mut out = Vec::new();
        list(&mut Prompt::new(&b""[..], &mut out), &Found { blind: Some(why), ..found() }).expect("written");
        let said = String::from_utf8(out).expect("text");
        let demand = |group: &str| said.lines().find(|line| line.contains(group)).expect("it is listed");
        assert!(demand("web").contains("unknown") && demand("batch-1").contains("cpu"), "{said}");
        assert!(said.contains("grant cloudwatch:ListMetrics") && said.contains("taken to be"), "{said}");
    }

    #[test]
    fn risk_is_a_quantile_or_an_objective_and_nothing_else() {
        let ask = |typed: &str| {
            let mut prompt = Prompt::new(typed.as_bytes(), Vec::new());
            ask_risk(&mut prompt, &InitArgs::default()).expect("answered in the end")
        };
        assert_eq!(ask("\n"), (Some(0.95), None));
        assert_eq!(ask("2\nhigh\n0.99\n"), (Some(0.99), None));
        assert_eq!(ask("0.5%\n"), (None, Some(Objective::MinutesAbove(0.005))));
    }

    #[test]
    fn a_region_is_checked_before_it_is_tried() {
        assert_eq!(read_region("eu-west-1"), Ok(Some("eu-west-1".into())));
        assert!(read_region("Europe (Ireland)").is_err_and(|why| why.contains("for example eu-west-1")));
    }
}

//! The file that is written: the keys that were chosen, each with what the sample says of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::ErrorKind,
    path::Path,
};

use toml_edit::{Key, Value};

use super::demand::Demand;
use crate::{
    cli::Failure,
    config::Config,
    domain::{decision::Mode, objective::Objective, text::clean},
    files,
    plan::{Settings, demand::DemandMeasure},
};

/// Columns of a comment.
const WIDTH: usize = 110;

/// Why demand is counted by CPU where a load balancer may count requests.
const UNREAD: &str = "Whether a load balancer counts requests could not be read (see `prescale doctor --aws`); \
    where one does, \"requests\" is the better measure.";

/// What was chosen.
#[derive(Debug, Clone)]
pub(super) struct Choices {
    /// Profile of `~/.aws/config`, if one was named.
    pub profile: Option<String>,
    pub region: String,
    /// Groups to watch; all in the region when empty.
    pub groups: Vec<String>,
    pub mode: Mode,
    /// What demand is counted in, by group.
    pub demands: BTreeMap<String, Demand>,
    /// Groups for which no load balancer counted requests.
    pub without_requests: BTreeSet<String>,
    /// Groups of which that could not be read.
    pub unread: BTreeSet<String>,
    /// Quantile, where it is not the usual one.
    pub risk: Option<f64>,
    /// In place of a quantile.
    pub objective: Option<Objective>,
}

/// The text of the file.
pub(super) fn text(choices: &Choices) -> String {
    let meanings: BTreeMap<String, String> =
        Config::at(Path::new("")).effective().into_iter().map(|one| (one.key, one.meaning)).collect();
    let key = |section: &str, name: &str, value: Value| {
        let meaning = meanings.get(&format!("{section}.{name}")).map_or("", String::as_str);
        format!("{}{name} = {}\n", comment(meaning), value.to_string().trim())
    };
    let usual = usual_demand(choices);
    let by_cpu = |group: &String| choices.demands.get(group).is_some_and(|d| d.0 == DemandMeasure::Cpu);
    let mut out = comment(
        "prescale.toml, written by `prescale init`: what was chosen, and what it means. Every other key has its default; \
         `prescale config print-default` lists them all, `prescale config check` reads this file.",
    );
    out += "\n[source]\n";
    out += &key("source", "kind", "aws".into());
    if let Some(profile) = &choices.profile {
        out += &key("source", "profile", profile.as_str().into());
    }
    out += &key("source", "region", choices.region.as_str().into());
    out += &key("source", "groups", choices.groups.iter().map(String::as_str).collect());
    out += "\n[defaults]\n";
    out += &key("defaults", "mode", choices.mode.name().into());
    if choices.unread.iter().any(by_cpu) && usual.0 == DemandMeasure::Cpu {
        out += &comment(UNREAD);
    }
    out += &demand_lines(&usual, &key);
    out += &match choices.objective {
        Some(objective) => key("defaults", "objective", objective_table(objective)),
        None => key("defaults", "risk", choices.risk.unwrap_or_else(|| Settings::default().risk).into()),
    };
    for (group, demand) in choices.demands.iter().filter(|(_, demand)| **demand != usual) {
        out += &format!("\n[group.{}]\n", Key::new(group));
        if by_cpu(group) && choices.without_requests.contains(group) {
            out += &comment("No requests of a load balancer were found for it.");
        }
        if by_cpu(group) && choices.unread.contains(group) {
            out += &comment(UNREAD);
        }
        out += &format!("demand = {}\n", demand.toml().to_string().trim());
        if demand.waits() != usual.waits() {
            out += &format!("step_load = {:?}\n", if demand.waits() { "mean" } else { "peak" });
        }
    }
    out
}

/// The lines that say how demand is counted where a group has no section.
fn demand_lines(demand: &Demand, key: &impl Fn(&str, &str, Value) -> String) -> String {
    let mut out = key("defaults", "demand", demand.toml());
    if demand.waits() {
        out += &key("defaults", "step_load", "mean".into());
    }
    out
}

/// How demand is counted in most of the groups.
fn usual_demand(choices: &Choices) -> Demand {
    let count = |demand: &Demand| choices.demands.values().filter(|other| *other == demand).count();
    let most =
        choices.demands.values().max_by_key(|demand| (count(demand), demand.0 == DemandMeasure::Requests));
    most.cloned().unwrap_or(Demand(DemandMeasure::Requests))
}

fn objective_table(objective: Objective) -> Value {
    let name = match objective {
        Objective::MinutesAbove(_) => "minutes_above",
        Objective::LostLoad(_) => "lost_load",
    };
    // Rounded as its own text is: a float would add digits.
    let share = format!("{} %", (1e6 * objective.allowed()).round() / 1e4);
    Value::InlineTable([(name, share)].into_iter().collect())
}

/// `text` as lines of a comment.
fn comment(text: &str) -> String {
    let (mut out, mut line) = (String::new(), String::from("#"));
    for word in text.split_whitespace() {
        if line.len() + word.len() >= WIDTH {
            out += &(std::mem::replace(&mut line, "#".into()) + "\n");
        }
        line += &format!(" {word}");
    }
    if line == "#" { out } else { out + &line + "\n" }
}

/// Writes the file whole, or not at all; one that is there is replaced only with `force`.
///
/// # Errors
/// [`Failure::Usage`] for a file that is there; [`Failure::Failed`] when it cannot be written.
pub(super) fn write(choices: &Choices, output: &Path, force: bool) -> Result<(), Failure> {
    let text = text(choices);
    // What is written must be what is read; else this is our mistake, and nothing is left behind.
    Config::parse(&text, output, Path::new(""))
        .map_err(|e| Failure::Failed(format!("{e}; nothing was written")))?;
    let written = match force {
        true => files::replace(output, &text),
        false => files::create(output, &text),
    };
    written.map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => exists(output),
        _ => Failure::Failed(format!("{}: {e}; check the path and its permissions", output.display())),
    })
}

/// The refusal of a file that is there.
pub(super) fn exists(output: &Path) -> Failure {
    let name = clean(&output.display().to_string(), 200);
    Failure::Usage(format!("{name} exists already; --force replaces it, --output PATH writes another"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn choices() -> Choices {
        let demand = |text: &str| text.parse::<Demand>().expect("right");
        Choices {
            profile: Some("pro \"d\"".into()),
            region: "eu-west-1".into(),
            groups: vec!["web".into(), "a b.c\"".into(), "jobs".into()],
            mode: Mode::Approve,
            demands: BTreeMap::from([
                ("web".into(), demand("requests")),
                ("api".into(), demand("requests")),
                ("a b.c\"".into(), demand("cpu")),
                ("jobs".into(), demand("sqs:jobs")),
            ]),
            without_requests: BTreeSet::from(["a b.c\"".into()]),
            unread: BTreeSet::new(),
            risk: Some(0.99),
            objective: None,
        }
    }

    fn read(choices: &Choices) -> Config {
        Config::parse(&text(choices), Path::new("x.toml"), Path::new("/home")).expect("is valid")
    }

    #[test]
    fn the_reader_of_the_configuration_reads_what_was_chosen() {
        let chosen = choices();
        let config = read(&chosen);
        let [account] = config.source.accounts() else { panic!("one source") };
        assert_eq!(
            (account.profile.as_deref(), account.region.as_deref()),
            (Some("pro \"d\""), Some("eu-west-1"))
        );
        assert_eq!(account.groups, chosen.groups);
        for (group, demand) in &chosen.demands {
            let options = config.group(group);
            assert_eq!(
                (options.mode, options.settings.risk, &options.demand),
                (Mode::Approve, 0.99, &demand.0)
            );
            let mean = options.step_load == crate::plan::demand::StepLoad::Mean;
            assert_eq!(mean, group == "jobs");
        }
    }

    #[test]
    fn an_objective_stands_in_place_of_the_quantile_and_all_groups_are_an_empty_list() {
        for text in ["0.5%", "lost_load=0.01%", "0.07 %"] {
            let objective: Objective = text.parse().expect("right");
            let all = Choices { objective: Some(objective), groups: vec![], profile: None, ..choices() };
            let config = read(&all);
            assert_eq!(config.group("later").settings.objective, Some(objective));
            assert!(config.source.accounts()[0].groups.is_empty());
            assert!(!self::text(&all).contains("\nrisk ="), "one of the two");
        }
    }

    #[test]
    fn the_common_demand_is_the_default_and_each_key_says_what_it_means() {
        let text = text(&choices());
        assert_eq!(text.matches("demand = \"requests\"").count(), 1, "{text}");
        assert!(text.contains("# How far prescale may go: \"observe\" (advises)"), "{text}");
        assert!(text.lines().all(|line| line.len() <= WIDTH + 20), "{text}");
        let queue = Choices {
            demands: BTreeMap::from([("jobs".into(), "sqs:jobs".parse().expect("right"))]),
            ..choices()
        };
        assert!(self::text(&queue).contains("step_load = \"mean\""), "{}", self::text(&queue));
    }

    #[test]
    fn that_no_requests_were_found_is_said_only_where_they_were_looked_for() {
        let found = "# No requests of a load balancer were found for it.";
        assert_eq!(text(&choices()).matches(found).count(), 1);
        let chosen = Choices { without_requests: BTreeSet::new(), ..choices() };
        assert!(!text(&chosen).contains(found), "cpu was chosen");
    }

    #[test]
    fn that_requests_could_not_be_looked_for_is_said_where_cpu_is_taken_for_it() {
        let said = "Whether a load balancer counts requests could not be read";
        assert!(!text(&choices()).contains(said));
        let unread = BTreeSet::from(["a b.c\"".into(), "web".into()]);
        let one = text(&Choices { without_requests: BTreeSet::new(), unread, ..choices() });
        assert_eq!(one.matches(said).count(), 1, "web was chosen to be counted by requests: {one}");
        let cpu: Demand = "cpu".parse().expect("right");
        let demands = BTreeMap::from([("web".into(), cpu)]);
        let all = Choices { demands, unread: BTreeSet::from(["web".into()]), ..choices() };
        assert_eq!(text(&all).matches(said).count(), 1, "{}", text(&all));
        assert_eq!(read(&all).group("web").demand, DemandMeasure::Cpu);
    }

    #[test]
    fn a_file_that_is_there_is_kept_unless_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = folder.path().join("new/prescale.toml");
        write(&choices(), &output, false).expect("a new folder");
        fs::write(&output, "mine").expect("ours");
        let refused = write(&choices(), &output, false).expect_err("it is there");
        assert!(refused.exit_code() == 2 && refused.to_string().contains("--force"), "{refused}");
        assert_eq!(fs::read_to_string(&output).expect("kept"), "mine");
        assert_eq!(
            fs::read_dir(folder.path().join("new")).expect("ours").count(),
            1,
            "no other file is left"
        );
        write(&choices(), &output, true).expect("told");
        assert!(Config::read(&output, folder.path()).is_ok());
    }
}

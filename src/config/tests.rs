//! The sample is true, and errors say where and what.

use proptest::prelude::*;

use super::*;
use crate::domain::decision::Mode;
use crate::plan::demand::DemandMeasure;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("prescale.toml"), Path::new("/home"))
}

fn refused(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

/// The sample with every commented key switched on.
fn uncommented() -> String {
    let key = |line: &str| line.starts_with('#') && !line.starts_with("# ");
    SAMPLE.lines().map(|l| if key(l) { &l[1..] } else { l }).fold(String::new(), |all, l| all + l + "\n")
}

#[test]
fn the_sample_says_the_defaults() {
    let sample = parse(SAMPLE).expect("the sample is valid");
    let defaults = Config::at(Path::new("/home"));
    assert_eq!(sample.group("any"), defaults.group("any"));
    let comparable = Config { file: None, hash: None, ..sample };
    assert_eq!(comparable, defaults);
}

#[test]
fn the_sample_can_be_switched_on_whole() {
    let all = parse(&uncommented()).expect("every commented key is valid");
    assert_eq!(all.timezone, Some(chrono_tz::Europe::Berlin));
    let (web, other) = (all.group("web"), all.group("other"));
    assert_eq!((web.mode, web.settings.risk), (Mode::Auto, 0.99));
    assert_eq!((other.mode, other.settings.risk), (Mode::Observe, 0.96));
    assert_eq!((other.lead, other.capacity, other.limits.step_in), (Some(180), Some(30_000.0), Some(2)));
}

/// A key that exists and is missing in the sample would be one that nobody can find.
#[test]
fn the_sample_has_every_key() {
    let text = refused("[defaults]\nnonsense = 1\n");
    let (_, listed) = text.split_once("expected one of").expect("serde lists the keys");
    let keys: Vec<&str> = listed.split('`').skip(1).step_by(2).collect();
    assert!(keys.len() >= 19, "{keys:?}");
    for key in keys {
        assert!(uncommented().contains(&format!("\n{key} = ")), "{key} is not in the sample");
        assert!(keys::allowed(key).is_some(), "{key} has no words for what is allowed");
    }
}

#[test]
fn the_source_decides_the_usual_mode() {
    assert_eq!(parse("").expect("empty is valid").group("web").mode, Mode::Approve);
    assert_eq!(parse("[source]\nkind = \"aws\"").expect("valid").group("web").mode, Mode::Observe);
}

#[test]
fn a_number_out_of_range_is_named_with_its_place() {
    let text = "# risk\n[group.web]\n  risk = 1.5\n";
    assert_eq!(
        refused(text),
        "prescale.toml:3:3: group.web.risk: 1.5 is out of range; allowed: a number from 0.5 to 0.995"
    );
    assert!(refused("[source]\nspeed = 0.5").starts_with("prescale.toml:2:1: source.speed: 0.5"));
    assert!(refused("[defaults]\nrisk = nan").contains("defaults.risk: NaN"));
    assert!(refused("[defaults]\ncapacity = 0").contains("above 0"));
    assert!(refused("[train]\nepochs = 0").contains("train.epochs"));
}

#[test]
fn a_wrong_type_or_word_says_what_is_allowed() {
    let text = refused("[defaults]\nrisk = \"high\"");
    assert!(text.starts_with("prescale.toml:2:8: defaults.risk: "), "{text}");
    assert!(text.ends_with("allowed: a number from 0.5 to 0.995"), "{text}");
    let text = refused("[defaults]\nmode = \"yolo\"");
    assert!(text.contains("`yolo`") && text.contains("\"observe\", \"approve\" or \"auto\""), "{text}");
    assert!(refused("[cycle]\nminutes = -5").contains("from 1 to 60"));
    assert!(refused("[train]\nkind = \"gru\"").ends_with("allowed: \"prior\" or \"lstm\""));
    assert!(refused("[source]\nkind = \"gru\"").ends_with("allowed: \"simulated\" or \"aws\""));
}

#[test]
fn an_unknown_key_is_refused_with_the_known_ones() {
    let text = refused("[defaults]\n\nrsk = 0.9");
    assert!(text.starts_with("prescale.toml:3:1: defaults.rsk: unknown field `rsk`"), "{text}");
    assert!(text.contains("`risk`"), "{text}");
}

#[test]
fn broken_toml_has_a_place() {
    let text = refused("[defaults]\nrisk = = 3");
    assert!(text.starts_with("prescale.toml:2:"), "{text}");
}

#[test]
fn thresholds_are_compared_across_sections() {
    let text = refused("[defaults]\nthreshold_down = 60\n[group.web]\nthreshold_up = 50");
    assert!(text.starts_with("prescale.toml:4:1: group.web.threshold_up: threshold_down (60)"), "{text}");
}

#[test]
fn a_webhook_that_is_no_address_is_refused_without_being_repeated() {
    let text = refused("[notify]\nwebhook = \"hooks.example.com/secret\"");
    assert_eq!(text, "prescale.toml:2:1: notify.webhook: not an http(s) URL");
    assert!(refused("[notify]\nevents = [\"all\"]").contains("\"demoted\""));
    let notify = parse("[notify]\ncommand = [\"tell\"]\nevents = [\"brake\"]").expect("valid").notify;
    assert_eq!((notify.is_on(), notify.events), (true, vec![NotifyEvent::Brake]));
}

#[test]
fn an_actuator_and_a_price_fall_through_like_the_rest() {
    let config = parse("[defaults]\nprice = 0.1\n[group.web]\nactuator = \"scheduled\"").expect("valid");
    assert_eq!(config.group("web").actuator, Some(crate::domain::actuator::Actuator::Scheduled));
    assert_eq!((config.group("web").price, config.group("api").actuator), (Some(0.1), None));
    assert!(refused("[defaults]\nprice = -1").contains("from 0 to 1000000"));
    assert!(refused("[defaults]\nactuator = \"max\"").contains("\"scheduled\""));
}

#[test]
fn two_prices_make_a_quantile_and_the_nearer_section_wins() {
    let of = |text: &str| {
        let config = parse(text).expect("valid");
        ["web", "api"].map(|group| config.group(group).settings.risk)
    };
    let prices = "[defaults]\nprice = 0.6\nshortage_price = 0.09\nrisk = 0.7\n";
    assert_eq!(of(prices), [0.9, 0.9]);
    assert_eq!(of(&format!("{prices}[group.web]\nrisk = 0.8")), [0.8, 0.9]);
    assert_eq!(of(&format!("{prices}[group.web]\nprice = 1.8")), [0.75, 0.9]);
    assert_eq!(of("[defaults]\nrisk = 0.7\n[group.web]\nprice = 1\nshortage_price = 1"), [0.9836, 0.7]);
    let alone = refused("[group.web]\nshortage_price = 1");
    assert!(alone.starts_with("prescale.toml:2:1: group.web.shortage_price: it requires"), "{alone}");
}

#[test]
fn demand_is_a_word_or_a_custom_metric() {
    let line = SAMPLE.lines().find_map(|l| l.strip_prefix("#   demand = ")).expect("the sample shows one");
    let config = parse(&format!("[group.web]\ndemand = {line}")).expect("as the sample shows it");
    let DemandMeasure::Metric(custom) = &config.group("web").demand else {
        panic!("{:?}", config.group("web").demand)
    };
    assert_eq!((custom.namespace.as_str(), custom.name.as_str()), ("Shop", "Orders"));
    assert_eq!((custom.dimensions["Service"].as_str(), custom.statistic.adds_up()), ("web", true));
    let section = "[group.web.demand]\nnamespace = \"Shop\"\nname = \"Open\"\nstatistic = \"Average\"";
    let DemandMeasure::Metric(open) = parse(section).expect("valid").group("web").demand.clone() else {
        panic!("a metric")
    };
    assert!(!open.statistic.adds_up() && open.dimensions.is_empty());
    assert!(refused("[defaults]\ndemand = \"orders\"").contains("`orders`"));
    let lacking = refused("[defaults]\ndemand = { namespace = \"Shop\" }");
    assert!(lacking.starts_with("prescale.toml:2:") && lacking.contains("`name`"), "{lacking}");
    let odd = refused("[group.web.demand]\nnamespace = \"S\"\nname = \"n\"\nstatistic = \"Median\"");
    assert!(odd.starts_with("prescale.toml:4:") && odd.contains("SampleCount"), "{odd}");
}

#[test]
fn countries_are_read_and_unknown_ones_refused() {
    let config = parse("holidays = [\"DE\", \"US\"]").expect("both exist");
    assert_eq!(config.holidays.iter().map(|c| c.iso_code()).collect::<Vec<_>>(), ["DE", "US"]);
    let said = refused("holidays = [\"DE\", \"Bavaria\"]");
    assert!(said.contains("prescale.toml:1") && said.contains("\"Bavaria\" is not known"), "{said}");
}

#[test]
fn an_unknown_zone_is_refused() {
    assert!(refused("timezone = \"Mars/Base\"").contains("prescale.toml:1:1: timezone: \"Mars/Base\""));
}

#[test]
fn layers_fall_through() {
    let config =
        parse("[defaults]\nrisk = 0.9\nhold_minutes = 30\n[group.\"a.b c\"]\nrisk = 0.8").expect("valid");
    let own = config.group("a.b c");
    assert_eq!((own.settings.risk, own.settings.hold, own.proposal_life), (0.8, 1_800, 900));
    assert_eq!(config.group("else").settings.risk, 0.9);
    assert_eq!(config.named_groups().collect::<Vec<_>>(), ["a.b c"]);
}

#[test]
fn load_reads_the_home_folder_and_a_named_file_must_exist() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let home = folder.path().to_owned();
    let mut location = Location { home: Some(home.clone()), file: None };
    assert_eq!(Config::load(&location), Ok(Config::at(&home)));
    std::fs::write(home.join("prescale.toml"), "[cycle]\nminutes = 1").expect("the folder is ours");
    assert_eq!(Config::load(&location).expect("valid").cycle.seconds(), 60);
    location.file = Some(home.join("absent.toml"));
    let error = Config::load(&location).expect_err("it is not there").to_string();
    assert!(error.contains("absent.toml") && error.contains("print-default"), "{error}");
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>(), key in "[a-z_]{1,12}", value in "\\PC{0,20}") {
        let _ = parse(&text);
        let _ = parse(&format!("[defaults]\n{key} = {value}\n"));
    }
}

#[test]
fn groups_are_chosen_by_tag() {
    let config = parse("[source]\nkind = \"aws\"\ntags = { stage = \"production\" }\nshow_tag = \"team\"")
        .expect("valid");
    let [SourceAccount { tags, show_tag, .. }] = config.source.accounts() else {
        panic!("{:?}", config.source)
    };
    assert_eq!(show_tag.as_deref(), Some("team"));
    assert_eq!(tags.get("stage").map(String::as_str), Some("production"));
}

#[test]
fn keys_of_the_screen_are_a_key_a_list_or_false() {
    let text = "[keys]\npreset = \"vim\"\nfreeze = \"F5\"\nquit = [\"q\", \"Ctrl-Q\"]\ntheme = false\n";
    let bindings = parse(text).expect("is valid").bindings;
    assert_eq!(bindings.preset, "vim");
    let lines: Vec<(String, Vec<String>)> = bindings.lines().collect();
    let own = |keys: &[&str]| keys.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>();
    let wanted = [("freeze", own(&["F5"])), ("quit", own(&["q", "Ctrl-Q"])), ("theme", own(&[]))];
    assert_eq!(lines, wanted.map(|(name, keys)| (name.to_owned(), keys)));
    let text = refused("[keys]\nquit = \"q\"\ntheme = true\n");
    assert!(text.starts_with("prescale.toml:3:1: keys.theme: `true` is not a key; allowed: a key"), "{text}");
    assert!(refused("[keys]\nquit = [\"q\", 7]\n").starts_with("prescale.toml:2:1: keys.quit"));
    assert!(refused("[terminal]\nctrl_c = \"beep\"").contains("\"quit\", \"back\" or \"ignore\""));
    assert!(refused("[log]\ndays = 0").contains("from 1 to 365"));
}

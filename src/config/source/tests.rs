//! Several sources as they are written, and what is refused.

use std::path::Path;

use super::*;
use crate::config::{Config, ConfigError};

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("prescale.toml"), Path::new("/home"))
}

fn refused(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

const TWO: &str = "[[source]]\nkind = \"aws\"\nregion = \"eu-west-1\"\n\n[[source]]\nkind = \"aws\"\nname = \"us\"\n\
                   region = \"us-east-1\"\nrole_arn = \"arn:aws:iam::123456789012:role/ops/prescale\"\nexternal_id = \"team-7\"\n";

#[test]
fn a_source_alone_means_what_it_always_meant() {
    let config = parse("[source]\nkind = \"aws\"\nregion = \"eu-west-1\"").expect("valid");
    assert_eq!((config.source.accounts().len(), config.source.routes()), (1, Routes::default()));
    let json = serde_json::to_value(&config.source).expect("plain values");
    assert_eq!((&json["kind"], &json["region"]), (&"aws".into(), &"eu-west-1".into()));
    let named = parse("[source]\nkind = \"aws\"\nname = \"eu\"").expect("valid").source;
    assert_eq!(named.routes().name(0, "web").as_deref(), Some("eu/web"));
    let listed = parse("[[source]]\nkind = \"simulated\"\nseed = 7").expect("a list of one").source;
    assert_eq!(listed, Source::Simulated { speed: 60.0, seed: 7 });
}

#[test]
fn each_of_several_has_its_keys_and_its_groups() {
    let config =
        parse(&format!("{TWO}[group.\"us/web\"]\nrisk = 0.8\n[group.web]\nrisk = 0.7\n")).expect("valid");
    let [first, second] = config.source.accounts() else { panic!("two: {:?}", config.source) };
    assert_eq!((first.region.as_deref(), first.name.as_deref()), (Some("eu-west-1"), None));
    assert_eq!((second.name.as_deref(), second.external_id.as_deref()), (Some("us"), Some("team-7")));
    let risk = |group: &str| config.group(group).settings.risk;
    assert_eq!((risk("us/web"), risk("web"), risk("us/api")), (0.8, 0.7, 0.95));
    assert_eq!(config.group("us/web").mode, Mode::Observe);
    let json = serde_json::to_value(&config.source).expect("plain values");
    assert_eq!((&json[1]["kind"], &json[1]["name"]), (&"aws".into(), &"us".into()));
}

#[test]
fn what_cannot_be_told_apart_is_refused_at_its_place() {
    let more = |text: &str| refused(&format!("{TWO}[[source]]\n{text}"));
    let aws = "kind = \"aws\"\n";
    let said = more(&format!("{aws}name = \"us\""));
    assert_eq!(said, "prescale.toml:13:1: source.3.name: \"us\" is the name of a source before it");
    assert!(more(aws).contains("source.3.name: a source before it has no name either"));
    assert!(more("name = \"ap\"").contains("source.3.kind: the simulated source stands alone"));
    assert!(more(&format!("{aws}name = \"a/b\"")).contains("it cannot be a name; allowed: letters"));
    assert!(more(&format!("{aws}name = \"default\"")).contains("the source without a name"));
    let twice = more(&format!("{aws}name = \"again\"\nregion = \"eu-west-1\""));
    assert!(twice.contains("each group would be there twice"), "{twice}");
    assert!(refused("source = []").starts_with("prescale.toml:1:"), "{}", refused("source = []"));
}

#[test]
fn roles_and_their_ids_are_checked() {
    let role = |text: &str| refused(&format!("[source]\nkind = \"aws\"\n{text}"));
    for wrong in ["prescale", "arn:aws:iam::123:role/x", "arn:aws:iam::123456789012:user/x"] {
        let said = role(&format!("role_arn = \"{wrong}\""));
        assert!(
            said.starts_with("prescale.toml:3:1: source.role_arn: it is not the ARN of a role"),
            "{said}"
        );
    }
    assert!(role("external_id = \"team-7\"").contains("source.external_id: it requires `role_arn`"));
    let arn = "role_arn = \"arn:aws-cn:iam::123456789012:role/x\"\n";
    assert!(role(&format!("{arn}external_id = \"a b\"")).contains("source.external_id: allowed: 2 to 1224"));
    assert!(parse(&format!("[source]\nkind = \"aws\"\n{arn}external_id = \"a:b/c\"")).is_ok());
}

#[test]
fn a_section_for_a_group_of_no_source_is_refused() {
    let named = TWO.replace("region = \"eu-west-1\"", "region = \"eu-west-1\"\nname = \"eu\"");
    let said = refused(&format!("{named}[group.\"ap/web\"]\nrisk = 0.8\n"));
    assert!(said.contains("group.ap/web: it is in no source; write the source first"), "{said}");
    assert!(said.contains("[group.\"eu/web\"]; sources: eu, us"), "{said}");
    assert!(refused(&format!("{named}[group.web]\nrisk = 0.8\n")).contains("group.web: it is in no source"));
    assert!(parse(&format!("{named}[group.\"us/web\"]\nrisk = 0.8\n")).is_ok());
    assert!(parse("[group.\"a/b\"]\nrisk = 0.8\n").is_ok(), "of one source alone any name is good");
    assert!(parse("[group.\"default/b\"]\nrisk = 0.8\n").is_ok(), "this one too");
    let said = refused(&format!("{TWO}[group.\"default/web\"]\nrisk = 0.8\n"));
    assert!(said.contains("group.default/web: the groups of the source without a name"), "{said}");
    assert!(said.contains("write [group.\"web\"]"), "{said}");
    assert!(parse(&format!("{TWO}[group.\"ap/web\"]\nrisk = 0.8\n")).is_ok(), "AWS allows it in a name");
}

#[test]
fn mistakes_in_a_list_have_a_place() {
    let said = refused(&format!("{TWO}colour = 7\n"));
    assert!(said.starts_with("prescale.toml:11:1: source.2.colour: unknown field `colour`"), "{said}");
    let said = refused(&format!("{TWO}[[source]]\nkind = 7\n"));
    assert!(said.contains("prescale.toml:12:8: source.3.kind"), "{said}");
    assert!(refused("source = 7").contains("[[source]]"), "{}", refused("source = 7"));
}

#[test]
fn the_settings_page_shows_each_source() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let file = home.path().join("prescale.toml");
    std::fs::write(&file, TWO).expect("the folder is ours");
    let all = Config::read(&file, home.path()).expect("valid").effective();
    let get = |key: &str| all.iter().find(|e| e.key == key).map(|e| (e.value.as_str(), e.origin.to_string()));
    assert_eq!(get("source.2.region"), Some(("\"us-east-1\"", "file, line 8".into())));
    assert_eq!(
        (get("source.region"), get("source.speed")),
        (None, None),
        "these would be those of one alone"
    );
    let region = all.iter().find(|e| e.key == "source.1.region").expect("it is set");
    assert!(region.meaning.contains("region"), "{region:?}");
}

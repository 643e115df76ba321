//! Tests of the registry: one for every way in which a folder can be damaged.

use proptest::prelude::*;

use super::*;
use crate::{
    domain::at_epoch,
    forecast::{
        ForecastInput, Forecaster,
        lstm::demand::tests::{train, wave},
        prior::{
            self,
            adapted::{AdaptedPrior, AdaptedSpec},
        },
    },
};

const GROUP: &str = "Web / Prod";
const WEIGHTS: &str = "weights.bpk";

struct Fixture {
    _home: tempfile::TempDir,
    registry: Registry,
    net: Model,
}

impl Fixture {
    fn new() -> Fixture {
        let home = tempfile::tempdir().expect("temporary folder");
        let registry = Registry::new(home.path().join("models"));
        Fixture { registry, net: Model::Lstm(Box::new(train(&wave(200), 1))), _home: home }
    }

    /// With the prior, moved a little.
    fn of_prior() -> Fixture {
        let (net, _) = prior::file::shipped().expect("fits");
        let head = net.head().iter().map(|x| x + 0.25).collect();
        let adapted = AdaptedPrior::new(AdaptedSpec::new(30).expect("fits"), head);
        Fixture { net: Model::Prior(adapted), ..Fixture::new() }
    }

    fn save(&self, second: i64) -> String {
        let data = DataRange { from: at_epoch(0), until: at_epoch(9), step: 3_600 };
        let trained_at = at_epoch(1_800_000_000 + second);
        let origin =
            ModelOrigin { group: GROUP.into(), seed: 1, data, scores: Scores::default(), trained_at };
        self.registry.save(&self.net, &origin).expect("saves")
    }

    fn path(&self, version: &str, file: &str) -> PathBuf {
        self.registry.folder(GROUP).join(version).join(file)
    }

    fn load_error(&self, version: &str) -> String {
        let error = self.registry.load(GROUP, version, Backend::Flex).expect_err("damaged").to_string();
        let rows = self.registry.list().expect("lists");
        let row = rows.iter().find(|row| row.version == version).expect("a damaged version is still listed");
        assert_eq!(row.manifest.as_ref().expect_err("listed as damaged"), &error);
        error
    }
}

#[test]
fn a_model_comes_back_as_it_was() {
    let fixture = Fixture::new();
    let version = fixture.save(0);
    let history = wave(220);
    let known =
        ForecastInput { origin: history.known_until(), history: &history, events: &[], zone: chrono_tz::UTC };
    let back = fixture.registry.load(GROUP, &version, Backend::Flex).expect("loads");
    let (Model::Lstm(back), Model::Lstm(net)) = (back, &fixture.net) else { panic!("a network") };
    assert_eq!(back.forecast(&known, 6), net.forecast(&known, 6));
    let rows = fixture.registry.list().expect("lists");
    assert_eq!((rows.len(), rows[0].group.as_str(), rows[0].champion), (1, GROUP, false));
    assert_eq!(rows[0].manifest.as_ref().expect("whole").what, "lstm 8×1, 8 steps");
}

#[test]
fn an_adapted_prior_comes_back_as_it_was_and_another_prior_refuses_it() {
    let fixture = Fixture::of_prior();
    let version = fixture.save(0);
    let back = fixture
        .registry
        .promote(GROUP, &version)
        .and_then(|_| fixture.registry.load(GROUP, &version, Backend::Flex));
    let (Ok(Model::Prior(back)), Model::Prior(adapted)) = (back, &fixture.net) else { panic!("a prior") };
    assert_eq!(&back, adapted);
    let rows = fixture.registry.list().expect("lists");
    assert_eq!(rows[0].manifest.as_ref().expect("whole").what, "adapted prior, 30 steps");
    let manifest = fixture.path(&version, MANIFEST);
    let text = fs::read_to_string(&manifest).expect("reads");
    let parent = &AdaptedSpec::new(0).expect("fits").parent;
    fs::write(&manifest, text.replace(parent.as_str(), &"0".repeat(64))).expect("writes");
    assert!(fixture.load_error(&version).contains("adapted from the prior 000000000000, this program has"));
    fs::write(&manifest, text.replace("\"steps\"", "\"stops\"")).expect("writes");
    assert!(fixture.load_error(&version).contains("stops"));
}

#[test]
fn promotion_and_going_back() {
    let fixture = Fixture::new();
    let (registry, old, new, same_second) =
        (&fixture.registry, fixture.save(0), fixture.save(1), fixture.save(1));
    assert!(old < new && new < same_second);
    assert!(matches!(registry.roll_back(GROUP), Err(RegistryError::NoEarlier(_))));
    registry.promote(GROUP, &old).expect("promotes");
    registry.promote(GROUP, &new).expect("promotes");
    let champion = registry.promote(GROUP, &new).expect("changes nothing");
    assert_eq!(champion, ChampionRecord { live: Some(new.clone()), before: Some(old.clone()) });
    assert_eq!(registry.roll_back(GROUP).expect("goes back").live, Some(old.clone()));
    assert_eq!(serving(registry), Some(old.clone()));
    let rows = registry.list().expect("lists");
    let live: Vec<&str> = rows.iter().filter(|r| r.champion).map(|r| r.version.as_str()).collect();
    assert_eq!(live, [old.as_str()]);
    assert!(rows[0].version > rows[2].version, "newest first");
}

/// The version that serves.
fn serving(registry: &Registry) -> Option<String> {
    registry.champion(GROUP).expect("reads").and_then(|champion| champion.live)
}

#[test]
fn the_first_version_is_rolled_back_to_what_ships() {
    let fixture = Fixture::of_prior();
    let (registry, version) = (&fixture.registry, fixture.save(0));
    registry.promote(GROUP, &version).expect("promotes");
    let shipped = registry.roll_back(GROUP).expect("goes back");
    assert_eq!(shipped, ChampionRecord { live: None, before: Some(version.clone()) });
    let row = &registry.list().expect("lists")[0];
    assert_eq!((row.champion, row.previous), (false, true));
    assert_eq!(registry.export(GROUP, None).expect("reads"), None, "nothing serves that others could take");
    assert_eq!(registry.prune(GROUP, 0).expect("it served"), 0);
    assert_eq!(registry.roll_back(GROUP).expect("comes back").live, Some(version));
}

#[test]
fn a_damaged_version_is_never_promoted_and_a_damaged_champion_file_can_be_mended() {
    let fixture = Fixture::new();
    let (old, new) = (fixture.save(0), fixture.save(1));
    fixture.registry.promote(GROUP, &old).expect("promotes");
    fs::write(fixture.path(&new, WEIGHTS), b"").expect("writes");
    assert!(fixture.registry.promote(GROUP, &new).is_err());
    assert_eq!(serving(&fixture.registry), Some(old.clone()));
    fs::write(fixture.registry.folder(GROUP).join(CHAMPION), b"{").expect("writes");
    assert!(fixture.registry.champion(GROUP).is_err());
    assert_eq!(fixture.registry.list().expect("lists").len(), 2);
    fixture.registry.promote(GROUP, &old).expect("mends");
}

#[test]
fn every_damage_is_an_error_with_path_and_fix() {
    let fixture = Fixture::new();
    let version = fixture.save(0);
    let (weights, manifest) = (fixture.path(&version, WEIGHTS), fixture.path(&version, MANIFEST));
    let whole = fs::read(&weights).expect("reads");
    for place in [0, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x10;
        fs::write(&weights, flipped).expect("writes");
        let error = fixture.load_error(&version);
        assert!(error.contains("weights.bpk: the checksum differs"), "{error}");
    }
    fs::write(&weights, &whole[..whole.len() / 2]).expect("writes");
    assert!(fixture.load_error(&version).contains("checksum"));
    fs::remove_file(&weights).expect("removes");
    assert!(fixture.load_error(&version).contains("weights.bpk: no such file; restore"));
    fs::write(&weights, &whole).expect("writes");
    let text = fs::read_to_string(&manifest).expect("reads");
    let damage = |from: &str, to: &str, word: &str| {
        assert!(text.contains(from), "{from} in {text}");
        fs::write(&manifest, text.replacen(from, to, 1)).expect("writes");
        let error = fixture.load_error(&version);
        assert!(error.contains("manifest.json") && error.contains(word), "{error}");
    };
    damage("\"format\": 1", "\"format\": 2", "format is 2");
    damage(&version, "20000101T000000Z", "its manifest is of version 20000101T000000Z");
    damage("\"hidden\": 8", "\"hidden\": 99999999999", "hidden is 99999999999");
    damage("\"hidden\"", "\"hiden\"", "hiden");
    damage("\"file\": \"weights.bpk\"", "\"file\": \"../weights.bpk\"", "path");
    fs::write(&manifest, &text[..text.len() / 2]).expect("writes");
    assert!(fixture.load_error(&version).contains("manifest.json"));
    fs::write(&manifest, text.replacen("\"hidden\": 8", "\"hidden\": 9", 1)).expect("writes");
    let error = fixture.registry.load(GROUP, &version, Backend::Flex).expect_err("does not fit").to_string();
    assert!(error.contains("weights.bpk") && error.contains("train the model again"), "{error}");
    fs::remove_file(&manifest).expect("removes");
    assert!(fixture.load_error(&version).contains("manifest.json: no such file"));
}

#[test]
fn versions_from_outside_cannot_leave_the_folder() {
    let registry = Registry::new("/nowhere");
    for bad in ["../../etc", "", "20270115T080000Z/..", "20270115T080000Zbb", "2027"] {
        let error = registry.load(GROUP, bad, Backend::Flex).expect_err("no version");
        assert!(matches!(error, RegistryError::Version(_)), "{bad}: {error}");
    }
    assert_eq!(registry.list().expect("nothing there").len(), 0);
}

proptest! {
    #[test]
    fn group_names_become_one_harmless_component_each(a in "\\PC{0,80}|.{0,8}", b in "\\PC{0,8}") {
        let name = folder_name(&a);
        prop_assert!(!name.is_empty() && name.len() <= 64);
        prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-_~".contains(c)));
        prop_assert_eq!(a == b, name == folder_name(&b));
    }
}

#[test]
fn a_model_is_copied_to_another_registry_unless_damaged() {
    let (here, there) = (Fixture::new(), Fixture::new());
    assert_eq!(here.registry.export(GROUP, None).expect("readable"), None, "nothing serves");
    let version = here.save(0);
    here.registry.promote(GROUP, &version).expect("whole");
    let parcel = here.registry.export(GROUP, None).expect("whole").expect("it serves");
    assert_eq!(here.registry.export(GROUP, Some(&version)).expect("readable"), None, "known already");
    let mut damaged = parcel.clone();
    damaged.weights[9] ^= 1;
    for (wrong, group) in [
        (damaged, GROUP),
        (Parcel { manifest: b"{".to_vec(), ..parcel.clone() }, GROUP),
        (Parcel { version: "20260101T000000Z".into(), ..parcel.clone() }, GROUP),
        (Parcel { version: "../../x".into(), ..parcel.clone() }, GROUP),
        (parcel.clone(), "other"),
    ] {
        there.registry.import(group, &wrong).expect_err("wrong");
        assert!(there.registry.list().expect("lists").is_empty(), "nothing is left of it");
    }
    there.registry.import(GROUP, &parcel).expect("whole");
    assert_eq!(serving(&there.registry), Some(version.clone()));
    there.registry.import(GROUP, &parcel).expect_err("it is there already");
    assert!(there.registry.load(GROUP, &version, Backend::Flex).is_ok(), "and stays");
}

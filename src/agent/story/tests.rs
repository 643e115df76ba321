//! Each story runs through, and its captions say what the engine did.

use super::*;
use crate::domain::{decision::Stage, fault::Fault};

/// The captions and decisions of a story, each with the minute.
struct Run {
    captions: Vec<(i64, Caption)>,
    decisions: Vec<(i64, GroupDecision)>,
}

fn run(story: Story, seed: u64) -> Run {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut config = Config::at(home.path());
    config.source = Source::Simulated { speed: 60.0, seed };
    let assembled = staged(config, story).expect("it needs nothing");
    let script = Script::of(story);
    let minute = |at: Time| (at - script.start).num_minutes();
    let mut run = Run { captions: Vec::new(), decisions: Vec::new() };
    let tell = |told| {
        match told {
            Told::Caption(caption) => run.captions.push((minute(caption.at), caption)),
            Told::Decision(one) => run.decisions.push((minute(one.decision.at), *one)),
        }
        Ok::<_, StoreError>(())
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(play(assembled, story, tell)).expect("the store is in memory");
    run
}

impl Run {
    /// The caption that has these words.
    fn caption(&self, words: &str) -> (i64, &Caption) {
        let all: Vec<&str> = self.captions.iter().map(|(_, caption)| caption.what.as_str()).collect();
        let found = self.captions.iter().find(|(_, caption)| caption.what.contains(words));
        found.map(|(at, caption)| (*at, caption)).unwrap_or_else(|| panic!("“{words}” is not in {all:#?}"))
    }

    /// Changes of the story's group that AWS took within these minutes: minute, from, to.
    fn changes(&self, from: i64, until: i64) -> Vec<(i64, u32, u32)> {
        let taken = self.decisions.iter().filter(|(at, one)| {
            one.group == "web-sessions" && one.decision.stage == Stage::Applied && (from..until).contains(at)
        });
        taken.map(|(at, one)| (*at, one.decision.from, one.decision.to)).collect()
    }

    /// The change that a caption speaks of was made, in its minute.
    fn holds(&self, words: &str) -> (i64, u32, u32) {
        let (at, caption) = self.caption(words);
        let changes = self.changes(at, at + 1);
        let [change] = changes.as_slice() else {
            panic!("{caption:?} speaks of one change, not of {changes:?}")
        };
        assert!(caption.what.contains(&format!("{} → {}", change.1, change.2)), "{caption:?} {change:?}");
        *change
    }
}

#[test]
fn the_sale_is_met_by_a_scale_out_before_it_begins() {
    let run = run(Story::Sale, 1);
    let (minute, from, to) = run.holds("before the sale has begun");
    assert!((90..120).contains(&minute) && to > from, "{minute}: {from} → {to}");
    let before = run.changes(0, 90).last().map_or(from, |change| change.2);
    let ready = run.changes(0, 121).last().map_or(from, |change| change.2);
    assert!(ready >= before + before / 2, "{before} → {ready} for twice the load");
    let (minute, from, to) = run.holds("after the sale");
    assert!(minute >= 240 && to < from, "{minute}: {from} → {to}");
    let last = &run.captions.last().expect("captions").1;
    assert_eq!(last.what, "The end of the story.");
}

#[test]
fn while_calls_are_throttled_nothing_acts() {
    let run = run(Story::Throttling, 1);
    let (unread, _) = run.caption("cannot read AWS");
    let (again, _) = run.caption("AWS answers again");
    assert!(unread <= 61 && (119..=122).contains(&again), "{unread} {again}");
    let tried = run.decisions.iter().filter(|(at, one)| {
        (unread..again).contains(at)
            && matches!(one.decision.stage, Stage::Applied | Stage::Intended | Stage::Failed { .. })
    });
    assert_eq!(tried.count(), 0, "of no group");
    assert!(!run.changes(0, unread).is_empty(), "it acted before");
}

#[test]
fn there_is_no_scale_in_during_the_refresh() {
    let run = run(Story::Refresh, 1);
    let (minute, from, to) = run.holds("as the rush is seen");
    assert!((20..60).contains(&minute) && to > from, "{minute}: {from} → {to}");
    let (held, caption) = run.caption("a check blocks it");
    assert!(caption.why.contains("no instance refresh"), "{caption:?}");
    let (over, from, to) = run.holds("the group shrinks");
    assert!(75 <= held && held < over && to < from, "{held} {over} {from} → {to}");
    assert!(run.changes(61, over).iter().all(|(_, from, to)| to > from), "{:?}", run.changes(61, over));
}

#[test]
fn the_flood_is_met_at_once_and_the_same_seed_gives_the_same_run() {
    let words = |run: &Run| -> Vec<String> {
        run.captions.iter().map(|(at, caption)| format!("{at} {} {}", caption.what, caption.why)).collect()
    };
    let [first, again, other] = [1, 1, 7].map(|seed| run(Story::Flood, seed));
    assert_eq!((words(&first), first.decisions.len()), (words(&again), again.decisions.len()));
    for run in [first, other] {
        let (minute, from, to) = run.holds("as soon as the load is seen");
        assert!((60..70).contains(&minute) && to > from, "{minute}: {from} → {to}");
        let (minute, from, to) = run.holds("after the flood");
        assert!(minute >= 120 && to < from, "{minute}: {from} → {to}");
    }
}

/// Every caption that is due at a minute of its own, once all is over, as seen in `zone`.
fn scripted(story: Story, zone: &str) -> (Script, Vec<Caption>) {
    let script = Script::of(story);
    let view = View { now: script.moment(script.minutes), zone: zone.into(), ..View::default() };
    let captions = script.captions(&view);
    (script, captions)
}

const ALL: [Story; 4] = [Story::Sale, Story::Throttling, Story::Refresh, Story::Flood];

#[test]
fn what_is_said_at_a_minute_of_its_own_names_no_act_of_prescale() {
    for story in ALL {
        let (script, captions) = scripted(story, "UTC");
        assert!(captions.len() >= 3, "{captions:?}");
        for caption in captions.iter().filter(|caption| caption.at > script.start) {
            let text = format!("{} {}", caption.what, caption.why);
            assert!(!text.contains("prescale") && !text.contains(" → "), "{story:?}: {text}");
        }
    }
}

#[test]
fn times_in_captions_are_those_of_the_script_in_the_zone_of_the_screen() {
    let words = |story, zone: &str| {
        let (_, captions) = scripted(story, zone);
        captions.into_iter().map(|c| format!("{} {}", c.what, c.why)).collect::<Vec<_>>().join(" ")
    };
    assert!(words(Story::Sale, "UTC").contains("from 15:00 to 17:00"));
    assert!(words(Story::Sale, "Europe/Berlin").contains("from 16:00 to 18:00"));
    assert!(words(Story::Throttling, "UTC").contains("From 14:00 to 15:00"));
    assert!(words(Story::Flood, "UTC").contains("At 14:00"));
    for story in ALL {
        let (script, captions) = scripted(story, "UTC");
        let first = script.faults.iter().map(|(minute, _)| *minute).min().expect("something happens");
        assert!(captions.iter().any(|caption| caption.at == script.moment(first)), "{story:?}");
        assert!(!words(story, "UTC").contains('{'));
    }
}

#[test]
fn the_load_is_doubled_from_the_first_minute_until_the_caption_that_says_it_is_over() {
    for (story, words) in
        [(Story::Sale, "sale is over"), (Story::Flood, "flood is over"), (Story::Refresh, "rush is over")]
    {
        let (script, captions) = scripted(story, "UTC");
        let over = captions.iter().find(|caption| caption.what.contains(words)).expect("it ends").at;
        let surges: Vec<i64> = script
            .faults
            .iter()
            .filter(|(_, fault)| *fault == Fault::Surge)
            .map(|(minute, _)| *minute)
            .collect();
        let doubled = |minute: i64| surges.iter().any(|from| (from + 5..=from + 30).contains(&minute));
        let minutes = (over - script.start).num_minutes();
        assert!((surges[0] + 5..=minutes).all(doubled) && !doubled(minutes + 1), "{story:?}: {surges:?}");
    }
}

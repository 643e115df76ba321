//! What screens are sent of a running engine.

use super::*;

#[test]
fn a_view_shows_the_group_and_is_cut_to_the_screen() {
    let world = simulator();
    let (mut engine, _) = engine(&world, Mode::Approve, store(), start());
    live(&mut engine, 30);
    let view = engine.view(&Clock::simulated(engine.now(), 60.0)).expect("readable");
    assert!(view.simulated && view.source.contains("SIMULATED"));
    let row = &view.groups[0];
    assert!(row.cpu.is_some() && row.predicted.is_some() && row.spark.len() <= 49);
    let detail = view.detail.expect("the only group");
    assert_eq!(detail.charts.len(), 5);
    let with_days: Vec<_> = detail.mixes.iter().filter(|mix| !mix.days.is_empty()).collect();
    assert_eq!(with_days.len(), 1, "one lead has the last days");
    let (ahead, days) = (with_days[0].ahead, &with_days[0].days);
    assert!(ahead >= detail.lead.0 + 300, "{ahead} s are planned ahead");
    assert!(days.iter().all(|(_, weights)| weights.len() == with_days[0].weights.len()), "{days:?}");
    assert!(days.last().is_some_and(|(day, _)| shift(*day, 86_400) <= engine.now()), "{days:?}");
    let learning = detail.learning.expect("every group has it");
    let span = (engine.now() - learning.since).num_seconds();
    assert!((86_400..=span).contains(&learning.load), "{learning:?}, {span} s");
    assert_eq!((learning.missing, learning.next), (0, None), "no models folder, so nothing is trained");
    for chart in &detail.charts {
        assert!(!chart.lines.is_empty(), "{}", chart.title);
        assert!(chart.lines.iter().all(|l| l.series.len() <= 2 * 240 + 4), "{}", chart.title);
    }
    let predicted = &detail.charts[0].lines[0].series;
    assert!(predicted.between(start(), engine.now()).known().count() > 2, "predicted against actual");
    assert!(predicted.between(engine.now(), shift(engine.now(), 7_200)).known().count() > 5);
}

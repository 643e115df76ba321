mod over_bands;

use ratatui::buffer::Cell;

use super::*;
use crate::{
    console::{
        draw::{axis::clock, fill::HALVES, style::Depth, theme::Symbols},
        tests::fixture::{charts, now},
    },
    domain::{series::Series, shift},
    link::{ChartKind, Limit},
};

const SIZE: Rect = Rect::new(0, 0, 100, 14);

fn painter<'a>(chart: &'a Chart, theme: &'a Theme) -> ChartPainter<'a> {
    ChartPainter {
        chart,
        outlook: None,
        from: shift(now(), -6 * 3_600),
        until: shift(now(), 2 * 3_600),
        now: now(),
        cross: None,
        zone: chrono_tz::Europe::Berlin,
        events: &[],
        theme,
        names: true,
        labels: true,
        log: false,
    }
}

fn demand() -> Chart {
    charts(shift(now(), -6 * 3_600)).remove(0)
}

fn drawn(painter: &ChartPainter<'_>) -> Buffer {
    let mut buffer = Buffer::empty(SIZE);
    painter.draw(SIZE, &mut buffer);
    buffer
}

fn heading(buffer: &Buffer) -> String {
    buffer.content()[..usize::from(SIZE.width)].iter().map(|cell| cell.symbol()).collect()
}

#[test]
fn a_tick_redraws_a_column_and_not_the_plot() {
    let (chart, theme) = (demand(), Theme::default());
    let before = painter(&chart, &theme);
    // Starts where a stretch does, so that the plot stands still for all of it.
    let axis = time_axis(before.from, before.until, SIZE.width - AXIS, &theme);
    let stretch = axis.bucket * (axis.columns as i64 / 16);
    let begin = stretch - before.until.timestamp().rem_euclid(stretch) + 1;
    let at = |seconds: Seconds| {
        let moved = |time| shift(time, begin + seconds);
        drawn(&ChartPainter {
            now: moved(before.now),
            from: moved(before.from),
            until: moved(before.until),
            ..before
        })
    };
    let first = at(0);
    for seconds in [60, 300, 600] {
        let later = at(seconds);
        let mut columns: Vec<u16> =
            first.diff(&later).iter().filter(|(_, y, _)| *y > 0).map(|(x, _, _)| *x).collect();
        columns.sort_unstable();
        columns.dedup();
        // The now-line leaves one column and enters another.
        assert!(columns.len() <= 2, "columns {columns:?} after {seconds} s");
    }
}

#[test]
fn the_crosshair_reads_values_and_says_where_there_are_none() {
    let (chart, theme) = (demand(), Theme::default());
    let at = |hours: f64| {
        let cross = Some(shift(now(), (hours * 3_600.0) as i64));
        drawn(&ChartPainter { cross, ..painter(&chart, &theme) })
    };
    let line = &chart.lines[1].series;
    let value = line.at(shift(now(), -3_600)).expect("an hour ago was measured");
    assert!(heading(&at(-1.0)).contains(&format!("actual {}", short(value))), "{}", heading(&at(-1.0)));
    assert!(heading(&at(-4.2)).contains("actual –"), "{}", heading(&at(-4.2)));
    let shown = at(-1.0);
    let cells: String = shown.content().iter().map(|cell| cell.symbol()).collect();
    assert!(cells.contains("Fri 27 13:02") && cells.contains('┃'), "{cells}");
}

#[test]
fn a_capacity_far_above_does_not_press_the_curve_flat() {
    let theme = Theme::default();
    let mut chart = demand();
    let top = |chart: &Chart| painter(chart, &theme).scale(12).high;
    let plain = top(&chart);
    let carried = |value: f64| {
        let series = Series::from_values(shift(now(), -3_600), 60, vec![Some(value); 60]);
        ChartLine::of(LineRole::Capacity, "carried", series, Some(value))
    };
    chart.lines.insert(0, carried(plain * 20.0));
    assert_eq!(top(&chart), plain);
    assert!(heading(&drawn(&painter(&chart, &theme))).contains("carried"), "its value is still read");
    chart.lines[0] = carried(plain * 1.2);
    assert!(top(&chart) > plain);
}

#[test]
fn a_limit_beyond_the_axis_is_named_and_one_near_it_is_drawn() {
    let theme = Theme::default();
    let mut chart = charts(shift(now(), -6 * 3_600)).remove(4);
    chart.limits =
        [("min", 2.0), ("max", 400.0)].map(|(label, value)| Limit { label: label.into(), value }).into();
    let shown = drawn(&painter(&chart, &theme));
    assert!(
        heading(&shown).contains("╌min 2") && heading(&shown).contains("╌max 400"),
        "{}",
        heading(&shown)
    );
    let dashes = shown.content()[100..].iter().filter(|cell| cell.symbol() == "╌").count();
    assert!((40..=100).contains(&dashes), "one line, not two: {dashes}");
}

#[test]
fn the_outlook_goes_on_where_the_forecast_ends() {
    let (chart, theme) = (demand(), Theme::default());
    let rows: Vec<crate::link::OutlookRow> = (0..192)
        .map(|i| crate::link::OutlookRow {
            time: shift(now(), 7_200 + i * 900),
            p10: 900.0,
            p50: 1_500.0,
            p90: 2_400.0,
        })
        .collect();
    let outlook = OutlookCurves::of(&rows, now());
    let until = shift(now(), 48 * 3_600);
    let shown = drawn(&ChartPainter { outlook: outlook.as_ref(), until, ..painter(&chart, &theme) });
    assert!(heading(&shown).contains("outlook p10-p90"), "{}", heading(&shown));
    let text: String = shown.content().iter().map(|cell| cell.symbol()).collect();
    insta::assert_snapshot!(
        "chart_outlook",
        text.chars()
            .collect::<Vec<_>>()
            .chunks(100)
            .map(|row| row.iter().collect::<String>())
            .collect::<Vec<_>>()
            .join("\n")
    );
}

#[test]
fn halves_of_two_bands_in_a_cell_make_a_whole_one() {
    let (chart, theme) = (demand(), Theme::default());
    let painter = painter(&chart, &theme);
    let band = theme.style(Role::Band);
    let filled = |halves: &[(bool, bool)]| {
        let mut buffer = Buffer::empty(SIZE);
        halves.iter().for_each(|halves| painter.fill((3, 3), *halves, &mut buffer));
        buffer[(3, 3)].clone()
    };
    let (upper, lower, both) = ((true, false), (false, true), (true, true));
    for edge in [upper, lower] {
        let (one, again) = (filled(&[edge]), filled(&[edge, edge]));
        assert_eq!((Some(one.fg), one.bg), (band.bg, ratatui::style::Color::Reset));
        assert_eq!(one, again, "the same half twice");
    }
    for halves in [[upper, lower], [lower, upper], [upper, both], [both, lower]] {
        let cell = filled(&halves);
        assert_eq!((cell.symbol(), Some(cell.bg)), (" ", band.bg), "{halves:?}");
    }
}

#[test]
fn instances_have_whole_ticks() {
    let theme = Theme::default();
    for most in 1..60u32 {
        let series = Series::from_values(shift(now(), -3_600), 60, vec![Some(f64::from(most)); 60]);
        let line = ChartLine::of(LineRole::InService, "in service", series, None);
        let chart = Chart::new(ChartKind::Instances, "Instances", "instances", vec![line]);
        for height in 3..30 {
            let ticks: Vec<f64> = painter(&chart, &theme).scale(height).ticks().collect();
            assert!(ticks.iter().all(|tick| tick.fract() == 0.0), "{most} on {height} rows: {ticks:?}");
        }
        let heading = heading(&drawn(&painter(&chart, &theme)));
        assert!(heading.starts_with("Instances  ▬in service"), "the unit is the title: {heading}");
    }
}

#[test]
fn a_number_that_is_old_says_when_it_was() {
    let at = shift(now(), -600);
    let series = Series::from_values(shift(now(), -3_600), 60, vec![Some(7.0); 51]);
    let line = ChartLine {
        newest_at: Some(at),
        ..ChartLine::of(LineRole::InService, "in service", series, Some(7.0))
    };
    let heading = |kind| {
        let chart = Chart::new(kind, "Chart", "instances", vec![line.clone()]);
        heading(&drawn(&painter(&chart, &Theme::default())))
    };
    let when = clock(at, chrono_tz::Europe::Berlin);
    let shown = heading(ChartKind::Instances);
    assert!(shown.contains(&format!("in service 7 (at {when})")), "{shown}");
    let shown = heading(ChartKind::Demand);
    assert!(shown.contains(&format!("in service 7 (step of {when})")), "{shown}");
}

/// Six hours of `usual` by the minute with `burst` from the third hour on, for so many minutes.
fn bursts(usual: f64, burst: f64, minutes: usize) -> Chart {
    let value = |n: usize| if (120..120 + minutes).contains(&n) { burst } else { usual };
    let series = Series::from_values(shift(now(), -6 * 3_600), 60, (0..360).map(|n| Some(value(n))));
    let line = ChartLine::of(LineRole::Actual, "actual", series, Some(usual));
    Chart::new(ChartKind::Demand, "Demand", "requests", vec![line])
}

#[test]
fn one_burst_is_cut_and_its_height_is_written_there() {
    let theme = Theme::default();
    let chart = bursts(50.0, 812.0, 20);
    assert!(painter(&chart, &theme).scale(12).high < 100.0);
    let shown = drawn(&painter(&chart, &theme));
    let top: String = shown.content()[100..200].iter().map(|cell| cell.symbol()).collect();
    assert!(top.contains("▲812"), "{top}");
    let usual = bursts(50.0, 812.0, 90);
    assert!(painter(&usual, &theme).scale(12).high >= 812.0, "what lasts is no burst");
    let low = bursts(50.0, 70.0, 20);
    assert!(painter(&low, &theme).scale(12).high >= 70.0, "what is little above is not cut");
}

#[test]
fn what_happens_now_or_will_is_never_cut() {
    let theme = Theme::default();
    let mut chart = bursts(50.0, 50.0, 0);
    let last = shift(now(), -120);
    chart.lines[0].series.insert(last, 900.0);
    assert!(painter(&chart, &theme).scale(12).high >= 900.0);
    let mut chart = bursts(50.0, 812.0, 20);
    let ahead = Series::from_values(now(), 300, vec![Some(900.0); 12]);
    chart.band = Some((Series::from_values(now(), 300, vec![Some(-40.0); 12]), ahead));
    let scale = painter(&chart, &theme).scale(12);
    assert!(scale.high >= 900.0 && scale.low == 0.0, "and a band below zero lowers no axis: {scale:?}");
}

#[test]
fn a_logarithmic_axis_shows_both_the_usual_and_the_burst() {
    let theme = Theme::default();
    let chart = bursts(5.0, 9_000.0, 90);
    let shown = drawn(&ChartPainter { log: true, ..painter(&chart, &theme) });
    assert!(heading(&shown).contains("requests, log"), "{}", heading(&shown));
    let axis: Vec<String> =
        shown.content().chunks(100).map(|row| row[..6].iter().map(|cell| cell.symbol()).collect()).collect();
    for tick in ["1000", "100", "10"] {
        assert!(axis.iter().any(|row| row.trim() == tick), "{tick} in {axis:?}");
    }
}

#[test]
fn a_capacity_that_leaves_the_plot_has_a_mark_where_it_does() {
    let theme = Theme::default();
    let mut chart = bursts(50.0, 50.0, 0);
    let step = |n: usize| if n < 120 { 60.0 } else { 4_000.0 };
    let series = Series::from_values(shift(now(), -6 * 3_600), 60, (0..360).map(|n| Some(step(n))));
    chart.lines.insert(0, ChartLine::of(LineRole::Capacity, "capacity", series, Some(4_000.0)));
    let shown = drawn(&painter(&chart, &theme));
    let top: String = shown.content()[100..200].iter().map(|cell| cell.symbol()).collect();
    assert_eq!(top.matches('↑').count(), 2, "where it leaves, and where it ends: {top}");
}

#[test]
fn a_band_is_filled_to_half_a_cell_where_it_can_be_shaded() {
    let mut chart = bursts(1_000.0, 1_000.0, 0);
    let level = |value| Series::from_values(shift(now(), -6 * 3_600), 60, vec![Some(value); 480]);
    chart.band = Some((level(300.0), level(700.0)));
    let theme = Theme::default();
    let scale = painter(&chart, &theme).scale(12);
    let shown = drawn(&painter(&chart, &theme));
    let column: Vec<&Cell> = (1..13).map(|y| &shown[(50, y)]).collect();
    let halves: usize = column
        .iter()
        .map(|cell| match cell.symbol() {
            "▀" | "▄" => 1,
            _ if Some(cell.bg) == theme.style(Role::Band).bg => 2,
            _ => 0,
        })
        .sum();
    let row = |value: f64| (scale.share(value) * 23.0).round() as usize;
    assert_eq!(halves, row(700.0) - row(300.0) + 1);
    let poor = Theme::load("dark", Depth::None, Symbols::Braille).expect("built in");
    let shown = drawn(&painter(&chart, &poor));
    assert!(shown.content().iter().all(|cell| !HALVES.contains(&cell.symbol())));
}

#[test]
fn a_line_over_the_edge_of_a_band_stands_in_a_whole_cell_of_it() {
    let mut cell = Cell::new("▄");
    cell.set_fg(ratatui::style::Color::Red);
    fill_half(&mut cell);
    assert_eq!((cell.symbol(), cell.bg), (" ", ratatui::style::Color::Red));
    let mut other = Cell::new("⣀");
    fill_half(&mut other);
    assert_eq!(other.symbol(), "⣀");
}

#[test]
fn the_crosshair_stands_on_the_band_and_not_on_a_line_of_half_cells() {
    let mut chart = bursts(1_000.0, 1_000.0, 0);
    let level = |value| Series::from_values(shift(now(), -6 * 3_600), 60, vec![Some(value); 480]);
    chart.band = Some((level(300.0), level(700.0)));
    let theme = Theme::load("dark", Depth::True, Symbols::Block).expect("built in");
    let cross = Some(shift(now(), -3_600));
    let shown = drawn(&ChartPainter { cross, ..painter(&chart, &theme) });
    let crossed: Vec<&Cell> = shown.content().iter().filter(|cell| cell.symbol() == "┃").collect();
    let line = theme.style(Role::Actual).fg.expect("it is coloured");
    assert!(crossed.iter().all(|cell| cell.bg != line), "{crossed:?}");
    assert!(crossed.iter().any(|cell| Some(cell.bg) == theme.style(Role::Band).bg), "{crossed:?}");
}

#[test]
fn prediction_and_outlook_differ_without_colour() {
    let marks = [LineRole::Predicted, LineRole::Outlook].map(look);
    assert_ne!(marks[0].1, marks[1].1);
    assert_ne!(marks[0].2, marks[1].2);
}

//! What stands in the cells of a band, and beside the row of a limit.

use super::*;

#[test]
fn the_row_of_a_limit_has_the_number_of_the_limit_and_not_that_of_a_tick() {
    let theme = Theme::default();
    let mut chart = charts(shift(now(), -6 * 3_600)).remove(1);
    for value in [60.0, 80.0, 95.0] {
        chart.limits = vec![Limit { label: "target".into(), value }];
        for height in 4..14 {
            let area = Rect { height, ..SIZE };
            let mut buffer = Buffer::empty(area);
            painter(&chart, &theme).draw(area, &mut buffer);
            let row = |y: usize| -> String {
                let cells = &buffer.content()[y * usize::from(SIZE.width)..(y + 1) * usize::from(SIZE.width)];
                cells.iter().map(Cell::symbol).collect()
            };
            let rows: Vec<String> = (1..usize::from(height) - 1).map(row).collect();
            let own = rows.iter().find(|row| row.contains('╌')).expect("the limit is drawn");
            let number = own.split(['│', '┤']).next().unwrap_or_default().trim();
            assert!(number.is_empty() || number == short(value), "{number} beside {value} on {height} rows");
        }
    }
}

#[test]
fn the_name_of_an_event_is_whole_over_a_band() {
    let chart = demand();
    let event = crate::console::tests::fixture::view().detail.expect("of shop").events.remove(0);
    let events = [Event { start: shift(now(), 600), name: "Black Friday".into(), ..event }];
    for depth in [Depth::None, Depth::Sixteen, Depth::True] {
        let theme = Theme::load("dark", depth, Symbols::Braille).expect("built in");
        let high = shift(now(), 1_800);
        let band = (
            Series::from_values(now(), 60, [Some(0.0); 120]),
            Series::from_values(now(), 60, [Some(9e3); 120]),
        );
        let chart = Chart { band: Some(band), lines: Vec::new(), ..chart.clone() };
        let shown =
            drawn(&ChartPainter { events: &events, until: shift(high, 7_200), ..painter(&chart, &theme) });
        let top: String = shown.content()[100..200].iter().map(Cell::symbol).collect();
        assert!(top.contains("Black Friday"), "{depth:?}: {top}");
    }
}

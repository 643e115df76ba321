use super::*;
use proptest::prelude::*;

fn read(rows: &str) -> Result<Trace, String> {
    Trace::parse_csv(format!("timestamp,requests\n{rows}"), "t.csv", Missing::Gap).map_err(|e| e.to_string())
}

#[test]
fn missing_rows_are_gaps_and_times_snap() {
    let trace = read(
        "2024-01-01T00:00:00Z,1\n2024-01-01T01:05:10+01:00,2\n2024-01-01T00:10:00Z,\n2024-01-01T00:20:00Z,5\n\
         2024-01-01T00:25:00Z,6\n2024-01-01T00:30:00,7\n",
    )
    .expect("a good table");
    let values: Vec<_> = trace.series.iter().map(|(_, v)| v).collect();
    assert_eq!(trace.series.step(), 300);
    assert_eq!(values, [Some(1.0), Some(2.0), None, None, Some(5.0), Some(6.0), Some(7.0)]);
    assert_eq!(trace.column, "requests");
}

#[test]
fn missing_rows_are_zero_where_nothing_is_written_for_nothing() {
    let rows = "timestamp,orders\n2024-01-01T00:00:00Z,3\n2024-01-01T00:04:00Z,1\n2024-01-01T00:05:00Z,\n\
                2024-01-01T00:06:00Z,2\n2024-01-01T00:09:00Z,2\n2024-01-01T00:12:00Z,4\n2024-01-01T00:13:00Z,1\n";
    let series = Trace::parse_csv(rows, "t.csv", Missing::Zero).expect("a good table").series;
    let values: Vec<f64> = series.known().collect();
    assert_eq!((series.step(), series.len()), (60, 14), "most rows are a minute after another");
    assert_eq!(values, [3.0, 0.0, 0.0, 0.0, 1.0, 0.0, 2.0, 0.0, 0.0, 2.0, 0.0, 0.0, 4.0, 1.0]);
}

#[test]
fn errors_name_file_line_column_and_fix() {
    let cases = [
        ("2024-01-01T00:00:00Z,1\n2024-01-01T00:05:00Z,x\n", "t.csv:3:2: \"x\" is not a finite number"),
        ("2024-01-01T00:00:00Z,1\nyesterday,2\n", "t.csv:3:1: \"yesterday\" is not a time"),
        ("2024-01-01T00:05:00Z,1\n2024-01-01T00:00:00Z,2\n", "t.csv:3:1: this time is not after"),
        ("2024-01-01T00:05:00Z,1\n2024-01-01T00:05:00Z,2\n", "t.csv:3:1: this time is not after"),
        ("2024-01-01T00:05:00Z,1\n2024-01-01T00:10:00Z,-2\n", "t.csv:3:2: the load -2 is negative"),
        ("2024-01-01T00:05:00Z,1\n2024-01-01T00:10:00Z,inf\n", "t.csv:3:2: \"inf\" is not"),
        ("2024-01-01T00:05:00Z,1\n2024-01-01T00:05:07Z,1\n", "t.csv:2:1: the step is 7 s"),
        ("2024-01-01T00:05:00Z,1\n", "t.csv:2:1: at least two rows"),
        ("2024-01-01T00:05:00Z\n", "t.csv:2:2: the value is missing"),
    ];
    for (rows, expected) in cases {
        let error = read(rows).expect_err(rows);
        assert!(error.starts_with(expected), "{error}");
    }
    let error = Trace::parse_csv("2024-01-01T00:00:00Z,1\n", "t.csv", Missing::Gap).expect_err("no header");
    assert!(error.to_string().contains("t.csv:1:1: the first line is not the header"), "{error}");
    assert!(Trace::parse_csv("", "t.csv", Missing::Gap).is_err());
}

#[test]
fn two_rows_on_one_step_are_refused() {
    let error = read(
        "2024-01-01T00:00:00Z,1\n2024-01-01T00:05:00Z,1\n2024-01-01T00:10:00Z,1\n2024-01-01T00:11:00Z,1\n",
    );
    assert!(
        error.expect_err("double").contains("t.csv:5:1: this row falls on the same 300 s step as line 4")
    );
}

#[test]
fn a_date_far_in_the_future_uses_bounded_memory() {
    let error = read(
        "2024-01-01T00:00:00Z,1\n2024-01-01T00:01:00Z,1\n2024-01-01T00:02:00Z,1\n9024-01-01T00:00:00Z,1\n",
    );
    assert!(error.expect_err("far").contains("t.csv:5:1: this time lies in the year 9024"));
    let gap = read(
        "2024-01-01T00:00:00Z,1\n2024-01-01T00:05:00Z,1\n2024-01-01T00:10:00Z,1\n2070-01-01T00:00:00Z,1\n",
    );
    assert!(gap.expect_err("a lifetime").contains("t.csv:5:1: 16801 days without a row lie before this one"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Trace::parse_csv(&bytes, "t.csv", Missing::Gap);
        let mut text = b"timestamp,x\n2024-01-01T00:00:00Z,1\n".to_vec();
        text.extend(bytes);
        let _ = Trace::parse_csv(&text, "t.csv", Missing::Gap);
    }

    #[test]
    fn times_of_any_kind_do_not_panic(rows in prop::collection::vec((any::<i32>(), any::<f32>()), 0..20)) {
        let text: String = rows.iter()
            .map(|(t, v)| format!("{},{v}\n", at_epoch(i64::from(*t) * 60).to_rfc3339())).collect();
        let _ = read(&text);
    }

    #[test]
    fn what_was_written_is_read(values in prop::collection::vec(0.0..1e9f64, 2..50)) {
        let text: String = values.iter().enumerate()
            .map(|(i, v)| format!("{},{v}\n", at_epoch(i as i64 * 300).to_rfc3339())).collect();
        let read: Vec<f64> = read(&text).map_err(TestCaseError::fail)?.series.known().collect();
        prop_assert_eq!(read, values);
    }
}

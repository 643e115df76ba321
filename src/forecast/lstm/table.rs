//! The CSV that presets learn from: one row per step of CPU, network, requests and the event flag.

use std::{
    io::{Read, Write},
    path::Path,
};

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::{
    domain::{Seconds, Time, shift, text::clean},
    files::{self, MOST_CSV},
};

/// What was measured in one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricRow {
    /// CPU utilisation, percent.
    pub cpu: f64,
    /// Network in, in the file's unit.
    pub network: f64,
    /// Requests in the step.
    pub requests: f64,
    /// 1 while an event lasts, else 0.
    pub event: f64,
}

/// Evenly spaced rows; a step without a whole row is a gap.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricTable {
    /// Time of the first row.
    pub start: Time,
    /// Seconds between rows.
    pub step: Seconds,
    /// Rows in order; `None` is a gap.
    pub rows: Vec<Option<MetricRow>>,
}

const COLUMNS: [&str; 5] = ["timestamp", "cpu_utilization", "network_in", "request_count", "is_sale_active"];

/// Most steps of a table, so that one broken timestamp cannot exhaust memory.
const MOST_STEPS: i64 = 5_000_000;

impl MetricTable {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// A sentence with file, line and fix.
    pub fn load(path: &Path) -> Result<MetricTable, String> {
        let name = clean(&path.display().to_string(), 200);
        let file = files::open(path, MOST_CSV)
            .map_err(|e| format!("{name}: {e}; give the path of a readable CSV file"))?;
        MetricTable::read(&name, file)
    }

    /// Reads CSV from `input`; `name` stands for it in messages. Columns may come in any order and others are
    /// ignored; an empty cell makes its row a gap.
    ///
    /// # Errors
    /// A sentence with file, line and fix.
    pub fn read(name: &str, input: impl Read) -> Result<MetricTable, String> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
        let header =
            reader.headers().map_err(|e| format!("{name}:1: {e}; give a CSV with a header"))?.clone();
        let mut places = [0; COLUMNS.len()];
        for (place, column) in places.iter_mut().zip(COLUMNS) {
            *place =
                header.iter().position(|h| h.trim_start_matches('\u{feff}') == column).ok_or_else(|| {
                    format!("{name}:1: no column `{column}`; the header must have {}", COLUMNS.join(","))
                })?;
        }
        let mut rows: Vec<(Time, u64, Option<MetricRow>)> = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| {
                let line = e.position().map_or(0, csv::Position::line);
                format!("{name}:{line}: {}; fix or remove the line", clean(&e.to_string(), 200))
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |column: usize| record.get(places[column]).unwrap_or("");
            let time = parse_time(cell(0)).ok_or_else(|| {
                format!("{name}:{line}: `{}` is not a time; write 2026-11-23T21:40:00Z", clean(cell(0), 40))
            })?;
            rows.push((time, line, parse_row(cell).map_err(|e| format!("{name}:{line}: {e}"))?));
        }
        MetricTable::from_rows(name, rows)
    }

    /// Writes the rows as CSV in the form that [`MetricTable::read`] takes; a gap is a row of empty cells.
    ///
    /// # Errors
    /// The writer's error.
    pub fn write(&self, output: impl Write) -> csv::Result<()> {
        let mut writer = csv::Writer::from_writer(output);
        writer.write_record(COLUMNS)?;
        for (index, row) in self.rows.iter().enumerate() {
            let cells = row.map(|r| [r.cpu, r.network, r.requests, r.event].map(|v| v.to_string()));
            let time = self.time_of(index).format("%Y-%m-%d %H:%M:%S%.f").to_string();
            writer.write_record([time].into_iter().chain(cells.unwrap_or_default()))?;
        }
        Ok(writer.flush()?)
    }

    fn from_rows(name: &str, mut rows: Vec<(Time, u64, Option<MetricRow>)>) -> Result<MetricTable, String> {
        rows.sort_by_key(|(time, line, _)| (*time, *line));
        if rows.len() < 3 {
            return Err(format!("{name}: {} rows; give at least three, to see the step", rows.len()));
        }
        let mut gaps: Vec<i64> = rows.windows(2).map(|w| (w[1].0 - w[0].0).num_seconds()).collect();
        gaps.sort_unstable();
        let step = gaps[gaps.len() / 2];
        let (start, last) = (rows[0].0, rows[rows.len() - 1].0);
        let index = |time: Time| ((time - start).num_seconds() + step / 2) / step.max(1);
        if step < 1 || index(last) > MOST_STEPS {
            return Err(format!(
                "{name}: the median step is {step} s over {} s; remove lines with broken or repeated times",
                (last - start).num_seconds()
            ));
        }
        let mut table = MetricTable { start, step, rows: vec![None; index(last) as usize + 1] };
        let mut before = None;
        for (time, line, row) in rows {
            let place = index(time);
            if before == Some(place) {
                return Err(format!(
                    "{name}:{line}: a second row for the same {step}-second step; remove one"
                ));
            }
            before = Some(place);
            table.rows[place as usize] = row;
        }
        Ok(table)
    }

    /// Time of row `index`, which may lie beyond the end.
    pub fn time_of(&self, index: usize) -> Time {
        shift(self.start, self.step.saturating_mul(index as i64))
    }

    /// Number of rows, gaps included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// First row of the last 20 %, the test rows that no training may see.
    pub fn test_start(&self) -> usize {
        self.len() * 4 / 5
    }

    /// First row of the 20 % before the test rows, on which epochs are chosen.
    pub fn valid_start(&self) -> usize {
        self.len() * 6 / 10
    }
}

fn parse_time(text: &str) -> Option<Time> {
    let naive = |t: NaiveDateTime| t.and_utc();
    DateTime::parse_from_rfc3339(text)
        .map(|t| t.with_timezone(&Utc))
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(naive))
        .ok()
}

fn parse_row<'a>(cell: impl Fn(usize) -> &'a str) -> Result<Option<MetricRow>, String> {
    let number = |column: usize| -> Result<Option<f64>, String> {
        let text = cell(column);
        if text.is_empty() || text.eq_ignore_ascii_case("nan") {
            return Ok(None);
        }
        let value = match text {
            "true" | "True" if column == 4 => Some(1.0),
            "false" | "False" if column == 4 => Some(0.0),
            _ => text.parse::<f64>().ok().filter(|v| v.is_finite()),
        };
        value.map(Some).ok_or_else(|| {
            format!(
                "`{}` in {} is not a number; write one, or leave the cell empty",
                clean(text, 40),
                COLUMNS[column]
            )
        })
    };
    let (cpu, network, requests, event) = (number(1)?, number(2)?, number(3)?, number(4)?);
    let row = (|| Some(MetricRow { cpu: cpu?, network: network?, requests: requests?, event: event? }))();
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = "is_sale_active,extra,cpu_utilization,timestamp,request_count,network_in\n";

    fn read(body: &str) -> Result<MetricTable, String> {
        MetricTable::read("f.csv", format!("{HEADER}{body}").as_bytes())
    }

    #[test]
    fn columns_in_any_order_and_gaps_stay_gaps() {
        let table = read(
            "0,x,10,2025-09-20 18:00:00.75,3,4\n0,x,20,2025-09-20 18:05:00.75,3,4\n\
                          true,x,,2025-09-20 18:10:00,3,4\n1.0,x,40,2025-09-20T18:20:00Z,3,4\n",
        )
        .expect("reads");
        let cpu: Vec<_> = table.rows.iter().map(|r| r.map(|r| r.cpu)).collect();
        assert_eq!(cpu, [Some(10.0), Some(20.0), None, None, Some(40.0)]);
        assert_eq!((table.step, table.rows[4].map(|r| r.event)), (300, Some(1.0)));
    }

    #[test]
    fn what_is_written_is_read() {
        let table = read(
            "0,x,10.25,2025-09-20 18:00:00,3,4\n0,x,,2025-09-20 18:05:00,3,4\n\
                          1,x,0.1,2025-09-20 18:10:00,5,6\n",
        )
        .expect("reads");
        let mut bytes = Vec::new();
        table.write(&mut bytes).expect("writes");
        assert_eq!(MetricTable::read("f.csv", bytes.as_slice()).expect("reads"), table);
    }

    #[test]
    fn errors_name_file_line_and_fix() {
        let bad =
            read("0,x,10,2025-09-20 18:00:00,3,4\n0,x,ten,2025-09-20 18:05:00,3,4\n").expect_err("no number");
        assert!(bad.starts_with("f.csv:3: `ten` in cpu_utilization is not a number; write one"), "{bad}");
        let bad = read("0,x,10,yesterday,3,4\n").expect_err("no time");
        assert!(bad.starts_with("f.csv:2: `yesterday` is not a time"), "{bad}");
        let twice = "0,x,10,2025-09-20 18:00:00,3,4\n0,x,1,2025-09-20 18:05:00,3,4\n0,x,1,2025-09-20 18:05:00,3,4\n\
                     0,x,1,2025-09-20 18:10:00,3,4\n0,x,1,2025-09-20 18:15:00,3,4\n";
        assert!(read(twice).expect_err("twice").starts_with("f.csv:4: a second row"));
        let bad = MetricTable::read("f.csv", "timestamp,cpu\n".as_bytes()).expect_err("no column");
        assert!(bad.starts_with("f.csv:1: no column `cpu_utilization`"), "{bad}");
    }

    proptest! {
        #[test]
        fn nothing_panics(body in "([0-9a-zTZ:., -]{0,60}\n){0,8}") {
            let _ = read(&body);
            let _ = MetricTable::read("f.csv", body.as_bytes());
        }
    }
}

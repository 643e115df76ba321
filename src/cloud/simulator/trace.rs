//! Recorded load, read from CSV.

use std::collections::BTreeMap;

use chrono::Datelike;
use csv::ByteRecord;

use crate::domain::{Seconds, Time, at_epoch, metric::Missing, series::Series, text::clean};

/// A recorded load: value `i` is the load of the step that starts at `start + i × step` (load per step).
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The values; a row that was missing is a gap.
    pub series: Series,
    /// Name of the value column, cleaned.
    pub column: String,
}

/// What is wrong with a trace file, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {problem}; {fix}")]
pub struct TraceError {
    /// Name of the file as the caller gave it.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column of the CSV, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub fix: String,
}

/// Most steps of a trace, gaps included: ten years of minutes fit, a broken time stamp does not.
const MOST_STEPS: i64 = 6_000_000;

/// Most seconds between two rows: more than is kept of any history, so what lies before says nothing of what follows.
const LONGEST_GAP: Seconds = 400 * 86_400;
/// Years in which a time can lie.
const YEARS: std::ops::Range<i32> = 1970..2200;

/// One row as read.
struct TraceRow {
    line: u64,
    time: i64,
    value: Option<f64>,
}

impl Trace {
    /// Reads a CSV with the header `timestamp,<name>`: RFC 3339 times (without an offset they are UTC),
    /// ascending, and one load a row; `origin` is the file's name for messages.
    ///
    /// The step is the median distance of the rows in whole seconds, or the most frequent one where `missing` rows are zero
    /// and there may be few. Rows fall on the nearest step counted from the first; a step without a row, or with an empty
    /// value, is what `missing` says.
    ///
    /// # Errors
    /// [`TraceError`] for bytes that are no such table, times that are unsorted, double or too far apart, values
    /// that are no finite number or negative, a step that is not a whole number of minutes.
    pub fn parse_csv(text: impl AsRef<[u8]>, origin: &str, missing: Missing) -> Result<Trace, TraceError> {
        let file = clean(origin, 200);
        let bytes = text.as_ref();
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
        let mut records = reader.byte_records();
        let column = match records.next() {
            Some(Ok(header)) => read_header(&header, &file)?,
            _ => {
                return Err(at(
                    &file,
                    1,
                    1,
                    "the file is empty",
                    "begin it with the header timestamp,requests",
                ));
            }
        };
        let mut rows: Vec<TraceRow> = Vec::new();
        for record in records {
            let last = rows.last();
            let record = record.map_err(|e| {
                let line = e.position().map_or(1, csv::Position::line);
                at(&file, line, 1, &e.to_string(), "write the row as timestamp,value")
            })?;
            let row = read_row(&record, &file)?;
            if let Some(last) = last.filter(|last| last.time >= row.time) {
                let problem = format!("this time is not after the one on line {}", last.line);
                return Err(at(
                    &file,
                    row.line,
                    1,
                    &problem,
                    "sort the rows by time and keep one row a step",
                ));
            }
            if let Some(gap) = last.map(|last| row.time - last.time).filter(|gap| *gap > LONGEST_GAP) {
                let problem = format!("{} days without a row lie before this one", gap / 86_400);
                return Err(at(&file, row.line, 1, &problem, "fix the time stamp, or begin the file here"));
            }
            rows.push(row);
        }
        Ok(Trace { series: to_series(&rows, &file, missing)?, column })
    }

    /// The same load, recorded at another time: `start` becomes the start of the first step.
    pub fn starting_at(&self, start: Time) -> Trace {
        let values = self.series.iter().map(|(_, value)| value);
        Trace { series: Series::from_values(start, self.series.step(), values), column: self.column.clone() }
    }
}

fn at(file: &str, line: u64, column: usize, problem: &str, fix: &str) -> TraceError {
    TraceError { file: file.into(), line, column, problem: clean(problem, 200), fix: fix.into() }
}

fn line_of(record: &ByteRecord) -> u64 {
    record.position().map_or(1, csv::Position::line)
}

/// The text of a cell, for reading and for messages.
fn cell(record: &ByteRecord, index: usize) -> Option<String> {
    record.get(index).map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned())
}

fn read_header(header: &ByteRecord, file: &str) -> Result<String, TraceError> {
    let first = cell(header, 0).unwrap_or_default();
    if !first.eq_ignore_ascii_case("timestamp") {
        let problem = format!("the first line is not the header: it begins with {:?}", clean(&first, 40));
        return Err(at(file, 1, 1, &problem, "begin the file with the header timestamp,requests"));
    }
    match cell(header, 1).filter(|name| !name.is_empty()) {
        Some(name) => Ok(clean(&name, 40)),
        None => Err(at(file, 1, 2, "the header names no value", "write it as timestamp,requests")),
    }
}

fn read_row(record: &ByteRecord, file: &str) -> Result<TraceRow, TraceError> {
    let line = line_of(record);
    let stamp = cell(record, 0).unwrap_or_default();
    let Some(time) = read_time(&stamp) else {
        let problem = format!("{:?} is not a time", clean(&stamp, 40));
        return Err(at(file, line, 1, &problem, "write it as 2026-11-23T13:00:00Z"));
    };
    let year = at_epoch(time).year();
    if !YEARS.contains(&year) {
        return Err(at(file, line, 1, &format!("this time lies in the year {year}"), "fix the time stamp"));
    }
    let Some(text) = cell(record, 1) else {
        return Err(at(
            file,
            line,
            2,
            "the value is missing",
            "write the row as timestamp,value, or leave it out",
        ));
    };
    if text.is_empty() {
        return Ok(TraceRow { line, time, value: None });
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(TraceRow { line, time, value: Some(value) }),
        Ok(value) if value < 0.0 => Err(at(
            file,
            line,
            2,
            &format!("the load {value} is negative"),
            "leave the row out if it is unknown",
        )),
        _ => {
            let problem = format!("{:?} is not a finite number", clean(&text, 40));
            Err(at(file, line, 2, &problem, "write a number with a point, or leave the row out"))
        }
    }
}

/// Seconds since the epoch, rounded.
fn read_time(text: &str) -> Option<i64> {
    let time = chrono::DateTime::parse_from_rfc3339(text)
        .or_else(|_| chrono::DateTime::parse_from_rfc3339(&format!("{text}Z")))
        .ok()?;
    Some(time.timestamp() + i64::from(time.timestamp_subsec_millis() >= 500))
}

fn to_series(rows: &[TraceRow], file: &str, missing: Missing) -> Result<Series, TraceError> {
    let [first, .., _] = rows else {
        let line = rows.first().map_or(1, |row| row.line);
        return Err(at(
            file,
            line,
            1,
            "at least two rows are needed to determine the step",
            "give more rows",
        ));
    };
    if rows.iter().all(|row| row.value.is_none()) {
        return Err(at(file, first.line, 2, "every value is empty", "give the loads that were measured"));
    }
    let (step, how, otherwise) = match missing {
        Missing::Gap => (median_step(rows), "median", None),
        Missing::Zero => (usual_step(rows), "most frequent", Some(0.0)),
    };
    if step < 60 || step % 60 != 0 {
        let problem = format!("the step is {step} s (the {how} distance of the rows)");
        return Err(at(file, first.line, 1, &problem, "sum the rows into steps of whole minutes"));
    }
    let mut series = Series::new(at_epoch(first.time), step);
    let mut before: Option<&TraceRow> = None;
    for row in rows {
        let index = nearest(row.time - first.time, step);
        if index >= MOST_STEPS {
            let problem = format!("this time lies {index} steps of {step} s after the first");
            return Err(at(file, row.line, 1, &problem, "fix the time stamp, or give a longer step"));
        }
        let absent = index - series.len() as i64;
        if absent < 0 {
            let other = before.map_or(first.line, |row| row.line);
            let problem = format!("this row falls on the same {step} s step as line {other}");
            return Err(at(file, row.line, 1, &problem, "keep one row a step"));
        }
        series.extend((0..absent).map(|_| otherwise));
        series.push(row.value.or(otherwise));
        before = Some(row);
    }
    Ok(series)
}

/// Median distance between neighbours, in whole seconds (down).
fn median_step(rows: &[TraceRow]) -> Seconds {
    let mut steps: Vec<Seconds> = rows.windows(2).map(|pair| pair[1].time - pair[0].time).collect();
    steps.sort_unstable();
    let half = steps.len() / 2;
    if steps.len() % 2 == 1 { steps[half] } else { (steps[half - 1] + steps[half]) / 2 }
}

/// The most frequent distance between neighbours, the shortest of several.
fn usual_step(rows: &[TraceRow]) -> Seconds {
    let mut counts: BTreeMap<Seconds, usize> = BTreeMap::new();
    rows.windows(2).for_each(|pair| *counts.entry(pair[1].time - pair[0].time).or_default() += 1);
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(0, |(step, _)| step)
}

/// `offset / step` rounded, halves to even.
fn nearest(offset: i64, step: Seconds) -> i64 {
    let (whole, rest) = (offset.div_euclid(step), offset.rem_euclid(step));
    whole + i64::from(2 * rest > step || (2 * rest == step && whole % 2 != 0))
}

#[cfg(test)]
mod tests;

//! Samples as Parquet and back: four columns, one row group.

use std::sync::Arc;

use bytes::Bytes;
use parquet::{
    basic::Compression,
    data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type},
    errors::{ParquetError, Result},
    file::{
        properties::WriterProperties,
        reader::{FileReader, RowGroupReader, SerializedFileReader},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};

use super::samples::Samples;
use crate::domain::{Seconds, metric::Metric, panics::caught};

const SCHEMA: &str = "message samples {
    required int64 time (TIMESTAMP(MILLIS, true));
    required binary metric (STRING);
    required int32 step;
    required double value;
}";

/// Most rows of one day: a minute's samples of every metric, ten times over.
const MOST: usize = 10 * 7 * 1_440;

/// `samples` as a Parquet file.
pub fn encode(samples: &Samples) -> Result<Vec<u8>> {
    let rows = samples.iter().flat_map(|((metric, step), values)| {
        values.iter().map(move |(time, value)| (1_000 * time, metric.name(), *step as i32, *value))
    });
    let (mut times, mut metrics, mut steps, mut values) = (vec![], vec![], vec![], vec![]);
    for (time, metric, step, value) in rows {
        times.push(time);
        metrics.push(ByteArray::from(metric));
        steps.push(step);
        values.push(value);
    }
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    write::<Int64Type>(&mut group, &times)?;
    write::<ByteArrayType>(&mut group, &metrics)?;
    write::<Int32Type>(&mut group, &steps)?;
    write::<DoubleType>(&mut group, &values)?;
    group.close()?;
    file.close()?;
    Ok(bytes)
}

fn write<T: DataType>(group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>, values: &[T::T]) -> Result<()> {
    let Some(mut column) = group.next_column()? else { return Err(odd("the schema has too few columns")) };
    column.typed::<T>().write_batch(values, None, None)?;
    column.close()
}

/// The samples of a Parquet file; metrics that this program does not know are left out.
///
/// # Errors
/// In words, for a file that is not as [`encode`] makes it. The library panics on some that are damaged.
pub fn decode(bytes: Vec<u8>) -> std::result::Result<Samples, String> {
    let read = caught(|| read(bytes)).unwrap_or_else(|| Err(odd("its columns cannot be decoded")));
    read.map_err(|e| e.to_string())
}

fn read(bytes: Vec<u8>) -> Result<Samples> {
    let file = SerializedFileReader::new(Bytes::from(bytes))?;
    let mut samples = Samples::new();
    if file.num_row_groups() > 1 {
        return Err(odd("it has more than one row group"));
    }
    for at in 0..file.num_row_groups() {
        let group = file.get_row_group(at)?;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(usize::MAX);
        if rows > MOST || group.num_columns() != 4 {
            return Err(odd("it does not have four columns and the rows of a day"));
        }
        let times = column::<Int64Type>(&*group, 0, rows)?;
        let metrics = column::<ByteArrayType>(&*group, 1, rows)?;
        let steps = column::<Int32Type>(&*group, 2, rows)?;
        let values = column::<DoubleType>(&*group, 3, rows)?;
        for (((time, metric), step), value) in times.into_iter().zip(metrics).zip(steps).zip(values) {
            let metric = std::str::from_utf8(metric.data()).ok().and_then(Metric::from_name);
            if let Some(metric) = metric.filter(|_| step > 0 && value.is_finite()) {
                samples
                    .entry((metric, Seconds::from(step)))
                    .or_default()
                    .insert(time.div_euclid(1_000), value);
            }
        }
    }
    Ok(samples)
}

fn column<T: DataType>(group: &dyn RowGroupReader, at: usize, rows: usize) -> Result<Vec<T::T>> {
    let Some(mut reader) = T::get_column_reader(group.get_column_reader(at)?) else {
        return Err(odd("a column is of another type"));
    };
    let mut values = Vec::with_capacity(rows);
    let (read, ..) = reader.read_records(rows, None, None, &mut values)?;
    if read == rows && values.len() == rows { Ok(values) } else { Err(odd("a column is too short")) }
}

fn odd(reason: &str) -> ParquetError {
    ParquetError::General(reason.into())
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    /// A day's minutes of two metrics.
    fn day() -> Samples {
        let minutes = (0..1_440).map(|minute| (60 * minute, minute as f64));
        [Metric::Cpu, Metric::Requests].map(|metric| ((metric, 60), minutes.clone().collect())).into()
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(decode(encode(&day()).expect("written")), Ok(day()));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
        #[test]
        fn a_damaged_file_is_an_error_or_samples(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
            at_the_end in any::<bool>(),
        ) {
            static DAY: LazyLock<Vec<u8>> = LazyLock::new(|| encode(&day()).expect("written"));
            let mut bytes = DAY.clone();
            // What describes the columns stands at the end.
            let first = if at_the_end { bytes.len().saturating_sub(600) } else { 0 };
            for (place, byte) in changes {
                let place = first + place.index(bytes.len() - first);
                bytes[place] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            let _ = decode(bytes);
        }
    }
}

//! Metric history in the shared store: Parquet, an object a group and day.
//!
//! `history/GROUP/DAY.CHECKSUM.parquet` holds the samples of one day (UTC) in four columns: `time`, `metric`, `step`
//! and `value`; a gap has no row. The checksum in the name is that of the content, so that a damaged object is known
//! before anything reads it, and two machines that write the same day cannot spoil each other's work: whoever
//! finds several objects of a day merges them. Any tool that knows Parquet can read them.

use futures_util::TryStreamExt;
use object_store::ObjectStoreExt;
use sha2::{Digest, Sha256};

use super::{
    SharedError, SharedStore, parquet,
    samples::{Samples, merge},
};
use crate::domain::{Seconds, Time, at_epoch};

const FOLDER: &str = "history";
const DAY: Seconds = 86_400;
/// What helps against a damaged object.
pub(super) const FIX: &str = "remove it; agents that have the day write it again";

/// Keeps `samples` of `group` on the day that begins at `day`, beside what others have kept of it.
///
/// # Errors
/// [`SharedError`]; a damaged object of that day is named and left as it is.
pub async fn keep(store: &SharedStore, group: &str, day: Time, samples: &Samples) -> Result<(), SharedError> {
    let found = names(store, group, day, at_epoch(day.timestamp() + DAY)).await?;
    let mut all = samples.clone();
    for name in &found {
        merge(&mut all, read(store, name).await?);
    }
    all.retain(|_, values| !values.is_empty());
    if all.is_empty() {
        return Ok(());
    }
    let bytes = parquet::encode(&all).map_err(|e| {
        let object = format!("{FOLDER}/{}/{}", segment(group), day.format("%F"));
        SharedError::damaged(&object, e, "this is an error of prescale")
    })?;
    let name = format!("{FOLDER}/{}/{}.{}.parquet", segment(group), day.format("%F"), checksum(&bytes));
    if !found.contains(&name) {
        store.put(&name, bytes).await?;
    }
    for old in found.iter().filter(|old| **old != name) {
        // What cannot be deleted now is merged again next time.
        let _ = store.objects().delete(&store.path(old)).await;
    }
    Ok(())
}

/// What is kept of `group` on the days that begin within `[from, until)`.
///
/// # Errors
/// [`SharedError`]; the first damaged object is named.
pub async fn restore(
    store: &SharedStore,
    group: &str,
    from: Time,
    until: Time,
) -> Result<Samples, SharedError> {
    let mut all = Samples::new();
    for name in names(store, group, from, until).await? {
        merge(&mut all, read(store, &name).await?);
    }
    Ok(all)
}

/// Names of the objects of `group` for days within `[from, until)`, in order.
async fn names(
    store: &SharedStore,
    group: &str,
    from: Time,
    until: Time,
) -> Result<Vec<String>, SharedError> {
    let folder = store.path(&format!("{FOLDER}/{}", segment(group)));
    let listed = store.objects().list(Some(&folder)).map_ok(|found| found.location.to_string());
    let all: Vec<String> =
        listed.try_collect().await.map_err(|e| SharedError::unreachable(store.url(), &e))?;
    let (first, last) = (from.format("%F").to_string(), until.format("%F").to_string());
    let wanted = |name: &String| match parts(name) {
        Some((day, _)) => first.as_str() <= day && day < last.as_str(),
        None => false,
    };
    let mut names: Vec<String> = all.into_iter().filter(wanted).collect();
    names.sort();
    Ok(names)
}

/// Day and checksum in the name of an object.
fn parts(name: &str) -> Option<(&str, &str)> {
    let file = name.rsplit('/').next()?.strip_suffix(".parquet")?;
    file.split_once('.').filter(|(day, sum)| day.len() == 10 && sum.len() == 16)
}

async fn read(store: &SharedStore, name: &str) -> Result<Samples, SharedError> {
    // Another machine may have merged it into a new object just now; the next look finds that.
    let Some(bytes) = store.get(name).await? else { return Ok(Samples::new()) };
    let told = parts(name).map(|(_, sum)| sum).unwrap_or_default();
    let found = checksum(&bytes);
    if told != found {
        let reason = format!("its checksum is {found}, not {told}");
        return Err(SharedError::damaged(name, reason, FIX));
    }
    let mut samples = parquet::decode(bytes).map_err(|reason| SharedError::damaged(name, reason, FIX))?;
    // What lies outside its day is not history: it would only make series long.
    let day = parts(name).and_then(|(day, _)| day.parse::<chrono::NaiveDate>().ok());
    let start = day.map_or(0, |day| day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp());
    samples.values_mut().for_each(|values| values.retain(|time, _| (start..start + DAY).contains(time)));
    Ok(samples)
}

/// The first 64 bits of the SHA-256 of `bytes`.
fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A group's name as one part of an object's name: what is not a letter, digit, `-` or `_` becomes `=` and its hexadecimal
/// value, so that two groups never share a folder.
pub fn segment(group: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    group.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("={b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::metric::Metric,
        shared::fixture::{block, folder, memory},
    };

    fn day() -> Time {
        at_epoch(20_000 * DAY)
    }

    fn samples(values: &[(i64, f64)]) -> Samples {
        let start = day().timestamp();
        let values = values.iter().map(|(minute, value)| (start + 60 * minute, *value)).collect();
        [((Metric::Requests, 60), values)].into()
    }

    #[test]
    fn a_day_comes_back_as_it_was_kept() {
        let mut kept = samples(&[(0, 1.5), (1, 0.0), (7, 1e9)]);
        kept.insert((Metric::Demand, 300), [(day().timestamp(), 12.25)].into());
        let home = tempfile::tempdir().expect("a temporary folder");
        for store in [memory(), folder(home.path())] {
            block(async {
                keep(&store, "team/web 1", day(), &kept).await.expect("reachable");
                let all = restore(&store, "team/web 1", day(), at_epoch(day().timestamp() + DAY)).await;
                assert_eq!(all, Ok(kept.clone()));
                assert_eq!(
                    restore(&store, "team", day(), at_epoch(i64::from(u32::MAX))).await,
                    Ok(Samples::new())
                );
                let later = at_epoch(day().timestamp() + DAY);
                assert_eq!(
                    restore(&store, "team/web 1", later, at_epoch(i64::from(u32::MAX))).await,
                    Ok(Samples::new())
                );
            });
        }
    }

    #[test]
    fn two_machines_fill_each_others_gaps() {
        let store = memory();
        block(async {
            keep(&store, "web", day(), &samples(&[(0, 1.0), (1, 2.0)])).await.expect("reachable");
            keep(&store, "web", day(), &samples(&[(1, 9.0), (2, 3.0)])).await.expect("reachable");
            keep(&store, "web", day(), &samples(&[(1, 9.0)])).await.expect("reachable");
            let until = at_epoch(day().timestamp() + DAY);
            assert_eq!(names(&store, "web", day(), until).await.expect("reachable").len(), 1);
            let all = restore(&store, "web", day(), until).await.expect("sound");
            assert_eq!(all, samples(&[(0, 1.0), (1, 9.0), (2, 3.0)]), "the newest word counts");
        });
    }

    #[test]
    fn a_damaged_object_is_named_and_left_alone() {
        let store = memory();
        block(async {
            keep(&store, "web", day(), &samples(&[(0, 1.0), (1, 2.0)])).await.expect("reachable");
            let until = at_epoch(day().timestamp() + DAY);
            let name = names(&store, "web", day(), until).await.expect("reachable").remove(0);
            let sound = store.get(&name).await.expect("reachable").expect("there");
            for cut in [0, 3, sound.len() / 2, sound.len() - 1] {
                store.put(&name, sound[..cut].to_vec()).await.expect("writable");
                let error = restore(&store, "web", day(), until).await.expect_err("cut short").to_string();
                assert!(
                    error.contains(&name) && error.contains("checksum") && error.contains("remove it"),
                    "{error}"
                );
                keep(&store, "web", day(), &samples(&[(5, 1.0)])).await.expect_err("not over it");
            }
            let junk = b"PAR1 this is no Parquet PAR1".to_vec();
            let name = format!("history/web/{}.{}.parquet", day().format("%F"), checksum(&junk));
            let other = memory();
            other.put(&name, junk).await.expect("writable");
            let error = restore(&other, "web", day(), until).await.expect_err("no Parquet").to_string();
            assert!(error.contains(&name), "{error}");
        });
    }

    #[test]
    fn names_of_groups_do_not_collide() {
        assert_eq!(segment("web-1_x"), "web-1_x");
        assert_eq!(segment("a/b=2F ü."), "a=2Fb=3D2F=20=C3=BC=2E");
    }
}

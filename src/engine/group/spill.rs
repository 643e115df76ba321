//! The spill file: holds what a large fleet does not need in memory at the moment.
//!
//! It has no name, so it disappears with the process, however that ends. Nothing in it is needed afterwards.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

/// An unnamed file, in slots that are rewritten in place.
pub(in crate::engine) struct SpillFile {
    file: File,
    end: AtomicU64,
}

/// Offset and length of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct SpillSlot {
    at: u64,
    room: u64,
    length: usize,
}

impl SpillFile {
    /// Creates an empty file on the disk of `folder`.
    pub fn on(folder: &Path) -> io::Result<SpillFile> {
        Ok(SpillFile { file: tempfile::tempfile_in(folder)?, end: AtomicU64::new(0) })
    }

    /// Writes `bytes` to the slot `before`, or to a new slot if they do not fit.
    pub fn write(&self, before: Option<SpillSlot>, bytes: &[u8]) -> io::Result<SpillSlot> {
        let length = bytes.len();
        let fits = before.filter(|place| length as u64 <= place.room);
        let place = fits.unwrap_or_else(|| {
            // Data that outgrew its slot will grow further: an eighth more room, so that it does not move each time.
            let room = (length as u64 + length as u64 / 8).next_multiple_of(4_096);
            SpillSlot { at: self.end.fetch_add(room, Ordering::Relaxed), room, length }
        });
        self.file.write_all_at(bytes, place.at)?;
        Ok(SpillSlot { length, ..place })
    }

    /// Reads the slot `place`.
    pub fn read(&self, place: SpillSlot) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; place.length];
        self.file.read_exact_at(&mut bytes, place.at)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_last_is_read_and_neighbours_stay() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let spill_file = SpillFile::on(folder.path()).expect("it is ours");
        let (one, two) = (vec![1; 5_000], vec![2; 5_000]);
        let first = spill_file.write(None, &one).expect("there is room");
        let second = spill_file.write(None, &two).expect("there is room");
        let shorter = spill_file.write(Some(first), &one[..10]).expect("there is room");
        assert_eq!((shorter.at, spill_file.read(shorter).expect("it is there")), (first.at, vec![1; 10]));
        let grown = spill_file.write(Some(shorter), &[3; 20_000]).expect("there is room");
        assert!(grown.at > second.at, "it had to move");
        assert_eq!(spill_file.read(second).expect("it is there"), two);
        assert_eq!(spill_file.read(grown).expect("it is there"), vec![3; 20_000]);
        assert_eq!(std::fs::read_dir(folder.path()).expect("it is ours").count(), 0, "it has no name");
    }
}

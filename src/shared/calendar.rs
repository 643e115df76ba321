//! The calendar in the shared store: versions of one file, and what follows from three texts.
//!
//! The base is the text that this machine and the store last agreed on. Whoever differs from it has changed; if both
//! have, people must say which is right.

use super::{
    SharedError, SharedStore,
    register::{PutOutcome, Register},
};

/// What is to be done about the calendar here and the one in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarSyncStep {
    /// They are the same, or there is none.
    Same,
    /// The one here is newer, and has been sent.
    Sent,
    /// The one here was sent, and somebody else was faster: what they sent is compared next time.
    Raced,
    /// The one in the store is newer.
    Take {
        /// Its text.
        text: String,
        /// Name of its object.
        object: String,
    },
    /// Both have changed.
    Conflict {
        /// Name of the other's object.
        object: String,
    },
}

/// The register of calendars in `store`.
pub fn register(store: &SharedStore) -> Register {
    Register::new(store.clone(), "calendar", "toml")
}

/// Compares `local` with the store, and sends it if it is what is newer.
///
/// # Errors
/// [`SharedError`]; [`SharedError::Damaged`] names an object that is no text.
pub async fn step(
    register: &Register,
    base: Option<&str>,
    local: &str,
) -> Result<CalendarSyncStep, SharedError> {
    let (version, bytes) = register.newest().await?;
    let object = register.name(version);
    let fix = "remove it, or write a calendar over it";
    let remote = String::from_utf8(bytes).map_err(|e| SharedError::damaged(&object, e, fix))?;
    if version == 0 && local.trim().is_empty() || version > 0 && remote == local {
        return Ok(CalendarSyncStep::Same);
    }
    if version == 0 || base == Some(&remote) {
        let put = register.put(version + 1, local.as_bytes().to_vec()).await?;
        return Ok(if put == PutOutcome::Newest { CalendarSyncStep::Sent } else { CalendarSyncStep::Raced });
    }
    let untouched = base.map_or(local.trim().is_empty(), |base| base == local);
    Ok(if untouched {
        CalendarSyncStep::Take { text: remote, object }
    } else {
        CalendarSyncStep::Conflict { object }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::fixture::{block, memory};

    fn look(register: &Register, base: Option<&str>, local: &str) -> CalendarSyncStep {
        block(step(register, base, local)).expect("reachable")
    }

    #[test]
    fn the_newer_text_wins_and_two_newer_ones_are_a_conflict() {
        let register = register(&memory());
        assert_eq!(look(&register, None, " "), CalendarSyncStep::Same, "nobody has one");
        assert_eq!(look(&register, None, "one"), CalendarSyncStep::Sent);
        assert_eq!(look(&register, Some("one"), "one"), CalendarSyncStep::Same);
        let take =
            |object: &str, text: &str| CalendarSyncStep::Take { text: text.into(), object: object.into() };
        let first = "calendar/00000000000000000001.toml";
        assert_eq!(look(&register, None, ""), take(first, "one"), "a newcomer takes it");
        assert_eq!(look(&register, None, "own"), CalendarSyncStep::Conflict { object: first.into() });
        assert_eq!(look(&register, Some("one"), "two"), CalendarSyncStep::Sent);
        let second = "calendar/00000000000000000002.toml";
        assert_eq!(look(&register, Some("one"), "one"), take(second, "two"));
        assert_eq!(
            look(&register, Some("one"), "three"),
            CalendarSyncStep::Conflict { object: second.into() }
        );
    }

    #[test]
    fn what_is_no_text_is_named() {
        let register = register(&memory());
        block(register.put(1, vec![0xff, 0xfe])).expect("reachable");
        let error = block(step(&register, None, "")).expect_err("no text").to_string();
        assert!(error.contains("calendar/00000000000000000001.toml"), "{error}");
    }
}

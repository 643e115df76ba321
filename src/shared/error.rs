//! What may be wrong with the shared store, in words that name the object and the fix.

use crate::domain::text::clean;

/// Longest part of a sentence that comes from outside.
const MOST: usize = 240;

/// What went wrong with the shared store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SharedError {
    /// The place cannot be used as it is written.
    #[error("[shared] url {url:?}: {reason}")]
    Place {
        /// As configured.
        url: String,
        /// What is wrong, and the fix.
        reason: String,
    },
    /// It does not answer, or says no.
    #[error("the shared store {url} does not work: {reason}")]
    Unreachable {
        /// As configured.
        url: String,
        /// What was heard.
        reason: String,
    },
    /// An object is not what its name says.
    #[error("{object} in the shared store is damaged: {reason}; {fix}")]
    Damaged {
        /// Name of the object below the url.
        object: String,
        /// What is wrong with it.
        reason: String,
        /// What helps.
        fix: String,
    },
    /// Others were faster, again and again.
    #[error("others wrote to the shared store {0} times meanwhile; tried again soon")]
    Contended(usize),
}

impl SharedError {
    pub(super) fn unreachable(url: &str, error: &object_store::Error) -> SharedError {
        SharedError::Unreachable { url: clean(url, MOST), reason: chain(error) }
    }

    pub(super) fn damaged(object: &str, reason: impl std::fmt::Display, fix: &str) -> SharedError {
        SharedError::Damaged {
            object: clean(object, MOST),
            reason: clean(&reason.to_string(), MOST),
            fix: fix.to_owned(),
        }
    }
}

/// An error with its causes, on one line, each said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = inner.source();
    }
    clean(&text, MOST)
}

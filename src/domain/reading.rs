//! What was read of the cloud, or that it could not be read.

use serde::{Deserialize, Serialize};

/// What a look gave, or why it gave nothing. What is unknown is neither empty nor still as it was: every rule must say what
/// follows from it. In JSON a known value is the value alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reading<T> {
    /// As it was read.
    Known(T),
    /// It could not be read.
    Unknown {
        /// Why.
        unknown: String,
    },
}

impl<T> Reading<T> {
    /// What could not be read, and why.
    pub fn unknown(why: impl Into<String>) -> Reading<T> {
        Reading::Unknown { unknown: why.into() }
    }

    /// What was read.
    pub fn known(&self) -> Option<&T> {
        match self {
            Reading::Known(value) => Some(value),
            Reading::Unknown { .. } => None,
        }
    }

    /// Why it could not be read.
    pub fn why(&self) -> Option<&str> {
        match self {
            Reading::Known(_) => None,
            Reading::Unknown { unknown } => Some(unknown),
        }
    }
}

impl<T> Reading<Vec<T>> {
    /// The items that are known, for what is shown and measured: none where they could not be read.
    pub fn items(&self) -> &[T] {
        self.known().map_or(&[], Vec::as_slice)
    }
}

impl<T: Default> Default for Reading<T> {
    fn default() -> Self {
        Reading::Known(T::default())
    }
}

impl<T> From<T> for Reading<T> {
    fn from(value: T) -> Self {
        Reading::Known(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_value_is_written_as_it_is_and_an_unknown_one_with_its_reason() {
        let known = Reading::Known(vec![1, 2]);
        assert_eq!(serde_json::to_string(&known).expect("plain values"), "[1,2]");
        let unknown: Reading<Vec<u32>> = Reading::unknown("denied");
        let text = serde_json::to_string(&unknown).expect("plain values");
        for (text, reading) in [("[1,2]", known), (text.as_str(), unknown)] {
            assert_eq!(serde_json::from_str::<Reading<Vec<u32>>>(text).expect("as written"), reading);
        }
        let none: Reading<Option<u32>> = serde_json::from_str("null").expect("nothing is known to be there");
        assert_eq!(none, Reading::Known(None));
    }
}

//! Lists that are longer than their place: which lines are seen, and which ones typed words let through.

use std::ops::Range;

/// The places of a list of `len` that are seen in `height` rows, with `chosen` among them, near the middle where it can be. What
/// is seen in fewer rows is among what is seen in more.
pub fn seen(chosen: usize, len: usize, height: usize) -> Range<usize> {
    let start = chosen.saturating_sub(height / 2).min(len.saturating_sub(height));
    start..len.min(start + height)
}

/// True if each of `words`, between spaces, is found in `text`, in any case.
pub fn lets(words: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_word_must_be_found() {
        assert!(lets("", "anything") && lets("  ", "anything"));
        assert!(lets("SHOP err", "error: shop is gone") && !lets("SHOP err", "shop is well"));
    }

    proptest! {
        #[test]
        fn the_chosen_row_is_seen_and_a_smaller_place_shows_no_other(
            chosen in 0usize..99, len in 1usize..99, height in 1usize..30, more in 0usize..30,
        ) {
            let chosen = chosen.min(len - 1);
            let (few, many) = (seen(chosen, len, height), seen(chosen, len, height + more));
            prop_assert!(few.contains(&chosen));
            prop_assert!(few.len() <= height && few.end <= len);
            prop_assert!(many.start <= few.start && few.end <= many.end);
        }
    }
}

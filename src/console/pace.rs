//! How often frames are drawn: soon after a key, seldom where the terminal takes them slowly.
//!
//! A frame that takes long to write means a slow link, or one that has stalled. Keys wait in their queue meanwhile and
//! are all taken before the next frame; what is dropped are frames.

use std::time::Duration;

/// Two frames are at least this far apart: 15 a second at the most.
const FASTEST: Duration = Duration::from_millis(66);
/// On the slowest links there is still a frame every two seconds.
const SLOWEST: Duration = Duration::from_secs(2);
/// The operator's own key is answered after this, however short ago the last frame was.
const OWN_KEY: Duration = Duration::from_millis(10);
/// A frame that takes longer to write than this shows a slow link.
const SLOW: Duration = Duration::from_millis(100);

/// The time between frames, as the terminal allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameInterval {
    apart: Duration,
}

impl Default for FrameInterval {
    fn default() -> Self {
        FrameInterval { apart: FASTEST }
    }
}

impl FrameInterval {
    /// How long after the last frame the next may be drawn; `own` when the operator has just pressed a key.
    pub fn apart(&self, own: bool) -> Duration {
        match (own, self.is_slow()) {
            (true, false) => OWN_KEY,
            (true, true) => self.apart / 4,
            (false, _) => self.apart,
        }
    }

    /// Hears how long a frame took to be written; true when the pace became slow, or fast again, by it.
    pub fn wrote(&mut self, took: Duration) -> bool {
        let before = self.is_slow();
        self.apart = if took > SLOW {
            (2 * self.apart).max(2 * took).min(SLOWEST)
        } else {
            (self.apart / 2).max(FASTEST)
        };
        self.is_slow() != before
    }

    /// True while frames are held back for a slow link.
    pub fn is_slow(&self) -> bool {
        self.apart > FASTEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(2);

    #[test]
    fn slow_links_get_fewer_frames_and_recover() {
        let mut pace = FrameInterval::default();
        assert!(!pace.wrote(QUICK) && !pace.is_slow());
        assert!(pace.wrote(Duration::from_millis(300)), "it became slow");
        assert_eq!(pace.apart(false), Duration::from_millis(600));
        assert!(pace.apart(true) < pace.apart(false), "own keys come first");
        let changed = (0..9).filter(|_| pace.wrote(Duration::from_secs(9))).count();
        assert_eq!(changed, 0, "it was slow before");
        assert_eq!(pace.apart(false), SLOWEST);
        let recovered = (0..9).filter(|_| pace.wrote(QUICK)).count();
        assert_eq!((recovered, pace), (1, FrameInterval::default()));
    }

    #[test]
    fn an_own_key_does_not_wait_for_the_next_regular_frame() {
        assert!(FrameInterval::default().apart(true) <= Duration::from_millis(10));
        assert!(FrameInterval::default().apart(false) >= Duration::from_millis(66));
    }
}

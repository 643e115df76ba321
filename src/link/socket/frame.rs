//! Frames: four bytes of length, the highest first, then so many bytes of JSON, packed where both sides can ([`packing`]).
//!
//! What comes in is bounded before anything is kept of it. A frame that is too long, cut off or no JSON is an error.
//!
//! [`packing`]: super::packing

use bytes::Bytes;
use futures_util::StreamExt;
use serde::{Serialize, de::DeserializeOwned};
use tokio::io::AsyncRead;
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};

use super::packing::{Packer, Unpacker};

/// Most bytes that an agent takes of a console at once.
pub const FROM_CONSOLE: usize = 1 << 20;
/// Most bytes that a console takes of an agent at once; the view of a large fleet is long.
pub const FROM_AGENT: usize = 64 << 20;

/// Bytes of the length.
const HEAD: usize = 4;

/// Why nothing more can be said or heard.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The peer has gone in the middle, or announces more than it may say.
    #[error("{0}")]
    Broken(#[from] std::io::Error),
    /// What it says is not understood.
    #[error("invalid message ({0})")]
    Garbled(#[from] serde_json::Error),
    /// There is more to say than the other side takes.
    #[error("a frame of {0} bytes exceeds the limit")]
    TooLong(usize),
}

/// Reads frames. Nothing is lost when a wait for the next is given up.
#[derive(Debug)]
pub struct Frames<R> {
    half: FramedRead<R, LengthDelimitedCodec>,
    most: usize,
    unpacker: Option<Unpacker>,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    /// Reads from `half`, never more than `most` bytes a frame.
    pub fn new(half: R, most: usize) -> Frames<R> {
        let mut codec = LengthDelimitedCodec::builder();
        let half = codec.length_field_length(HEAD).max_frame_length(most).new_read(half);
        Frames { half, most, unpacker: None }
    }

    /// What comes from now on is packed.
    pub(super) fn unpack(&mut self) -> Result<(), FrameError> {
        self.unpacker = Some(Unpacker::new()?);
        Ok(())
    }

    /// The next thing said; `None` when the other side has ended.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Option<Result<T, FrameError>> {
        let frame = self.half.next().await?;
        Some(frame.map_err(FrameError::from).and_then(|bytes| self.read(&bytes)))
    }

    fn read<T: DeserializeOwned>(&mut self, frame: &[u8]) -> Result<T, FrameError> {
        let Some(unpacker) = &mut self.unpacker else { return Ok(serde_json::from_slice(frame)?) };
        Ok(serde_json::from_slice(unpacker.unpack(frame, self.most)?)?)
    }
}

/// `value` as one frame of at most `most` bytes.
///
/// # Errors
/// [`FrameError::TooLong`]; [`FrameError::Garbled`] for what has no JSON.
pub fn encode(value: &impl Serialize, most: usize) -> Result<Bytes, FrameError> {
    let mut frame = vec![0; HEAD];
    serde_json::to_writer(&mut frame, value)?;
    headed(frame, most)
}

/// The same, packed; `most` is also what it may be before.
///
/// # Errors
/// As [`encode`]; [`FrameError::Broken`] where there is no memory to pack with.
pub(super) fn encode_packed(
    value: &impl Serialize,
    packer: &mut Packer,
    most: usize,
) -> Result<Bytes, FrameError> {
    let text = serde_json::to_vec(value)?;
    if text.len() > most {
        return Err(FrameError::TooLong(text.len()));
    }
    let mut frame = vec![0; HEAD];
    packer.pack(&text, &mut frame)?;
    headed(frame, most)
}

/// `frame` with its length written into its head.
fn headed(mut frame: Vec<u8>, most: usize) -> Result<Bytes, FrameError> {
    let length = frame.len() - HEAD;
    let head = u32::try_from(length).ok().filter(|_| length <= most).ok_or(FrameError::TooLong(length))?;
    frame[..HEAD].copy_from_slice(&head.to_be_bytes());
    Ok(frame.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// What is read when `bytes` arrive in pieces that end at `cuts`, up to the end or the first error.
    fn read(bytes: &[u8], cuts: &[usize], most: usize) -> Vec<Result<Vec<String>, String>> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers");
        runtime.block_on(async {
            let (mut into, half) = tokio::io::duplex(64);
            let write = async move {
                let mut from = 0;
                let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
                ends.sort_unstable();
                ends.push(bytes.len());
                for end in ends {
                    // The reader stops listening at the first error.
                    let _ = into.write_all(&bytes[from..end]).await;
                    tokio::task::yield_now().await;
                    from = end;
                }
            };
            let hear = async {
                let (mut frames, mut heard) = (Frames::new(half, most), Vec::new());
                while let Some(next) = frames.next().await {
                    heard.push(next.map_err(|e| e.to_string()));
                    if heard.last().is_some_and(Result::is_err) {
                        break;
                    }
                }
                drop(frames);
                heard
            };
            tokio::join!(write, hear).1
        })
    }

    proptest! {
        #[test]
        fn any_words_in_any_pieces_arrive(
            words in prop::collection::vec(prop::collection::vec(".{0,40}", 0..4), 0..6),
            cuts in prop::collection::vec(any::<usize>(), 0..12),
        ) {
            let frames = words.iter().map(|w| encode(w, FROM_CONSOLE).expect("is short"));
            let bytes: Vec<u8> = frames.flatten().collect();
            let heard = read(&bytes, &cuts, FROM_CONSOLE);
            prop_assert_eq!(heard, words.into_iter().map(Ok).collect::<Vec<_>>());
        }

        #[test]
        fn bytes_that_are_no_frames_end_in_an_error_or_in_silence(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            cuts in prop::collection::vec(any::<usize>(), 0..6),
        ) {
            read(&bytes, &cuts, 200);
        }
    }

    #[test]
    fn a_frame_that_is_too_long_is_refused_before_it_comes() {
        let long = vec!["x".repeat(100)];
        assert!(matches!(encode(&long, 100), Err(FrameError::TooLong(104))));
        let bytes = encode(&long, 104).expect("just fits");
        assert_eq!(read(&bytes, &[], 104), [Ok(long)]);
        // The length alone is enough: nothing follows it.
        let refused = read(&bytes[..HEAD], &[], 103);
        assert!(matches!(&refused[..], [Err(why)] if why.contains("frame size too big")), "{refused:?}");
    }

    #[test]
    fn what_is_cut_off_and_what_is_no_json_are_errors() {
        let bytes = encode(&["a"], 100).expect("is short");
        assert!(matches!(&read(&bytes[..bytes.len() - 1], &[], 100)[..], [Err(_)]));
        let mut garbled = bytes.to_vec();
        garbled[HEAD] = b'}';
        assert!(matches!(&read(&garbled, &[], 100)[..], [Err(why)] if why.contains("invalid message")));
    }
}

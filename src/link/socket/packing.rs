//! What an agent says, packed: one zstd stream a connection, of which each frame is a piece that can be read when it has come.
//!
//! A view is much like the one before it. The stream remembers that one, so that of a view little more than what has changed
//! is sent. A console says in its greeting what it can read ([`offered`]), an agent in its answer what it will do ([`chosen`]);
//! where one of the two says nothing, as 0.1 does, frames stay plain. A connection that is made again begins a new stream, and
//! so with a whole picture.
//!
//! What is unpacked is bounded as a frame is, whatever it pretends to be, and the memory of either side by `WINDOW`.

use std::{fmt, io};

use zstd::stream::raw::{CParameter, DParameter, Decoder, Encoder, InBuffer, Operation, OutBuffer};

/// The one way of packing that there is.
pub const ZSTD: &str = "zstd";
/// Bytes that the stream remembers, as a power of two: more than the view of several thousand groups, of which a screen shows some.
const WINDOW: u32 = 22;
/// How hard it is tried: 5 ms for a view of a thousand groups, which comes once a minute or with a key.
const LEVEL: i32 = 18;
/// Places of the tables it is tried with, as powers of two: larger ones save nothing of a view.
const HASHES: u32 = 15;
/// See `HASHES`.
const CHAIN: u32 = 16;
/// Bytes of room that are kept for the next frame.
const KEPT: usize = 1 << 20;
/// Bytes by which room is made.
const PIECE: usize = 64 << 10;

/// What a console of this version can read.
pub fn offered() -> Vec<String> {
    vec![ZSTD.to_owned()]
}

/// What an agent of this version does for a console that can read `offered`.
pub fn chosen(offered: &[String]) -> Option<String> {
    offered.iter().find(|name| *name == ZSTD).cloned()
}

/// The agent's end.
pub struct Packer(Encoder<'static>);

/// The console's end.
pub struct Unpacker {
    decoder: Decoder<'static>,
    /// What was unpacked last; its room is used again.
    text: Vec<u8>,
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Packer")
    }
}

impl fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unpacker")
    }
}

impl Packer {
    /// The beginning of a stream.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn new() -> io::Result<Packer> {
        let mut encoder = Encoder::new(LEVEL)?;
        encoder.set_parameter(CParameter::WindowLog(WINDOW))?;
        encoder.set_parameter(CParameter::HashLog(HASHES))?;
        encoder.set_parameter(CParameter::ChainLog(CHAIN))?;
        encoder.set_parameter(CParameter::ContentSizeFlag(false))?;
        Ok(Packer(encoder))
    }

    /// Adds `text` to `frame`, packed; it can be read when the frame has come.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn pack(&mut self, text: &[u8], frame: &mut Vec<u8>) -> io::Result<()> {
        let mut text = InBuffer::around(text);
        while text.pos < text.src.len() {
            piece(frame, |room| self.0.run(&mut text, room))?;
        }
        while piece(frame, |room| self.0.flush(room))? > 0 {}
        Ok(())
    }
}

impl Unpacker {
    /// The beginning of a stream.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn new() -> io::Result<Unpacker> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(WINDOW))?;
        Ok(Unpacker { decoder, text: Vec::new() })
    }

    /// What `frame` says, at most `most` bytes.
    ///
    /// # Errors
    /// It is no piece of this stream, or says more.
    pub fn unpack(&mut self, frame: &[u8], most: usize) -> io::Result<&[u8]> {
        let (text, decoder) = (&mut self.text, &mut self.decoder);
        text.clear();
        text.shrink_to(KEPT);
        let mut frame = InBuffer::around(frame);
        loop {
            let before = text.len();
            piece(text, |room| decoder.run(&mut frame, room))?;
            if text.len() > most {
                return Err(io::Error::other(format!("what is packed exceeds {most} bytes")));
            }
            // Room that was not filled means that there is no more in it.
            if frame.pos == frame.src.len() && text.len() < before + PIECE {
                return Ok(text);
            }
        }
    }
}

/// Lets `work` add to `to`, at most a piece.
fn piece<T>(to: &mut Vec<u8>, work: impl FnOnce(&mut OutBuffer<'_, [u8]>) -> io::Result<T>) -> io::Result<T> {
    let filled = to.len();
    to.resize(filled + PIECE, 0);
    let mut room = OutBuffer::around(&mut to[filled..]);
    let done = work(&mut room);
    let added = room.pos();
    to.truncate(filled + added);
    done
}

#[cfg(test)]
mod tests;

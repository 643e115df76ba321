//! Damage to a right input: bytes changed, parts removed and repeated, and what parsers trip over put in.

use proptest::{collection::vec, prelude::*, sample::Index};

/// What parsers trip over.
const TOKENS: [&str; 28] = [
    "-1",
    "0",
    "1e999",
    "NaN",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "4294967296",
    "0.0000000000000000000001",
    "0001-01-01",
    "9999-12-31T23:59:60Z",
    "+262143-01-01T00:00:00Z",
    "1970-01-01 00:00",
    "\0",
    "\u{202e}",
    "\u{1b}[2J",
    "\"",
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",,,,",
    "\r\n",
    "null",
    "=",
    "&a.b.c.d.e.f=",
];
/// What is put in very often: nesting, and length.
const MANY: [&str; 8] = ["[", "{\"a\":", "(", "a.", "x", "\n", "[[event]]\n", "é"];

/// One change.
#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Remove(Index, u16),
    Repeat(Index, u16, u8),
    Put(Index, usize),
    PutMany(Index, usize, u16),
    End(Index),
}

/// Which seed, and what happens to it.
#[derive(Debug, Clone)]
pub struct Damage {
    seed: Index,
    changes: Vec<Change>,
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        2 => (at(), 1..64u16).prop_map(|(at, many)| Change::Remove(at, many)),
        2 => (at(), 1..200u16, 1..40u8).prop_map(|(at, many, times)| Change::Repeat(at, many, times)),
        6 => (at(), 0..TOKENS.len()).prop_map(|(at, token)| Change::Put(at, token)),
        1 => (at(), 0..MANY.len(), 1..u16::MAX).prop_map(|(at, token, times)| Change::PutMany(at, token, times)),
        1 => at().prop_map(Change::End),
    ]
}

/// Any damage.
pub fn damages() -> impl Strategy<Value = Damage> {
    (any::<Index>(), vec(change(), 1..6)).prop_map(|(seed, changes)| Damage { seed, changes })
}

impl Damage {
    /// The input that it makes of one of `seeds`.
    pub fn of(&self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.seed.index(seeds.len())].clone();
        for change in &self.changes {
            let at = |index: &Index| index.index(bytes.len() + 1);
            match change {
                Change::Set(index, byte) => {
                    let at = at(index);
                    if let Some(found) = bytes.get_mut(at) {
                        *found = *byte;
                    }
                }
                Change::Remove(index, many) => {
                    let from = at(index);
                    bytes.drain(from..(from + usize::from(*many)).min(bytes.len()));
                }
                Change::Repeat(index, many, times) => {
                    let from = at(index);
                    let part =
                        bytes[from..(from + usize::from(*many)).min(bytes.len())].repeat(usize::from(*times));
                    bytes.splice(from..from, part);
                }
                Change::Put(index, token) => {
                    let at = at(index);
                    bytes.splice(at..at, TOKENS[*token].bytes());
                }
                Change::PutMany(index, token, times) => {
                    let at = at(index);
                    bytes.splice(at..at, MANY[*token].repeat(usize::from(*times)).into_bytes());
                }
                Change::End(index) => bytes.truncate(index.index(bytes.len() + 1)),
            }
        }
        bytes
    }
}

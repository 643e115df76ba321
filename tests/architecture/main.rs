//! Holds the rules of `docs/architecture.md`: which room may know which, who reads the clock, who may act; that the drawing
//! is the code; how long files and functions may be; and that the documents point at what is there.
//!
//! The rules are read off the source text. Comments do not count; what stands below `#[cfg(test)]`, in a file
//! called `tests.rs`, or in a folder called `tests` counts only where a rule says so.

mod circles;
mod documents;
mod drawing;
mod imports;
mod limits;
mod rooms;
mod source;

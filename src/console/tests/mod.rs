//! What the console's tests share: the fixture views, arbitrary ones, and the stored screens of every page.
//!
//! [`fixture`] holds the one fleet that every stored screen shows; a test changes the part that it is about.
//! [`sample`] holds a calendar, models and a journal for it, and makes hostile views and keys for property tests. `screens`
//! stores each page once per size and means; a page's own tests store only its special states. Start with
//! [`fixture::view`].

pub(crate) mod fixture;
pub(crate) mod sample;
mod screens;

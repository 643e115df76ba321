//! TODO essay

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod screens;

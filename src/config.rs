//! prescale.toml

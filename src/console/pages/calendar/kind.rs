//! How a kind of event looks in the month and in the agenda.

use crate::{console::draw::theme::Role, domain::event::EventKind};

/// The letter that stands for a kind.
pub fn letter(kind: EventKind) -> char {
    match kind {
        EventKind::Sale => 'S',
        EventKind::Promotion => 'P',
        EventKind::Launch => 'L',
        EventKind::Holiday => 'H',
        EventKind::Freeze => 'F',
        EventKind::Incident => 'I',
        EventKind::Other => 'O',
    }
}

/// How a kind is coloured.
pub fn role(kind: EventKind) -> Role {
    match kind {
        EventKind::Freeze => Role::Critical,
        EventKind::Incident => Role::Warning,
        EventKind::Holiday => Role::Info,
        EventKind::Sale | EventKind::Promotion | EventKind::Launch => Role::Event,
        EventKind::Other => Role::Muted,
    }
}

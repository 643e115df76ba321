//! What lies between the screen and the engine: nothing, an agent, or an agent that has been lost.

use ratatui::{Frame, layout::Rect, widgets::Clear};

use super::{pane::write, text::fit};
use crate::{
    console::draw::theme::{Role, Theme},
    domain::text::{clean, few},
    link::{ConnectionState, Level, View},
};

/// Whose console it is, for the header; nothing where the engine runs in this process.
pub fn attached(connection: &ConnectionState) -> Option<String> {
    match connection {
        ConnectionState::Attached { pid, operator } => {
            Some(format!("agent {pid}, you: {}", clean(operator, 40)))
        }
        ConnectionState::Here | ConnectionState::Lost { .. } => None,
    }
}

/// Which of several sources were not read, or without their metrics, at the newest look, and how much the worst of it matters.
pub fn unread(view: &View) -> Option<(String, Level)> {
    let level = view.troubled().filter_map(|source| Some(source.problem.as_ref()?.level)).max()?;
    let of = |(what, read): (&str, (bool, bool))| {
        let names = view.troubled().filter(|source| (source.groups_read, source.some_metrics_read) == read);
        let names: Vec<String> = names.map(|source| clean(&source.name, 32)).collect();
        let said = format!("{what}: {} ({} of {})", few(&names, 3), names.len(), view.sources.len());
        (!names.is_empty()).then_some(said)
    };
    let kinds = [
        ("not read", (false, false)),
        ("metrics not read", (true, false)),
        ("metrics read in part", (true, true)),
    ];
    let said: Vec<String> = kinds.into_iter().filter_map(of).collect();
    Some((said.join("; "), level))
}

/// What is to be known while the agent does not answer.
pub fn lost(connection: &ConnectionState) -> Option<String> {
    let ConnectionState::Lost { old, why } = connection else { return None };
    let picture = match old {
        Some(seconds @ 0..=119) => format!("data is {seconds} s old"),
        Some(seconds) => format!("data is {} min old", seconds / 60),
        None => "no data yet".to_owned(),
    };
    Some(format!("DISCONNECTED: {picture}, commands are refused: {}", clean(why, 200)))
}

/// Says over the last row of `area` that the agent does not answer.
pub fn banner(frame: &mut Frame<'_>, area: Rect, text: &str, theme: &Theme) {
    let row = Rect { y: area.bottom() - 1, height: 1, ..area }.intersection(frame.area());
    frame.render_widget(Clear, row);
    write(frame, row, 0, &fit(&format!(" {text}"), usize::from(row.width)), theme.style(Role::Critical));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::{sourced, view};

    #[test]
    fn sources_that_were_not_read_are_named() {
        assert_eq!(unread(&view()), None);
        let mut several = sourced(view());
        assert_eq!(unread(&several), Some(("not read: us (1 of 3)".into(), Level::Critical)));
        several.sources[1].problem = several.sources[2].problem.clone();
        let in_part = "not read: us (1 of 3); metrics read in part: eu (1 of 3)";
        assert_eq!(unread(&several), Some((in_part.into(), Level::Critical)));
        several.sources[1].some_metrics_read = false;
        let both = "not read: us (1 of 3); metrics not read: eu (1 of 3)";
        assert_eq!(unread(&several), Some((both.into(), Level::Critical)), "the groups of eu were read");
    }

    #[test]
    fn the_age_of_a_picture_is_said_and_the_reason_is_cleaned() {
        let lost =
            |old| lost(&ConnectionState::Lost { old, why: "gone\u{1b}[2J".into() }).expect("it is lost");
        assert_eq!(lost(Some(14)), "DISCONNECTED: data is 14 s old, commands are refused: gone[2J");
        assert!(lost(Some(300)).contains("5 min old") && lost(None).contains("no data yet"));
        let connection = ConnectionState::Attached { pid: 7, operator: "ada@ops".into() };
        assert_eq!(attached(&connection).as_deref(), Some("agent 7, you: ada@ops"));
        assert_eq!((attached(&ConnectionState::Here), super::lost(&connection)), (None, None));
    }
}

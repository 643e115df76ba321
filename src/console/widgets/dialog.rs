//! Dialogs over a page: a question with its consequence, and the menu of faults.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    pane::{self, lines},
    question::{Question, QuestionState},
    text::{fit, wrap},
};
use crate::{
    console::draw::theme::{Role, Theme},
    domain::{fault::Fault, text::clean},
};

/// Columns of text in a dialog.
const TEXT: usize = 66;

/// A panel in the middle of `area` that holds `text`.
fn dialog(frame: &mut Frame<'_>, area: Rect, title: &str, text: Vec<Line<'_>>, theme: &Theme) {
    let inner = pane::over(frame, pane::middle(area, 70, text.len() as u16 + 2), title, theme);
    lines(frame, inner, text, theme);
}

/// `text` on as many lines as it takes.
fn wrapped(text: &str, role: Role, theme: &Theme) -> Vec<Line<'static>> {
    wrap(text, TEXT).into_iter().map(|line| Line::styled(format!(" {line}"), theme.style(role))).collect()
}

/// A question with its consequence, what changed since it was asked, and the answers that can be given.
pub fn question(frame: &mut Frame<'_>, area: Rect, question: &Question, theme: &Theme) {
    let mut text: Vec<Line<'_>> =
        question.consequence.iter().flat_map(|line| wrapped(line, Role::Text, theme)).collect();
    if let Some((words, _)) = &question.changed {
        text.extend(wrapped(&format!("! {words}"), Role::Warning, theme));
    }
    text.push(Line::raw(""));
    match &question.state {
        QuestionState::Sent => {
            let words = "Sent; the answer will stand here. Esc closes, and the answer comes as a message.";
            text.extend(wrapped(words, Role::Info, theme));
        }
        QuestionState::Gone(why) => {
            let mark = theme.glyph("✗", "X");
            text.extend(wrapped(&format!("{mark} {why}"), Role::Critical, theme));
            text.extend(wrapped("Esc closes", Role::Muted, theme));
        }
        QuestionState::Refused(why) => {
            let mark = theme.glyph("✗", "X");
            text.extend(wrapped(&format!("{mark} refused: {why}"), Role::Critical, theme));
            text.extend(answers(question, theme));
        }
        QuestionState::Asked => text.extend(answers(question, theme)),
    }
    dialog(frame, area, &clean(&question.title, 60), text, theme);
}

/// The answers: the name to type, or yes and no with the one marked that Enter takes.
fn answers(question: &Question, theme: &Theme) -> Vec<Line<'static>> {
    if let Some((name, typed)) = &question.name {
        let bar = theme.glyph("▏", "|");
        let role = if question.is_named() { Role::Good } else { Role::Warning };
        let ask = format!(" To go on, type its name: {}", fit(name, 40).trim_end());
        let hint = " Enter confirms once the name matches; Esc cancels";
        return vec![
            Line::styled(ask, theme.style(Role::Text)),
            Line::styled(format!(" > {}{bar}", clean(typed, 60)), theme.style(role)),
            Line::styled(hint, theme.style(Role::Muted)),
        ];
    }
    let answer = |word: &'static str, marked: bool| {
        let text = if marked { format!("[{word}]") } else { format!(" {word} ") };
        Span::styled(text, theme.style(if marked { Role::Selected } else { Role::Muted }))
    };
    vec![Line::from(vec![
        Span::raw(" "),
        answer("y yes", question.yes),
        Span::raw("  "),
        answer("n no", !question.yes),
        Span::styled("   Enter confirms the selection", theme.style(Role::Muted)),
    ])]
}

/// The menu of faults for a group.
pub fn faults(frame: &mut Frame<'_>, area: Rect, group: &str, chosen: usize, theme: &Theme) {
    let mut text: Vec<Line<'_>> = Fault::ALL
        .iter()
        .enumerate()
        .map(|(index, fault)| {
            let mark = if index == chosen { theme.glyph("▶", ">") } else { " " };
            let role = if index == chosen { Role::Selected } else { Role::Text };
            Line::styled(format!(" {mark} {} {}", index + 1, fit(fault.name(), TEXT - 6)), theme.style(role))
        })
        .collect();
    text.push(Line::styled(" Enter injects, Esc cancels", theme.style(Role::Muted)));
    dialog(frame, area, &format!("Inject a fault into {}", clean(group, 30)), text, theme);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::screen;

    #[test]
    fn the_name_of_every_fault_is_whole() {
        let shown = screen((80, 24), |frame| faults(frame, frame.area(), "shop", 0, &Theme::default()));
        for fault in Fault::ALL {
            assert!(shown.to_string().contains(fault.name()), "{shown}");
        }
    }
}

//! What stands around every page: header, footer, toasts, questions, and the two screens without a page.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Clear,
};
use unicode_width::UnicodeWidthStr;

use super::{
    connection, level,
    pane::{self, lines, write},
    question::Question,
    text::{fit, wrap},
    toast::Toasts,
};
use crate::{
    console::{
        draw::{
            axis::{short, zone},
            theme::{Role, Theme},
        },
        input::{
            action::{Action, PageId},
            keymap::Keymap,
        },
        pages::{PageInfo, page::Page},
    },
    domain::{fault::Fault, text::clean},
    link::{ClockView, ConnectionState, Usage, View},
};

/// The least screen that everything fits on, columns by rows.
pub const LEAST: (u16, u16) = (80, 24);

/// Rows of the header: state, pages, notices.
pub const HEADER: u16 = 3;

/// The row of the header that names the pages.
pub const TABS: u16 = 1;

/// Says that the screen is too small, and how small.
pub fn too_small(frame: &mut Frame<'_>, keymap: &Keymap, theme: &Theme) {
    let area = frame.area();
    let text = format!(
        "The console needs {}x{} characters; this screen has {}x{}. Enlarge it, or {} quits.",
        LEAST.0,
        LEAST.1,
        area.width,
        area.height,
        keymap.key_of(Action::Quit)
    );
    for (y, line) in wrap(&text, usize::from(area.width)).iter().enumerate() {
        write(frame, area, y as u16, line, theme.style(Role::Warning));
    }
}

/// Says that the engine has not spoken yet.
///
/// `kept` is the number of keys that wait for it; `connection` is what may keep it from speaking.
pub fn loading(frame: &mut Frame<'_>, kept: usize, connection: &ConnectionState, theme: &Theme) {
    let area = frame.area();
    let dots = theme.glyph("…", "...");
    let waiting = match kept {
        0 => String::new(),
        1 => "1 key press is queued until the first view arrives".to_owned(),
        n => format!("{n} key presses are queued until the first view arrives"),
    };
    let lost = connection::lost(connection).unwrap_or_default();
    let texts = [format!("Starting: reading groups and history {dots}"), waiting, lost];
    for (y, text) in texts.iter().enumerate() {
        let place = pane::middle(area, text.width() as u16, area.height);
        write(frame, place, area.height / 2 + 2 * y as u16, text, theme.style(Role::Muted));
    }
}

/// The header: where the data come from and how the clock runs; the pages; what the operator must know.
pub fn header(
    frame: &mut Frame<'_>,
    area: Rect,
    view: &View,
    pages: &[(&PageInfo, String)],
    open: usize,
    theme: &Theme,
) {
    let mut spans = Vec::new();
    if view.simulated {
        spans.push(Span::styled(" SIMULATED ", theme.style(Role::Simulated)));
    }
    spans.push(Span::styled(" prescale ", theme.style(Role::Title)));
    let local = view.now.with_timezone(&zone(&view.zone)).format("%a %d %b %H:%M %Z");
    spans.push(Span::styled(local.to_string(), theme.style(Role::Text)));
    match view.clock {
        ClockView::Simulated { paused: true, .. } => {
            spans.push(Span::styled("  PAUSED", theme.style(Role::Warning)));
        }
        ClockView::Simulated { speed, .. } => {
            spans.push(Span::styled(
                format!("  {}{}", short(speed), theme.glyph("×", "x")),
                theme.style(Role::Info),
            ));
        }
        ClockView::Real => {}
    }
    if !view.simulated {
        spans.push(Span::styled(format!("  {}", clean(&view.source, 40)), theme.style(Role::Muted)));
    }
    if let Some(agent) = connection::attached(&view.connection) {
        spans.push(Span::styled(format!("  {agent}"), theme.style(Role::Muted)));
    }
    if view.read_only {
        spans.push(Span::raw("  "));
        spans.push(Span::styled(" READ-ONLY ", theme.style(Role::Selected)));
    }
    if view.brake {
        spans.push(Span::raw("  "));
        let words = if view.read_only { " BRAKE " } else { " BRAKE: scale-in frozen for all groups " };
        spans.push(Span::styled(words, theme.style(Role::Critical)));
    }
    if let Some(usage) = view.usage {
        let role = if usage.calls > usage.most_calls { Role::Warning } else { Role::Muted };
        spans.push(Span::styled(format!("  {}", cost(usage)), theme.style(role)));
    }
    frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans), area.width);
    let tabs = tabs(view, pages, open, area.width);
    frame.buffer_mut().set_line(area.x, area.y + TABS, &names(&tabs, open, theme), area.width);
    notices(frame, Rect { y: area.y + 2, height: 1, ..area }, view, theme);
}

/// What reading costs, in few words.
fn cost(usage: Usage) -> String {
    let bill = usage.monthly.map(|dollars| format!(", ${dollars:.2}/month")).unwrap_or_default();
    format!("{} API calls/min{bill}", usage.calls)
}

/// A page's tab: the key that opens it, and its name.
pub type Tab = (String, String);

/// The tabs on a row of `width` columns; names are short where the whole ones have no room.
pub fn tabs(view: &View, pages: &[(&PageInfo, String)], open: usize, width: u16) -> Vec<Tab> {
    let named = |short: bool| -> Vec<Tab> {
        let name = |(index, (page, key)): (usize, &(&PageInfo, String))| {
            let name = if short && index != open { page.short } else { page.title };
            let name = match (page.id, view.proposals.len()) {
                (PageId::PROPOSALS, count @ 1..) => format!("{name} ({count})"),
                _ => name.to_owned(),
            };
            (key.clone(), name)
        };
        pages.iter().enumerate().map(name).collect()
    };
    let whole = named(false);
    let used: usize = whole.iter().map(span).sum();
    if used > usize::from(width) { named(true) } else { whole }
}

/// Columns of a tab: brackets or blanks around key and name.
fn span((key, name): &Tab) -> usize {
    key.width() + name.width() + 3
}

/// The tab that `column` of the row lies on.
pub fn tab_at(tabs: &[Tab], column: u16) -> Option<usize> {
    let mut end = 0;
    tabs.iter().position(|tab| {
        end += span(tab);
        usize::from(column) < end
    })
}

/// The names of the pages, the open one marked.
fn names(tabs: &[Tab], open: usize, theme: &Theme) -> Line<'static> {
    let mut spans = Vec::new();
    for (index, (key, name)) in tabs.iter().enumerate() {
        if index == open {
            spans.push(Span::styled(format!("[{key} {name}]"), theme.style(Role::Selected)));
        } else {
            spans.push(Span::styled(format!(" {key}"), theme.style(Role::Key)));
            spans.push(Span::styled(format!(" {name} "), theme.style(Role::Muted)));
        }
    }
    Line::from(spans)
}

/// Says over the notices that the screen stands still, how many views wait, and which key lets it go on.
pub fn banner(frame: &mut Frame<'_>, area: Rect, newer: u64, key: &str, theme: &Theme) {
    let row = Rect { y: area.bottom() - 1, height: 1, ..area }.intersection(frame.area());
    frame.render_widget(Clear, row);
    let text = format!(" FROZEN: {newer} newer views; {key} resumes. The engine keeps running. ");
    write(frame, row, 0, &fit(&text, usize::from(row.width)), theme.style(Role::Selected));
}

/// The most important notice, and how many more there are.
fn notices(frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
    let Some(first) = view.notices.first() else { return };
    let (role, mark) = level(first.level, theme);
    let more = match view.notices.len() - 1 {
        0 => String::new(),
        n => format!("  (+{n} more)"),
    };
    let room = usize::from(area.width).saturating_sub(more.width() + 2);
    let text = fit(&first.text, room);
    write(frame, area, 0, &format!("{mark} {}{more}", text.trim_end()), theme.style(role));
}

/// The footer: keys of this page, then the most needed of everywhere, as many as fit.
pub fn footer(frame: &mut Frame<'_>, area: Rect, keymap: &Keymap, page: &dyn Page, theme: &Theme) {
    const ALWAYS: [Action; 10] = [
        Action::Help,
        Action::Quit,
        Action::Palette,
        Action::Brake,
        Action::Freeze,
        Action::Pause,
        Action::Faster,
        Action::Fault,
        Action::Theme,
        Action::NextPage,
    ];
    if page.wants_text() {
        write(frame, area, 0, "Typing: Enter accepts, Esc leaves, Ctrl-C quits", theme.style(Role::Muted));
        return;
    }
    // Help and quit are kept on the screen however many keys a page has.
    let own = page.actions();
    let order = own.iter().chain(ALWAYS.iter().filter(|a| !own.contains(a)));
    let kept = |action: &Action| matches!(action, Action::Help | Action::Quit);
    let room = usize::from(area.width).saturating_sub(16);
    let mut used = 0;
    let mut spans = Vec::new();
    for binding in order.filter_map(|a| keymap.binding(*a)) {
        let key = keymap.key_of(binding.action);
        let word = page.word(binding.action).unwrap_or(binding.word);
        let width = key.width() + word.width() + 3;
        let necessary = kept(&binding.action);
        if !necessary && used + width > room {
            continue;
        }
        used += if necessary { 0 } else { width };
        spans.push(Span::styled(key, theme.style(Role::Key)));
        spans.push(Span::styled(format!(" {word}  "), theme.style(Role::Muted)));
    }
    frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans), area.width);
}

/// Toasts at the lower right, over the page.
pub fn toasts(frame: &mut Frame<'_>, area: Rect, toasts: &Toasts, theme: &Theme) {
    let width = area.width.saturating_sub(4).min(64);
    let mut bottom = area.bottom();
    for toast in toasts.iter().collect::<Vec<_>>().into_iter().rev() {
        let (role, mark) = level(toast.level, theme);
        let text = wrap(&toast.text, usize::from(width.saturating_sub(4)));
        let height = text.len() as u16;
        if bottom < area.y + height {
            return;
        }
        bottom -= height;
        let place = Rect::new(area.right() - width, bottom, width, height);
        frame.render_widget(Clear, place);
        frame.buffer_mut().set_style(place, theme.style(Role::Text));
        for (y, line) in text.iter().enumerate() {
            let mark = if y == 0 { mark } else { " " };
            let line = format!(" {mark} {}", fit(line, usize::from(width.saturating_sub(3))));
            write(frame, place, y as u16, &line, theme.style(role));
        }
    }
}

/// A panel in the middle of `area` that holds `text`.
fn dialog(frame: &mut Frame<'_>, area: Rect, title: &str, text: Vec<Line<'_>>, theme: &Theme) {
    let inner = pane::over(frame, pane::middle(area, 70, text.len() as u16 + 2), title, theme);
    lines(frame, inner, text, theme);
}

/// A question with its consequence and both answers, the one that Enter takes marked.
pub fn question(frame: &mut Frame<'_>, area: Rect, question: &Question, theme: &Theme) {
    let mut text: Vec<Line<'_>> = question
        .consequence
        .iter()
        .flat_map(|line| wrap(line, 66))
        .map(|line| Line::styled(format!(" {line}"), theme.style(Role::Text)))
        .collect();
    let answer = |word: &'static str, marked: bool| {
        let text = if marked { format!("[{word}]") } else { format!(" {word} ") };
        Span::styled(text, theme.style(if marked { Role::Selected } else { Role::Muted }))
    };
    text.push(Line::raw(""));
    if let Some((name, typed)) = &question.name {
        let bar = theme.glyph("▏", "|");
        let role = if question.is_named() { Role::Good } else { Role::Warning };
        text.push(Line::styled(
            format!(" To go on, type its name: {}", fit(name, 40).trim_end()),
            theme.style(Role::Text),
        ));
        text.push(Line::styled(format!(" > {}{bar}", clean(typed, 60)), theme.style(role)));
        let hint = " Enter confirms once the name matches; Esc cancels";
        text.push(Line::styled(hint, theme.style(Role::Muted)));
        return dialog(frame, area, &clean(&question.title, 60), text, theme);
    }
    text.push(Line::from(vec![
        Span::raw(" "),
        answer("y yes", question.yes),
        Span::raw("  "),
        answer("n no", !question.yes),
        Span::styled("   Enter confirms the selection", theme.style(Role::Muted)),
    ]));
    dialog(frame, area, &clean(&question.title, 60), text, theme);
}

/// The menu of faults for a group.
pub fn faults(frame: &mut Frame<'_>, area: Rect, group: &str, chosen: usize, theme: &Theme) {
    let mut text: Vec<Line<'_>> = Fault::ALL
        .iter()
        .enumerate()
        .map(|(index, fault)| {
            let mark = if index == chosen { theme.glyph("▶", ">") } else { " " };
            let role = if index == chosen { Role::Selected } else { Role::Text };
            Line::styled(format!(" {mark} {} {}", index + 1, fit(fault.name(), 30)), theme.style(role))
        })
        .collect();
    text.push(Line::styled(" Enter injects, Esc cancels", theme.style(Role::Muted)));
    dialog(frame, area, &format!("Inject a fault into {}", clean(group, 30)), text, theme);
}

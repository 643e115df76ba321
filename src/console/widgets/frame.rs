//! What stands around every page: header, footer, toasts, and the two screens without a page.

mod state_line;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Clear,
};
use unicode_width::UnicodeWidthStr;

use super::{
    connection, level,
    pane::{self, write},
    text::{fit, wrap},
    toast::{Toast, Toasts},
};
use crate::{
    console::{
        draw::theme::{Role, Theme},
        input::{
            action::{Action, PageId},
            keymap::{Binding, Keymap},
        },
        pages::{PageInfo, page::Page},
    },
    domain::text::clean,
    link::View,
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
/// `kept` is the number of keys that wait for it; `view` says how far the first minute is, or what keeps it from speaking.
pub fn loading(frame: &mut Frame<'_>, kept: usize, view: &View, theme: &Theme) {
    let area = frame.area();
    let dots = theme.glyph("…", "...");
    let waiting = match kept {
        0 => String::new(),
        1 => "1 key press is queued until the first view arrives".to_owned(),
        n => format!("{n} key presses are queued until the first view arrives"),
    };
    let lost = connection::lost(&view.connection).unwrap_or_default();
    let doing = match &view.starting {
        Some(start) if start.groups > 0 => {
            format!("Starting: {} of {} groups; {} {dots}", start.done, start.groups, clean(&start.what, 120))
        }
        Some(start) => format!("Starting: {} {dots}", clean(&start.what, 120)),
        None => format!("Starting: reading groups and history {dots}"),
    };
    let bar = view.starting.as_ref().filter(|start| start.groups > 0).map_or(String::new(), |start| {
        let full = (40 * start.done / start.groups).min(40);
        format!("[{}{}]", "=".repeat(full), " ".repeat(40 - full))
    });
    let texts = [doing, bar, waiting, lost];
    for (y, text) in texts.iter().enumerate() {
        let place = pane::middle(area, text.width() as u16, area.height);
        write(
            frame,
            place,
            (area.height / 2).saturating_sub(2) + 2 * y as u16,
            text,
            theme.style(Role::Muted),
        );
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
    frame.buffer_mut().set_line(area.x, area.y, &state_line::line(view, area.width, theme), area.width);
    let tabs = tabs(view, pages, open, area.width);
    frame.buffer_mut().set_line(area.x, area.y + TABS, &names(&tabs, open, theme), area.width);
    notices(frame, Rect { y: area.y + 2, height: 1, ..area }, view, theme);
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

/// The footer: the keys that matter on this page now, the brake where there is room, then how to see all the others and how to leave.
pub fn footer(
    frame: &mut Frame<'_>,
    area: Rect,
    keymap: &Keymap,
    (page, view): (&dyn Page, &View),
    theme: &Theme,
) {
    /// What fills the five where a page has fewer.
    const USUAL: [Action; 3] = [Action::Palette, Action::NextPage, Action::Freeze];
    const KEYS: usize = 5;
    if page.wants_text() {
        write(frame, area, 0, "Typing: Enter accepts, Esc leaves, Ctrl-C quits", theme.style(Role::Muted));
        return;
    }
    let item = |binding: &Binding, word: &str| {
        let key = keymap.key_of(binding.action);
        (!key.is_empty()).then(|| (key, format!(" {word}  ")))
    };
    let named = |action: &Action| {
        let binding = keymap.binding(*action)?;
        item(binding, page.word(*action).unwrap_or(binding.word))
    };
    let own = page.keys(view);
    let usual = USUAL.iter().filter(|action| !own.contains(action));
    let own = own.iter().filter(|action| **action != Action::Brake);
    let always = [(Action::Help, "all keys"), (Action::Quit, "quit")];
    let always = always.into_iter().filter_map(|(action, word)| item(keymap.binding(action)?, word));
    let always: Vec<(String, String)> = always.collect();
    let brake = keymap.binding(Action::Brake).filter(|_| !view.read_only);
    let brake = brake.and_then(|binding| item(binding, if view.brake { "release" } else { "brake" }));
    let width = |items: &[(String, String)]| items.iter().map(|(k, w)| k.width() + w.width()).sum::<usize>();
    let room = usize::from(area.width).saturating_sub(width(&always));
    let mut items: Vec<(String, String)> = own.filter_map(named).take(KEYS).collect();
    while !items.is_empty() && width(&items) > room {
        items.pop();
    }
    let brake = brake.filter(|own| width(&items) + width(std::slice::from_ref(own)) <= room);
    let room = room - width(brake.as_slice());
    for more in usual.filter_map(named).take(KEYS.saturating_sub(items.len())) {
        if width(&items) + width(std::slice::from_ref(&more)) <= room {
            items.push(more);
        }
    }
    let spans = items.into_iter().chain(brake).chain(always).flat_map(|(key, word)| {
        [Span::styled(key, theme.style(Role::Key)), Span::styled(word, theme.style(Role::Muted))]
    });
    frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans.collect::<Vec<_>>()), area.width);
}

/// The message that matters most over the footer, where it hides no axis and no row of a list; the others are counted.
pub fn toasts(frame: &mut Frame<'_>, foot: Rect, toasts: &Toasts, theme: &Theme) {
    let all: Vec<&Toast> = toasts.iter().collect();
    let Some(toast) = all.iter().max_by_key(|toast| toast.level) else { return };
    let (role, mark) = level(toast.level, theme);
    let more = match all.len() - 1 {
        0 => String::new(),
        n => format!("  (+{n} more)"),
    };
    let room = usize::from(foot.width).saturating_sub(more.width() + 3);
    let text = wrap(&toast.text, room.max(1));
    // What is longer than the row takes as many above it as it needs.
    let height = (text.len() as u16).clamp(1, foot.bottom());
    let place = Rect { y: foot.bottom() - height, height, ..foot };
    frame.render_widget(Clear, place);
    frame.buffer_mut().set_style(place, theme.style(Role::Text));
    for (y, line) in text.iter().enumerate() {
        let mark = if y == 0 { mark } else { " " };
        let more = if y + 1 == text.len() { more.as_str() } else { "" };
        write(frame, place, y as u16, &format!(" {mark} {line}{more}"), theme.style(role));
    }
}

//! The end of a group's line: what is unusual about it, the most important first, as far as there is room.

use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use crate::{
    console::{
        draw::{
            axis::{length, local},
            theme::{Role, Theme},
        },
        widgets::{
            level,
            pane::{left_and_right, write},
            text::cut,
        },
    },
    domain::Time,
    link::{Badge, GroupRow},
};

/// A marked remark on a group: its words, the fewer of them for few columns, and their role.
pub struct Remark {
    long: String,
    short: String,
    role: Role,
}

impl Remark {
    fn of(text: String, role: Role) -> Remark {
        Remark { long: text.clone(), short: text, role }
    }
}

/// How old the data of a group are, where a point is missing and no badge says so.
fn age(group: &GroupRow) -> Option<Remark> {
    let said = group.badges.iter().any(speaks_of_age);
    let age = length(group.data_age.filter(|_| group.late && !said)?);
    Some(Remark { long: format!("! data {age} old"), short: format!("! {age} old"), role: Role::Warning })
}

fn speaks_of_age(badge: &Badge) -> bool {
    badge.text.starts_with("stale") || badge.text.starts_with("late")
}

/// How old the data are, for the whole line rests on them, then a proposal, what else is unusual, and the next event.
pub fn of(group: &GroupRow, zone: Tz, now: Time, theme: &Theme) -> Vec<Remark> {
    let badge = |badge: &Badge| {
        let (role, mark) = level(badge.level, theme);
        Remark::of(format!("{mark} {}", badge.text), role)
    };
    let until_age = group.badges.iter().rposition(speaks_of_age).map_or(0, |last| last + 1);
    let (of_age, others) = group.badges.split_at(until_age);
    let mut out: Vec<Remark> = age(group).into_iter().chain(of_age.iter().map(badge)).collect();
    if group.proposal.is_some() {
        let mark = theme.glyph("◆", "*");
        out.push(Remark { long: format!("{mark} proposal"), short: mark.to_owned(), role: Role::Warning });
    }
    out.extend(others.iter().map(badge));
    if let Some((name, start)) = &group.next_event {
        let when = if *start <= now { "now".into() } else { local(*start, zone) };
        out.push(Remark::of(format!("{} {name} {when}", theme.glyph("▸", ">")), Role::Muted));
    }
    out
}

/// Writes remarks on row `y`, whole ones: what has no room is counted, as `+2 more`. Only the first may be cut.
pub fn draw(frame: &mut Frame<'_>, area: Rect, y: u16, said: &[Remark], style: impl Fn(Role) -> Style) {
    let mut left = area;
    for (n, remark) in said.iter().enumerate() {
        let room = usize::from(left.width);
        let count = if n + 1 < said.len() { 4 } else { 0 };
        let fitting = [&remark.long, &remark.short].into_iter().find(|text| text.width() + count <= room);
        let Some(text) = fitting.or((n == 0).then_some(&remark.short)) else {
            let more = if room >= 7 { " more" } else { "" };
            return write(frame, left, y, &format!("+{}{more}", said.len() - n), style(Role::Muted));
        };
        let text = cut(text, room);
        write(frame, left, y, &text, style(remark.role));
        (_, left) = left_and_right(left, text.width() as u16 + 2);
    }
}

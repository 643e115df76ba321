//! The fleet on a screen that is too small for the pages: what needs a person first, one group a line, and no keys but to
//! leave.

use ratatui::{Frame, layout::Rect};

use super::table::{planned, totals};
use crate::{
    console::{
        draw::{
            axis::{stamp, zone},
            theme::{Role, Theme},
        },
        input::{action::Action, keymap::Keymap},
        widgets::{
            connection,
            frame::LEAST,
            level,
            pane::write,
            text::{cut, fit, fit_right},
        },
    },
    domain::text::clean,
    link::{FleetQuery, GroupRow, Level, ListedGroups, View},
};

/// The least screen that a list is shown on.
const SMALL: (u16, u16) = (50, 8);

/// True if a list fits.
pub fn fits(area: Rect) -> bool {
    area.width >= SMALL.0 && area.height >= SMALL.1
}

/// Draws the list over the whole screen.
pub fn draw(frame: &mut Frame<'_>, view: &View, keymap: &Keymap, theme: &Theme) {
    let area = frame.area();
    let width = usize::from(area.width);
    let mut head = stamp(view.now, zone(&view.zone), "%a %d %b %H:%M %Z");
    if view.simulated {
        head = format!("SIMULATED {head}");
    }
    if view.brake {
        head += "  BRAKE";
    }
    if view.is_lost() {
        head += "  DISCONNECTED";
    }
    if let Some((unread, _)) = connection::unread(view) {
        head += &format!("  {unread}");
    }
    let role = if view.brake || view.is_lost() { Role::Critical } else { Role::Title };
    write(frame, area, 0, &cut(&head, width), theme.style(role));
    let ListedGroups { rows, whole, totals: sums, .. } = view.listed(&FleetQuery::default());
    let sums =
        sums.map_or_else(|| format!("{} groups", rows.len()), |sums| totals(&sums, view.groups.len(), width));
    write(frame, area, 1, &cut(&sums, width), theme.style(Role::Muted));
    let room = usize::from(area.height).saturating_sub(3);
    for (y, (group, whole)) in rows.iter().zip(whole).take(room).enumerate() {
        let (mark, role, words) = state(group, theme);
        let name = fit(&clean(&group.name, 60), (width / 3).max(14));
        let (size, plan) = match whole {
            true => (format!("{}/{}", group.in_service, group.desired), planned(group, 9)),
            false => ("…".into(), "…".into()),
        };
        let text = format!("{mark} {name}{} {} {words}", fit_right(&size, 9), fit_right(&plan, 9));
        write(frame, area, y as u16 + 2, &cut(&text, width), theme.style(role));
    }
    let more = match rows.len().saturating_sub(room) {
        0 => String::new(),
        n => format!("{n} more groups; "),
    };
    let quit = keymap.key_of(Action::Quit);
    let foot = format!("{more}pages need {}x{}; {quit} quits", LEAST.0, LEAST.1);
    write(frame, area, area.height - 1, &cut(&foot, width), theme.style(Role::Muted));
}

/// Mark, role and words of what is unusual about a group.
fn state<'t>(group: &GroupRow, theme: &'t Theme) -> (&'t str, Role, String) {
    if group.proposal.is_some() {
        return (theme.glyph("◆", "*"), Role::Warning, "proposal".into());
    }
    match group.badges.iter().max_by_key(|badge| badge.level) {
        Some(badge) if badge.level >= Level::Warning => {
            let (role, mark) = level(badge.level, theme);
            (mark, role, badge.text.clone())
        }
        _ if group.late => ("!", Role::Warning, "data old".into()),
        _ => (" ", Role::Text, group.mode.name().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::{screen, view};

    #[test]
    fn the_fleet_is_listed_where_no_page_fits() {
        let (keymap, theme) = (Keymap::default(), Theme::default());
        let shown = screen((60, 15), |frame| draw(frame, &view(), &keymap, &theme)).to_string();
        insta::assert_snapshot!("fleet_60x15", shown);
        let few = screen((50, 8), |frame| draw(frame, &View { brake: true, ..view() }, &keymap, &theme));
        assert!(few.to_string().contains("BRAKE"), "{few}");
        assert!(fits(Rect::new(0, 0, 60, 15)) && !fits(Rect::new(0, 0, 40, 10)));
    }
}

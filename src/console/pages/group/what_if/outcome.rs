//! What would come of what is thought of, in lines: the next hours and the last days, in force and in thought side by side.

use ratatui::text::{Line, Span};

use crate::{
    console::{
        draw::{
            axis::{length, short},
            theme::{Role, Theme},
        },
        pages::calendar::effect,
        widgets::{
            pane,
            text::{fit, fit_right, wrap},
        },
    },
    domain::{
        cost_and_risk::HourlyPrice,
        event::{Event, EventKind},
        scorecard::Side,
        text::clean,
        what_if::ExtraLoad,
    },
    link::{View, WhatIfView},
};

/// Columns of a label and of a number.
const LABEL: usize = 15;
const NUMBER: usize = 9;

/// The lines: `fresh` is false while the answer is still one to something else.
pub(super) fn said(
    (answer, fresh): (Option<&WhatIfView>, bool),
    event: Option<&ExtraLoad>,
    (view, theme): (&View, &Theme),
    width: u16,
) -> Vec<Line<'static>> {
    let Some(answer) = answer else {
        let text = "computing; an agent of an older version does not answer";
        return wrapped(text, Role::Muted, usize::from(width), theme);
    };
    let table = Table { theme, fresh, price: answer.price };
    let mut out = Vec::new();
    if let Some(ahead) = &answer.ahead {
        let reach = length(60 * ahead.now.planned.len() as i64);
        out.push(table.heading(&format!("next {reach}"), if fresh { "what if" } else { "computing" }));
        let whole = |n: u32| n.to_string();
        out.push(table.row("plan wants", (whole(ahead.now.want), whole(ahead.then.want)), None));
        out.push(table.row("most at once", (whole(ahead.now.most), whole(ahead.then.most)), None));
        out.extend(table.costs(ahead.now.side, ahead.then.side));
        let minutes = |side: Side| format!("{} min", short(side.above));
        out.push(table.row("above target", (minutes(ahead.now.side), minutes(ahead.then.side)), None));
        out.extend(table.cut(ahead.now.cut, ahead.then.cut));
    }
    if let Some(days) = &answer.days {
        let past = length((view.now - days.now.since).num_seconds());
        out.push(table.heading(&format!("last {past}"), if fresh { "what if" } else { "computing" }));
        let whole = |n: u32| n.to_string();
        out.extend(table.costs(days.now.side, days.then.side));
        let share = |minutes: f64, above: f64| format!("{} %", short(100.0 * above / minutes.max(1.0)));
        let both =
            (share(days.now.minutes, days.now.side.above), share(days.then.minutes, days.then.side.above));
        let more = format!("{} min", short(days.then.side.above));
        out.push(table.row("above target", both, Some(more)));
        let lost =
            (share(days.now.minutes, days.now.side.lost), share(days.then.minutes, days.then.side.lost));
        out.push(table.row("load lost", lost, None));
        out.push(table.row("most at once", (whole(days.now.most), whole(days.then.most)), None));
        out.extend(table.cut(days.now.cut, days.then.cut));
    }
    out.extend(
        event.and_then(|event| peak(event, answer, view)).map(|(text, role)| pane::line(text, role, theme)),
    );
    let problems = answer.problems.iter();
    out.extend(problems.flat_map(|why| wrapped(&clean(why, 200), Role::Warning, usize::from(width), theme)));
    out
}

/// `text` on lines of at most `width` columns.
fn wrapped(text: &str, role: Role, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    wrap(text, width).into_iter().map(|line| pane::line(line, role, theme)).collect()
}

/// What an event means for the group at its peak, where it lies beyond the forecast.
fn peak(event: &ExtraLoad, answer: &WhatIfView, view: &View) -> Option<(String, Role)> {
    let reach = answer.ahead.as_ref()?.now.planned.known_until();
    if event.start < reach {
        return None;
    }
    let event = Event {
        name: String::new(),
        kind: EventKind::Other,
        label: String::new(),
        start: event.start,
        end: event.end(),
        multiplier: Some(event.multiplier),
        min_instances: None,
        groups: Vec::new(),
    };
    effect::words(&event, view)
}

/// How the rows are drawn.
struct Table<'a> {
    theme: &'a Theme,
    fresh: bool,
    price: Option<HourlyPrice>,
}

impl Table<'_> {
    fn heading(&self, label: &str, then: &str) -> Line<'static> {
        let text = format!("{}{}{}", fit(label, LABEL), fit_right("now", NUMBER), fit_right(then, NUMBER));
        Line::styled(text, self.theme.style(Role::Title))
    }

    /// A row; `more` stands behind the two values.
    fn row(&self, label: &str, (now, then): (String, String), more: Option<String>) -> Line<'static> {
        let role = match () {
            () if !self.fresh => Role::Muted,
            () if now == then => Role::Text,
            () => Role::Info,
        };
        Line::from(vec![
            Span::styled(fit(label, LABEL), self.theme.style(Role::Muted)),
            Span::styled(fit_right(&now, NUMBER), self.theme.style(Role::Text)),
            Span::styled(fit_right(&then, NUMBER), self.theme.style(role)),
            Span::styled(
                more.map_or(String::new(), |more| format!(" {more}")),
                self.theme.style(Role::Muted),
            ),
        ])
    }

    /// Instance-hours, with the difference in percent, and what they cost.
    fn costs(&self, now: Side, then: Side) -> Vec<Line<'static>> {
        let hours = (now.instance_hours, then.instance_hours);
        let percent = 100.0 * (hours.1 / hours.0.max(f64::MIN_POSITIVE) - 1.0);
        let more = (hours.0 > 0.0 && percent.abs() >= 0.05).then(|| format!("{percent:+.1} %"));
        let mut out = vec![self.row("instance-hours", (short(hours.0), short(hours.1)), more)];
        if let Some(price) = self.price {
            let money = |hours: f64| format!("{:.2}", price.amount * hours);
            let difference = price.amount * (hours.1 - hours.0);
            let more = (difference.abs() >= 0.005).then(|| format!("{difference:+.2}"));
            // A list price is in US dollars, the configuration's own in a currency that only the operator knows.
            let label = if price.list.is_some() { "cost (US $)" } else { "cost" };
            out.push(self.row(label, (money(hours.0), money(hours.1)), more));
        }
        out
    }

    /// Minutes in which MaxSize cuts what is wanted, if there are any.
    fn cut(&self, now: f64, then: f64) -> Option<Line<'static>> {
        let minutes = |cut: f64| format!("{} min", short(cut));
        (now > 0.0 || then > 0.0).then(|| self.row("cut by MaxSize", (minutes(now), minutes(then)), None))
    }
}

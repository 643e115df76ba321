//! What is told, as text for people and as JSON for programs.

use serde::Serialize;

use crate::{
    config::NotifyEvent,
    domain::{Time, journal::JournalKind},
    engine::JournalEvent,
};

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notification {
    /// What happened.
    pub event: NotifyEvent,
    /// When, by the engine's clock.
    pub at: Time,
    /// Group it speaks of, if one.
    pub group: Option<String>,
    /// What happened, in words with numbers.
    pub text: String,
    /// Who did it.
    pub operator: String,
    /// Decision it belongs to.
    pub decision: Option<i64>,
    /// Account and region, or `SIMULATED`.
    pub source: String,
    /// True when nothing real happened.
    pub simulated: bool,
}

impl Notification {
    /// The message that a line of the journal makes; most make none.
    pub fn of(noted: &JournalEvent) -> Option<Notification> {
        let entry = &noted.entry;
        let event = match entry.kind {
            JournalKind::Proposed => NotifyEvent::Proposal,
            JournalKind::Outcome if noted.failed => NotifyEvent::Failed,
            JournalKind::Outcome => NotifyEvent::Acted,
            JournalKind::Unconfirmed => NotifyEvent::Failed,
            JournalKind::Blocked => NotifyEvent::Blocked,
            JournalKind::Demoted => NotifyEvent::Demoted,
            JournalKind::Brake => NotifyEvent::Brake,
            _ => return None,
        };
        Some(Notification {
            event,
            at: entry.at,
            group: entry.group.clone(),
            text: entry.text.clone(),
            operator: entry.operator.clone(),
            decision: entry.decision,
            source: noted.source.clone(),
            simulated: noted.simulated,
        })
    }

    /// For the standard input of a program.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// For a webhook: `{"text": …}`, with the three characters escaped that Slack asks for.
    pub fn slack(&self) -> String {
        let mark = if self.simulated { "[SIMULATED] " } else { "" };
        let group = self.group.as_deref().unwrap_or("all groups");
        let decision = self.decision.map(|id| format!(", decision {id}")).unwrap_or_default();
        let at = self.at.format("%Y-%m-%d %H:%M UTC");
        let text = format!(
            "{mark}{}: {group}: {} ({}, {}, {at}{decision})",
            self.event.name(),
            self.text,
            self.operator,
            self.source
        );
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        serde_json::json!({ "text": text }).to_string()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{at_epoch, journal::JournalEntry};

    pub(in crate::agent::notify) fn noted(kind: JournalKind, text: &str) -> JournalEvent {
        JournalEvent {
            entry: JournalEntry {
                id: 7,
                at: at_epoch(1_795_438_800),
                group: Some("web".into()),
                kind,
                operator: "ada@ops".into(),
                text: text.into(),
                decision: Some(12),
            },
            source: "aws eu-west-1 123456789012".into(),
            simulated: false,
            failed: false,
        }
    }

    #[test]
    fn lines_become_messages_by_what_they_mean() {
        let event = |noted: &JournalEvent| Notification::of(noted).map(|m| m.event.name());
        let outcome = noted(JournalKind::Outcome, "desired capacity is 6 (was 4)");
        assert_eq!(event(&outcome), Some("acted"));
        assert_eq!(event(&JournalEvent { failed: true, ..outcome }), Some("failed"));
        for (kind, name) in [
            (JournalKind::Proposed, "proposal"),
            (JournalKind::Blocked, "blocked"),
            (JournalKind::Demoted, "demoted"),
            (JournalKind::Brake, "brake"),
        ] {
            assert_eq!(event(&noted(kind, "x")), Some(name));
        }
        for kind in [
            JournalKind::Intent,
            JournalKind::Calendar,
            JournalKind::Expired,
            JournalKind::Notify,
            JournalKind::Advised,
        ] {
            assert_eq!(event(&noted(kind.clone(), "x")), None, "{kind}");
        }
    }

    #[test]
    fn slack_gets_its_text_escaped_and_programs_get_everything() {
        let message = Notification::of(&noted(JournalKind::Blocked, "2 < 4 & \"so\" on")).expect("a message");
        assert_eq!(
            message.slack(),
            "{\"text\":\"blocked: web: 2 &lt; 4 &amp; \\\"so\\\" on (ada@ops, aws eu-west-1 123456789012, \
             2026-11-23 13:00 UTC, decision 12)\"}"
        );
        let json: serde_json::Value = serde_json::from_str(&message.json()).expect("as written");
        assert_eq!((json["event"].as_str(), json["decision"].as_i64()), (Some("blocked"), Some(12)));
        assert_eq!(json["at"], "2026-11-23T13:00:00Z");
        let simulated = Notification { simulated: true, ..message };
        assert!(simulated.slack().contains("[SIMULATED] blocked"));
    }
}

//! What the files would say of what is thought of, kept for as long as they and the thought are the same: a training publishes
//! several views a second.

use std::collections::VecDeque;

use crate::{
    domain::{file_draft::FileDraft, text::clean, what_if::WhatIf},
    engine::{Engine, group::GroupRuntime},
    files::FileStamp,
    link::FileChange,
};

/// Drafts that are kept: one for each of a few screens, and what was changed before.
const KEPT: usize = 16;

/// Drafts of late.
#[derive(Debug, Default)]
pub(in crate::engine) struct Drafts(VecDeque<(DraftKey, Drafted)>);

/// What a draft follows from.
#[derive(Debug, PartialEq)]
struct DraftKey {
    group: String,
    what_if: WhatIf,
    config: Option<FileStamp>,
    /// Hash of the calendar, and what is wrong with it.
    calendar: (Option<String>, Option<String>),
}

/// What the files would say.
#[derive(Debug, Clone, Default)]
pub(super) struct Drafted {
    /// Those that change.
    pub files: Vec<FileChange>,
    /// The keys of the configuration that change.
    pub keys: Vec<&'static str>,
    /// What they cannot say, with why.
    pub left_out: Vec<String>,
}

impl Engine {
    /// What the files would say with `what_if` of `group`.
    pub(super) fn drafted(&self, group: &GroupRuntime, what_if: &WhatIf) -> Drafted {
        let key = DraftKey {
            group: group.name.clone(),
            what_if: *what_if,
            config: self.serving.config.as_ref().and_then(|config| config.stamp()),
            calendar: self.calendar.stamp(),
        };
        let mut kept = self.serving.drafts.borrow_mut();
        if let Some((_, known)) = kept.0.iter().find(|(known, _)| *known == key) {
            return known.clone();
        }
        let drafted = self.draft(&group.name, what_if);
        kept.0.push_back((key, drafted.clone()));
        while kept.0.len() > KEPT {
            kept.0.pop_front();
        }
        drafted
    }

    fn draft(&self, group: &str, what_if: &WhatIf) -> Drafted {
        let mut drafted = Drafted::default();
        let mut files = Vec::new();
        match self.config_draft(group, what_if) {
            Ok(draft) => {
                files.extend(draft.file);
                (drafted.keys, drafted.left_out) = (draft.keys, draft.left_out);
            }
            Err(why) => drafted.left_out.push(why),
        }
        match self.calendar_draft(group, what_if) {
            Ok(draft) => files.extend(draft),
            Err(why) => drafted.left_out.push(why),
        }
        let change =
            |draft: FileDraft| FileChange { lines: draft.lines(), path: draft.path, base: draft.base };
        drafted.files = files.into_iter().map(change).collect();
        drafted.left_out.iter_mut().for_each(|why| *why = clean(why, 400));
        drafted
    }
}

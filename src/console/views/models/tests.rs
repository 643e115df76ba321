use crossterm::event::KeyCode;
use proptest::prelude::*;

use super::*;
use crate::console::views::sample::{any_step, any_view, live, snapshots, training, view};

#[test]
fn screens() {
    let mut view = view();
    let page = ModelsPage::new();
    snapshots!("models", &page, &view);
    view.training = Some(training(TrainingState::Running));
    snapshots!("models_training", &page, &view);
    let words = "refused: WAPE 8.9 % against the champion's 8.4 %";
    view.training = Some(training(TrainingState::Done(words.into())));
    snapshots!("models_trained", &page, &view);
}

#[test]
fn promoting_asks_and_no_is_the_default() {
    let view = view();
    let mut page = ModelsPage::new();
    page.choose_group("shop-web");
    assert_eq!(page.act(Action::Promote, &view), Outcome::Changed);
    assert_eq!(page.key(KeyCode::Enter.into(), &view), Outcome::Changed);
    page.act(Action::Promote, &view);
    let command = Command::Promote { group: "shop-web".into(), version: "20261120-0315".into() };
    assert_eq!(page.key(KeyCode::Char('y').into(), &view), Outcome::Send(command));
    assert!(!page.wants_text());
}

#[test]
fn a_second_training_is_not_started() {
    let mut view = view();
    let mut page = ModelsPage::new();
    assert!(matches!(page.act(Action::Cancel, &view), Outcome::Say(_)));
    page.act(Action::Train, &view);
    let command = Command::Train { group: "jobs".into() };
    assert_eq!(page.key(KeyCode::Char('y').into(), &view), Outcome::Send(command));
    view.training = Some(training(TrainingState::Running));
    assert!(matches!(page.act(Action::Train, &view), Outcome::Say(_)));
    assert_eq!(page.act(Action::Cancel, &view), Outcome::Send(Command::CancelTraining));
}

#[test]
fn the_choice_stays_with_its_version_when_a_newer_one_arrives() {
    let mut view = view();
    let mut page = ModelsPage::new();
    page.act(Action::Last, &view);
    let newer = ModelRow { version: "20261121-0315".into(), champion: false, ..view.models[0].clone() };
    view.models.insert(0, newer);
    let chosen = page.item(&view).and_then(|i| i.model).map(|m| m.version.as_str());
    assert_eq!(chosen, Some("20261113-0315"));
}

proptest! {
    #[test]
    fn nothing_panics(views in prop::collection::vec(any_view(), 1..3),
                      steps in prop::collection::vec(any_step(), 0..40)) {
        live(&mut ModelsPage::new(), &views, &steps);
    }
}

use proptest::prelude::*;

use super::*;
use crate::console::{
    draw::theme::Theme,
    tests::{
        any::{any_step, any_view, live},
        fixture::{shot, snapshots, training, view},
    },
};
use crate::link::{GroupDetail, ModelRow, TrainingView};

#[test]
fn screens() {
    let mut view = view();
    let mut page = ModelsPage::new();
    page.choose_group("feed");
    let words = "refused: WAPE 8.9 % against the champion's 8.4 %";
    view.training = Some(training(TrainingState::Done(words.into())));
    snapshots("models_trained", &page, &view);
    page.choose_group("api");
    view.training = None;
    view.detail = Some(GroupDetail { name: "api".into(), ..view.detail.take().expect("of shop") });
    view.groups.iter_mut().find(|g| g.name == "api").expect("it is there").model = "blend".into();
    snapshots("models_blend", &page, &view);
}

#[test]
fn without_a_network_the_panel_says_when_one_is_trained() {
    let mut view = View { training: None, ..view() };
    let mut page = ModelsPage::new();
    page.choose_group("api");
    view.detail.as_mut().expect("of shop").name = "api".into();
    let shown = |view: &View| shot(&page, view, &Theme::default(), 160, 45);
    let learning = |view: &mut View, missing, next| {
        let learning = view.detail.as_mut().and_then(|detail| detail.learning.as_mut());
        let learning = learning.expect("the fixture has it");
        (learning.missing, learning.next) = (missing, next);
    };
    assert!(shown(&view).contains("next Sat 28 03:15; or on request"), "{}", shown(&view));
    for (missing, next, words) in [
        (7_200, Some(view.now), "after 2 h more of history"),
        (0, Some(view.now), "due, after those of other groups"),
        (0, None, "only on request"),
    ] {
        learning(&mut view, missing, next);
        assert!(shown(&view).contains(words), "{words}\n{}", shown(&view));
    }
    for (state, words) in [
        (TrainingState::Failed("too few days".into()), "the newest training failed: too few days"),
        (TrainingState::Cancelled, "the newest training was cancelled"),
        (TrainingState::Running, "is being trained"),
    ] {
        view.training = Some(TrainingView { group: "api".into(), ..training(state) });
        assert!(shown(&view).contains(words), "{words}\n{}", shown(&view));
    }
    assert!(!shown(&view).contains("on request"), "one runs already");
    let mixes = &mut view.detail.as_mut().expect("of api").mixes;
    mixes.iter_mut().for_each(|mix| mix.weights[0].0 = "network".into());
    view.groups.iter_mut().for_each(|group| group.model = "blend".into());
    assert!(shown(&view).contains("network (stand-in)"), "none serves: {}", shown(&view));
    view.detail = None;
    assert!(shown(&view).contains("In service for api"), "what is not known is left out");
}

#[test]
fn the_week_of_the_mix_stands_where_there_is_room_beside_a_training_and_without() {
    let mut page = ModelsPage::new();
    page.choose_group("shop");
    let with = view();
    assert!(with.training.is_some());
    let without = View { training: None, ..view() };
    for (view, height, has_mix, has_week) in [
        (&with, 45, true, false),
        (&with, 60, true, true),
        (&without, 45, true, true),
        (&without, 24, false, false),
    ] {
        let shown = shot(&page, view, &Theme::default(), 160, height);
        let trains = view.training.is_some();
        assert_eq!(
            shown.contains("Weight of each expert"),
            has_mix,
            "training {trains}, {height} rows:\n{shown}"
        );
        assert_eq!(
            shown.contains("at the end of each day"),
            has_week,
            "training {trains}, {height} rows:\n{shown}"
        );
        assert_eq!(shown.contains("loss, log axis"), trains, "{shown}");
    }
}

/// The question that an action asks.
fn asked(outcome: Outcome) -> Question {
    match outcome {
        Outcome::Ask(question) => question,
        other => panic!("asks first, not {other:?}"),
    }
}

#[test]
fn promoting_asks_and_no_is_the_default() {
    let view = view();
    let mut page = ModelsPage::new();
    page.choose_group("shop");
    let question = asked(page.act(Action::Promote, &view));
    assert!(!question.yes && question.consequence.iter().any(|line| line.contains("seasonal-naive")));
    assert_eq!(
        question.command,
        Some(Command::Promote { group: "shop".into(), version: "20261120-0315".into() })
    );
    page.act(Action::Down, &view);
    assert!(matches!(page.act(Action::Promote, &view), Outcome::Say(_)), "it serves already");
    let question = asked(page.act(Action::RollBack, &view));
    assert_eq!(question.title, "Roll shop back to the prior that ships?");
    let mut view = view;
    view.models[0].previous = true;
    assert!(page.keys(&view).contains(&Action::RollBack));
    let question = asked(page.act(Action::RollBack, &view));
    assert_eq!((question.yes, question.title.as_str()), (false, "Roll shop back to 20261120-0315?"));
}

#[test]
fn a_second_training_is_not_started() {
    let mut view = View { training: None, ..view() };
    let mut page = ModelsPage::new();
    assert!(matches!(page.act(Action::Cancel, &view), Outcome::Say(_)));
    let question = asked(page.act(Action::Train, &view));
    assert!(!question.yes && question.command == Some(Command::Train { group: "api".into() }));
    view.training = Some(training(TrainingState::Running));
    assert!(matches!(page.act(Action::Train, &view), Outcome::Say(_)));
    assert_eq!(page.act(Action::Cancel, &view), Outcome::Send(Command::CancelTraining));
}

#[test]
fn the_choice_stays_with_its_version_when_a_newer_one_arrives() {
    let mut view = view();
    let mut page = ModelsPage::new();
    page.choose_group("shop");
    page.act(Action::Down, &view);
    let newer = ModelRow { version: "20261121-0315".into(), champion: false, ..view.models[0].clone() };
    view.models.insert(0, newer);
    let chosen = page.item(&view).and_then(|i| i.model).map(|m| m.version.as_str());
    assert_eq!(chosen, Some("20261113-0315"));
}

#[test]
fn a_filter_narrows_and_a_press_chooses() {
    let (mut page, view) = (ModelsPage::new(), view());
    shot(&page, &view, &Theme::default(), 80, 24);
    assert_eq!(page.press((5, 3), &view), Outcome::Changed);
    let second = page.item(&view).map(|i| i.group.to_owned());
    assert_eq!(second.as_deref(), Some(items(&view)[1].group));
    assert_eq!(page.press((5, 1), &view), Outcome::Ignored, "the heading");
    page.act(Action::Filter, &view);
    assert!(page.wants_text());
    page.paste("20261113", &view);
    page.key(crossterm::event::KeyCode::Enter.into(), &view);
    let versions: Vec<&str> =
        page.shown(&view).iter().filter_map(|i| Some(i.model?.version.as_str())).collect();
    assert_eq!(versions, ["20261113-0315"]);
    page.act(Action::Back, &view);
    assert_eq!(page.shown(&view).len(), items(&view).len());
}

proptest! {
    #[test]
    fn nothing_panics(views in prop::collection::vec(any_view(), 1..3),
                      steps in prop::collection::vec(any_step(), 0..40)) {
        live(&mut ModelsPage::new(), &views, &steps);
    }
}

#[test]
fn a_training_that_is_over_has_no_bar_and_no_epochs_to_come() {
    let shown = |state| {
        let view = View { training: Some(training(state)), ..view() };
        shot(&ModelsPage::new(), &view, &Theme::default(), 120, 40)
    };
    let over = shown(TrainingState::Done("promoted".into()));
    assert!(over.contains("24 epochs of at most 40") && over.contains("epochs 1 to 24"), "{over}");
    assert!(!over.contains("[==="), "{over}");
    let running = shown(TrainingState::Running);
    assert!(running.contains("epoch 24/40 [===") && running.contains("epochs 1 to 40"), "{running}");
}

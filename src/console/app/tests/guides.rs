//! What guides whoever sits at the console: dialogs that follow, keys that matter, ways back, the nearest of what was typed.

use super::*;

#[test]
fn an_open_question_follows_its_proposal_and_says_a_refusal_itself() {
    let mut app = app(Theme::default());
    let seconds = Duration::from_secs;
    let shown = |app: &App| screen(app, 80, 24).to_string();
    let at = |app: &mut App, key: KeyCode, now| app.update(Message::Key(key.into()), now);
    press(&mut app, &[KeyCode::Char('3'), KeyCode::Char('a')]);
    let mut newer = View { serial: 8, ..view() };
    (newer.proposals[0].to, newer.proposals[0].revision) = (8, 3);
    app.update(Message::View(Arc::new(newer.clone())), seconds(60));
    insta::assert_snapshot!("app_approve_changed", shown(&app));
    assert_eq!(at(&mut app, KeyCode::Char('y'), seconds(60)), [], "meant for the numbers before");
    let sent = at(&mut app, KeyCode::Char('y'), seconds(62));
    assert_eq!(sent, [Effect::Confirm(Command::Approve { id: 41, revision: 3 })]);
    assert!(shown(&app).contains("Sent; the answer will stand here"), "{}", shown(&app));
    let confirmed =
        |revision, answer| Message::Confirmed(Box::new(Command::Approve { id: 41, revision }), answer);
    app.update(confirmed(2, Err("what was sent before".into())), seconds(62));
    assert!(shown(&app).contains("Sent; the answer will stand here"), "another's answer: {}", shown(&app));
    app.update(Message::Tick, seconds(600));
    app.update(confirmed(3, Err("preflight blocks it: freeze".into())), seconds(601));
    assert!(shown(&app).contains("refused: preflight blocks it: freeze"), "{}", shown(&app));
    assert_eq!(app.next_expiry(), None, "no message in a corner beside it");
    at(&mut app, KeyCode::Char('y'), seconds(602));
    app.update(confirmed(3, Ok("shop: 4 → 8".into())), seconds(603));
    assert!(!shown(&app).contains("Approve proposal") && shown(&app).contains("shop: 4 → 8"));
    press(&mut app, &[KeyCode::Char('a')]);
    newer.proposals.clear();
    app.update(Message::View(Arc::new(newer)), seconds(610));
    assert!(shown(&app).contains("proposal 41 is no longer open"), "{}", shown(&app));
    assert_eq!(at(&mut app, KeyCode::Char('y'), seconds(620)), []);
}

#[test]
fn a_key_of_the_configuration_is_found_and_shown() {
    let setup = PageSetup { settings: fixture::settings(), ..PageSetup::default() };
    let mut app = App::new(Theme::default(), &setup);
    app.update(Message::View(Arc::new(view())), Duration::ZERO);
    typed(&mut app, ":risk");
    press(&mut app, &[KeyCode::Enter]);
    let shown = screen(&app, 80, 24).to_string();
    assert!(shown.contains("[9 Settings]") && shown.contains("▶ defaults.risk"), "{shown}");
}

#[test]
fn back_closes_what_is_open_then_goes_back_page_by_page_and_ends_on_the_first() {
    let mut app = app(Theme::default());
    let open = |app: &App| screen(app, 120, 40).to_string();
    typed(&mut app, "62");
    press(&mut app, &[KeyCode::Esc]);
    assert!(open(&app).contains("[2 Group]"), "the crosshair was open");
    press(&mut app, &[KeyCode::Esc]);
    assert!(open(&app).contains("[6 Journal]"));
    press(&mut app, &[KeyCode::Esc]);
    assert!(open(&app).contains("[1 Fleet]"));
    press(&mut app, &[KeyCode::Esc]);
    let shown = open(&app);
    assert!(shown.contains("[1 Fleet]") && shown.contains("nothing is open; q quits"), "{shown}");
}

#[test]
fn the_journal_opens_a_group_at_the_moment_of_the_entry() {
    let mut app = app(Theme::default());
    let mut past = view();
    let at = crate::domain::shift(past.now, -36_000);
    past.journal[2].at = at;
    app.update(Message::View(Arc::new(past)), Duration::ZERO);
    typed(&mut app, "6");
    press(&mut app, &[KeyCode::Down, KeyCode::Down]);
    let effects = typed(&mut app, "2");
    let [Effect::Show(viewport)] = effects.as_slice() else { panic!("one viewport, not {effects:?}") };
    assert_eq!(
        (viewport.group.as_deref(), viewport.until),
        (Some("shop"), Some(crate::domain::shift(at, 5_400)))
    );
    assert!(screen(&app, 120, 40).to_string().contains("not live"));
}

#[test]
fn passing_through_the_journal_changes_no_group_and_a_time_asked_for_there_is_that_of_the_fleet() {
    let mut app = app(Theme::default());
    press(&mut app, &[KeyCode::Down]);
    typed(&mut app, "2");
    let open = |app: &App| screen(app, 120, 40).to_string();
    assert!(open(&app).contains("feed"), "{}", open(&app));
    typed(&mut app, "6");
    press(&mut app, &[KeyCode::Down, KeyCode::Tab, KeyCode::BackTab, KeyCode::Down]);
    typed(&mut app, "5");
    let group = app.tabs.group(&view());
    assert_eq!(group.as_deref(), Some("feed"));
    typed(&mut app, "6@");
    let shown = open(&app);
    assert!(shown.contains("[1 Fleet]") && shown.contains("As of:"), "{shown}");
}

#[test]
fn the_header_says_what_the_brake_does_not_hold() {
    let mut app = app(Theme::default());
    app.update(Message::View(Arc::new(View { brake: true, ..view() })), Duration::ZERO);
    let head =
        |app: &App, width| screen(app, width, 24).to_string().lines().next().unwrap_or_default().to_owned();
    assert!(head(&app, 80).contains("BRAKE; AWS can still shrink 1"), "{}", head(&app, 80));
    let wide = head(&app, 160);
    assert!(wide.contains("BRAKE: prescale scales nothing in; AWS can still shrink shop"), "{wide}");
    let mut calm = View { brake: true, ..view() };
    calm.groups.iter_mut().for_each(|group| group.acts_by_itself.clear());
    app.update(Message::View(Arc::new(calm)), Duration::ZERO);
    assert!(head(&app, 80).contains("BRAKE: scale-in frozen"), "{}", head(&app, 80));
}

#[test]
fn the_footer_has_five_keys_of_the_state_and_the_way_to_the_rest() {
    let mut app = app(Theme::default());
    let foot = |app: &App| {
        screen(app, 160, 45)
            .to_string()
            .lines()
            .last()
            .unwrap_or_default()
            .trim_matches('"')
            .trim_end()
            .to_owned()
    };
    assert_eq!(foot(&app), "Enter open  3 proposals  m mode  / filter  o order  b brake  ? all keys  q quit");
    typed(&mut app, "2");
    assert!(foot(&app).starts_with("Enter proposal  r range"), "{}", foot(&app));
    typed(&mut app, "v");
    assert_eq!(
        foot(&app),
        "Left earlier  Right later  . now  v values off  Esc back  b brake  ? all keys  q quit"
    );
    typed(&mut app, "v3");
    assert!(
        foot(&app)
            .starts_with("a approve  r reject  s snooze  Enter charts  y copy calls  b brake  ? all keys")
    );
    let last = |app: &App| screen(app, 80, 24).to_string().lines().last().unwrap_or_default().to_owned();
    assert!(
        !last(&app).contains("brake") && last(&app).contains("y copy calls"),
        "the page's own come first"
    );
    app.update(Message::View(Arc::new(View { brake: true, ..view() })), Duration::ZERO);
    assert!(foot(&app).contains("b release"), "{}", foot(&app));
    app.update(Message::View(Arc::new(View { read_only: true, ..view() })), Duration::ZERO);
    assert!(!foot(&app).contains(" brake"), "{}", foot(&app));
}

#[test]
fn no_page_names_a_key_twice_in_its_footer() {
    let idle = View { proposals: Vec::new(), training: None, ..view() };
    let views = [
        fixture::sourced(view()),
        View { brake: true, ..idle.clone() },
        View { read_only: true, ..idle.clone() },
        idle,
        view(),
    ];
    for (view, width) in views.into_iter().flat_map(|view| [80, 120, 160].map(|width| (view.clone(), width)))
    {
        let mut app = app(Theme::default());
        app.update(Message::View(Arc::new(view)), Duration::ZERO);
        for page in crate::console::pages::PAGES {
            app.update(Message::Key(KeyCode::Char(page.key).into()), Duration::ZERO);
            let shown = screen(&app, width, 40).to_string();
            let foot = shown.lines().last().unwrap_or_default().trim_matches('"').trim_end();
            let said: Vec<&str> = foot.split("  ").map(str::trim).filter(|said| !said.is_empty()).collect();
            let distinct: std::collections::BTreeSet<&str> = said.iter().copied().collect();
            assert!(said.len() == distinct.len() && said.len() >= 5, "{} at {width}: {foot}", page.title);
        }
    }
}

#[test]
fn a_long_start_says_how_far_it_is() {
    let mut app = App::new(Theme::default(), &PageSetup::default());
    let starting = crate::link::StartView { done: 12, groups: 40, what: "learning the load of api".into() };
    app.update(Message::View(Arc::new(View { starting: Some(starting), ..View::default() })), Duration::ZERO);
    let shown = screen(&app, 80, 24).to_string();
    assert!(shown.contains("Starting: 12 of 40 groups; learning the load of api …"), "{shown}");
}

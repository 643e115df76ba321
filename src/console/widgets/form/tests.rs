use super::*;

fn form() -> Form {
    let kinds = ["sale", "promotion", "freeze"];
    Form::new(
        "Entry",
        vec![
            FormField::text("name", "Name", "any", "x"),
            FormField::choice("kind", "Kind", "one", &kinds, "sale"),
        ],
    )
}

fn control(c: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
}

#[test]
fn typing_lands_in_the_active_field_and_escape_asks_before_it_is_lost() {
    let mut form = form();
    assert_eq!(form.key(KeyCode::Char('é').into()), FormEvent::Changed);
    assert_eq!(form.value("name"), "xé");
    assert_eq!(form.key(KeyCode::Esc.into()), FormEvent::Changed);
    assert_eq!(form.key(KeyCode::Enter.into()), FormEvent::Changed);
    assert_eq!(form.value("name"), "xé");
    form.key(KeyCode::Esc.into());
    assert_eq!(form.key(KeyCode::Char('y').into()), FormEvent::Close);
}

#[test]
fn an_untouched_form_closes_without_a_question() {
    assert_eq!(form().key(KeyCode::Esc.into()), FormEvent::Close);
}

#[test]
fn what_was_typed_is_taken_back_and_done_again() {
    let alt = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT);
    let mut form = form();
    form.key(KeyCode::Char('y').into());
    form.key(KeyCode::Tab.into());
    form.key(KeyCode::Right.into());
    let values = |form: &Form| [form.value("name").to_owned(), form.value("kind").to_owned()];
    assert_eq!(values(&form), ["xy", "promotion"]);
    assert_eq!(form.key(alt('u')), FormEvent::Changed);
    assert_eq!(values(&form), ["xy", "sale"]);
    form.key(control('7'));
    assert_eq!((values(&form), form.active), (["x".into(), "sale".into()], 0));
    assert_eq!(form.key(alt('u')), FormEvent::Ignored, "nothing is left");
    form.key(alt('e'));
    form.key(alt('e'));
    assert_eq!(values(&form), ["xy", "promotion"]);
    form.key(alt('u'));
    form.key(KeyCode::Up.into());
    form.paste("!");
    assert_eq!(form.key(alt('e')), FormEvent::Ignored, "a new change ends what could be done again");
}

#[test]
fn undo_makes_a_suggestion_one_again() {
    let alt = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT);
    let field = |name, value| FormField::text(name, "Time", "any", value).suggested();
    let mut form = Form::new("Entry", vec![field("start", "1"), field("end", "2")]);
    let write = |form: &mut Form, c: char| {
        form.key(KeyCode::Char(c).into());
        form.suggest("end", &format!("after {}", form.value("start")));
    };
    write(&mut form, '5');
    assert_eq!((form.value("start"), form.value("end")), ("5", "after 5"));
    form.key(alt('u'));
    assert_eq!((form.value("start"), form.value("end"), form.is_changed()), ("1", "2", false));
    write(&mut form, '7');
    assert_eq!((form.value("start"), form.value("end")), ("7", "after 7"), "the end follows again");
    form.key(alt('u'));
    form.key(KeyCode::Tab.into());
    form.paste("after 9");
    form.key(KeyCode::BackTab.into());
    write(&mut form, '9');
    write(&mut form, '0');
    assert_eq!(form.value("end"), "after 9", "what was typed stays, also where it was what is suggested");
    for _ in 0..3 {
        form.key(alt('u'));
    }
    assert_eq!(form.key(KeyCode::Esc.into()), FormEvent::Close, "nothing is left to be asked about");
}

#[test]
fn saving_jumps_to_the_first_wrong_field() {
    let mut form = form();
    form.set_problems(&[("kind", "not today".into())]);
    assert_eq!(form.key(control('s')), FormEvent::Changed);
    assert_eq!(form.active, 1);
    form.set_problems(&[]);
    assert_eq!(form.key(KeyCode::Enter.into()), FormEvent::Save);
}

#[test]
fn choices_turn_and_jump_by_letter() {
    let mut form = form();
    form.key(KeyCode::Tab.into());
    form.key(KeyCode::Left.into());
    assert_eq!(form.value("kind"), "freeze");
    form.key(KeyCode::Char('p').into());
    assert_eq!(form.value("kind"), "promotion");
    assert_eq!(form.key(KeyCode::Char('x').into()), FormEvent::Ignored);
}

#[test]
fn known_names_are_completed_after_the_last_comma() {
    let names = ["shop", "shop-api", "feed"].map(str::to_owned).into();
    let mut form = Form::new("x", vec![FormField::text("groups", "Groups", "Names", "").knowing(names)]);
    let right = KeyEvent::from(KeyCode::Right);
    "feed, sh".chars().for_each(|c| {
        form.key(KeyCode::Char(c).into());
    });
    assert_eq!((form.key(right), form.value("groups")), (FormEvent::Changed, "feed, shop"));
    assert_eq!((form.key(right), form.value("groups")), (FormEvent::Changed, "feed, shop-api"));
    assert_eq!(form.value("groups"), "feed, shop-api");
    form.key(KeyCode::Home.into());
    form.key(right);
    assert_eq!(form.value("groups"), "feed, shop-api", "elsewhere the cursor moves");
}

use super::*;

#[test]
fn every_built_in_theme_parses_and_is_named_as_listed() {
    for &(name, text) in BUILT_IN {
        for depth in [Depth::None, Depth::Sixteen, Depth::Indexed, Depth::True] {
            let theme = Theme::parse(name, text, depth, Symbols::Braille).expect(name);
            assert_eq!(theme.name(), name);
        }
    }
}

#[test]
fn roles_stand_in_the_order_of_the_enum() {
    for (index, (role, _)) in Role::ALL.into_iter().enumerate() {
        assert_eq!(role as usize, index);
    }
}

#[test]
fn without_colours_no_colour_is_left_but_selection_shows() {
    for &(name, _) in BUILT_IN {
        let theme = Theme::load(name, Depth::None, Symbols::Braille).expect(name);
        for (role, _) in Role::ALL {
            assert_eq!((theme.style(role).fg, theme.style(role).bg), (None, None));
        }
        assert!(!theme.style(Role::Selected).add_modifier.is_empty(), "{name}");
        assert!(!theme.style(Role::Simulated).add_modifier.is_empty(), "{name}");
    }
}

#[test]
fn errors_name_file_line_and_fix() {
    let fail = |text: &str| {
        Theme::parse("x.toml", text, Depth::True, Symbols::Braille).expect_err("is wrong").to_string()
    };
    let wrong = BUILT_IN[0].1.replace("#8b949e\"\ntitle", "#8b\"\ntitle");
    assert!(fail(&wrong).starts_with("theme x.toml, line 6: role `muted`: `#8b` is not"), "{}", fail(&wrong));
    assert!(fail("name = \"x\"\n[roles]\nsky = \"blue\"").contains("line 3: unknown role `sky`"));
    assert!(fail("name = \"x\"\n[roles]\n").contains("role `text` is missing"));
    assert!(fail("name = ").contains("line 1"));
    let unknown = Theme::load("drak", Depth::True, Symbols::Braille).expect_err("no such theme");
    assert!(unknown.to_string().contains("choose one of dark, light"));
    assert!(Theme::load("/nowhere/x.toml", Depth::True, Symbols::Braille).is_err());
}

#[test]
fn a_file_may_change_a_few_roles_of_a_built_in_theme() {
    let parse = |text: &str| Theme::parse("x.toml", text, Depth::Sixteen, Symbols::Braille);
    let mine = parse("name = \"mine\"\nbase = \"nord\"\n[roles]\nwarning = \"#ff0000\"\n").expect("is right");
    let nord = Theme::load("nord", Depth::Sixteen, Symbols::Braille).expect("built in");
    assert_eq!((mine.name(), mine.style(Role::Good)), ("mine", nord.style(Role::Good)));
    assert_ne!(mine.style(Role::Warning), nord.style(Role::Warning));
    let wrong = parse("name = \"mine\"\nbase = \"north\"\n").expect_err("no such theme").to_string();
    assert!(wrong.contains("line 2: unknown base theme") && wrong.contains("nord"), "{wrong}");
}

#[test]
fn what_must_be_read_stands_out() {
    for (name, _) in BUILT_IN.iter().filter(|(name, _)| *name != "mono") {
        for depth in [Depth::True, Depth::Indexed, Depth::Sixteen] {
            let theme = Theme::load(name, depth, Symbols::Braille).expect(name);
            let rgb = |color| style::rgb(color).expect("not the terminal's own");
            let ground = theme.style(Role::Text).bg.expect("a theme sets its ground");
            for (role, word) in Role::ALL {
                let style = theme.style(role);
                let on = style.bg.unwrap_or(ground);
                let found = style::contrast(rgb(style.fg.expect("a role has a colour")), rgb(on));
                let least = match (role, depth) {
                    (_, Depth::Sixteen) => style::READABLE,
                    (Role::Border, _) => 1.5,            // frames carry no meaning
                    (Role::Band, Depth::Indexed) => 2.4, // an area, not a text
                    (Role::Band, _) => 3.0,
                    (_, Depth::Indexed) => 3.5,
                    _ if *name == "high-contrast" => 7.0,
                    _ => 4.5,
                };
                assert!(found >= least, "{name}, {word}, {depth:?}: {found:.2}, at least {least}");
            }
        }
    }
}

#[test]
fn themes_go_round() {
    let first = Theme::default();
    let mut theme = first.clone();
    for _ in BUILT_IN {
        theme = theme.next();
    }
    assert_eq!(theme, first);
}

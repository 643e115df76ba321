//! The configuration's `[keys]` on the console's keymap: the one knows the file, the other the actions.

use crate::{
    config::{self, Config, ConfigError},
    console::{
        input::{
            key::Key,
            keymap::Keymap,
            remap::{CtrlC, Given, presets},
        },
        pages,
        zone::Zone,
    },
};

/// The keys in force.
///
/// # Errors
/// [`ConfigError`] with the line that names no action or no key, or a key that is taken.
pub fn keymap(config: &Config) -> Result<Keymap, ConfigError> {
    let preset = &config.bindings.preset;
    let base = Keymap::preset(preset).ok_or_else(|| {
        config.wrong(&["keys", "preset"], format!("unknown preset {preset:?}; allowed: {}", presets()))
    })?;
    let given: Vec<Given> = config.bindings.lines().collect();
    let keymap = base.remapped(&given, &pages::contexts());
    let keymap = keymap.map_err(|error| config.wrong(&["keys", &error.action], error.reason))?;
    let own = |name: &String| name.parse() == Ok(Key::control('c'));
    Ok(match config.terminal.ctrl_c {
        // A line of the operator's own goes before the setting.
        _ if given.iter().flat_map(|(_, keys)| keys).any(own) => keymap,
        config::CtrlCSetting::Quit => keymap.with_ctrl_c(CtrlC::Quit),
        config::CtrlCSetting::Back => keymap.with_ctrl_c(CtrlC::Back),
        config::CtrlCSetting::Ignore => keymap.with_ctrl_c(CtrlC::Ignore),
    })
}

/// The zone of times at first.
///
/// # Errors
/// [`ConfigError`] when there is no such zone.
pub fn zone(config: &Config) -> Result<Zone, ConfigError> {
    Zone::parse(&config.terminal.zone).map_err(|reason| config.wrong(&["terminal", "zone"], reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::input::action::Action;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use std::path::Path;

    fn read(text: &str) -> Result<Keymap, String> {
        let home = tempfile::tempdir().expect("a temporary folder");
        let file = home.path().join("prescale.toml");
        std::fs::write(&file, text).expect("the folder is ours");
        let config = Config::read(&file, Path::new("/home")).map_err(|e| e.to_string())?;
        let named = |e: ConfigError| e.to_string().rsplit('/').next().unwrap_or_default().to_owned();
        zone(&config).map_err(named)?;
        keymap(&config).map_err(named)
    }

    #[test]
    fn lines_stand_over_the_preset() {
        let keymap = read("[keys]\npreset = \"plain\"\nquit = [\"F12\"]\n").expect("is right");
        assert_eq!(keymap.key_of(Action::Quit), "F12");
        assert_eq!(keymap.key_of(Action::Up), "Up");
        assert_eq!(keymap.binding(Action::Up).map(|b| b.keys.len()), Some(1));
    }

    #[test]
    fn ctrl_c_does_what_its_setting_or_a_line_says() {
        let does = |text: &str| {
            let keymap = read(text).expect("is right");
            let event = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
            keymap.action(event, &[])
        };
        assert_eq!(does("[keys]\nquit = \"Q\"\n"), Some(Action::Quit));
        assert_eq!(does("[terminal]\nctrl_c = \"back\"\n"), Some(Action::Back));
        assert_eq!(does("[terminal]\nctrl_c = \"ignore\"\n"), None);
        assert_eq!(does("[keys]\nfreeze = \"Ctrl-C\"\n"), Some(Action::Freeze));
    }

    #[test]
    fn errors_name_file_line_and_key() {
        let wrong = |text: &str| read(text).expect_err("is wrong");
        let text = wrong("[keys]\nfreeze = \"F5\"\nquti = \"q\"\n");
        assert!(text.starts_with("prescale.toml:3:1: keys.quti: unknown action `quti`"), "{text}");
        assert!(
            wrong("[keys]\nquit = \"Strg-C\"\n")
                .starts_with("prescale.toml:2:1: keys.quit: `Strg-C` is not a key")
        );
        assert!(wrong("[keys]\npreset = \"emacs\"\n").contains("allowed: default, vim, plain"));
        assert!(wrong("[keys]\nfreeze = \"w\"\nzone = \"w\"\n").contains("w is also bound to `freeze`"));
        assert!(
            wrong("[terminal]\nzone = \"Nowhere\"\n")
                .starts_with("prescale.toml:2:1: terminal.zone: unknown time zone")
        );
    }

    #[test]
    fn every_preset_fits_the_pages() {
        for (preset, _) in crate::console::input::remap::PRESETS {
            read(&format!("[keys]\npreset = \"{preset}\"\n")).expect(preset);
        }
    }
}

//! Files of the repository inside the program: lists of them by name.

/// Makes a list of the files `FOLDER/NAME.toml`: name and text of each.
macro_rules! embedded {
    ($(#[$meta:meta])* $list:ident in $folder:literal: $($name:literal,)*) => {
        $(#[$meta])*
        pub const $list: &[(&str, &str)] =
            &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $folder, "/", $name, ".toml")))),*];
    };
}

pub(in crate::console) use embedded;

/// The names in `list` as a list in words.
pub(in crate::console) fn names(list: &[(&str, &str)]) -> String {
    list.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

//! The sources of a fleet (accounts and regions), and which group is whose.
//!
//! A group has one name everywhere: in the store, the journal, leases, the calendar and on the screen. Of a source without a
//! name it is the group's own; of a source called `eu` it is `eu/` and the group's own. So it follows from its own source
//! alone, and another source that appears later changes nothing.

use std::sync::Arc;

/// What stands between the name of a source and that of a group.
pub const SEPARATOR: char = '/';
/// What a source without a name is called where sources are told apart.
pub const UNNAMED: &str = "default";

/// The sources of a fleet in the order of the configuration; none where there is one alone, without a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes(Arc<[String]>);

impl Routes {
    /// Of sources with these names; empty is that of the source that has none.
    pub fn new(names: impl IntoIterator<Item = String>) -> Routes {
        Routes(names.into_iter().collect())
    }

    /// What each source is called, in their order.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|name| label(name))
    }

    /// What the source of `group` is called; empty where there is only one, without a name.
    pub fn label_of(&self, group: &str) -> &str {
        self.of(group).and_then(|(at, _)| self.0.get(at)).map_or("", |name| label(name))
    }

    /// The place of the source of `group`, and the group's name there.
    pub fn of<'g>(&self, group: &'g str) -> Option<(usize, &'g str)> {
        let place = |wanted: &str| self.0.iter().position(|name| name == wanted);
        let named = group.split_once(SEPARATOR).filter(|(source, _)| !source.is_empty());
        let named = named.and_then(|(source, own)| Some((place(source)?, own)));
        named.or_else(|| Some((place("")?, group)))
    }

    /// The name of the group that the source at `place` calls `own`; `None` where it would be that of another source's group.
    pub fn name(&self, place: usize, own: &str) -> Option<String> {
        let name = match self.0.get(place)?.as_str() {
            "" => own.to_owned(),
            source => format!("{source}{SEPARATOR}{own}"),
        };
        (self.of(&name) == Some((place, own))).then_some(name)
    }
}

fn label(name: &str) -> &str {
    if name.is_empty() { UNNAMED } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn routes(names: &[&str]) -> Routes {
        Routes::new(names.iter().map(|name| (*name).to_owned()))
    }

    #[test]
    fn a_group_is_named_by_its_own_source_alone() {
        let (one, three) = (routes(&[""]), routes(&["", "eu", "us"]));
        assert_eq!(one.name(0, "web"), three.name(0, "web"), "a source that appears later changes nothing");
        assert_eq!(three.name(1, "web").as_deref(), Some("eu/web"));
        assert_eq!(three.of("us/blue/web"), Some((2, "blue/web")));
        assert_eq!((three.of("web"), three.label_of("web")), (Some((0, "web")), "default"));
        assert_eq!(three.of("ap/web"), Some((0, "ap/web")), "AWS allows a slash in a name");
        assert_eq!(routes(&["eu"]).of("web"), None);
        assert_eq!((Routes::default().of("web"), Routes::default().label_of("eu/web")), (None, ""));
    }

    #[test]
    fn a_name_that_looks_like_one_of_another_source_is_no_name() {
        assert_eq!(routes(&["", "eu"]).name(0, "eu/web"), None);
        assert_eq!(routes(&["", "us"]).name(0, "eu/web").as_deref(), Some("eu/web"));
    }

    proptest! {
        #[test]
        fn no_two_groups_share_a_name(a in "[a-c/]{1,5}", b in "[a-c/]{1,5}", x in 0usize..3, y in 0usize..3) {
            let routes = routes(&["", "a", "b"]);
            if let (Some(one), Some(other)) = (routes.name(x, &a), routes.name(y, &b)) {
                prop_assert_eq!(one == other, x == y && a == b);
                prop_assert_eq!(routes.of(&one), Some((x, a.as_str())));
            }
        }
    }
}

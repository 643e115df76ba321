//! What goes into an operation and comes out of it, whatever the protocol.

use ciborium::Value as Cbor;
use serde_json::{Map, Value as Json, json};

use super::Refusal;
use crate::domain::{Time, at_epoch};

/// Deepest nesting of a form's keys.
const DEEPEST: usize = 16;

/// A structure of a request. Forms hold only texts, so numbers and moments are read from texts too.
#[derive(Debug, Clone, Copy)]
pub(in crate::cloud::simulator_http) struct Input<'a>(pub(in crate::cloud::simulator_http) &'a Json);

impl<'a> Input<'a> {
    pub(in crate::cloud::simulator_http) fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str()
    }

    pub(in crate::cloud::simulator_http) fn number(&self, name: &str) -> Option<i64> {
        let value = self.0.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    pub(in crate::cloud::simulator_http) fn flag(&self, name: &str) -> bool {
        let value = self.0.get(name);
        value.is_some_and(|v| v.as_bool().unwrap_or(v.as_str() == Some("true")))
    }

    pub(in crate::cloud::simulator_http) fn inside(&self, name: &str) -> Option<Input<'a>> {
        self.0.get(name).map(Input)
    }

    /// The names of all fields.
    pub(in crate::cloud::simulator_http) fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.0.as_object().into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// The structures of a list; none where there is no list.
    pub(in crate::cloud::simulator_http) fn list(&self, name: &str) -> Vec<Input<'a>> {
        self.0.get(name).and_then(Json::as_array).into_iter().flatten().map(Input).collect()
    }

    /// The texts of a list.
    pub(in crate::cloud::simulator_http) fn texts(&self, name: &str) -> Vec<&'a str> {
        self.list(name).into_iter().filter_map(|item| item.0.as_str()).collect()
    }

    /// A moment: seconds of the epoch, or RFC 3339.
    pub(in crate::cloud::simulator_http) fn time(&self, name: &str) -> Result<Option<Time>, Refusal> {
        let Some(value) = self.0.get(name).filter(|v| !v.is_null()) else { return Ok(None) };
        let read = value.as_f64().map(|seconds| at_epoch(seconds as i64)).or_else(|| {
            let text = value.as_str()?;
            chrono::DateTime::parse_from_rfc3339(text).ok().map(|t| at_epoch(t.timestamp()))
        });
        read.map(Some).ok_or_else(|| Refusal::invalid(format!("'{name}' is not a moment")))
    }
}

/// A form of the query protocol as a structure: `A.member.1.B=c` is a list of structures.
pub(in crate::cloud::simulator_http) fn from_form(body: &[u8]) -> Json {
    let mut root = Map::new();
    for (key, value) in form_urlencoded::parse(body) {
        let parts: Vec<&str> = key.split('.').collect();
        if parts.len() <= DEEPEST {
            put(&mut root, &parts, &value);
        }
    }
    listed(Json::Object(root))
}

fn put(into: &mut Map<String, Json>, path: &[&str], value: &str) {
    match path {
        [] => {}
        [last] => drop(into.insert((*last).to_owned(), json!(value))),
        [first, rest @ ..] => {
            let inner = into.entry((*first).to_owned()).or_insert_with(|| json!({}));
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Turns `{"member": {"1": …, "2": …}}` into lists, in the order of the numbers.
fn listed(value: Json) -> Json {
    let Json::Object(fields) = value else { return value };
    if let (1, Some(Json::Object(members))) = (fields.len(), fields.get("member")) {
        let mut numbered: Vec<(u32, Json)> =
            members.iter().filter_map(|(n, v)| Some((n.parse().ok()?, v.clone()))).collect();
        numbered.sort_by_key(|(n, _)| *n);
        return numbered.into_iter().map(|(_, v)| listed(v)).collect();
    }
    Json::Object(fields.into_iter().map(|(name, v)| (name, listed(v))).collect())
}

/// A CBOR document as a structure; `None` if it is none.
pub(in crate::cloud::simulator_http) fn from_cbor(body: &[u8]) -> Option<Json> {
    if body.is_empty() {
        return Some(json!({}));
    }
    ciborium::from_reader::<Cbor, _>(body).ok().map(plain)
}

fn plain(value: Cbor) -> Json {
    match value {
        Cbor::Integer(n) => i64::try_from(n).map_or(Json::Null, |n| json!(n)),
        Cbor::Float(f) => json!(f),
        Cbor::Text(text) => json!(text),
        Cbor::Bool(b) => json!(b),
        Cbor::Tag(_, inner) => plain(*inner),
        Cbor::Array(items) => items.into_iter().map(plain).collect(),
        Cbor::Map(entries) => {
            let entry = |(name, v): (Cbor, Cbor)| Some((name.into_text().ok()?, plain(v)));
            Json::Object(entries.into_iter().filter_map(entry).collect())
        }
        _ => Json::Null,
    }
}

/// A value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cloud::simulator_http) enum Node {
    /// Named fields, in the order they are written.
    Fields(Vec<(&'static str, Node)>),
    /// Several of one kind.
    List(Vec<Node>),
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A measured value.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// A moment.
    Time(Time),
}

impl Node {
    pub(in crate::cloud::simulator_http) fn text(text: impl Into<String>) -> Node {
        Node::Text(text.into())
    }

    pub(in crate::cloud::simulator_http) fn fields(
        fields: impl IntoIterator<Item = (&'static str, Node)>,
    ) -> Node {
        Node::Fields(fields.into_iter().collect())
    }

    pub(in crate::cloud::simulator_http) fn list(items: impl IntoIterator<Item = Node>) -> Node {
        Node::List(items.into_iter().collect())
    }

    /// These fields, and `name` where there is a `value`.
    pub(in crate::cloud::simulator_http) fn with(mut self, name: &'static str, value: Option<Node>) -> Node {
        if let (Node::Fields(fields), Some(value)) = (&mut self, value) {
            fields.push((name, value));
        }
        self
    }

    /// As the inside of an XML element.
    pub(in crate::cloud::simulator_http) fn xml(&self, out: &mut String) {
        match self {
            Node::Fields(fields) => fields.iter().for_each(|(name, value)| value.element(name, out)),
            Node::List(items) => items.iter().for_each(|item| item.element("member", out)),
            Node::Text(text) => escape(text, out),
            Node::Int(n) => out.push_str(&n.to_string()),
            Node::Float(f) => out.push_str(&f.to_string()),
            Node::Bool(b) => out.push_str(&b.to_string()),
            Node::Time(time) => out.push_str(&time.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
        }
    }

    fn element(&self, name: &str, out: &mut String) {
        out.push_str(&format!("<{name}>"));
        self.xml(out);
        out.push_str(&format!("</{name}>"));
    }

    pub(in crate::cloud::simulator_http) fn cbor(&self) -> Cbor {
        match self {
            Node::Fields(fields) => {
                Cbor::Map(fields.iter().map(|(name, v)| (Cbor::from(*name), v.cbor())).collect())
            }
            Node::List(items) => Cbor::Array(items.iter().map(Node::cbor).collect()),
            Node::Text(text) => Cbor::from(text.as_str()),
            Node::Int(n) => Cbor::from(*n),
            Node::Float(f) => Cbor::from(*f),
            Node::Bool(b) => Cbor::from(*b),
            Node::Time(time) => Cbor::Tag(1, Box::new(Cbor::from(time.timestamp()))),
        }
    }

    pub(in crate::cloud::simulator_http) fn json(&self) -> Json {
        match self {
            Node::Fields(fields) => {
                Json::Object(fields.iter().map(|(name, v)| ((*name).to_owned(), v.json())).collect())
            }
            Node::List(items) => items.iter().map(Node::json).collect(),
            Node::Text(text) => json!(text),
            Node::Int(n) => json!(n),
            Node::Float(f) => json!(f),
            Node::Bool(b) => json!(b),
            Node::Time(time) => json!(time.timestamp()),
        }
    }
}

/// Text as XML may hold it.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_lists_in_the_order_of_their_numbers() {
        let form = from_form(b"Action=X&Names.member.10=j&Names.member.2=b&Q.member.1.M.N=a%26b&Empty=");
        assert_eq!(
            form,
            json!({"Action": "X", "Names": ["b", "j"], "Q": [{"M": {"N": "a&b"}}], "Empty": ""})
        );
        assert_eq!(from_form(b"A=1&A.B=2"), json!({"A": "1"}), "a clash keeps the first");
    }

    #[test]
    fn one_answer_reads_alike_in_every_protocol() {
        let node = Node::fields([
            ("Name", Node::text("a<b&c")),
            ("At", Node::list([Node::Time(at_epoch(60))])),
            ("Value", Node::Float(1.5)),
        ]);
        let mut xml = String::new();
        node.xml(&mut xml);
        let at = "<At><member>1970-01-01T00:01:00Z</member></At>";
        assert_eq!(xml, format!("<Name>a&lt;b&amp;c</Name>{at}<Value>1.5</Value>"));
        let mut bytes = Vec::new();
        ciborium::into_writer(&node.cbor(), &mut bytes).expect("memory takes bytes");
        assert_eq!(from_cbor(&bytes), Some(node.json()));
        assert_eq!(from_cbor(&[0xff, 0x00]), None);
    }

    #[test]
    fn moments_come_as_numbers_and_as_texts() {
        let given = json!({"a": 60.0, "b": "1970-01-01T00:01:00Z", "c": "soon"});
        let input = Input(&given);
        assert_eq!(input.time("a"), Ok(Some(at_epoch(60))));
        assert_eq!(input.time("b"), Ok(Some(at_epoch(60))));
        assert!(input.time("c").is_err() && input.time("d") == Ok(None));
    }
}

use proptest::prelude::*;

use super::*;
use crate::link::{
    FleetQuery, FleetWindow, SortOrder, View,
    fixture::BusyFleet,
    socket::{
        frame::{FROM_AGENT, FrameError, encode, encode_packed},
        protocol::FromAgent,
    },
};

/// Bytes of a frame's length.
const HEAD: usize = 4;

/// Both ends of a stream.
struct Stream(Packer, Unpacker);

impl Stream {
    fn new() -> Stream {
        Stream(Packer::new().expect("there is memory"), Unpacker::new().expect("there is memory"))
    }

    /// Bytes on the wire of `view`, and what arrives.
    fn send(&mut self, view: &View) -> (usize, View) {
        let frame = encode_packed(&FromAgent::View(view), &mut self.0, FROM_AGENT).expect("it fits");
        let text = self.1.unpack(&frame[HEAD..], FROM_AGENT).expect("it was packed here");
        match serde_json::from_slice::<FromAgent>(text).expect("it was JSON") {
            FromAgent::View(arrived) => (frame.len(), *arrived),
            other => panic!("a view was sent, {other:?} came"),
        }
    }
}

/// The part of the fleet that is on the fleet page of a terminal of 120 × 40.
fn part(mut view: View, query: &FleetQuery) -> View {
    let around = view.listed(query).rows.get(7).map(|row| row.name.clone());
    view.cut_fleet(FleetWindow { query: query.clone(), around, rows: 40 }, Some(""));
    view
}

/// Mean bytes a minute on the wire, of a thousand groups whose numbers all change, once the first view has been sent.
fn bytes_a_minute(query: &FleetQuery) -> usize {
    const MINUTES: usize = 20;
    let (mut fleet, mut stream) = (BusyFleet::new(1_000), Stream::new());
    stream.send(&part(fleet.minute(), query));
    let minutes = (0..MINUTES).map(|_| {
        let view = part(fleet.minute(), query);
        let (bytes, arrived) = stream.send(&view);
        assert!(arrived == view, "the console shows what the engine says");
        bytes
    });
    minutes.sum::<usize>() / MINUTES
}

#[test]
fn a_minute_of_a_thousand_groups_takes_less_than_four_kilobytes() {
    // By demand, all groups change places with every minute.
    for order in [SortOrder::Need, SortOrder::Name, SortOrder::Demand] {
        let bytes = bytes_a_minute(&FleetQuery { order, ..FleetQuery::default() });
        println!("ordered by {}: {bytes} bytes a minute", order.words());
        assert!(bytes < 4_096, "{}: {bytes}", order.words());
    }
    // What packing alone would leave of whole lines.
    let (mut fleet, mut stream) = (BusyFleet::new(1_000), Stream::new());
    stream.send(&fleet.minute());
    let whole = stream.send(&fleet.minute()).0;
    println!("whole lines, packed: {whole} bytes a minute");
    let plain = encode(&FromAgent::View(&BusyFleet::new(1_000).minute()), FROM_AGENT).expect("it fits").len();
    println!("whole lines, plain: {plain} bytes a minute");
    assert!(plain > 1_000_000 && whole > 40_960, "{plain}, {whole}");
}

proptest! {
    #[test]
    fn whatever_views_are_sent_arrive(
        sizes in prop::collection::vec((1usize..40, 0usize..60, "\\PC{0,20}", any::<bool>()), 1..12),
    ) {
        let mut stream = Stream::new();
        for (groups, rows, filter, reversed) in sizes {
            let mut view = BusyFleet::new(groups).minute();
            let query = FleetQuery { filter, reversed, order: SortOrder::Demand, ..FleetQuery::default() };
            view.cut_fleet(FleetWindow { query, around: None, rows }, None);
            prop_assert!(stream.send(&view).1 == view);
        }
    }

    #[test]
    fn bytes_that_are_no_stream_end_in_an_error_or_say_little(
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..6),
        magic: bool,
    ) {
        let mut unpacker = Unpacker::new().expect("there is memory");
        for mut frame in frames {
            if magic {
                frame.splice(0..0, [0x28, 0xb5, 0x2f, 0xfd]);
            }
            if let Ok(text) = unpacker.unpack(&frame, 10_000) {
                prop_assert!(text.len() <= 10_000);
            }
        }
    }
}

#[test]
fn a_frame_that_unpacks_to_more_than_a_frame_may_say_is_refused() {
    let (mut packer, mut unpacker) =
        (Packer::new().expect("there is memory"), Unpacker::new().expect("there is memory"));
    let bomb = encode_packed(&"0".repeat(20 << 20), &mut packer, FROM_AGENT).expect("it fits");
    assert!(bomb.len() < 4_000, "{} bytes", bomb.len());
    let refused = unpacker.unpack(&bomb[HEAD..], 1 << 20).expect_err("it is longer").to_string();
    assert_eq!(refused, "what is packed exceeds 1048576 bytes");
    assert!(unpacker.text.len() <= (1 << 20) + PIECE, "{} bytes were kept", unpacker.text.len());
}

#[test]
fn a_stream_that_wants_to_remember_more_is_refused() {
    let mut encoder = Encoder::new(1).expect("there is memory");
    encoder.set_parameter(CParameter::WindowLog(WINDOW + 1)).expect("it can be set");
    let mut frame = Vec::new();
    let mut text = InBuffer::around(b"[]");
    piece(&mut frame, |room| encoder.run(&mut text, room)).expect("there is room");
    piece(&mut frame, |room| encoder.flush(room)).expect("there is room");
    let mut unpacker = Unpacker::new().expect("there is memory");
    let refused = unpacker.unpack(&frame, 1_000).expect_err("it is too much to remember").to_string();
    assert!(refused.contains("memory"), "{refused}");
}

#[test]
fn what_a_frame_may_not_say_is_not_packed_and_the_stream_goes_on() {
    let (mut stream, view) = (Stream::new(), BusyFleet::new(3).minute());
    let refused = encode_packed(&"x".repeat(100), &mut stream.0, 50);
    assert!(matches!(refused, Err(FrameError::TooLong(102))), "{refused:?}");
    assert!(stream.send(&view).1 == view);
}

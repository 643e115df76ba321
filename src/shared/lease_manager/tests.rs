//! Promises of leases: never two holders, whatever clocks and networks do; and never nobody for long.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{
    domain::{actuator::HeldFloor, at_epoch},
    shared::{
        faulty::{Faulty, Weather},
        fixture::{Hands, Machine, block, machine, objects},
        *,
    },
};

const CYCLE: f64 = 300.0;
const TERM: f64 = 240.0;

fn groups(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

impl Machine {
    fn sync(&mut self, wants: &[&str]) -> Vec<LeaseChange> {
        block(self.lease_manager.sync(groups(wants), &Floors::new(), at_epoch(0)))
    }

    fn holds(&self, group: &str) -> bool {
        self.lease_manager.may_act(group, 0.0).is_ok()
    }
}

fn pass(machines: &mut [&mut Machine], seconds: f64) {
    machines.iter().for_each(|m| m.hands.with(|c| c.steady += seconds));
}

#[test]
fn a_single_agent_takes_all_and_a_second_gets_half() {
    let objects = objects();
    let (mut a, mut b) = (machine(&objects, "a"), machine(&objects, "b"));
    let wants = ["api", "web"];
    assert_eq!(a.sync(&wants).len(), 2);
    assert!(a.holds("api") && a.holds("web"));
    assert!(b.sync(&wants).is_empty(), "nothing is free yet");
    assert!(
        b.lease_manager.may_act("web", 0.0).expect_err("a has it").contains("host-a (pid 7) holds lease 1")
    );
    assert_eq!(a.sync(&wants), [LeaseChange::Lost { group: "api".into() }]);
    let gained = b.sync(&wants);
    assert!(
        matches!(&gained[..], [LeaseChange::Gained { group, epoch: 4, .. }] if group == "api"),
        "{gained:?}"
    );
    assert!(b.holds("api") && !b.holds("web") && a.holds("web") && !a.holds("api"));
}

#[test]
fn a_process_under_the_identity_of_the_one_before_it_goes_on_and_is_seen_to_live() {
    let objects = objects();
    let mut other = machine(&objects, "other");
    for started in 0..12 {
        // A function: a new process each time, of which nothing is known but its name.
        let mut function = machine(&objects, "function");
        function.sync(&["web"]);
        assert_eq!(function.lease_manager.may_act("web", 0.0), Ok(1), "start {started}");
        pass(&mut [&mut other], TERM / 4.0);
        other.sync(&["web"]);
        assert!(!other.holds("web"), "it was renewed all the time");
    }
    for _ in 0..5 {
        pass(&mut [&mut other], TERM / 4.0);
        other.sync(&["web"]);
    }
    assert!(other.holds("web"), "nobody starts it any more");
}

#[test]
fn a_dead_holder_is_replaced_within_two_cycles_and_not_before_its_lease_ends() {
    let objects = objects();
    let (mut a, mut b) = (machine(&objects, "a"), machine(&objects, "b"));
    a.sync(&["web"]);
    let mut waited = 0.0;
    b.sync(&["web"]);
    while !b.holds("web") {
        pass(&mut [&mut a, &mut b], TERM / 12.0);
        waited += TERM / 12.0;
        assert!(!a.holds("web") || waited < TERM, "a counts on it for too long");
        b.sync(&["web"]);
    }
    assert!((TERM..=2.0 * CYCLE).contains(&waited), "{waited}");
    assert!(!a.holds("web"));
    assert_eq!(a.sync(&["web"]), [LeaseChange::Lost { group: "web".into() }]);
}

#[test]
fn a_clean_shutdown_releases_the_lease_at_once() {
    let objects = objects();
    let (mut a, mut b) = (machine(&objects, "a"), machine(&objects, "b"));
    a.sync(&["web"]);
    let floor = HeldFloor { own: 2, held: 6, before: 2, window: None, ending: false };
    let floors: Floors = [("web".to_owned(), Some(floor))].into();
    block(a.lease_manager.leave(&floors, at_epoch(0))).expect("the store answers");
    assert!(!a.holds("web"));
    let gained = b.sync(&["web"]);
    assert_eq!(gained, [LeaseChange::Gained { group: "web".into(), epoch: 3, floor: Some(Some(floor)) }]);
}

#[test]
fn without_an_answer_leases_run_out_and_words_say_so() {
    let objects = objects();
    let mut a = machine(&objects, "a");
    a.net.set(Weather::Down);
    a.sync(&["web"]);
    let why = a.lease_manager.may_act("web", 0.0).expect_err("nothing was ever held");
    assert!(
        why.contains("no lease: the shared store memory does not work") && why.contains("reset"),
        "{why}"
    );
    a.net.set(Weather::Fair);
    a.sync(&["web"]);
    assert_eq!(a.lease_manager.may_act("web", 200.0), Ok(1));
    a.net.set(Weather::Down);
    pass(&mut [&mut a], 120.0);
    a.sync(&["web"]);
    assert!(a.holds("web"), "the term is not over");
    let why = a.lease_manager.may_act("web", 200.0).expect_err("not for as long as a call may take");
    assert!(why.contains("lease 1 was renewed 120 s ago and runs out at 240 s"), "{why}");
    pass(&mut [&mut a], 120.0);
    assert!(!a.holds("web"));
    a.net.set(Weather::Fair);
    assert!(a.sync(&["web"]).is_empty(), "nobody took it in between");
    assert!(a.holds("web"));
}

#[test]
fn a_lease_expires_during_machine_sleep() {
    let objects = objects();
    let mut a = machine(&objects, "a");
    a.sync(&["web"]);
    a.hands.with(|c| c.ahead += 400.0);
    assert!(!a.holds("web"), "the steady clock stood still");
}

#[test]
fn a_lost_answer_neither_loses_nor_repeats_a_change() {
    let objects = objects();
    let (mut a, mut b) = (machine(&objects, "a"), machine(&objects, "b"));
    a.sync(&["web"]);
    // The put that would take "api" arrives, its answer does not: nothing is counted on before the next round.
    a.net.set(Weather::Deaf);
    a.sync(&["api", "web"]);
    assert!(!a.holds("api"));
    a.net.set(Weather::Fair);
    a.sync(&["api", "web"]);
    assert!(a.holds("api") && a.holds("web"));
    b.sync(&["api", "web"]);
    assert!(!b.holds("api") && !b.holds("web"));
}

#[test]
fn a_damaged_table_is_named_and_nobody_acts() {
    let objects = objects();
    let mut a = machine(&objects, "a");
    a.sync(&["web"]);
    let store = SharedStore::on(objects.clone());
    block(store.put("leases/00000000000000000002.json", b"{\"agents\":".to_vec())).expect("memory");
    a.sync(&["web"]);
    let words = a.lease_manager.trouble().expect("it is damaged").to_string();
    assert!(
        words.contains("leases/00000000000000000002.json") && words.contains("remove the folder"),
        "{words}"
    );
    pass(&mut [&mut a], TERM);
    assert!(!a.holds("web"));
}

/// An act: group, agent, token, and from when to when it may have been under way.
type Acts = Vec<(String, usize, u64, f64, f64)>;

const FLEET: [&str; 3] = ["api", "batch", "web"];

/// Lets agents run against each other for some thousand steps, in an order, with faults and clocks, of the seed.
fn run(seed: u64, agents: usize, deadline: f64) -> Acts {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a small runtime");
    let _entered = runtime.enter();
    let mut rng = StdRng::seed_from_u64(seed);
    let objects = objects();
    let mut machines: Vec<Machine> = (0..agents).map(|n| machine(&objects, &format!("a{n}"))).collect();
    let handles: Vec<(Hands, Faulty)> = machines.iter().map(|m| (m.hands.clone(), m.net.clone())).collect();
    handles.iter().for_each(|(hands, _)| hands.with(|c| c.steady = rng.random_range(0.0..1e6)));
    let truth = Arc::new(Mutex::new(0.0_f64));
    let acts = Arc::new(Mutex::new(Acts::new()));
    let mut lives: Vec<_> = machines
        .drain(..)
        .enumerate()
        .map(|(n, m)| Box::pin(live(n, m.lease_manager, deadline, Arc::clone(&truth), Arc::clone(&acts))))
        .collect();
    let mut asleep = vec![0_u32; agents];
    for _ in 0..6_000 {
        let n = rng.random_range(0..agents);
        let passed = rng.random_range(0.0..8.0);
        *truth.lock().expect("one thread") += passed;
        for (at, (hands, net)) in handles.iter().enumerate() {
            // A suspended machine does nothing, and its monotonic clock stops.
            let sleeps = asleep[at] > 0;
            hands.with(|c| if sleeps { c.ahead += passed } else { c.steady += passed });
            asleep[at] = asleep[at].saturating_sub(1);
            match rng.random_range(0..4_000) {
                0 => asleep[at] = rng.random_range(1..200),
                1 => hands.with(|c| c.ahead += rng.random_range(0.0..400.0)),
                2..8 => net.set(Weather::Down),
                8..14 => net.set(Weather::Deaf),
                14..60 => net.set(Weather::Fair),
                _ => {}
            }
        }
        if asleep[n] == 0 {
            let polled = lives[n].as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(polled, Poll::Pending, "it lives on");
        }
    }
    drop(lives);
    Arc::into_inner(acts).expect("the agents are gone").into_inner().expect("one thread")
}

/// What an agent does all day: rounds when they are due, and acts while it may.
async fn live(
    me: usize,
    mut lease_manager: LeaseManager,
    deadline: f64,
    truth: Arc<Mutex<f64>>,
    acts: Arc<Mutex<Acts>>,
) {
    let wants = groups(&FLEET);
    loop {
        if lease_manager.is_due(&wants) {
            lease_manager.sync(wants.clone(), &Floors::new(), at_epoch(0)).await;
        }
        for group in FLEET {
            if let Ok(epoch) = lease_manager.may_act(group, deadline) {
                let begun = *truth.lock().expect("one thread");
                let act = (group.to_owned(), me, epoch, begun, begun + deadline);
                acts.lock().expect("one thread").push(act);
            }
        }
        tokio::task::yield_now().await;
    }
}

fn check(acts: &Acts) -> Result<(), TestCaseError> {
    for group in FLEET {
        let of: Vec<_> = acts.iter().filter(|a| a.0 == group).collect();
        for pair in of.windows(2) {
            let ((_, who, epoch, _, ends), (_, next, token, begins, _)) = (pair[0], pair[1]);
            prop_assert!(token >= epoch, "{group}: token {token} after {epoch}");
            if who != next {
                prop_assert!(token > epoch, "{group}: {who} and {next} share token {token}");
                prop_assert!(ends <= begins, "{group}: {next} began at {begins}, {who} until {ends}");
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn two_holders_never_overlap(seed in any::<u64>(), agents in 2usize..4, deadline in 0.0..45.0) {
        check(&run(seed, agents, deadline))?;
    }
}

#[test]
fn the_property_is_not_empty() {
    let acts = run(5, 3, 45.0);
    let holders: BTreeSet<usize> = acts.iter().map(|a| a.1).collect();
    let tokens: BTreeSet<u64> = acts.iter().map(|a| a.2).collect();
    assert!(acts.len() > 500 && holders.len() == 3 && tokens.len() > 5, "{} acts, {tokens:?}", acts.len());
}

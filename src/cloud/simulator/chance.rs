//! Chance that can be repeated: every draw is named by seed, stream and number.
//!
//! No generator is kept between draws, so a snapshot holds nothing but counters, and the order in which
//! metrics are asked for changes nothing.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64Mcg;

/// What a draw is for; draws for one purpose never disturb another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Ids of instances.
    Launch,
    /// Boot times.
    Boot,
    /// Ids of activities.
    Activity,
    /// Whether a launch fails by itself.
    Failure,
    /// Noise of the measured CPU.
    Cpu,
    /// Noise of the bytes received.
    NetworkIn,
    /// Noise of the bytes sent.
    NetworkOut,
    /// When a minute of what is measured is published.
    Publish,
    /// When, and in which parts, a minute of what is counted is published.
    PublishCount,
}

/// The source of one group's draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chance(u64);

impl Chance {
    /// The draws of `group` in the world with `seed`.
    pub fn new(seed: u64, group: &str) -> Chance {
        // FNV-1a: the same on every machine and in every release of the compiler.
        let name = group.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Chance(mix(seed ^ mix(name)))
    }

    /// The generator of draw `number` of `stream`.
    pub fn draw(self, stream: Stream, number: u64) -> Pcg64Mcg {
        let high = mix(self.0 ^ (stream as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Pcg64Mcg::new((u128::from(high) << 64) | u128::from(mix(high ^ number)))
    }

    /// A share in `[0, 1)`.
    pub fn share(self, stream: Stream, number: u64) -> f64 {
        self.draw(stream, number).random()
    }

    /// A factor around 1 with relative standard deviation `spread`, never below 0.
    pub fn factor(self, stream: Stream, number: u64, spread: f64) -> f64 {
        let normal: f64 = StandardNormal.sample(&mut self.draw(stream, number));
        (1.0 + spread * normal.clamp(-3.0, 3.0)).max(0.0)
    }
}

/// An id like EC2's: `i-` and 17 hexadecimal digits.
pub fn instance_id(rng: &mut Pcg64Mcg) -> String {
    format!("i-0{:016x}", rng.next_u64())
}

/// An id like those of scaling activities.
pub fn activity_id(rng: &mut Pcg64Mcg) -> String {
    let (a, b) = (rng.next_u64(), rng.next_u64());
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xffff,
        b >> 48,
        b & 0xffff_ffff_ffff
    )
}

/// The finaliser of SplitMix64.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_and_differ_by_name() {
        let a = Chance::new(7, "web");
        assert_eq!(a.share(Stream::Cpu, 5).to_bits(), Chance::new(7, "web").share(Stream::Cpu, 5).to_bits());
        let others = [
            a.share(Stream::Cpu, 6),
            a.share(Stream::NetworkIn, 5),
            Chance::new(8, "web").share(Stream::Cpu, 5),
            Chance::new(7, "api").share(Stream::Cpu, 5),
        ];
        assert!(others.iter().all(|o| o.to_bits() != a.share(Stream::Cpu, 5).to_bits()));
    }

    #[test]
    fn shares_are_spread_evenly() {
        let a = Chance::new(1, "web");
        let mean = (0..10_000).map(|i| a.share(Stream::Failure, i)).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        let mean = (0..10_000).map(|i| a.factor(Stream::Cpu, i, 0.02)).sum::<f64>() / 10_000.0;
        assert!((mean - 1.0).abs() < 0.002, "{mean}");
    }

    #[test]
    fn ids_look_like_those_of_aws() {
        let id = instance_id(&mut Chance::new(1, "web").draw(Stream::Launch, 0));
        assert!(id.len() == 19 && id.starts_with("i-0"), "{id}");
        assert_eq!(activity_id(&mut Chance::new(1, "web").draw(Stream::Activity, 0)).len(), 36);
    }
}

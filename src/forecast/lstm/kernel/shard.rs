//! One part of a batch through all layers, on one thread.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::{
    attention::Attention,
    layer::{Above, Layer},
    weights::{Grads, KernelWeights},
};
use crate::forecast::matrix::panel::{PanelRow, Panels, WIDTH};

/// Memory for a part of a batch; it grows to the largest part and stays.
#[derive(Debug)]
pub(super) struct Shard {
    batch: usize,
    input: Panels,
    layers: Vec<Layer>,
    /// Input of each layer but the first, after dropout, with what it was multiplied by.
    dropped: Vec<(Panels, Panels)>,
    dropping: bool,
    attention: Attention,
    out: Panels,
    out_grad: Panels,
    grads: Option<Grads>,
}

/// What is to be kept of a way forwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Keep {
    /// Nothing: nothing is learned from it.
    Nothing,
    /// Everything; dropout draws from this seed.
    All(Option<u64>),
}

impl Shard {
    /// Empty.
    pub fn new(weights: &KernelWeights) -> Shard {
        let sizes = weights.sizes;
        let empty = || Panels::new(0, sizes.hidden);
        Shard {
            batch: 0,
            input: Panels::new(0, sizes.features),
            layers: (0..sizes.layers).map(|layer| Layer::new(sizes.inputs(layer), sizes.hidden)).collect(),
            dropped: (1..sizes.layers).map(|_| (empty(), empty())).collect(),
            dropping: false,
            attention: Attention::new(sizes.hidden),
            out: empty(),
            out_grad: empty(),
            grads: None,
        }
    }

    /// From windows, `window × features` numbers each, to `hidden` numbers each, written to `out`.
    pub fn forward(&mut self, weights: &KernelWeights, windows: &[&[f32]], keep: Keep, out: &mut [f32]) {
        let sizes = weights.sizes;
        self.batch = windows.len();
        self.dropping = matches!(keep, Keep::All(Some(_))) && sizes.dropout > 0.0;
        let mut rng = Pcg64Mcg::seed_from_u64(if let Keep::All(Some(seed)) = keep { seed } else { 0 });
        self.input.set_rows(sizes.window * self.batch);
        for (example, window) in windows.iter().enumerate() {
            for (step, values) in window.chunks(sizes.features).enumerate() {
                self.input.set_row(step * self.batch + example, values);
            }
        }
        let size = (sizes.window, self.batch);
        for index in 0..self.layers.len() {
            let (below, own) = self.layers.split_at_mut(index);
            let input = match below.last() {
                None => &self.input,
                Some(below) if self.dropping => {
                    let (to, mask) = &mut self.dropped[index - 1];
                    draw(mask, &below.hidden, 1.0 - sizes.dropout, &mut rng);
                    multiply(&below.hidden, mask, to);
                    to
                }
                Some(below) => &below.hidden,
            };
            own[0].forward(input, &weights.layers[index], size, keep != Keep::Nothing);
        }
        self.summarise(weights);
        for (example, to) in out.chunks_mut(sizes.hidden).enumerate() {
            self.out.get_row(example, to);
        }
    }

    /// The last step's hidden state, or the attention's mean.
    fn summarise(&mut self, weights: &KernelWeights) {
        self.out.set_rows(self.batch);
        let Some(top) = self.layers.last() else { return };
        if weights.sizes.attention {
            self.attention.forward(&top.hidden, &weights.score, self.batch, &mut self.out);
            return;
        }
        let rows = top.hidden.rows();
        for panel in 0..self.out.count() {
            let last = top.hidden.part(panel, rows - self.batch..rows);
            self.out.part_mut(panel, 0..self.batch).copy_from_slice(last);
        }
    }

    /// Gradients of the last way back, if there was one.
    pub fn grads(&mut self) -> Option<&mut Grads> {
        self.grads.as_mut()
    }

    /// From the gradient of what [`Shard::forward`] wrote to [`Shard::grads`].
    pub fn backward(&mut self, weights: &KernelWeights, grad: &[f32]) {
        self.out_grad.set_rows(self.batch);
        self.out_grad.fill(grad);
        let grads = self.grads.get_or_insert_with(|| Grads::new(weights.sizes));
        grads.clear();
        let (last, top) = (self.layers.len() - 1, &self.layers[self.layers.len() - 1]);
        if weights.sizes.attention {
            self.attention.backward(&top.hidden, &weights.score, &self.out_grad, &mut grads.score);
        }
        for index in (0..=last).rev() {
            let (low, high) = self.layers.split_at_mut(index + 1);
            let (below, own) = low.split_at_mut(index);
            let above = match high.first() {
                Some(above) => Above::All(&above.input_grad),
                None if weights.sizes.attention => Above::All(&self.attention.hidden_grad),
                None => Above::Last(&self.out_grad),
            };
            let input = match below.last() {
                None => &self.input,
                Some(_) if self.dropping => &self.dropped[index - 1].0,
                Some(below) => &below.hidden,
            };
            let (weights, grads) = (&weights.layers[index], &mut grads.layers[index]);
            own[0].backward(input, weights, grads, above, index > 0);
            if index > 0 && self.dropping {
                scale(&mut own[0].input_grad, &self.dropped[index - 1].1);
            }
        }
    }
}

/// Fills `mask` with zeros and `1 / keep`.
fn draw(mask: &mut Panels, like: &Panels, keep: f64, rng: &mut Pcg64Mcg) {
    mask.set_rows(like.rows());
    let (most, value) = ((keep * 65_536.0).round() as u32, (1.0 / keep) as f32);
    for to in mask.all_mut() {
        // Sixteen numbers of sixteen bits are as fine as a dropout rate needs.
        let mut random = [0u16; WIDTH];
        for four in random.as_chunks_mut::<4>().0 {
            let bits = rng.next_u64();
            *four = std::array::from_fn(|j| (bits >> (16 * j)) as u16);
        }
        *to = PanelRow(random.map(|bits| if u32::from(bits) < most { value } else { 0.0 }));
    }
}

fn multiply(a: &Panels, b: &Panels, to: &mut Panels) {
    to.set_rows(a.rows());
    for (to, (a, b)) in to.all_mut().iter_mut().zip(a.all().iter().zip(b.all())) {
        *to = PanelRow(std::array::from_fn(|j| a.0[j] * b.0[j]));
    }
}

fn scale(to: &mut Panels, by: &Panels) {
    for (to, by) in to.all_mut().iter_mut().zip(by.all()) {
        to.0.iter_mut().zip(by.0).for_each(|(to, by)| *to *= by);
    }
}

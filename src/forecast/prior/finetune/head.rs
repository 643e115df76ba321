//! The head alone, on what it sees of each example.

use crate::forecast::{
    matrix::panel::Panels,
    prior::{
        features::INPUTS,
        inference::Inference,
        layers::{Head, Parameters, rows_of_gradient},
        net::{Net, OUTPUTS},
        pretrain::{loss::add_up, rows::Rows},
    },
};

/// Examples that go through at once.
const AT_ONCE: usize = 128;

/// Examples with what the head sees of them.
pub(super) struct HeadRows {
    rows: Rows,
    /// `count × (hidden + INPUTS)`: the state before the head, then the inputs.
    seen: Vec<f32>,
    hidden: usize,
}

/// Some examples as matrices: states, inputs, outputs, and the gradient of these.
struct Part {
    normed: Panels,
    inputs: Panels,
    outputs: Panels,
    grad: Panels,
}

impl HeadRows {
    /// What the head of `net` sees of `rows`.
    pub fn new(net: &Net, rows: Rows) -> HeadRows {
        let seen = Inference::new(net).seen_by_head(&rows.inputs);
        HeadRows { seen, rows, hidden: net.shape.hidden }
    }

    /// Mean loss of the head `parameters` for the rows at `places`, and its gradient.
    pub fn gradient(&self, parameters: &[f32], places: &[usize]) -> (f32, Vec<f32>) {
        let mut grads = Head::zeros(self.hidden, rows_of_gradient);
        let loss = self.each_part(parameters, places, |Part { normed, inputs, grad, .. }| {
            grads.add_gradient((normed, inputs), grad);
        });
        let mut list = Vec::with_capacity(parameters.len());
        grads.append_to(&mut list);
        (loss as f32, list)
    }

    /// Mean loss of the head `parameters` for the rows at `places`.
    pub fn mean_loss(&self, parameters: &[f32], places: &[usize]) -> f64 {
        self.each_part(parameters, places, |_| {})
    }

    /// The mean loss for the rows at `places`; `work` sees some of them at a time.
    fn each_part(&self, parameters: &[f32], places: &[usize], mut work: impl FnMut(&Part)) -> f64 {
        let head = Parameters(parameters).head(self.hidden);
        let share = 1.0 / places.len().max(1) as f32;
        let mut part = Part {
            normed: Panels::new(0, self.hidden),
            inputs: Panels::new(0, INPUTS),
            outputs: Panels::new(0, OUTPUTS),
            grad: Panels::new(0, OUTPUTS),
        };
        let parts = places.chunks(AT_ONCE).map(|places| {
            self.fill(&mut part, places);
            head.apply((&part.normed, &part.inputs), &mut part.outputs);
            let rows = self.rows.chosen(places.iter().copied());
            let loss = add_up(&part.outputs, (&rows, 0), share, &mut part.grad);
            work(&part);
            loss
        });
        parts.sum::<f64>() / places.len().max(1) as f64
    }

    fn fill(&self, part: &mut Part, places: &[usize]) {
        for panels in [&mut part.normed, &mut part.inputs, &mut part.outputs, &mut part.grad] {
            panels.set_rows(places.len());
        }
        let width = self.hidden + INPUTS;
        for (row, place) in places.iter().enumerate() {
            let (state, inputs) = self.seen[place * width..(place + 1) * width].split_at(self.hidden);
            part.normed.set_row(row, state);
            part.inputs.set_row(row, inputs);
        }
    }
}

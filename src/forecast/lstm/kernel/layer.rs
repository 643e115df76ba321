//! One recurrent layer over all steps of a batch, forwards and backwards. Row `step × batch + example` of a
//! matrix belongs to one step of one example.

use super::{
    cell::{Backward, Forward, GATES},
    weights::{GateGrads, LayerWeights},
};
use crate::forecast::matrix::{
    multiply::{Start, Term, sum_of_products},
    panel::{PanelRow, Panels},
    transposed::add_transposed,
};

/// From so many examples on, the products of input and hidden state run together; with fewer, all steps of
/// the input are multiplied at once.
const WIDE: usize = 6;

/// A layer's activations. They are kept from batch to batch, since fresh memory costs as much as the arithmetic.
#[derive(Debug)]
pub(super) struct Layer {
    time: usize,
    batch: usize,
    gates: [Panels; GATES],
    before: Panels,
    tanh: Panels,
    /// The hidden state after each step.
    pub hidden: Panels,
    cell: Panels,
    cell_grad: Panels,
    hidden_grad: Panels,
    /// Gradient of the input.
    pub input_grad: Panels,
}

/// The gradient of the hidden states that comes from above.
#[derive(Clone, Copy)]
pub(super) enum Above<'a> {
    /// Of all steps.
    All(&'a Panels),
    /// Of the last one alone.
    Last(&'a Panels),
}

impl Layer {
    /// Empty.
    pub fn new(inputs: usize, hidden: usize) -> Layer {
        let empty = || Panels::new(0, hidden);
        Layer {
            time: 0,
            batch: 0,
            gates: std::array::from_fn(|_| empty()),
            before: empty(),
            tanh: empty(),
            hidden: empty(),
            cell: empty(),
            cell_grad: empty(),
            hidden_grad: empty(),
            input_grad: Panels::new(0, inputs),
        }
    }

    fn prepare(&mut self, time: usize, batch: usize, keep: bool) {
        (self.time, self.batch) = (time, batch);
        let rows = time * batch;
        let gates = if keep || batch < WIDE { rows } else { batch };
        self.gates.iter_mut().for_each(|gate| gate.set_rows(gates));
        self.hidden.set_rows(rows);
        self.cell.set_rows(batch);
        self.cell.all_mut().fill(PanelRow::ZERO);
        if keep {
            self.before.set_rows(rows);
            self.tanh.set_rows(rows);
        }
    }

    /// Runs `time` steps of `batch` examples; with `keep`, what the way back needs is kept.
    pub fn forward(
        &mut self,
        input: &Panels,
        weights: &LayerWeights,
        (time, batch): (usize, usize),
        keep: bool,
    ) {
        self.prepare(time, batch, keep);
        if batch < WIDE {
            for (gate, own) in self.gates.iter_mut().zip(&weights.gates) {
                let terms = [Term { a: input, first: 0, b: &own.input }];
                sum_of_products(&terms, Start::Bias(&own.bias), gate, 0..time * batch);
            }
        }
        for step in 0..time {
            self.sums(input, weights, step, keep);
            self.cells(step, keep);
        }
    }

    /// First row of the gates of a step.
    fn place(&self, step: usize, keep: bool) -> usize {
        if keep || self.batch < WIDE { step * self.batch } else { 0 }
    }

    fn sums(&mut self, input: &Panels, weights: &LayerWeights, step: usize, keep: bool) {
        let (first, at) = (step * self.batch, self.place(step, keep));
        for (gate, own) in self.gates.iter_mut().zip(&weights.gates) {
            let rows = at..at + self.batch;
            let of_input = Term { a: input, first, b: &own.input };
            let of_hidden = Term { a: &self.hidden, first: first.saturating_sub(self.batch), b: &own.hidden };
            let bias = Start::Bias(&own.bias);
            match (self.batch < WIDE, step) {
                (true, 0) => {}
                (true, _) => sum_of_products(&[of_hidden], Start::Kept, gate, rows),
                (false, 0) => sum_of_products(&[of_input], bias, gate, rows),
                (false, _) => sum_of_products(&[of_input, of_hidden], bias, gate, rows),
            }
        }
    }

    fn cells(&mut self, step: usize, keep: bool) {
        let (batch, at) = (self.batch, self.place(step, keep));
        let rows = step * batch..(step + 1) * batch;
        for panel in 0..self.hidden.count() {
            let kept = keep.then(|| {
                (self.before.part_mut(panel, rows.clone()), self.tanh.part_mut(panel, rows.clone()))
            });
            let gates = self.gates.each_mut().map(|gate| gate.part_mut(panel, at..at + batch));
            let cell = self.cell.part_mut(panel, 0..batch);
            let hidden = self.hidden.part_mut(panel, rows.clone());
            Forward { gates, cell, hidden, kept }.go();
        }
    }

    /// Adds this layer's gradients to `grads`; with `further`, leaves that of the input in [`Layer::input_grad`].
    pub fn backward(
        &mut self,
        input: &Panels,
        weights: &LayerWeights,
        grads: &mut [GateGrads; GATES],
        above: Above<'_>,
        further: bool,
    ) {
        let (time, batch) = (self.time, self.batch);
        self.hidden_grad.set_rows(batch);
        self.cell_grad.set_rows(batch);
        self.cell_grad.all_mut().fill(PanelRow::ZERO);
        self.input_grad.set_rows(if further { time * batch } else { 0 });
        for step in (0..time).rev() {
            self.cells_back(step, grads, above);
            let first = step * batch;
            let gates = self.gates.each_ref();
            let terms = |hidden: bool| -> [Term<'_>; GATES] {
                std::array::from_fn(|g| {
                    let (input_t, hidden_t) = weights.transposed(g);
                    Term { a: gates[g], first, b: if hidden { hidden_t } else { input_t } }
                })
            };
            if step > 0 {
                sum_of_products(&terms(true), Start::Zero, &mut self.hidden_grad, 0..batch);
            }
            if further {
                sum_of_products(&terms(false), Start::Zero, &mut self.input_grad, first..first + batch);
            }
        }
        for (gate, grads) in self.gates.iter().zip(grads) {
            add_transposed((input, 0), (gate, 0), time * batch, &mut grads.input);
            add_transposed((&self.hidden, 0), (gate, batch), (time - 1) * batch, &mut grads.hidden);
        }
    }

    fn cells_back(&mut self, step: usize, grads: &mut [GateGrads; GATES], above: Above<'_>) {
        let batch = self.batch;
        let rows = step * batch..(step + 1) * batch;
        for panel in 0..self.hidden.count() {
            let above = match above {
                Above::All(grad) => Some(grad.part(panel, rows.clone())),
                Above::Last(grad) => (step + 1 == self.time).then(|| grad.part(panel, 0..batch)),
            };
            let after = (step + 1 < self.time).then(|| self.hidden_grad.part(panel, 0..batch));
            let back = Backward {
                gates: self.gates.each_mut().map(|gate| gate.part_mut(panel, rows.clone())),
                before: self.before.part(panel, rows.clone()),
                tanh: self.tanh.part(panel, rows.clone()),
                hidden: [above, after],
                cell: self.cell_grad.part_mut(panel, 0..batch),
                bias: grads.each_mut().map(|grads| &mut grads.bias[panel]),
            };
            back.go();
        }
    }
}

//! Weights and their gradients as panels.

use super::cell::GATES;
use crate::forecast::matrix::panel::{PanelRow, Panels, WIDTH};

/// What fixes the recurrent part of a network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Sizes {
    /// Steps of a window.
    pub window: usize,
    /// Features a step.
    pub features: usize,
    /// Units a layer.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Weigh all steps by attention instead of taking the last one.
    pub attention: bool,
    /// Share of activations dropped between layers while training.
    pub dropout: f64,
}

impl Sizes {
    /// Inputs of layer `layer`.
    pub fn inputs(&self, layer: usize) -> usize {
        if layer == 0 { self.features } else { self.hidden }
    }
}

/// One gate's weights: those of the input, those of the hidden state, and both biases together.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    /// `inputs × hidden`.
    pub input: Panels,
    /// `hidden × hidden`.
    pub hidden: Panels,
    /// A row a panel.
    pub bias: Vec<PanelRow>,
    /// `hidden × inputs`, for the way back.
    input_t: Panels,
    /// `hidden × hidden`, for the way back.
    hidden_t: Panels,
}

/// One layer's weights.
#[derive(Debug, Clone)]
pub(super) struct LayerWeights {
    /// Input, forget, cell, output.
    pub gates: [Gate; GATES],
}

impl LayerWeights {
    fn new(inputs: usize, hidden: usize) -> LayerWeights {
        let gate = || Gate {
            input: Panels::new(inputs, hidden),
            hidden: Panels::new(hidden, hidden),
            bias: vec![PanelRow::ZERO; hidden.div_ceil(WIDTH)],
            input_t: Panels::default(),
            hidden_t: Panels::default(),
        };
        LayerWeights { gates: std::array::from_fn(|_| gate()) }
    }

    /// Takes one gate's weights, row after row (`inputs × hidden`, `hidden × hidden`), and its two biases.
    pub fn set_gate(&mut self, gate: usize, input: &[f32], hidden: &[f32], biases: [&[f32]; 2]) {
        let gate = &mut self.gates[gate];
        gate.input.fill(input);
        gate.hidden.fill(hidden);
        let sums = biases[0].iter().zip(biases[1]).map(|(a, b)| a + b);
        gate.bias.iter_mut().flat_map(|row| &mut row.0).zip(sums).for_each(|(to, sum)| *to = sum);
    }

    /// Makes the transposed weights agree with the weights.
    fn transpose(&mut self) {
        for Gate { input, hidden, input_t, hidden_t, .. } in &mut self.gates {
            if input_t.rows() == 0 {
                *input_t = Panels::new(input.columns(), input.rows());
                *hidden_t = Panels::new(hidden.columns(), hidden.rows());
            }
            input.transpose_into(input_t);
            hidden.transpose_into(hidden_t);
        }
    }

    /// The transposed weights of the input and of the hidden state of one gate.
    pub fn transposed(&self, gate: usize) -> (&Panels, &Panels) {
        (&self.gates[gate].input_t, &self.gates[gate].hidden_t)
    }
}

/// Weights of all layers and of the attention.
#[derive(Debug, Clone)]
pub(in super::super) struct KernelWeights {
    /// Sizes that they fit.
    pub sizes: Sizes,
    /// From the input upwards.
    pub(super) layers: Vec<LayerWeights>,
    /// Weights of the score of a step, a row a panel, and its bias.
    pub(super) score: (Vec<PanelRow>, f32),
}

impl KernelWeights {
    /// Zeros.
    pub fn new(sizes: Sizes) -> KernelWeights {
        let layers =
            (0..sizes.layers).map(|layer| LayerWeights::new(sizes.inputs(layer), sizes.hidden)).collect();
        KernelWeights { sizes, layers, score: (vec![PanelRow::ZERO; sizes.hidden.div_ceil(WIDTH)], 0.0) }
    }

    /// Takes one gate of one layer; see [`LayerWeights::set_gate`].
    pub fn set_gate(
        &mut self,
        (layer, gate): (usize, usize),
        input: &[f32],
        hidden: &[f32],
        biases: [&[f32]; 2],
    ) {
        self.layers[layer].set_gate(gate, input, hidden, biases);
    }

    /// Takes the weights and the bias of the attention's score.
    pub fn set_score(&mut self, weights: &[f32], bias: f32) {
        self.score.0.iter_mut().flat_map(|row| &mut row.0).zip(weights).for_each(|(to, w)| *to = *w);
        self.score.1 = bias;
    }

    /// Makes them ready for the way back, after the last of them was set.
    pub fn transpose(&mut self) {
        self.layers.iter_mut().for_each(LayerWeights::transpose);
    }
}

/// One gate's gradients.
#[derive(Debug, Clone)]
pub(super) struct GateGrads {
    /// `inputs × hidden`, rows up to a multiple of the panel's width.
    pub input: Panels,
    /// `hidden × hidden`, likewise.
    pub hidden: Panels,
    /// A row a panel.
    pub bias: Vec<PanelRow>,
}

/// Gradients of everything in [`KernelWeights`].
#[derive(Debug, Clone)]
pub(in super::super) struct Grads {
    sizes: Sizes,
    pub(super) layers: Vec<[GateGrads; GATES]>,
    pub(super) score: (Vec<PanelRow>, f32),
}

impl Grads {
    pub(super) fn new(sizes: Sizes) -> Grads {
        let up = |rows: usize| rows.next_multiple_of(WIDTH);
        let gate = |inputs| GateGrads {
            input: Panels::new(up(inputs), sizes.hidden),
            hidden: Panels::new(up(sizes.hidden), sizes.hidden),
            bias: vec![PanelRow::ZERO; sizes.hidden.div_ceil(WIDTH)],
        };
        let layers =
            (0..sizes.layers).map(|layer| std::array::from_fn(|_| gate(sizes.inputs(layer)))).collect();
        Grads { sizes, layers, score: (vec![PanelRow::ZERO; sizes.hidden.div_ceil(WIDTH)], 0.0) }
    }

    fn rows_mut(&mut self) -> impl Iterator<Item = &mut PanelRow> {
        let gates = self.layers.iter_mut().flatten();
        let gates =
            gates.flat_map(|g| g.input.all_mut().iter_mut().chain(g.hidden.all_mut()).chain(&mut g.bias));
        gates.chain(&mut self.score.0)
    }

    fn rows(&self) -> impl Iterator<Item = &PanelRow> {
        let gates = self.layers.iter().flatten();
        let gates = gates.flat_map(|g| g.input.all().iter().chain(g.hidden.all()).chain(&g.bias));
        gates.chain(&self.score.0)
    }

    pub(super) fn clear(&mut self) {
        self.rows_mut().for_each(|row| *row = PanelRow::ZERO);
        self.score.1 = 0.0;
    }

    pub(super) fn add(&mut self, other: &Grads) {
        for (to, from) in self.rows_mut().zip(other.rows()) {
            to.0.iter_mut().zip(from.0).for_each(|(to, from)| *to += from);
        }
        self.score.1 += other.score.1;
    }

    /// Gradients of one gate of one layer, row after row: of the input's weights, the hidden state's, and the bias.
    pub fn gate(&self, layer: usize, gate: usize) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let grads = &self.layers[layer][gate];
        let bias = grads.bias.iter().flat_map(|row| row.0).take(self.sizes.hidden).collect();
        (grads.input.to_rows(self.sizes.inputs(layer)), grads.hidden.to_rows(self.sizes.hidden), bias)
    }

    /// Gradients of the attention's score.
    pub fn score(&self) -> (Vec<f32>, f32) {
        (self.score.0.iter().flat_map(|row| row.0).take(self.sizes.hidden).collect(), self.score.1)
    }
}

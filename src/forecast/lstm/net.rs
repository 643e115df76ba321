//! The network: stacked LSTM layers, optional attention over the steps, a dense head.

use burn::{
    module::{Module, ModuleMapper, Param, ParamId},
    nn::{Linear, LinearConfig, Lstm, LstmConfig},
    store::ModuleRecord,
    tensor::{Bytes, Device, Tensor, TensorData, activation},
};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

/// The sizes of the network, which determine its tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetShape {
    /// Steps of an input window.
    pub window: usize,
    /// Features per step.
    pub features: usize,
    /// Context features, which the head gets besides the window.
    pub context: usize,
    /// Units of each LSTM layer.
    pub hidden: usize,
    /// LSTM layers.
    pub layers: usize,
    /// Widths of the dense layers between the LSTM and the output.
    pub dense: Vec<usize>,
    /// Outputs.
    pub outputs: usize,
    /// Share of activations dropped between layers while training, `[0, 1)`.
    pub dropout: f64,
    /// Weigh all steps by attention instead of taking the last one.
    pub attention: bool,
    /// A linear path from the context straight to the output.
    pub skip: bool,
}

impl NetShape {
    /// Says what is wrong with sizes read from a file, before memory is asked for by them.
    ///
    /// # Errors
    /// A sentence that names the number and its bounds.
    pub fn check(&self) -> Result<(), String> {
        let within = |name: &str, value: usize, least: usize, most: usize| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(format!("{name} is {value}, not between {least} and {most}"))
            }
        };
        within("window", self.window, 1, 4_096)?;
        within("features", self.features, 1, 256)?;
        within("context", self.context, 0, 4_096)?;
        within("hidden", self.hidden, 1, 1_024)?;
        within("layers", self.layers, 1, 8)?;
        within("number of dense layers", self.dense.len(), 0, 8)?;
        within("outputs", self.outputs, 1, 4_096)?;
        self.dense.iter().try_for_each(|width| within("dense width", *width, 1, 4_096))?;
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(format!("dropout is {}, not in [0, 1)", self.dropout));
        }
        if self.skip && self.context == 0 {
            return Err("a skip path needs a context".into());
        }
        Ok(())
    }
}

/// Stacked LSTM layers with a dense head; `[batch, window, features]` and context to `[batch, outputs]`.
#[derive(Module, Debug)]
pub struct Net {
    pub(super) lstms: Vec<Lstm>,
    pub(super) attention: Option<Linear>,
    dense: Vec<Linear>,
    skip: Option<Linear>,
    dropout: f64,
}

impl Net {
    /// A network with weights drawn as PyTorch does (uniform within ±1/√fan-in) from `seed`.
    ///
    /// On an autodiff device it can be trained. `shape` must have passed [`NetShape::check`].
    pub fn new(shape: &NetShape, seed: u64, device: &Device) -> Net {
        let mut init = Init { bound: 0.0, next: 0, rng: Pcg64Mcg::seed_from_u64(seed) };
        let lstms = (0..shape.layers).map(|layer| {
            let inputs = if layer == 0 { shape.features } else { shape.hidden };
            init.apply(shape.hidden, LstmConfig::new(inputs, shape.hidden, true).init(device))
        });
        let lstms = lstms.collect();
        let mut linear =
            |from, to| init.apply(from, LinearConfig::new(from, to).with_bias(true).init(device));
        let attention = shape.attention.then(|| linear(shape.hidden, 1));
        let mut from = shape.hidden + shape.context;
        let mut dense = Vec::new();
        for to in shape.dense.iter().copied().chain([shape.outputs]) {
            dense.push(linear(from, to));
            from = to;
        }
        let skip = shape.skip.then(|| linear(shape.context, shape.outputs));
        Net { lstms, attention, dense, skip, dropout: shape.dropout }
    }

    /// The outputs for a batch, through burn's own layers; with `dropping`, activations are dropped by its
    /// numbers.
    pub fn forward(
        &self,
        input: Tensor<3>,
        context: Option<Tensor<2>>,
        mut dropping: Option<&mut Pcg64Mcg>,
    ) -> Tensor<2> {
        let summary = self.summary(input, &mut dropping);
        self.head(summary, context, &mut dropping)
    }

    /// Output of the recurrent part for each window: the last hidden state or the attention's mean, `[batch,
    /// hidden]`.
    pub(super) fn summary(&self, input: Tensor<3>, dropping: &mut Option<&mut Pcg64Mcg>) -> Tensor<2> {
        let mut sequence = input;
        let mut last = None;
        for (layer, lstm) in self.lstms.iter().enumerate() {
            let (output, state) = lstm.forward(sequence, None);
            let more = layer + 1 < self.lstms.len();
            sequence = if more { self.drop(output, dropping) } else { output };
            last = Some(state.hidden);
        }
        match (&self.attention, last) {
            (None, Some(hidden)) => hidden,
            (Some(attention), _) => attend(attention, sequence),
            (None, None) => sequence.mean_dim(1).squeeze_dim(1),
        }
    }

    /// Outputs of the head for outputs of the recurrent part, `[batch, hidden]`.
    pub(super) fn head(
        &self,
        summary: Tensor<2>,
        context: Option<Tensor<2>>,
        dropping: &mut Option<&mut Pcg64Mcg>,
    ) -> Tensor<2> {
        let mut x = summary;
        if let Some(context) = &context {
            x = Tensor::cat(vec![x, context.clone()], 1);
        }
        for (layer, dense) in self.dense.iter().enumerate() {
            x = dense.forward(x);
            if layer + 1 < self.dense.len() {
                x = self.drop(activation::relu(x), dropping);
            }
        }
        match (&self.skip, context) {
            (Some(skip), Some(context)) => x + skip.forward(context),
            _ => x,
        }
    }

    /// Inverted dropout by a mask of our own numbers; the tensor as it is when nothing is to be dropped.
    fn drop<const D: usize>(&self, x: Tensor<D>, dropping: &mut Option<&mut Pcg64Mcg>) -> Tensor<D> {
        let Some(rng) = dropping.as_mut().filter(|_| self.dropout > 0.0) else { return x };
        let keep = 1.0 - self.dropout as f32;
        let shape = x.shape();
        let mask: Vec<f32> = (0..shape.num_elements())
            .map(|_| if rng.random::<f32>() < keep { 1.0 / keep } else { 0.0 })
            .collect();
        let mask = Tensor::from_data(TensorData::new(mask, shape), &x.device());
        x * mask
    }

    /// The weights as a burnpack file's bytes; the same weights give the same bytes.
    ///
    /// # Errors
    /// burn's words, when it cannot encode them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        self.clone().into_record().into_bytes().map(|bytes| bytes.to_vec()).map_err(|e| e.to_string())
    }

    /// The network of `shape` with the weights in `bytes`, ready to predict on `device`.
    ///
    /// # Errors
    /// A sentence about what does not fit. Bytes whose checksum was not compared may load with wrong
    /// numbers: [`super::bundle`] compares it.
    pub fn from_bytes(shape: &NetShape, bytes: Vec<u8>, device: &Device) -> Result<Net, String> {
        shape.check()?;
        let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes)).map_err(|e| e.to_string())?;
        Net::new(shape, 0, device).try_load_record(record).map(|net| net.valid()).map_err(|e| e.to_string())
    }
}

/// Mean of the steps weighted by a softmax over one learned score a step.
fn attend(attention: &Linear, sequence: Tensor<3>) -> Tensor<2> {
    let weights = activation::softmax(attention.forward(sequence.clone()), 1);
    (sequence * weights).sum_dim(1).squeeze_dim(1)
}

/// Gives parameters their first values and numbered identities, so that equal seeds make equal files.
struct Init {
    bound: f32,
    next: u64,
    rng: Pcg64Mcg,
}

impl Init {
    fn apply<M: Module>(&mut self, fan_in: usize, module: M) -> M {
        self.bound = 1.0 / (fan_in as f32).sqrt();
        module.map(self)
    }
}

impl ModuleMapper for Init {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (shape, device) = (param.lazy_shape(), param.lazy_device());
        let values: Vec<f32> =
            (0..shape.num_elements()).map(|_| self.rng.random_range(-self.bound..self.bound)).collect();
        self.next += 1;
        let tensor = Tensor::from_data(TensorData::new(values, shape), &device);
        let tensor = if device.is_autodiff() { tensor.require_grad() } else { tensor };
        Param::initialized(ParamId::from(self.next), tensor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::lstm::Backend;

    fn shape() -> NetShape {
        NetShape {
            window: 4,
            features: 3,
            context: 2,
            hidden: 5,
            layers: 2,
            dense: vec![4],
            outputs: 2,
            dropout: 0.3,
            attention: true,
            skip: true,
        }
    }

    fn predict(net: &Net, backend: Backend) -> Vec<f32> {
        let device = backend.device();
        let input = Tensor::from_data(
            TensorData::new((0..24).map(|i| i as f32 / 24.0).collect(), [2, 4, 3]),
            &device,
        );
        let context = Tensor::from_data(TensorData::new(vec![0.1f32, -0.2, 0.3, 0.4], [2, 2]), &device);
        net.forward(input, Some(context), None).into_data().iter::<f32>().collect()
    }

    #[test]
    fn bytes_bring_the_same_network_back_on_either_back_end() {
        let net = Net::new(&shape(), 7, &Backend::Flex.device());
        let bytes = net.to_bytes().expect("encodes");
        assert_eq!(bytes, Net::new(&shape(), 7, &Backend::Flex.device()).to_bytes().expect("encodes"));
        assert_ne!(bytes, Net::new(&shape(), 8, &Backend::Flex.device()).to_bytes().expect("encodes"));
        let expected = predict(&net, Backend::Flex);
        for backend in [Backend::Flex, Backend::Ndarray] {
            let back = Net::from_bytes(&shape(), bytes.clone(), &backend.device()).expect("loads");
            for (a, b) in expected.iter().zip(predict(&back, backend)) {
                assert!((a - b).abs() < 1e-5, "{a} against {b} on {}", backend.name());
            }
        }
    }

    #[test]
    fn wrong_sizes_and_broken_bytes_are_errors() {
        let device = Backend::Flex.device();
        let bytes = Net::new(&shape(), 7, &device).to_bytes().expect("encodes");
        let larger = NetShape { hidden: 6, ..shape() };
        assert!(Net::from_bytes(&larger, bytes.clone(), &device).is_err());
        let huge = NetShape { hidden: usize::MAX, ..shape() };
        assert!(Net::from_bytes(&huge, bytes.clone(), &device).is_err());
        for cut in [0, 1, 10, bytes.len() / 2, bytes.len() - 1] {
            assert!(Net::from_bytes(&shape(), bytes[..cut].to_vec(), &device).is_err(), "cut at {cut}");
        }
    }
}

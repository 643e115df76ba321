//! The losses of training, and quantiles that cannot cross.

use burn::tensor::{Tensor, TensorData, activation};

use crate::domain::forecast::{LEVELS, MEDIAN};

/// What training minimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossFunction {
    /// Mean squared error of one output per target.
    Squared,
    /// Mean pinball loss over [`LEVELS`]; nine outputs per target, which [`quantiles`] turns into quantiles.
    Pinball,
}

/// Turns nine raw outputs per target into ascending quantiles, one target per row.
///
/// The first is the median, the others pass through softplus and are added to it upwards and downwards, so
/// that quantiles cannot cross.
pub fn quantiles(raw: Tensor<2>) -> Tensor<2> {
    let device = raw.device();
    let [batch, width] = raw.dims();
    let count = batch * width / LEVELS.len();
    let raw = raw.reshape([count, LEVELS.len()]);
    let median = raw.clone().narrow(1, 0, 1);
    let gaps = activation::softplus(raw.narrow(1, 1, LEVELS.len() - 1), 1.0);
    Tensor::cat(vec![median, gaps], 1)
        .matmul(Tensor::from_data(TensorData::new(ladder(), [LEVELS.len(), LEVELS.len()]), &device))
}

/// The matrix that adds gaps up: row 0 the median, rows 1..=MEDIAN the gaps below it, the rest those above.
fn ladder() -> Vec<f32> {
    let n = LEVELS.len();
    let cell = |row: usize, level: usize| match row {
        0 => 1.0,
        gap if gap <= MEDIAN => -f32::from(u8::from(level < gap)),
        gap => f32::from(u8::from(level >= gap)),
    };
    (0..n).flat_map(|row| (0..n).map(move |level| cell(row, level))).collect()
}

/// Mean pinball loss over the levels of `predicted` `[count, levels]` against `actual` `[count, 1]`.
pub(super) fn pinball(predicted: Tensor<2>, actual: Tensor<2>) -> Tensor<2> {
    let levels = LEVELS.map(|level| level as f32).to_vec();
    let levels = Tensor::<2>::from_data(TensorData::new(levels, [1, LEVELS.len()]), &predicted.device());
    let error = actual - predicted;
    (error.clone() * levels + activation::relu(error.neg())).mean_dim(1)
}

/// The value of a tensor with one element.
pub(super) fn scalar(value: Tensor<1>) -> f32 {
    value.into_data().iter::<f32>().next().unwrap_or(f32::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::forecast as reference, forecast::lstm::Backend};

    #[test]
    fn quantiles_never_cross_and_the_loss_is_the_pinball_loss() {
        let device = Backend::Flex.device();
        let raw: Vec<f32> = (0..27).map(|i| ((i * i) as f32 * 0.37).sin() * 9.0).collect();
        let raw = Tensor::<2>::from_data(TensorData::new(raw.clone(), [1, 27]), &device);
        let predicted = quantiles(raw.clone());
        let rows: Vec<f32> = predicted.clone().into_data().iter::<f32>().collect();
        let medians: Vec<f32> = raw.into_data().iter::<f32>().step_by(9).collect();
        let actual = [3.0f32, -4.0, 0.5];
        let losses = pinball(predicted, Tensor::from_data(TensorData::new(actual.to_vec(), [3, 1]), &device));
        let losses: Vec<f32> = losses.into_data().iter::<f32>().collect();
        for (i, row) in rows.chunks(9).enumerate() {
            assert!(row.is_sorted() && (row[MEDIAN] - medians[i]).abs() < 1e-5, "{row:?}");
            let each = row.iter().zip(LEVELS);
            let sum: f64 =
                each.map(|(q, l)| reference::pinball(l, f64::from(*q), f64::from(actual[i]))).sum();
            assert!((sum / 9.0 - f64::from(losses[i])).abs() < 1e-4, "{sum} against {}", losses[i]);
        }
    }
}

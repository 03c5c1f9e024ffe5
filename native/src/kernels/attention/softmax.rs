//! The softmax of scores in blocks, and its gradient.

use crate::kernels::panels::WIDTH;

/// The gradient of scores, given that of their softmax: `w · (g − Σ w g)`, in place.
pub fn through_softmax(weights: &[f32], gradients: &mut [f32], visible: &[usize], tokens: usize) {
    let spans = || visible.iter().map(|block| block * WIDTH..tokens.min((block + 1) * WIDTH));
    let mut lanes = [0.0f32; 16];
    for span in spans() {
        for (weights, gradients) in weights[span.clone()].chunks(16).zip(gradients[span].chunks(16)) {
            for ((lane, weight), gradient) in lanes.iter_mut().zip(weights).zip(gradients) {
                *lane += weight * gradient;
            }
        }
    }
    let mean: f32 = lanes.iter().sum();
    for span in spans() {
        for (weight, gradient) in weights[span.clone()].iter().zip(&mut gradients[span]) {
            *gradient = weight * (*gradient - mean);
        }
    }
}

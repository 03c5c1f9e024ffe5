//! The softmax of scores in blocks, and its gradient.

use std::arch::x86_64::*;
use std::ops::Range;

use crate::kernels::exp::exp;
use crate::kernels::panels::WIDTH;

/// The softmax of a line of scores, its mask added, over the places of the spans; in place. Others are not touched.
///
/// # Safety
/// The processor has the features; the spans lie within the line and the mask.
#[target_feature(enable = "avx512f,avx512dq")]
pub unsafe fn softmax(line: *mut f32, mask: *const f32, spans: impl Iterator<Item = Range<usize>> + Clone) {
    let places = || {
        spans.clone().flat_map(|span| {
            let lanes = move |at: usize| ((1u32 << (span.end - at).min(16)) - 1) as u16;
            (span.start..span.end).step_by(16).map(move |at| (at, lanes(at)))
        })
    };
    // SAFETY: lanes behind a span are left out.
    unsafe {
        let mut largest = _mm512_set1_ps(f32::MIN);
        for (at, lanes) in places() {
            let scores = _mm512_add_ps(
                _mm512_maskz_loadu_ps(lanes, line.add(at)),
                _mm512_maskz_loadu_ps(lanes, mask.add(at)),
            );
            _mm512_mask_storeu_ps(line.add(at), lanes, scores);
            largest = _mm512_mask_max_ps(largest, lanes, largest, scores);
        }
        let largest = _mm512_set1_ps(_mm512_reduce_max_ps(largest));
        let mut sum = _mm512_setzero_ps();
        for (at, lanes) in places() {
            let scores = _mm512_maskz_loadu_ps(lanes, line.add(at));
            let powers = _mm512_maskz_mov_ps(lanes, exp(_mm512_sub_ps(scores, largest)));
            _mm512_mask_storeu_ps(line.add(at), lanes, powers);
            sum = _mm512_add_ps(sum, powers);
        }
        let scale = _mm512_set1_ps(1.0 / _mm512_reduce_add_ps(sum));
        for (at, lanes) in places() {
            let powers = _mm512_maskz_loadu_ps(lanes, line.add(at));
            _mm512_mask_storeu_ps(line.add(at), lanes, _mm512_mul_ps(powers, scale));
        }
    }
}

/// The places of the visible blocks.
pub fn spans(visible: &[usize], seen: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    visible.iter().map(move |block| block * WIDTH..seen.min((block + 1) * WIDTH))
}

/// The gradient of scores, given that of their softmax: `w · (g − Σ w g)`, in place.
pub fn through_softmax(weights: &[f32], gradients: &mut [f32], visible: &[usize], tokens: usize) {
    let mut lanes = [0.0f32; 16];
    for span in spans(visible, tokens) {
        for (weights, gradients) in weights[span.clone()].chunks(16).zip(gradients[span].chunks(16)) {
            for ((lane, weight), gradient) in lanes.iter_mut().zip(weights).zip(gradients) {
                *lane += weight * gradient;
            }
        }
    }
    let mean: f32 = lanes.iter().sum();
    for span in spans(visible, tokens) {
        for (weight, gradient) in weights[span.clone()].iter().zip(&mut gradients[span]) {
            *gradient = weight * (*gradient - mean);
        }
    }
}

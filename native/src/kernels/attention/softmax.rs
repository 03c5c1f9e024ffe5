//! The softmax of scores, and its gradient.

use std::arch::x86_64::*;
use std::ops::Range;

use crate::kernels::exp::exp;

/// Calls `each` with every 16 places of the spans and which of their lanes are in them.
#[inline(always)]
fn places(spans: &[Range<usize>], mut each: impl FnMut(usize, u16)) {
    for span in spans {
        for at in (span.start..span.end).step_by(16) {
            each(at, (u32::MAX >> (32 - (span.end - at).min(16))) as u16);
        }
    }
}

/// The softmax of a line of scores, its mask added, over the places of the spans; in place. Others are not touched.
///
/// # Safety
/// The processor has the features; the spans lie within the line and the mask.
#[target_feature(enable = "avx512f,avx512dq")]
pub unsafe fn softmax(line: *mut f32, mask: *const f32, spans: &[Range<usize>]) {
    let mut largest = _mm512_set1_ps(f32::MIN);
    // SAFETY: lanes behind a span are left out.
    places(spans, |at, lanes| unsafe {
        let scores = _mm512_add_ps(
            _mm512_maskz_loadu_ps(lanes, line.add(at)),
            _mm512_maskz_loadu_ps(lanes, mask.add(at)),
        );
        _mm512_mask_storeu_ps(line.add(at), lanes, scores);
        largest = _mm512_mask_max_ps(largest, lanes, largest, scores);
    });
    let largest = _mm512_set1_ps(_mm512_reduce_max_ps(largest));
    let mut sum = _mm512_setzero_ps();
    // SAFETY: as above.
    places(spans, |at, lanes| unsafe {
        let scores = _mm512_maskz_loadu_ps(lanes, line.add(at));
        let powers = _mm512_maskz_mov_ps(lanes, exp(_mm512_sub_ps(scores, largest)));
        _mm512_mask_storeu_ps(line.add(at), lanes, powers);
        sum = _mm512_add_ps(sum, powers);
    });
    let scale = _mm512_set1_ps(1.0 / _mm512_reduce_add_ps(sum));
    // SAFETY: as above.
    places(spans, |at, lanes| unsafe {
        let powers = _mm512_maskz_loadu_ps(lanes, line.add(at));
        _mm512_mask_storeu_ps(line.add(at), lanes, _mm512_mul_ps(powers, scale));
    });
}

/// The gradient of scores, given that of their softmax: `w · (g − Σ w g)`, in place of `g`.
///
/// # Safety
/// The processor has the features; the spans lie within both lines.
#[target_feature(enable = "avx512f")]
pub unsafe fn through_softmax(weights: *const f32, gradients: *mut f32, spans: &[Range<usize>]) {
    let mut sum = _mm512_setzero_ps();
    // SAFETY: lanes behind a span are left out.
    places(spans, |at, lanes| unsafe {
        let weights = _mm512_maskz_loadu_ps(lanes, weights.add(at));
        sum = _mm512_fmadd_ps(weights, _mm512_maskz_loadu_ps(lanes, gradients.add(at)), sum);
    });
    let mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum));
    // SAFETY: as above.
    places(spans, |at, lanes| unsafe {
        let weights = _mm512_maskz_loadu_ps(lanes, weights.add(at));
        let gradient = _mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, gradients.add(at)), mean);
        _mm512_mask_storeu_ps(gradients.add(at), lanes, _mm512_mul_ps(weights, gradient));
    });
}

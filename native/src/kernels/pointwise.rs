//! What stands between a layer's products, each in one pass over its numbers: the gated activation and its gradients,
//! rotary positions, the gradient of the RMS norm.

use std::arch::x86_64::*;

use super::Parallel;
use super::exp::exp;
use super::shared::Shared;

/// Numbers that a thread takes at once.
const PART: usize = 16 * 1024;

/// What is computed of `gate`, `up` and, for gradients, `dy`; all have one length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SwiGlu {
    /// `gate · σ(gate) · up`
    Forward,
    /// Its gradient by `gate`: `dy · up · σ(gate) · (1 + gate · (1 − σ(gate)))`
    GateGradient,
    /// Its gradient by `up`: `dy · gate · σ(gate)`
    UpGradient,
}

/// Panics where the lengths don't fit; `dy` is not read by `Forward`.
pub fn swi_glu(of: SwiGlu, gate: &[f32], up: &[f32], dy: &[f32], y: &mut [f32], parallel: Parallel) {
    let length = gate.len();
    assert!(up.len() == length && y.len() == length, "misshapen activation");
    assert!(of == SwiGlu::Forward || dy.len() == length, "misshapen gradient");
    let out = Shared(y.as_mut_ptr());
    parallel(length.div_ceil(PART), &|part| {
        for at in (part * PART..length.min((part + 1) * PART)).step_by(16) {
            let mask = (u32::MAX >> (32 - (length - at).min(16))) as u16;
            // SAFETY: `available` was asked; the mask leaves out what lies behind the arrays; these numbers of the
            // output are this part's alone.
            unsafe {
                let load = |from: &[f32]| _mm512_maskz_loadu_ps(mask, from.as_ptr().add(at));
                let value =
                    of.value(load(gate), load(up), if of == SwiGlu::Forward { load(up) } else { load(dy) });
                _mm512_mask_storeu_ps(out.at(at), mask, value);
            }
        }
    });
}

impl SwiGlu {
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn value(self, gate: __m512, up: __m512, dy: __m512) -> __m512 {
        let one = _mm512_set1_ps(1.0);
        // SAFETY: the processor has the features.
        let small = unsafe { exp(_mm512_sub_ps(_mm512_setzero_ps(), _mm512_abs_ps(gate))) };
        let positive = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(gate, _mm512_setzero_ps());
        let sigmoid = _mm512_div_ps(_mm512_mask_mov_ps(small, positive, one), _mm512_add_ps(one, small));
        let activated = _mm512_mul_ps(gate, sigmoid);
        match self {
            Self::Forward => _mm512_mul_ps(activated, up),
            Self::UpGradient => _mm512_mul_ps(dy, activated),
            Self::GateGradient => {
                let slope = _mm512_fmadd_ps(activated, _mm512_sub_ps(one, sigmoid), sigmoid);
                _mm512_mul_ps(_mm512_mul_ps(dy, up), slope)
            }
        }
    }
}

/// Rotary positions in half-split form, times `scale`: of each head's numbers `i` and `half + i`, `(a, b)` becomes
/// `(a · cos − b · sin, b · cos + a · sin)`. `x` and `y` `[rows, heads · 2 · half]`, tables `[rows, half]`. Panics where
/// the lengths don't fit.
pub fn rotate(
    x: &[f32],
    [cos, sin]: [&[f32]; 2],
    [rows, half]: [usize; 2],
    scale: f32,
    y: &mut [f32],
    parallel: Parallel,
) {
    assert!(cos.len() == rows * half && sin.len() == cos.len() && y.len() == x.len(), "misshapen table");
    if x.is_empty() {
        return;
    }
    let width = x.len() / rows;
    assert!(x.len() == rows * width && width.is_multiple_of(2 * half), "misshapen heads");
    let out = Shared(y.as_mut_ptr());
    let per_part = (PART / width).max(1);
    parallel(rows.div_ceil(per_part), &|part| {
        for row in part * per_part..rows.min((part + 1) * per_part) {
            let table = row * half..(row + 1) * half;
            for head in (row * width..(row + 1) * width).step_by(2 * half) {
                // SAFETY: `available` was asked; the head is in the output and this part's alone.
                unsafe {
                    let y = std::slice::from_raw_parts_mut(out.at(head), 2 * half);
                    rotate_head(
                        &x[head..head + 2 * half],
                        &cos[table.clone()],
                        &sin[table.clone()],
                        scale,
                        y,
                    );
                }
            }
        }
    });
}

#[target_feature(enable = "avx512f")]
fn rotate_head(x: &[f32], cos: &[f32], sin: &[f32], scale: f32, y: &mut [f32]) {
    let half = cos.len();
    let (first, second) = x.split_at(half);
    let (y_first, y_second) = y.split_at_mut(half);
    for at in 0..half {
        y_first[at] = (first[at] * cos[at] - second[at] * sin[at]) * scale;
        y_second[at] = (second[at] * cos[at] + first[at] * sin[at]) * scale;
    }
}

/// The gradient of `x / sqrt(mean(x²) + epsilon) ⊙ scale` by x, rows of `scale.len()` numbers:
/// `r · s − x · r³ · mean(s ⊙ x)` with `s = dy ⊙ scale` and `r = 1 / sqrt(…)`, plus `base` if given. Panics where the
/// lengths don't fit.
pub fn rms_norm_gradient(
    x: &[f32],
    scale: &[f32],
    dy: &[f32],
    epsilon: f32,
    base: Option<&[f32]>,
    dx: &mut [f32],
    parallel: Parallel,
) {
    let width = scale.len();
    let rows = x.len() / width;
    assert!(x.len() == rows * width && dy.len() == x.len() && dx.len() == x.len(), "misshapen norm");
    assert!(base.is_none_or(|base| base.len() == x.len()), "misshapen base");
    let out = Shared(dx.as_mut_ptr());
    let per_part = (PART / width).max(1);
    parallel(rows.div_ceil(per_part), &|part| {
        for row in part * per_part..rows.min((part + 1) * per_part) {
            let span = row * width..(row + 1) * width;
            let base = base.map(|base| &base[span.clone()]);
            // SAFETY: `available` was asked; the row is in the output and this part's alone.
            unsafe {
                norm_row(&x[span.clone()], scale, &dy[span.clone()], epsilon, base, out.at(span.start))
            };
        }
    });
}

/// # Safety
/// The processor has the features; all have the length of `scale`, and `dx` has room for it.
#[target_feature(enable = "avx512f")]
unsafe fn norm_row(x: &[f32], scale: &[f32], dy: &[f32], epsilon: f32, base: Option<&[f32]>, dx: *mut f32) {
    let width = scale.len();
    let mask = |at: usize| (u32::MAX >> (32 - (width - at).min(16))) as u16;
    // SAFETY: the mask leaves out what lies behind the rows.
    unsafe {
        let (mut squares, mut products) = (_mm512_setzero_ps(), _mm512_setzero_ps());
        for at in (0..width).step_by(16) {
            let load = |from: &[f32]| _mm512_maskz_loadu_ps(mask(at), from.as_ptr().add(at));
            let x = load(x);
            squares = _mm512_fmadd_ps(x, x, squares);
            products = _mm512_fmadd_ps(_mm512_mul_ps(load(dy), load(scale)), x, products);
        }
        let mean = |sum: __m512| _mm512_reduce_add_ps(sum) / width as f32;
        let r = 1.0 / (mean(squares) + epsilon).sqrt();
        let pull = _mm512_set1_ps(-r * r * r * mean(products));
        let r = _mm512_set1_ps(r);
        for at in (0..width).step_by(16) {
            let load = |from: &[f32]| _mm512_maskz_loadu_ps(mask(at), from.as_ptr().add(at));
            let start = base.map_or(_mm512_setzero_ps(), load);
            let pulled = _mm512_fmadd_ps(load(x), pull, start);
            let value = _mm512_fmadd_ps(_mm512_mul_ps(load(dy), load(scale)), r, pulled);
            _mm512_mask_storeu_ps(dx.add(at), mask(at), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_matrix::random;
    use super::super::{available, in_order};
    use super::*;

    fn close(actual: &[f32], expected: impl Iterator<Item = f64>) -> bool {
        actual.iter().zip(expected).all(|(a, b)| (f64::from(*a) - b).abs() <= 2e-6 * b.abs().max(1.0))
    }

    #[test]
    fn activations_agree_with_float64() {
        if !available() {
            return;
        }
        let length = 2 * PART + 5;
        let gate: Vec<f32> = random(length, 1).iter().map(|v| v * 20.0).collect();
        let (up, dy) = (random(length, 2), random(length, 3));
        let mut y = vec![f32::NAN; length];
        let wide = |of: &'static str| {
            gate.iter().zip(&up).zip(&dy).map(move |((gate, up), dy)| {
                let (gate, up, dy) = (f64::from(*gate), f64::from(*up), f64::from(*dy));
                let sigmoid = 1.0 / (1.0 + (-gate).exp());
                match of {
                    "forward" => gate * sigmoid * up,
                    "gate" => dy * up * sigmoid * (1.0 + gate * (1.0 - sigmoid)),
                    _ => dy * gate * sigmoid,
                }
            })
        };
        swi_glu(SwiGlu::Forward, &gate, &up, &[], &mut y, &in_order);
        assert!(close(&y, wide("forward")));
        swi_glu(SwiGlu::GateGradient, &gate, &up, &dy, &mut y, &in_order);
        assert!(close(&y, wide("gate")));
        swi_glu(SwiGlu::UpGradient, &gate, &up, &dy, &mut y, &in_order);
        assert!(close(&y, wide("up")));
    }

    #[test]
    fn rotations_agree_with_float64() {
        if !available() {
            return;
        }
        for (rows, heads, half) in [(3, 2, 32), (70, 3, 5), (1, 1, 1)] {
            let (x, angles) = (random(rows * heads * 2 * half, 1), random(rows * half, 2));
            let [cos, sin] =
                [f32::cos, f32::sin].map(|of| angles.iter().map(|v| of(*v)).collect::<Vec<f32>>());
            let mut y = vec![f32::NAN; x.len()];
            rotate(&x, [&cos, &sin], [rows, half], 0.25, &mut y, &in_order);
            let expected = (0..x.len()).map(|at| {
                let (place, head) = (at % (2 * half), at / (2 * half));
                let angle = head / heads * half + place % half;
                let (other, sign) = if place < half { (at + half, -1.0) } else { (at - half, 1.0) };
                let [cos, sin] = [cos[angle], sin[angle]].map(f64::from);
                0.25 * (f64::from(x[at]) * cos + sign * f64::from(x[other]) * sin)
            });
            assert!(close(&y, expected), "{rows} × {heads} × {half}");
        }
    }

    #[test]
    fn norms_agree_with_float64() {
        if !available() {
            return;
        }
        for (rows, width) in [(3, 576), (70, 24), (1, 7)] {
            let (x, dy, base) = (random(rows * width, 1), random(rows * width, 2), random(rows * width, 3));
            let scale = random(width, 4);
            let mut dx = vec![f32::NAN; rows * width];
            rms_norm_gradient(&x, &scale, &dy, 1e-5, Some(&base), &mut dx, &in_order);
            let expected = (0..rows * width).map(|at| {
                let row = at / width * width;
                let sum = |of: &dyn Fn(usize) -> f64| (0..width).map(of).sum::<f64>() / width as f64;
                let r = 1.0 / (sum(&|i| f64::from(x[row + i]).powi(2)) + 1e-5).sqrt();
                let s = |i: usize| f64::from(dy[row + i]) * f64::from(scale[i]);
                let mean = sum(&|i| s(i) * f64::from(x[row + i]));
                r * s(at - row) - f64::from(x[at]) * r.powi(3) * mean + f64::from(base[at])
            });
            assert!(close(&dx, expected), "{rows} × {width}");
        }
    }
}

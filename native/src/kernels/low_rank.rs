//! What an adapter adds to a product: `λ_b ⊙ (B (λ_d ⊙ z))` with `z = A x`.

use std::arch::x86_64::*;

use super::few_rows;
use super::float_matrix::FloatMatrix;
use super::panels::WIDTH;
use super::products;
use super::shared::Shared;
use super::{Parallel, if_worth};

/// Products for which waking other threads pays.
const WORTH_THREADS: usize = 200_000;

/// `z = x · Aᵀ`: `x` `[rows, width]`, `a` `[rank, width]`, `z` `[rows, rank]`. Panics where the lengths don't fit.
pub fn project(x: &[f32], a: &[f32], width: usize, z: &mut [f32], parallel: Parallel) {
    let (rows, rank) = (x.len() / width, a.len() / width);
    assert!(x.len() == rows * width && z.len() == rows * rank, "misshapen product");
    let parallel = if_worth(rows * a.len(), WORTH_THREADS, parallel);
    if rows > few_rows::MOST {
        return products::project(x, FloatMatrix::new(width, a, None), z, parallel);
    }
    let out = Shared(z.as_mut_ptr());
    parallel(rank.div_ceil(WIDTH), &|panel| {
        let (first, last) = (panel * WIDTH, rank.min((panel + 1) * WIDTH));
        for row in 0..rows {
            let x = &x[row * width..(row + 1) * width];
            // SAFETY: `available` was asked; these outputs are this part's alone.
            unsafe {
                dots(&a[first * width..last * width], x, |at, sum| *out.at(row * rank + first + at) = sum);
            }
        }
    });
}

/// `z` `[rows, rank]`, `lambda_d` `[rank]` or one number for all, `b` `[outputs, rank]`, `lambda_b` `[outputs]`; the
/// vectors may be longer.
#[derive(Clone, Copy)]
pub struct LowRank<'a> {
    pub z: &'a [f32],
    pub lambda_d: &'a [f32],
    pub b: &'a [f32],
    pub lambda_b: Option<&'a [f32]>,
}

/// The same with `λ_d ⊙ z` computed.
pub struct ScaledUpdate<'a> {
    rank: usize,
    outputs: usize,
    /// `[rows, rank]`
    pub z: &'a [f32],
    b: &'a [f32],
    lambda_b: Option<&'a [f32]>,
    /// `λ_b ⊙ B`
    pub matrix: FloatMatrix<'a>,
}

impl<'a> ScaledUpdate<'a> {
    /// Panics where lengths don't fit.
    pub fn new(update: LowRank<'a>, rows: usize, outputs: usize, scratch: &'a mut Vec<f32>) -> Self {
        let LowRank { z, lambda_d, b, lambda_b } = update;
        let rank = b.len() / outputs;
        assert!(rank > 0 && b.len() == outputs * rank && z.len() == rows * rank, "misshapen update");
        let lambda_d = if lambda_d.len() == 1 { lambda_d } else { &lambda_d[..rank] };
        let lambda_b = lambda_b.map(|lambda_b| &lambda_b[..outputs]);
        scratch.clear();
        for row in z.chunks_exact(rank) {
            scratch.extend(row.iter().zip(lambda_d.iter().cycle()).map(|(z, scale)| z * scale));
        }
        Self { rank, outputs, z: scratch, b, lambda_b, matrix: FloatMatrix::new(rank, b, lambda_b) }
    }

    /// Adds the update of outputs `first` to `last` to `y` `[rows, outputs]`, straight from `B`.
    ///
    /// # Safety
    /// The processor has AVX-512; `y` has room and nobody else writes these outputs.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn add_rows(&self, (first, last): (usize, usize), rows: usize, y: *mut f32) {
        let weights = &self.b[first * self.rank..last * self.rank];
        for row in 0..rows {
            let z = &self.z[row * self.rank..(row + 1) * self.rank];
            // SAFETY: the caller's promise.
            unsafe {
                dots(weights, z, |at, sum| {
                    let scale = self.lambda_b.map_or(1.0, |lambda_b| lambda_b[first + at]);
                    *y.add(row * self.outputs + first + at) += scale * sum;
                });
            }
        }
    }
}

/// Calls `each` with every row's place and its dot product with `x`; rows are as long as `x`.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn dots(rows: &[f32], x: &[f32], mut each: impl FnMut(usize, f32)) {
    /// Rows at once: their sums don't wait for each other.
    const ROWS: usize = 4;
    let width = x.len();
    let count = rows.len() / width;
    for first in (0..count).step_by(ROWS) {
        // The last rows are taken along once more rather than left for a slower way.
        let row = |index: usize| rows[(first + index).min(count - 1) * width..].as_ptr();
        let pointers: [*const f32; ROWS] = std::array::from_fn(row);
        let mut sums = [_mm512_setzero_ps(); ROWS];
        for at in (0..width).step_by(16) {
            let mask = (u32::MAX >> (32 - (width - at).min(16))) as u16;
            // SAFETY: the mask leaves out what lies behind the rows.
            unsafe {
                let x = _mm512_maskz_loadu_ps(mask, x.as_ptr().add(at));
                for (sum, pointer) in sums.iter_mut().zip(pointers) {
                    *sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, pointer.add(at)), x, *sum);
                }
            }
        }
        for (index, sum) in sums.into_iter().enumerate().take(count - first) {
            each(first + index, _mm512_reduce_add_ps(sum));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_matrix::random;
    use super::super::{Arithmetic, available, in_order};
    use super::*;

    #[test]
    fn ways_back_agree_with_float64() {
        if !available() {
            return;
        }
        for (rows, rank, width) in [(9, 32, 70), (40, 64, 96), (7, 5, 33)] {
            let (dy, z, base) = (random(rows * width, 1), random(rows * rank, 2), random(rows * rank, 3));
            let (b, scales) = (random(width * rank, 4), random(width, 5));
            let matrix = FloatMatrix::new(rank, &b, Some(&scales));
            let weight = |row: usize, term: usize| f64::from(b[row * rank + term]) * f64::from(scales[row]);
            for (arithmetic, tolerance) in [(Arithmetic::Float32, 1e-4), (Arithmetic::Int8, 0.2)] {
                let (mut dz, mut sums) = (vec![f32::NAN; rows * rank], vec![f32::NAN; width]);
                products::project_transposed(&dy, matrix, Some(&base), &mut dz, arithmetic, &in_order);
                for (at, dz) in dz.iter().enumerate() {
                    let (row, term) = (at / rank, at % rank);
                    let sum = (0..width).map(|i| f64::from(dy[row * width + i]) * weight(i, term));
                    let sum = sum.sum::<f64>() + f64::from(base[at]);
                    assert!((f64::from(*dz) - sum).abs() < tolerance, "{rows} {rank} {width} {at}");
                }
                products::project_dots(&dy, &z, matrix, &mut sums, arithmetic, &in_order);
                for (at, actual) in sums.iter().enumerate() {
                    let sum: f64 = (0..rows * rank)
                        .map(|i| {
                            f64::from(dy[i / rank * width + at]) * f64::from(z[i]) * weight(at, i % rank)
                        })
                        .sum();
                    assert!((f64::from(*actual) - sum).abs() < tolerance, "{rows} {rank} {width} {at}");
                }
            }
        }
    }

    #[test]
    fn projections_agree_with_float64() {
        if !available() {
            return;
        }
        for (rows, rank, width) in [(1, 64, 576), (3, 5, 40), (9, 70, 33), (40, 32, 64)] {
            let (x, a) = (random(rows * width, 1), random(rank * width, 2));
            let mut z = vec![f32::NAN; rows * rank];
            project(&x, &a, width, &mut z, &in_order);
            for (at, z) in z.iter().enumerate() {
                let (x, a) = (&x[at / rank * width..][..width], &a[at % rank * width..][..width]);
                let sum: f64 = x.iter().zip(a).map(|(x, a)| f64::from(*x) * f64::from(*a)).sum();
                assert!((f64::from(*z) - sum).abs() < 1e-4, "{rows} {rank} {width} {at}");
            }
        }
    }
}

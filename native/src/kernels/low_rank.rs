//! What an adapter adds to a product: `λ_b ⊙ (B (λ_d ⊙ z))` with `z = A x`.

use std::arch::x86_64::*;

use super::float_matrix::FloatMatrix;
use super::numbers::{Numbers, sums};

/// `z` `[rows, rank]`, `lambda_d` `[rank]` or one number for all, `b` `[outputs, rank]`, `lambda_b` `[outputs]`; the
/// vectors may be longer.
#[derive(Clone, Copy)]
pub struct LowRank<'a> {
    pub z: &'a [f32],
    pub lambda_d: &'a [f32],
    pub b: Numbers<'a>,
    pub lambda_b: Option<&'a [f32]>,
}

/// The same with `λ_d ⊙ z` computed.
pub struct ScaledUpdate<'a> {
    rank: usize,
    /// `[rows, rank]`
    pub z: &'a [f32],
    b: Numbers<'a>,
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
        Self { rank, z: scratch, b, lambda_b, matrix: FloatMatrix::new(rank, b, lambda_b) }
    }

    /// What is added to `OUTPUTS` outputs of a row from `output` on, of each 16 sums that have to be added up.
    ///
    /// # Safety
    /// The processor has the features.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub unsafe fn sums<const OUTPUTS: usize>(&self, output: usize, row: usize) -> [__m512; OUTPUTS] {
        let z = &self.z[row * self.rank..(row + 1) * self.rank];
        let start = |at: usize| (output + at) * self.rank..(output + at + 1) * self.rank;
        // SAFETY: the pointers are to rows as long as z.
        let sums = unsafe {
            match self.b {
                Numbers::Floats(b) => sums(std::array::from_fn(|at| b[start(at)].as_ptr()), z),
                Numbers::Integers(b) => sums(std::array::from_fn(|at| b[start(at)].as_ptr()), z),
            }
        };
        let Some(lambda_b) = self.lambda_b else { return sums };
        std::array::from_fn(|at| _mm512_mul_ps(sums[at], _mm512_set1_ps(lambda_b[output + at])))
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_matrix::random;
    use super::super::{Arithmetic, available, in_order, products};
    use super::*;

    #[test]
    fn ways_back_agree_with_float64() {
        if !available() {
            return;
        }
        for (rows, rank, width) in [(9, 32, 70), (40, 64, 96), (7, 5, 33)] {
            let (dy, z, base) = (random(rows * width, 1), random(rows * rank, 2), random(rows * rank, 3));
            let (b, scales) = (random(width * rank, 4), random(width, 5));
            let matrix = FloatMatrix::new(rank, Numbers::Floats(&b), Some(&scales));
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
}

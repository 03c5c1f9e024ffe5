//! Activations rounded to 8 bits, a scale a block of 32.

use std::arch::x86_64::*;

use super::block_matrix::BLOCK;

/// `x ≈ scale · quant`; all that the integer kernels need of a batch of rows.
#[derive(Default)]
pub struct RoundedRows {
    /// Blocks of a row.
    pub blocks: usize,
    /// `[rows, blocks, 32]`, −127 to 127
    pub quants: Vec<i8>,
    /// `[rows, blocks]`
    pub scales: Vec<f32>,
    /// `[rows, blocks]`, of the quants
    pub quant_sums: Vec<i32>,
    /// `[rows, blocks]`, of the numbers themselves, for the offsets of weights
    pub sums: Vec<f32>,
}

impl RoundedRows {
    /// Makes room for `rows` rows of `blocks` blocks.
    pub fn resize(&mut self, rows: usize, blocks: usize) {
        self.blocks = blocks;
        self.quants.resize(rows * blocks * BLOCK, 0);
        self.scales.resize(rows * blocks, 0.0);
        self.quant_sums.resize(rows * blocks, 0);
        self.sums.resize(rows * blocks, 0.0);
    }

    /// Rounds `x`, whole rows, to where row `first` begins. With `rest`, what that leaves of `x` is rounded once
    /// more into it, without sums: both together hold `x` to about 15 bits.
    ///
    /// # Safety
    /// The processor has the features; nobody else writes these rows.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    pub unsafe fn round(&self, first: usize, x: &[f32], rest: Option<&Self>) {
        let start = first * self.blocks;
        assert!(start + x.len() / BLOCK <= self.scales.len());
        assert!(rest.is_none_or(|rest| rest.scales.len() == self.scales.len()));
        for (index, block) in x.chunks_exact(BLOCK).enumerate() {
            let at = start + index;
            // SAFETY: `at` lies within the arrays, the caller owns the rows.
            unsafe {
                let values = [_mm512_loadu_ps(block.as_ptr()), _mm512_loadu_ps(block.as_ptr().add(16))];
                let left = self.round_block(at, values);
                *self.sums.as_ptr().cast_mut().add(at) =
                    _mm512_reduce_add_ps(_mm512_add_ps(values[0], values[1]));
                if let Some(rest) = rest {
                    rest.round_block(at, left);
                    *rest.sums.as_ptr().cast_mut().add(at) = 0.0;
                }
            }
        }
    }

    /// Rounds one block and returns what is left of it.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    unsafe fn round_block(&self, at: usize, [low, high]: [__m512; 2]) -> [__m512; 2] {
        let largest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(low), _mm512_abs_ps(high)));
        let inverse = _mm512_set1_ps(if largest > 0.0 { 127.0 / largest } else { 0.0 });
        let scale = largest / 127.0;
        let low_quants = _mm512_cvtps_epi32(_mm512_mul_ps(low, inverse));
        let high_quants = _mm512_cvtps_epi32(_mm512_mul_ps(high, inverse));
        // SAFETY: `at` lies within the arrays, the caller owns the rows.
        unsafe {
            let to = self.quants.as_ptr().cast_mut().add(at * BLOCK).cast::<__m128i>();
            _mm_storeu_si128(to, _mm512_cvtsepi32_epi8(low_quants));
            _mm_storeu_si128(to.add(1), _mm512_cvtsepi32_epi8(high_quants));
            *self.scales.as_ptr().cast_mut().add(at) = scale;
            *self.quant_sums.as_ptr().cast_mut().add(at) =
                _mm512_reduce_add_epi32(_mm512_add_epi32(low_quants, high_quants));
        }
        let scale = _mm512_set1_ps(scale);
        [
            _mm512_fnmadd_ps(_mm512_cvtepi32_ps(low_quants), scale, low),
            _mm512_fnmadd_ps(_mm512_cvtepi32_ps(high_quants), scale, high),
        ]
    }
}

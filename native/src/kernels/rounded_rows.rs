//! Activations rounded to 8 bits, a scale a group of blocks of 32.

use std::arch::x86_64::*;

use super::block_matrix::BLOCK;

/// So many times finer than a rounding are the steps of the one of what it left.
pub const STEPS: i32 = 256;

/// `x ≈ scale · quant`; all that the integer kernels need of a batch of rows.
#[derive(Default)]
pub struct RoundedRows {
    /// Blocks of a row.
    pub blocks: usize,
    /// Blocks of a group; a row's last one may have fewer.
    pub group: usize,
    /// `[rows, blocks, 32]`, −127 to 127
    pub quants: Vec<i8>,
    /// `[rows, groups]`
    pub scales: Vec<f32>,
    /// `[rows, groups]`, of the numbers themselves, for the offsets of weights
    pub sums: Vec<f32>,
    /// `[rows, groups]`: what sums of products begin with as weights are counted from 0: minus the weight that stands for
    /// 0 times the sum of the quants, with a rest in its steps
    pub starts: Vec<i32>,
    /// The weight that stands for 0, as a power of two's exponent.
    zero_bits: u32,
}

impl RoundedRows {
    /// Makes room for `rows` rows of `blocks` blocks, to be multiplied with weights of which `2^zero_bits` stands for 0.
    pub fn resize(&mut self, rows: usize, blocks: usize, group: usize, zero_bits: u32) {
        let groups = rows * blocks.div_ceil(group);
        self.blocks = blocks;
        self.group = group;
        self.zero_bits = zero_bits;
        self.quants.resize(rows * blocks * BLOCK, 0);
        self.scales.resize(groups, 0.0);
        self.sums.resize(groups, 0.0);
        self.starts.resize(groups, 0);
    }

    /// Rounds `x`, whole rows, to where row `first` begins. With `rest`, what that leaves of `x` is rounded once
    /// more into it, in steps of 1/`STEPS` of the first: both together hold `x` to about 15 bits.
    ///
    /// # Safety
    /// The processor has the features; nobody else writes these rows.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    pub unsafe fn round(&self, first: usize, x: &[f32], rest: Option<&Self>) {
        let groups = self.blocks.div_ceil(self.group);
        let count = x.len() / (self.blocks * BLOCK);
        assert!((first + count) * groups <= self.scales.len());
        assert!(rest.is_none_or(|rest| rest.scales.len() == self.scales.len()));
        for (index, row) in x.chunks_exact(self.blocks * BLOCK).enumerate() {
            for (at, group) in row.chunks(self.group * BLOCK).enumerate() {
                let at = (first + index) * groups + at;
                let place = (first + index) * self.blocks * BLOCK + at % groups * self.group * BLOCK;
                // SAFETY: both places lie within the arrays, the caller owns the rows.
                unsafe { self.round_group(at, place, group, rest) };
            }
        }
    }

    /// Rounds group `at`, whose quants begin at `place`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    unsafe fn round_group(&self, at: usize, place: usize, values: &[f32], rest: Option<&Self>) {
        // SAFETY: whole blocks are whole registers; the places lie within the arrays, the caller owns the rows.
        unsafe {
            let load = |from: usize| _mm512_loadu_ps(values.as_ptr().add(from));
            let mut largest = _mm512_setzero_ps();
            for from in (0..values.len()).step_by(16) {
                largest = _mm512_max_ps(largest, _mm512_abs_ps(load(from)));
            }
            let largest = _mm512_reduce_max_ps(largest);
            let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            let scale = largest / 127.0;
            let mut sums = _mm512_setzero_ps();
            let (mut quant_sums, mut rest_sums) = (_mm512_setzero_si512(), _mm512_setzero_si512());
            for from in (0..values.len()).step_by(16) {
                let values = load(from);
                sums = _mm512_add_ps(sums, values);
                let scaled = _mm512_mul_ps(values, _mm512_set1_ps(inverse));
                let quants = _mm512_cvtps_epi32(scaled);
                self.put(place + from, quants);
                quant_sums = _mm512_add_epi32(quant_sums, quants);
                if let Some(rest) = rest {
                    let left = _mm512_sub_ps(scaled, _mm512_cvtepi32_ps(quants));
                    let quants = _mm512_cvtps_epi32(_mm512_mul_ps(left, _mm512_set1_ps(STEPS as f32)));
                    let quants = _mm512_min_epi32(quants, _mm512_set1_epi32(127));
                    rest.put(place + from, quants);
                    rest_sums = _mm512_add_epi32(rest_sums, quants);
                }
            }
            *self.sums.as_ptr().cast_mut().add(at) = _mm512_reduce_add_ps(sums);
            let mut quant_sum = _mm512_reduce_add_epi32(quant_sums);
            *self.scales.as_ptr().cast_mut().add(at) = scale;
            if let Some(rest) = rest {
                *rest.scales.as_ptr().cast_mut().add(at) = scale / STEPS as f32;
                quant_sum = quant_sum * STEPS + _mm512_reduce_add_epi32(rest_sums);
            }
            *self.starts.as_ptr().cast_mut().add(at) = -(quant_sum << self.zero_bits);
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn put(&self, place: usize, quants: __m512i) {
        // SAFETY: the caller's promise.
        unsafe {
            _mm_storeu_si128(
                self.quants.as_ptr().cast_mut().add(place).cast(),
                _mm512_cvtsepi32_epi8(quants),
            );
        }
    }
}

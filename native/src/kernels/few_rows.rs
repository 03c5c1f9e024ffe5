//! A product with few rows of activations, straight from the stored weights: reading them is most of the work.

use std::arch::x86_64::*;

use super::block_matrix::{BLOCK, BlockMatrix};
use super::low_rank::ScaledUpdate;
use super::rounded_rows::{RoundedRows, STEPS};

/// Up to so many rows the weights are unpacked as they are read: no panel is made. A row's sums are formed in the same
/// order whatever the number of rows beside it, so that its outputs are the same to the last bit.
pub const MOST: usize = 8;

/// How many bytes ahead weights are asked for: they come from memory or the last cache, and the processor alone asks too
/// late.
const AHEAD: usize = 4096;

/// Bytes of weights that are read at once, a group: 4 blocks of 4 bits or 2 of 8 bits.
const GROUP: usize = 64;

/// Rounded activations in the order in which weights come out of their bytes.
#[derive(Default)]
pub struct FewRows {
    rows: usize,
    /// Into how many roundings the activations went, 1 or 2.
    parts: usize,
    /// Of a row.
    groups: usize,
    /// `[rows, groups, parts, 64 or 2 · 64]`: of 4-bit weights the even ones of 4 blocks come out first, then the odd ones.
    /// What lies behind the last block is 0.
    quants: Vec<i8>,
    /// `[rows, groups, 16]`, of each lane of products the scale of its block, a step of the last rounding
    scales: Vec<f32>,
    /// `[rows, blocks]`, what a weight's scale is worth: stored quants are counted from 0
    zeros: Vec<f32>,
    /// `[rows, blocks]`, what a weight's offset is worth
    sums: Vec<f32>,
}

/// Asks for what lies as far behind `count` numbers as weights are asked for.
#[inline]
#[target_feature(enable = "sse")]
fn ask(from: *const f32, count: usize) {
    /// Of numbers.
    const LINE: usize = 16;
    for at in (0..count).step_by(LINE) {
        _mm_prefetch::<_MM_HINT_T0>(from.wrapping_byte_add(AHEAD / 4).wrapping_add(at).cast());
    }
}

/// What a product is computed from, and where it goes.
#[derive(Clone, Copy)]
struct Outputs<'a> {
    matrix: &'a BlockMatrix<'a>,
    update: Option<&'a ScaledUpdate<'a>>,
    y: *mut f32,
}

impl FewRows {
    /// Takes one rounding of all rows, or one and what it left.
    ///
    /// # Safety
    /// The processor has the features.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub unsafe fn fill(&mut self, rounded: &[RoundedRows], rows: usize, bits: usize) {
        let blocks = rounded[0].blocks;
        let (per_group, halves) = (16 / bits, 8 / bits);
        (self.rows, self.parts, self.groups) = (rows, rounded.len(), blocks.div_ceil(per_group));
        let length = halves * GROUP;
        self.quants.clear();
        self.quants.resize(rows * self.groups * self.parts * length, 0);
        self.scales.clear();
        self.scales.resize(rows * self.groups * 16, 0.0);
        // The rest counts in steps of its own, and so do sums of products with it.
        let step = if self.parts == 2 { 1.0 / STEPS as f32 } else { 1.0 };
        self.zeros.clear();
        self.sums.clear();
        self.sums.extend_from_slice(&rounded[0].sums[..rows * blocks]);
        for row in 0..rows {
            for block in 0..blocks {
                let (from, group, place) =
                    (row * blocks + block, row * self.groups + block / per_group, block % per_group);
                let scale = rounded[0].scales[from] * step;
                let lanes = 16 / per_group;
                self.scales[group * 16 + place * lanes..][..lanes].fill(scale);
                self.zeros.push(scale * rounded[0].starts[from] as f32);
                for (part, rounded) in rounded.iter().enumerate() {
                    let to = &mut self.quants[(group * self.parts + part) * length..][..length];
                    // SAFETY: a block's quants are read, and go where there is room for a block's.
                    unsafe {
                        let quants = _mm256_loadu_si256(rounded.quants.as_ptr().add(from * BLOCK).cast());
                        if bits == 8 {
                            _mm256_storeu_si256(to.as_mut_ptr().add(place * BLOCK).cast(), quants);
                            continue;
                        }
                        let order = _mm256_broadcastsi128_si256(_mm_setr_epi8(
                            0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15,
                        ));
                        let quants =
                            _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_shuffle_epi8(quants, order));
                        let to = to.as_mut_ptr().add(place * BLOCK / 2);
                        _mm_storeu_si128(to.cast(), _mm256_castsi256_si128(quants));
                        _mm_storeu_si128(to.add(GROUP).cast(), _mm256_extracti128_si256::<1>(quants));
                    }
                }
            }
        }
    }

    /// Outputs `first` to `last` of all rows into `y` `[rows, matrix.rows()]`, with what an adapter adds.
    ///
    /// # Safety
    /// The processor has the features; `y` has room and nobody else writes these outputs.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
    pub unsafe fn multiply(
        &self,
        matrix: &BlockMatrix,
        update: Option<&ScaledUpdate>,
        range: (usize, usize),
        y: *mut f32,
    ) {
        let to = Outputs { matrix, update, y };
        // SAFETY: the caller's promise.
        unsafe {
            match (matrix.bits(), self.parts) {
                (4, 1) => self.all_rows::<4, 1>(to, range),
                (4, _) => self.all_rows::<4, 2>(to, range),
                (_, 1) => self.all_rows::<8, 1>(to, range),
                (_, _) => self.all_rows::<8, 2>(to, range),
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
    unsafe fn all_rows<const BITS: usize, const PARTS: usize>(
        &self,
        to: Outputs,
        (first, last): (usize, usize),
    ) {
        /// Outputs and rows at once: their sums don't wait for each other.
        const OUTPUTS: usize = 4;
        const ROWS: usize = 4;
        let whole = last - (last - first) % OUTPUTS;
        // SAFETY: the caller's promise.
        unsafe {
            for output in (first..whole).step_by(OUTPUTS) {
                for row in (0..self.rows).step_by(ROWS) {
                    match self.rows - row {
                        1 => self.tile::<BITS, PARTS, OUTPUTS, 1>(to, output, row),
                        2 => self.tile::<BITS, PARTS, OUTPUTS, 2>(to, output, row),
                        3 => self.tile::<BITS, PARTS, OUTPUTS, 3>(to, output, row),
                        _ => self.tile::<BITS, PARTS, OUTPUTS, ROWS>(to, output, row),
                    }
                }
            }
            for output in whole..last {
                for row in 0..self.rows {
                    self.tile::<BITS, PARTS, 1, 1>(to, output, row);
                }
            }
        }
    }

    /// `OUTPUTS` outputs from `output` on, of `ROWS` rows from `row` on.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
    unsafe fn tile<const BITS: usize, const PARTS: usize, const OUTPUTS: usize, const ROWS: usize>(
        &self,
        Outputs { matrix, update, y }: Outputs,
        output: usize,
        row: usize,
    ) {
        let per_group = 16 / BITS;
        let length = 8 / BITS * GROUP;
        let blocks = matrix.blocks();
        let weights: [*const u8; OUTPUTS] = std::array::from_fn(|at| matrix.quants(output + at).as_ptr());
        let weight_scales: [*const f32; OUTPUTS] =
            std::array::from_fn(|at| matrix.scales(output + at).as_ptr());
        // Which of a group's scales a lane of products belongs to.
        let lanes = match BITS {
            4 => _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3),
            _ => _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1),
        };
        for at in 0..OUTPUTS {
            ask(weight_scales[at], blocks);
            if let Some(offsets) = matrix.offsets(output + at) {
                ask(offsets.as_ptr(), blocks);
            }
        }
        let mut sums = [[_mm512_setzero_ps(); ROWS]; OUTPUTS];
        // SAFETY: masks leave out what lies behind the rows of weights; activations have whole groups.
        unsafe {
            for group in 0..self.groups {
                let held = per_group.min(blocks - group * per_group);
                let bytes = u64::MAX >> (GROUP - held * GROUP / per_group);
                let scales = (1u8 << held) - 1;
                for (at, sums) in sums.iter_mut().enumerate() {
                    let from = weights[at].add(group * GROUP);
                    _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(AHEAD).cast());
                    let packed = _mm512_maskz_loadu_epi8(bytes, from.cast());
                    let low = _mm512_set1_epi8(15);
                    let quants = match BITS {
                        4 => [
                            _mm512_and_si512(packed, low),
                            _mm512_and_si512(_mm512_srli_epi16::<4>(packed), low),
                        ],
                        _ => [packed, packed],
                    };
                    let scale = _mm_maskz_loadu_ps(scales, weight_scales[at].add(group * per_group));
                    let scale = _mm512_permutexvar_ps(lanes, _mm512_castps128_ps512(scale));
                    for (index, sum) in sums.iter_mut().enumerate() {
                        let x = (row + index) * self.groups + group;
                        let mut products = _mm512_setzero_si512();
                        for part in 0..PARTS {
                            if part > 0 {
                                products = _mm512_slli_epi32::<{ STEPS.ilog2() }>(products);
                            }
                            let terms = self.quants.as_ptr().add((x * PARTS + part) * length);
                            for (half, quants) in quants.into_iter().enumerate().take(8 / BITS) {
                                let terms = _mm512_loadu_si512(terms.add(half * GROUP).cast());
                                products = _mm512_dpbusd_epi32(products, quants, terms);
                            }
                        }
                        let x_scale = _mm512_loadu_ps(self.scales.as_ptr().add(x * 16));
                        let scale = _mm512_mul_ps(scale, x_scale);
                        *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products), scale, *sum);
                    }
                }
            }
            if let Some(update) = update {
                for index in 0..ROWS {
                    let added = update.sums::<OUTPUTS>(output, row + index);
                    for (sums, added) in sums.iter_mut().zip(added) {
                        sums[index] = _mm512_add_ps(sums[index], added);
                    }
                }
            }
            for (at, sums) in sums.into_iter().enumerate() {
                for (index, sum) in sums.into_iter().enumerate() {
                    let sum = self.add_blocks(matrix, output + at, row + index, sum);
                    *y.add((row + index) * matrix.rows() + output + at) = _mm512_reduce_add_ps(sum);
                }
            }
        }
    }

    /// Adds what is due to a block as a whole: that quants are counted from 0, and the offsets.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn add_blocks(&self, matrix: &BlockMatrix, output: usize, row: usize, mut sum: __m512) -> __m512 {
        let blocks = matrix.blocks();
        let (scales, offsets) = (matrix.scales(output), matrix.offsets(output));
        for block in (0..blocks).step_by(16) {
            let mask = (u32::MAX >> (32 - (blocks - block).min(16))) as u16;
            let at = row * blocks + block;
            // SAFETY: the mask leaves out what lies behind the row.
            unsafe {
                let load = |from: &[f32], at: usize| _mm512_maskz_loadu_ps(mask, from.as_ptr().add(at));
                sum = _mm512_fmadd_ps(load(scales, block), load(&self.zeros, at), sum);
                if let Some(offsets) = offsets {
                    sum = _mm512_fmadd_ps(load(offsets, block), load(&self.sums, at), sum);
                }
            }
        }
        sum
    }
}

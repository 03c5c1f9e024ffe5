//! Weights unpacked a panel at a time into the order in which the kernels read them.
//!
//! A panel is 32 outputs wide, and deep as the sum is long. For the plain product an output is a row of the matrix;
//! for the transposed one it is a column, and a panel is one column of blocks.

use std::arch::x86_64::*;

use super::block_matrix::{BLOCK, BlockMatrix};
use super::lines::Lines;
use super::turn::turn;

/// Outputs of a panel.
pub const WIDTH: usize = 32;

/// Blocks that share a scale where weights are rounded anew: fewer scales are faster, and rounding errors grow slowly
/// with their number.
pub const ROUNDED_GROUP: usize = 2;

/// The quant that then stands for 0, as a power of two's exponent.
pub const ROUNDED_ZERO_BITS: u32 = 7;

/// A panel of 8-bit weights, `w ≈ scale · (quant − zero) + offset` with a scale and an offset for every group of blocks
/// of 32 terms of the sum.
#[derive(Default)]
pub struct IntegerPanel {
    /// `[blocks, 8, WIDTH]`: four terms of an output lie side by side, a byte each.
    pub quants: Lines<i32>,
    /// `[groups, WIDTH]`
    pub scales: Lines<f32>,
    /// `[groups, WIDTH]`, empty for none
    pub offsets: Lines<f32>,
    pub blocks: usize,
    /// Blocks of a group; the last one may have fewer.
    pub group: usize,
}

impl IntegerPanel {
    pub fn groups(&self) -> usize {
        self.blocks.div_ceil(self.group)
    }

    fn resize(&mut self, blocks: usize, group: usize, offsets: bool) {
        self.blocks = blocks;
        self.group = group;
        self.quants.resize(blocks * 8 * WIDTH);
        let groups = self.groups();
        self.scales.resize(groups * WIDTH);
        self.offsets.resize(if offsets { groups * WIDTH } else { 0 });
    }

    /// Rows `32 · panel` and on: exactly the stored weights. Rows past the last are zeros.
    ///
    /// # Safety
    /// The processor has the features.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub unsafe fn load(&mut self, matrix: &BlockMatrix, panel: usize) {
        let (blocks, first) = (matrix.blocks(), panel * WIDTH);
        let rows = WIDTH.min(matrix.rows() - first);
        self.resize(blocks, 1, matrix.has_offsets());
        // SAFETY: the rows are in the matrix, and there is a line for each of their blocks and words; numbers and words
        // are only moved.
        unsafe {
            turn(matrix.scales(first).as_ptr(), blocks, rows, blocks, self.scales.as_mut_ptr());
            if let Some(offsets) = matrix.offsets(first) {
                turn(offsets.as_ptr(), blocks, rows, blocks, self.offsets.as_mut_ptr());
            }
            let words = blocks * matrix.bits();
            // Of 4 bits they come to lie behind where what they hold goes, and are never overtaken.
            let turned = self.quants.as_mut_ptr().add((blocks * 8 - words) * WIDTH);
            turn(matrix.quants(first).as_ptr().cast::<f32>(), words, rows, words, turned.cast());
            if matrix.bits() == 4 {
                open_words(turned, words * WIDTH / 16, self.quants.as_mut_ptr());
            }
        }
    }

    /// The columns of block `panel`, rounded: see `round`.
    ///
    /// # Safety
    /// The processor has the features.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    pub unsafe fn load_transposed(&mut self, matrix: &BlockMatrix, panel: usize) {
        // SAFETY: these rows and this block are in the matrix; a line has room for 32.
        unsafe {
            self.round(matrix.rows(), |first, lines| {
                for (term, to) in lines.iter_mut().enumerate() {
                    dequantize(matrix, first + term, panel, to.as_mut_ptr());
                }
            });
        }
    }

    /// Weights that `fill` gives from a term on, a line of outputs each, rounded to 8 bits with a scale for every
    /// `ROUNDED_GROUP` blocks of 32 terms (by at most 1/254 of the largest of them). Terms past the last are zeros.
    ///
    /// # Safety
    /// The processor has the features.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    pub unsafe fn round(&mut self, terms: usize, mut fill: impl FnMut(usize, &mut [[f32; WIDTH]])) {
        let blocks = terms.div_ceil(BLOCK);
        self.resize(blocks, ROUNDED_GROUP, false);
        let mut tile = [[0.0f32; WIDTH]; BLOCK * ROUNDED_GROUP];
        for group in 0..self.groups() {
            let first = group * ROUNDED_GROUP;
            let count = (blocks - first).min(ROUNDED_GROUP) * BLOCK;
            let known = count.min(terms - first * BLOCK);
            fill(first * BLOCK, &mut tile[..known]);
            tile[known..].fill([0.0; WIDTH]);
            // SAFETY: the panel has lanes and words for the group.
            unsafe {
                for half in 0..2 {
                    let line = |term: usize| _mm512_loadu_ps(tile[term].as_ptr().add(half * 16));
                    let mut largest = _mm512_setzero_ps();
                    for term in 0..known {
                        largest = _mm512_max_ps(largest, _mm512_abs_ps(line(term)));
                    }
                    let full = _mm512_set1_ps(127.0);
                    let some = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(largest, _mm512_setzero_ps());
                    let inverse = _mm512_maskz_div_ps(some, full, largest);
                    let lanes = group * WIDTH + half * 16;
                    _mm512_storeu_ps(self.scales.as_mut_ptr().add(lanes), _mm512_div_ps(largest, full));
                    let to = self.quants.as_mut_ptr().add(first * 8 * WIDTH + half * 16);
                    for four in 0..count / 4 {
                        let mut word = _mm512_setzero_si512();
                        // The last term lands in the highest byte.
                        for term in (0..4).rev() {
                            let rounded = _mm512_cvtps_epi32(_mm512_mul_ps(line(four * 4 + term), inverse));
                            let quant = _mm512_add_epi32(rounded, _mm512_set1_epi32(1 << ROUNDED_ZERO_BITS));
                            word = _mm512_or_si512(_mm512_slli_epi32::<8>(word), quant);
                        }
                        _mm512_storeu_si512(to.add(four * WIDTH).cast(), word);
                    }
                }
            }
        }
    }
}

/// A panel of float32 weights, `[terms, WIDTH]`.
///
/// # Safety
/// The processor has the features.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub unsafe fn load_float(to: &mut Lines<f32>, matrix: &BlockMatrix, panel: usize) {
    to.resize(matrix.columns() * WIDTH);
    let mut line = [0.0f32; BLOCK];
    for lane in 0..WIDTH {
        let row = panel * WIDTH + lane;
        for block in 0..matrix.blocks() {
            if row < matrix.rows() {
                // SAFETY: the row and the block are in the matrix.
                unsafe { dequantize(matrix, row, block, line.as_mut_ptr()) };
            } else {
                line = [0.0; BLOCK];
            }
            for (term, weight) in line.iter().enumerate() {
                to[(block * BLOCK + term) * WIDTH + lane] = *weight;
            }
        }
    }
}

/// The columns of block `panel` as a panel of float32 weights, `[terms, WIDTH]`.
///
/// # Safety
/// The processor has the features.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub unsafe fn load_float_transposed(to: &mut Lines<f32>, matrix: &BlockMatrix, panel: usize) {
    to.resize(matrix.rows() * WIDTH);
    for row in 0..matrix.rows() {
        // SAFETY: the row and the block are in the matrix, the panel has a line for the row.
        unsafe { dequantize(matrix, row, panel, to.as_mut_ptr().add(row * WIDTH)) };
    }
}

/// The 32 quants of a block of a row, a byte each.
///
/// # Safety
/// `quants` holds more than `block` blocks.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn block_bytes(bits: usize, quants: &[u8], block: usize) -> __m256i {
    debug_assert!(quants.len() >= (block + 1) * bits * 4);
    // SAFETY: the caller's promise.
    unsafe {
        if bits == 8 {
            return _mm256_loadu_si256(quants.as_ptr().add(block * 32).cast());
        }
        let pairs = _mm_loadu_si128(quants.as_ptr().add(block * 16).cast());
        let mask = _mm_set1_epi8(15);
        let low = _mm_and_si128(pairs, mask);
        let high = _mm_and_si128(_mm_srli_epi16::<4>(pairs), mask);
        _mm256_set_m128i(_mm_unpackhi_epi8(low, high), _mm_unpacklo_epi8(low, high))
    }
}

/// Words of eight 4-bit weights, lines of `WIDTH`, to two lines of words of four bytes each.
///
/// # Safety
/// `from` has `count` registers; `to` has room for twice as many, and ends where `from` does or apart from it.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn open_words(from: *const i32, count: usize, to: *mut i32) {
    const HALVES: usize = WIDTH / 16;
    let mask = _mm512_set1_epi8(15);
    // Bytes 0 and 1, or 2 and 3, of each word to its even bytes, or to its odd ones.
    let spread = |first: i32, odd: bool| {
        let gap = 0x80;
        let (a, b) = (first, first + 1);
        let word = |base: i32| {
            let (a, b) = (a + base, b + base);
            if odd { gap | a << 8 | gap << 16 | b << 24 } else { a | gap << 8 | b << 16 | gap << 24 }
        };
        _mm512_broadcast_i32x4(_mm_setr_epi32(word(0), word(4), word(8), word(12)))
    };
    let spreads = [0, 2].map(|first| (spread(first, false), spread(first, true)));
    for index in 0..count {
        // SAFETY: the caller's promise.
        unsafe {
            let words = _mm512_loadu_si512(from.add(index * 16).cast());
            let low = _mm512_and_si512(words, mask);
            let high = _mm512_and_si512(_mm512_srli_epi16::<4>(words), mask);
            let (line, half) = (index / HALVES, index % HALVES);
            for (part, (even, odd)) in spreads.into_iter().enumerate() {
                let bytes = _mm512_or_si512(_mm512_shuffle_epi8(low, even), _mm512_shuffle_epi8(high, odd));
                let at = (line * 2 + part) * WIDTH + half * 16;
                _mm512_storeu_si512(to.add(at).cast(), bytes);
            }
        }
    }
}

/// A block of a row in float32; the same bits as the TypeScript codec gives, up to one rounding where there are
/// offsets (it rounds once from float64, and so does a fused multiply-add).
///
/// # Safety
/// The block is in the matrix and `to` has room for 32.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn dequantize(matrix: &BlockMatrix, row: usize, block: usize, to: *mut f32) {
    let scale = _mm512_set1_ps(matrix.scales(row)[block]);
    let zero = _mm512_set1_epi32(1 << (matrix.bits() - 1));
    // SAFETY: the caller's promise.
    unsafe {
        let bytes = block_bytes(matrix.bits(), matrix.quants(row), block);
        let halves = [_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes)];
        for (index, half) in halves.into_iter().enumerate() {
            let centred = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_cvtepu8_epi32(half), zero));
            let weights = match matrix.offsets(row) {
                Some(offsets) => _mm512_fmadd_ps(centred, scale, _mm512_set1_ps(offsets[block])),
                None => _mm512_mul_ps(centred, scale),
            };
            _mm512_storeu_ps(to.add(index * 16), weights);
        }
    }
}

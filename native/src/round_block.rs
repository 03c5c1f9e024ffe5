//! Rounds 32 weights to the nearest points of a grid, ties up, and sums what that costs: plainly, and with the 4 or 8
//! float64 numbers at once of AVX2 and AVX-512. The same points on every machine; the sums differ in their last bits.

use crate::formats::open_block::RoundingError;

/// The points `scale * (q - center) + offset` for q from 0 to `highest`, which is at most 255.
pub struct Grid {
    pub scale: f64,
    /// 1 / scale; 0 where the scale is.
    pub inverse: f64,
    pub center: f64,
    pub offset: f64,
    pub highest: f64,
}

pub trait RoundBlock {
    fn new() -> Self;

    /// The nearest q of each weight, 0 for what is no number.
    ///
    /// # Safety
    /// The processor has what the implementation is named after.
    unsafe fn round(&mut self, weights: &[f32; 32], grid: &Grid) -> [u8; 32];

    /// Of all that were rounded.
    fn sums(&self) -> RoundingError;
}

/// On any machine.
pub struct Plain(RoundingError);

impl RoundBlock for Plain {
    fn new() -> Self {
        Self(RoundingError::default())
    }

    #[inline(always)]
    unsafe fn round(&mut self, weights: &[f32; 32], grid: &Grid) -> [u8; 32] {
        let Grid { scale, inverse, center, offset, highest } = *grid;
        let mut rounded = [0; 32];
        for (&weight, rounded) in weights.iter().zip(&mut rounded) {
            let weight = f64::from(weight);
            let q = ((weight - offset) * inverse + center + 0.5).floor().clamp(0.0, highest) as u8;
            *rounded = q;
            let error = scale * (f64::from(q) - center) + offset - weight;
            self.0.error += error * error;
            self.0.weights += weight * weight;
        }
        rounded
    }

    fn sums(&self) -> RoundingError {
        self.0
    }
}

#[cfg(target_arch = "x86_64")]
pub use x86_64::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use std::arch::x86_64::*;
    use std::mem::transmute;

    use super::{Grid, RoundBlock, RoundingError};

    /// AVX2 and FMA.
    pub struct Avx2 {
        error: __m256d,
        weights: __m256d,
    }

    impl RoundBlock for Avx2 {
        fn new() -> Self {
            // SAFETY: zeros are numbers.
            unsafe { transmute([0.0_f64; 8]) }
        }

        #[inline(always)]
        unsafe fn round(&mut self, weights: &[f32; 32], grid: &Grid) -> [u8; 32] {
            // SAFETY: the caller's; four weights are read at a time.
            unsafe {
                let (scale, inverse) = (_mm256_set1_pd(grid.scale), _mm256_set1_pd(grid.inverse));
                let (center, offset) = (_mm256_set1_pd(grid.center), _mm256_set1_pd(grid.offset));
                let (highest, half) = (_mm256_set1_pd(grid.highest), _mm256_set1_pd(0.5));
                let mut words = [_mm_setzero_si128(); 8];
                for (four, word) in weights.as_chunks::<4>().0.iter().zip(&mut words) {
                    let weight = _mm256_cvtps_pd(_mm_loadu_ps(four.as_ptr()));
                    let distance = _mm256_sub_pd(weight, offset);
                    let steps = _mm256_add_pd(_mm256_mul_pd(distance, inverse), center);
                    let nearest = _mm256_floor_pd(_mm256_add_pd(steps, half));
                    // Of what is no number, the second one is the greater.
                    let q = _mm256_min_pd(_mm256_max_pd(nearest, _mm256_setzero_pd()), highest);
                    let error = _mm256_fmsub_pd(scale, _mm256_sub_pd(q, center), distance);
                    self.error = _mm256_fmadd_pd(error, error, self.error);
                    self.weights = _mm256_fmadd_pd(weight, weight, self.weights);
                    *word = _mm256_cvttpd_epi32(q);
                }
                let pairs = [
                    _mm_packus_epi32(words[0], words[1]),
                    _mm_packus_epi32(words[2], words[3]),
                    _mm_packus_epi32(words[4], words[5]),
                    _mm_packus_epi32(words[6], words[7]),
                ];
                transmute([_mm_packus_epi16(pairs[0], pairs[1]), _mm_packus_epi16(pairs[2], pairs[3])])
            }
        }

        fn sums(&self) -> RoundingError {
            // SAFETY: any bits are numbers.
            let [error, weights] = unsafe { transmute::<_, [[f64; 4]; 2]>([self.error, self.weights]) };
            RoundingError { error: error.iter().sum(), weights: weights.iter().sum() }
        }
    }

    /// AVX-512F.
    pub struct Avx512 {
        error: __m512d,
        weights: __m512d,
    }

    impl RoundBlock for Avx512 {
        fn new() -> Self {
            // SAFETY: zeros are numbers.
            unsafe { transmute([0.0_f64; 16]) }
        }

        #[inline(always)]
        unsafe fn round(&mut self, weights: &[f32; 32], grid: &Grid) -> [u8; 32] {
            // SAFETY: the caller's; eight weights are read at a time.
            unsafe {
                let (scale, inverse) = (_mm512_set1_pd(grid.scale), _mm512_set1_pd(grid.inverse));
                let (center, offset) = (_mm512_set1_pd(grid.center), _mm512_set1_pd(grid.offset));
                let (highest, half) = (_mm512_set1_pd(grid.highest), _mm512_set1_pd(0.5));
                let mut words = [_mm256_setzero_si256(); 4];
                for (eight, word) in weights.as_chunks::<8>().0.iter().zip(&mut words) {
                    let weight = _mm512_cvtps_pd(_mm256_loadu_ps(eight.as_ptr()));
                    let distance = _mm512_sub_pd(weight, offset);
                    let steps = _mm512_add_pd(_mm512_mul_pd(distance, inverse), center);
                    let nearest = _mm512_roundscale_pd::<_MM_FROUND_TO_NEG_INF>(_mm512_add_pd(steps, half));
                    // Of what is no number, the second one is the greater.
                    let q = _mm512_min_pd(_mm512_max_pd(nearest, _mm512_setzero_pd()), highest);
                    let error = _mm512_fmsub_pd(scale, _mm512_sub_pd(q, center), distance);
                    self.error = _mm512_fmadd_pd(error, error, self.error);
                    self.weights = _mm512_fmadd_pd(weight, weight, self.weights);
                    *word = _mm512_cvttpd_epi32(q);
                }
                let first = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(words[0]), words[1]);
                let second = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(words[2]), words[3]);
                transmute([_mm512_cvtepi32_epi8(first), _mm512_cvtepi32_epi8(second)])
            }
        }

        fn sums(&self) -> RoundingError {
            // SAFETY: any bits are numbers.
            let [error, weights] = unsafe { transmute::<_, [[f64; 8]; 2]>([self.error, self.weights]) };
            RoundingError { error: error.iter().sum(), weights: weights.iter().sum() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn every_machine_finds_the_same_points() {
        let grid = Grid { scale: 0.25, inverse: 4.0, center: 8.0, offset: 1.0, highest: 15.0 };
        let mut weights: [f32; 32] = std::array::from_fn(|index| index as f32 * 0.161 - 1.5);
        // Ties, ends, beyond, and what is no number.
        weights[..6].copy_from_slice(&[1.125, 0.875, -1.0, 1e9, -1e9, f32::NAN]);
        let (mut plain, mut avx2, mut avx512) = (Plain::new(), Avx2::new(), Avx512::new());
        // SAFETY: asked for.
        unsafe {
            let expected = plain.round(&weights, &grid);
            assert_eq!(expected[..6], [9, 8, 0, 15, 0, 0]);
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                assert_eq!(avx2.round(&weights, &grid), expected);
            }
            if is_x86_feature_detected!("avx512f") {
                assert_eq!(avx512.round(&weights, &grid), expected);
            }
        }
    }
}

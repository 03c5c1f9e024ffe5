//! Float weights to packed blocks of 32, rounded: w = scale * (q - 2^(bits - 1)) + offset.

use crate::formats::open_block::RoundingError;
#[cfg(target_arch = "x86_64")]
use crate::round_block::{Avx2, Avx512};
use crate::round_block::{Grid, Plain, RoundBlock};

/// A quantiser of whole blocks of 32: weights, quants, scales, offsets, what rounding cost.
pub type Quantize = fn(&[f32], &mut [u8], &mut [f32], Option<&mut [f32]>, &mut RoundingError);

/// Without offsets the weight furthest from 0 takes the outermost q on its side; with offsets the least one takes 0 and
/// the greatest the highest q. All steps are in float64 and ties go up, as in TypeScript. Of two 4-bit weights the first
/// one is in the low nibble. What rounding cost is added to `sums`.
pub fn quantize<const BITS: u32>(
    weights: &[f32],
    quants: &mut [u8],
    scales: &mut [f32],
    offsets: Option<&mut [f32]>,
    sums: &mut RoundingError,
) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;

        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn with_avx512<const BITS: u32>(
            weights: &[f32],
            quants: &mut [u8],
            scales: &mut [f32],
            offsets: Option<&mut [f32]>,
            sums: &mut RoundingError,
        ) {
            quantize_by::<BITS, Avx512>(weights, quants, scales, offsets, sums);
        }
        #[target_feature(enable = "avx2,fma")]
        fn with_avx2<const BITS: u32>(
            weights: &[f32],
            quants: &mut [u8],
            scales: &mut [f32],
            offsets: Option<&mut [f32]>,
            sums: &mut RoundingError,
        ) {
            quantize_by::<BITS, Avx2>(weights, quants, scales, offsets, sums);
        }
        if has!("avx512f") && has!("avx512bw") && has!("avx512vl") {
            // SAFETY: the processor has them.
            return unsafe { with_avx512::<BITS>(weights, quants, scales, offsets, sums) };
        }
        if has!("avx2") && has!("fma") {
            // SAFETY: the processor has them.
            return unsafe { with_avx2::<BITS>(weights, quants, scales, offsets, sums) };
        }
    }
    quantize_by::<BITS, Plain>(weights, quants, scales, offsets, sums);
}

#[inline(always)]
fn quantize_by<const BITS: u32, R: RoundBlock>(
    weights: &[f32],
    quants: &mut [u8],
    scales: &mut [f32],
    mut offsets: Option<&mut [f32]>,
    sums: &mut RoundingError,
) {
    let center = f64::from(1_u32 << (BITS - 1));
    let highest = 2.0 * center - 1.0;
    let mut rounding = R::new();
    let (weights, _) = weights.as_chunks::<32>();
    let quants = quants.chunks_exact_mut(4 * BITS as usize);
    for (block, (weights, quants)) in weights.iter().zip(quants).enumerate() {
        let (least, greatest) = extremes(weights);
        let scale = if offsets.is_some() {
            ((greatest - least) / highest) as f32
        } else {
            ((if -least > greatest { -least } else { greatest }) / (center - 1.0)) as f32
        };
        scales[block] = scale;
        let scale = f64::from(scale);
        // The offset belongs to q = center; the scale as stored, not as computed, decides.
        let offset = match offsets.as_deref_mut() {
            Some(offsets) => {
                offsets[block] = (least + center * scale) as f32;
                f64::from(offsets[block])
            }
            None => 0.0,
        };
        let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
        // SAFETY: callers choose by what the processor has.
        let rounded = unsafe { rounding.round(weights, &Grid { scale, inverse, center, offset, highest }) };
        if BITS == 8 {
            quants.copy_from_slice(&rounded);
        } else {
            for (pair, quant) in rounded.as_chunks::<2>().0.iter().zip(quants) {
                *quant = pair[0] | pair[1] << 4;
            }
        }
    }
    let RoundingError { error, weights } = rounding.sums();
    sums.error += error;
    sums.weights += weights;
}

/// The least and the greatest; the first weight where that is no number, else only numbers count.
#[inline(always)]
fn extremes(weights: &[f32; 32]) -> (f64, f64) {
    const LANES: usize = 8;
    let (mut least, mut greatest) = ([weights[0]; LANES], [weights[0]; LANES]);
    for weights in weights.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            least[lane] = if weights[lane] < least[lane] { weights[lane] } else { least[lane] };
            greatest[lane] = if weights[lane] > greatest[lane] { weights[lane] } else { greatest[lane] };
        }
    }
    let mut count = LANES;
    while count > 1 {
        count /= 2;
        for lane in 0..count {
            let (low, high) = (least[lane + count], greatest[lane + count]);
            least[lane] = if low < least[lane] { low } else { least[lane] };
            greatest[lane] = if high > greatest[lane] { high } else { greatest[lane] };
        }
    }
    (f64::from(least[0]), f64::from(greatest[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_take_the_outermost_quants() {
        let mut weights = [0.0; 32];
        weights[..2].copy_from_slice(&[-1.0, 1.55]);
        let (mut quants, mut scales, mut offsets) = ([9; 32], [9.0], [9.0]);
        let mut sums = RoundingError::default();
        quantize::<8>(&weights, &mut quants, &mut scales, Some(&mut offsets), &mut sums);
        assert_eq!((quants[0], quants[1], quants[2]), (0, 255, 100));
        assert!(sums.error < 1e-12, "{}", sums.error);
        quantize::<8>(&weights, &mut quants, &mut scales, None, &mut sums);
        assert_eq!((quants[0], quants[1], quants[2]), (46, 255, 128));
        assert!(sums.error > 1e-7);
    }

    #[test]
    fn the_first_of_two_4_bit_weights_is_low() {
        let mut weights = [0.0; 32];
        weights[..3].copy_from_slice(&[-7.0, 8.0, 1.0]);
        let (mut quants, mut scales, mut offsets) = ([9; 16], [9.0], [9.0]);
        let mut sums = RoundingError::default();
        quantize::<4>(&weights, &mut quants, &mut scales, Some(&mut offsets), &mut sums);
        assert_eq!((quants[0], quants[1], scales[0], offsets[0]), (0xf0, 0x78, 1.0, 1.0));
        assert_eq!(sums.error, 0.0);
    }
}

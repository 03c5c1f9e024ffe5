//! Float weights to packed blocks of 32, rounded: w = scale * (q - 2^(bits - 1)) + offset.

use crate::formats::open_block::RoundingError;
use crate::vectorize::vectorize;

/// A quantiser of whole blocks of 32: weights, quants, scales, offsets, what rounding cost.
pub type Quantize = fn(&[f32], &mut [u8], &mut [f32], Option<&mut [f32]>, &mut RoundingError);

vectorize!(quantize4 = quantize::<4>(
    weights: &[f32], quants: &mut [u8], scales: &mut [f32], offsets: Option<&mut [f32]>, sums: &mut RoundingError,
));
vectorize!(quantize8 = quantize::<8>(
    weights: &[f32], quants: &mut [u8], scales: &mut [f32], offsets: Option<&mut [f32]>, sums: &mut RoundingError,
));

/// Without offsets the weight furthest from 0 takes the outermost q on its side; with offsets the least one takes 0 and
/// the greatest the highest q. All steps are in float64 and ties go up, as in TypeScript. Of two 4-bit weights the first
/// one is in the low nibble.
#[inline(always)]
pub fn quantize<const BITS: u32>(
    weights: &[f32],
    quants: &mut [u8],
    scales: &mut [f32],
    mut offsets: Option<&mut [f32]>,
    sums: &mut RoundingError,
) {
    let center = f64::from(1_u32 << (BITS - 1));
    let highest = 2.0 * center - 1.0;
    let (weights, _) = weights.as_chunks::<32>();
    let quants = quants.chunks_exact_mut(4 * BITS as usize);
    for (block, (weights, quants)) in weights.iter().zip(quants).enumerate() {
        let (mut least, mut greatest) = (weights[0], weights[0]);
        for &weight in &weights[1..] {
            if weight < least {
                least = weight;
            }
            if weight > greatest {
                greatest = weight;
            }
        }
        let (least, greatest) = (f64::from(least), f64::from(greatest));
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
        let mut rounded = [0; 32];
        for (&weight, rounded) in weights.iter().zip(&mut rounded) {
            let weight = f64::from(weight);
            let q = ((weight - offset) * inverse + center + 0.5).floor().clamp(0.0, highest);
            *rounded = q as u8;
            let error = scale * (q - center) + offset - weight;
            sums.error += error * error;
            sums.weights += weight * weight;
        }
        if BITS == 8 {
            quants.copy_from_slice(&rounded);
        } else {
            for (pair, quant) in rounded.as_chunks::<2>().0.iter().zip(quants) {
                *quant = pair[0] | pair[1] << 4;
            }
        }
    }
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
        quantize8(&weights, &mut quants, &mut scales, Some(&mut offsets), &mut sums);
        assert_eq!((quants[0], quants[1], quants[2]), (0, 255, 100));
        assert!(sums.error < 1e-12, "{}", sums.error);
        quantize8(&weights, &mut quants, &mut scales, None, &mut sums);
        assert_eq!((quants[0], quants[1], quants[2]), (46, 255, 128));
        assert!(sums.error > 1e-7);
    }

    #[test]
    fn the_first_of_two_4_bit_weights_is_low() {
        let mut weights = [0.0; 32];
        weights[..3].copy_from_slice(&[-7.0, 8.0, 1.0]);
        let (mut quants, mut scales, mut offsets) = ([9; 16], [9.0], [9.0]);
        let mut sums = RoundingError::default();
        quantize4(&weights, &mut quants, &mut scales, Some(&mut offsets), &mut sums);
        assert_eq!((quants[0], quants[1], scales[0], offsets[0]), (0xf0, 0x78, 1.0, 1.0));
        assert_eq!(sums.error, 0.0);
    }
}

//! Float weights to packed blocks of 32 in 8 bits, rounded: w = scale * (q - 128) + offset.

use crate::formats::open_block::RoundingError;

/// Without offsets the weight furthest from 0 takes q = 1 or 255; with offsets the least one takes 0 and the greatest 255. All
/// steps are in float64 and ties go up, as in TypeScript.
#[inline(always)]
pub fn quantize(
    weights: &[f32],
    quants: &mut [u8],
    scales: &mut [f32],
    mut offsets: Option<&mut [f32]>,
    sums: &mut RoundingError,
) {
    let (weights, _) = weights.as_chunks::<32>();
    let (quants, _) = quants.as_chunks_mut::<32>();
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
            ((greatest - least) / 255.0) as f32
        } else {
            ((if -least > greatest { -least } else { greatest }) / 127.0) as f32
        };
        scales[block] = scale;
        let scale = f64::from(scale);
        // The offset belongs to q = 128; the scale as stored, not as computed, decides.
        let offset = match offsets.as_deref_mut() {
            Some(offsets) => {
                offsets[block] = (least + 128.0 * scale) as f32;
                f64::from(offsets[block])
            }
            None => 0.0,
        };
        let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
        for (&weight, quant) in weights.iter().zip(quants) {
            let weight = f64::from(weight);
            let q = ((weight - offset) * inverse + 128.0 + 0.5).floor().clamp(0.0, 255.0);
            *quant = q as u8;
            let error = scale * (q - 128.0) + offset - weight;
            sums.error += error * error;
            sums.weights += weight * weight;
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
        quantize(&weights, &mut quants, &mut scales, Some(&mut offsets), &mut sums);
        assert_eq!((quants[0], quants[1], quants[2]), (0, 255, 100));
        assert!(sums.error < 1e-12, "{}", sums.error);
        quantize(&weights, &mut quants, &mut scales, None, &mut sums);
        assert_eq!((quants[0], quants[1], quants[2]), (46, 255, 128));
        assert!(sums.error > 1e-7);
    }
}

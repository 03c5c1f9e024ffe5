//! Super-blocks of 256 2-bit weights in runs of 16: 16 bytes with a run's scale low and its minimum high, 64 bytes of
//! quants (byte i of each half holds the weights i, i + 32, i + 64, i + 96), half d, half dmin;
//! w = d * scale * q - dmin * minimum.

use super::f16::to_f32;
use super::open_block::{BlockFormat, OpenBlock, Packing};

pub struct Q2K;

impl BlockFormat for Q2K {
    const BLOCK_SIZE: usize = 256;
    const BYTES: usize = 84;
    const RUN: usize = 16;
    const HAS_MINIMA: bool = true;
    const PACKING: Packing = Packing::Rounded;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        block.unit = to_f32([bytes[80], bytes[81]]);
        block.min_unit = to_f32([bytes[82], bytes[83]]);
        for (run, &pair) in bytes[..16].iter().enumerate() {
            block.factors[run] = i16::from(pair & 15);
            block.min_factors[run] = i16::from(pair >> 4);
        }
        for (index, &four) in bytes[16..80].iter().enumerate() {
            let first = (index >> 5) * 128 + (index & 31);
            for part in 0..4 {
                block.quants[first + 32 * part] = i16::from(four >> (2 * part) & 3);
            }
        }
    }
}

//! Super-blocks of 256 6-bit weights in runs of 16: 128 bytes of low nibbles, 64 bytes of high bits, 16 signed scales,
//! half d; w = d * scale * (q - 32). Of each half, nibble byte i holds the weights i and i + 64, the high bits of weight
//! i + 32 j are the j-th two of byte i.

use super::f16::to_f32;
use super::open_block::{BlockFormat, OpenBlock, Packing, open_nibbles};

pub struct Q6K;

impl BlockFormat for Q6K {
    const BLOCK_SIZE: usize = 256;
    const BYTES: usize = 210;
    const RUN: usize = 16;
    const HAS_MINIMA: bool = false;
    const PACKING: Packing = Packing::Rounded;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        block.unit = to_f32([bytes[208], bytes[209]]);
        for (run, &scale) in bytes[192..208].iter().enumerate() {
            block.factors[run] = i16::from(scale.cast_signed());
        }
        for (low, quants) in bytes[..128].chunks_exact(64).zip(block.quants.chunks_exact_mut(128)) {
            open_nibbles(low, quants, 32);
        }
        for (part, quants) in block.quants.as_chunks_mut::<32>().0.iter_mut().enumerate() {
            let (half, place) = (32 * (part >> 2), 2 * (part & 3));
            for (q, &high) in quants.iter_mut().zip(&bytes[128 + half..160 + half]) {
                *q += ((high >> place & 3) << 4).cast_signed();
            }
        }
    }
}

//! Random block matrices with the plain sums to compare products with.

use super::block_matrix::BlockMatrix;

pub struct TestMatrix {
    rows: usize,
    columns: usize,
    quants: Vec<u8>,
    scales: Vec<f32>,
    offsets: Option<Vec<f32>>,
    weights: Vec<f64>,
}

/// Numbers between −1 and 1.
pub fn random(length: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(length).collect()
}

impl TestMatrix {
    pub fn new(rows: usize, columns: usize, bits: usize, with_offsets: bool) -> Self {
        let blocks = rows * columns / 32;
        let quants: Vec<u8> =
            random(blocks * 4 * bits, 11).iter().map(|v| ((v + 1.0) * 127.9) as u8).collect();
        let scales: Vec<f32> = random(blocks, 13).iter().map(|v| v * 0.1).collect();
        let offsets = with_offsets.then(|| random(blocks, 17).iter().map(|v| v * 0.2).collect::<Vec<f32>>());
        let weights = (0..rows * columns)
            .map(|at| {
                let quant = match bits {
                    8 => f64::from(quants[at]) - 128.0,
                    _ => f64::from(quants[at / 2] >> (at % 2 * 4) & 15) - 8.0,
                };
                let offset = offsets.as_ref().map_or(0.0, |offsets| f64::from(offsets[at / 32]));
                f64::from(scales[at / 32]) * quant + offset
            })
            .collect();
        Self { rows, columns, quants, scales, offsets, weights }
    }

    pub fn view(&self) -> BlockMatrix<'_> {
        BlockMatrix::new(self.rows, self.columns, &self.quants, &self.scales, self.offsets.as_deref())
            .expect("it fits")
    }

    pub fn product(&self, x: &[f32]) -> Vec<f64> {
        let sum = |x: &[f32], row: usize| -> f64 {
            x.iter().enumerate().map(|(at, v)| f64::from(*v) * self.weights[row * self.columns + at]).sum()
        };
        x.chunks(self.columns).flat_map(|x| (0..self.rows).map(move |row| sum(x, row))).collect()
    }

    pub fn transposed_product(&self, dy: &[f32]) -> Vec<f64> {
        let sum = |dy: &[f32], column: usize| -> f64 {
            dy.iter()
                .enumerate()
                .map(|(row, v)| f64::from(*v) * self.weights[row * self.columns + column])
                .sum()
        };
        dy.chunks(self.rows).flat_map(|dy| (0..self.columns).map(move |column| sum(dy, column))).collect()
    }
}

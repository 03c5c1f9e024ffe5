//! A matrix of float32 numbers whose rows may be scaled, as an adapter's are.

use super::lines::Lines;
use super::numbers::Numbers;
use super::panels::{IntegerPanel, WIDTH};
use super::turn::turn;

/// `[rows, columns]`, each row times its scale.
#[derive(Clone, Copy)]
pub struct FloatMatrix<'a> {
    rows: usize,
    columns: usize,
    values: Numbers<'a>,
    /// At least one a row; none are ones.
    scales: Option<&'a [f32]>,
}

impl<'a> FloatMatrix<'a> {
    /// Panics where the lengths don't fit.
    pub fn new(columns: usize, values: Numbers<'a>, scales: Option<&'a [f32]>) -> Self {
        let rows = values.len() / columns;
        assert!(values.len() == rows * columns && rows > 0, "misshapen matrix");
        Self { rows, columns, values, scales: scales.map(|scales| &scales[..rows]) }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows `32 · panel` and on as float32 weights `[columns, WIDTH]`.
    ///
    /// # Safety
    /// The processor has the features.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn load(&self, to: &mut Lines<f32>, panel: usize) {
        to.resize(self.columns * WIDTH);
        // SAFETY: as many lines as the matrix has columns.
        unsafe { self.turned(panel, 0, self.columns, to.as_mut_ptr()) };
    }

    /// Rows `32 · panel` and on, rounded.
    ///
    /// # Safety
    /// The processor has the features.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    pub unsafe fn load_rounded(&self, to: &mut IntegerPanel, panel: usize) {
        // SAFETY: the lines lie one after the other, and their columns are in the matrix.
        unsafe {
            to.round(self.columns, |first, lines| {
                self.turned(panel, first, lines.len(), lines.as_mut_ptr().cast());
            });
        }
    }

    /// Columns `32 · panel` and on as float32 weights `[rows, WIDTH]`.
    pub fn load_transposed(&self, to: &mut Lines<f32>, panel: usize) {
        to.resize(self.rows * WIDTH);
        for (row, line) in to.chunks_exact_mut(WIDTH).enumerate() {
            self.line(row, panel, line);
        }
    }

    /// Columns `32 · panel` and on, rounded.
    ///
    /// # Safety
    /// The processor has the features.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    pub unsafe fn load_transposed_rounded(&self, to: &mut IntegerPanel, panel: usize) {
        // SAFETY: the processor has the features.
        unsafe {
            to.round(self.rows, |first, lines| {
                for (row, line) in lines.iter_mut().enumerate() {
                    self.line(first + row, panel, line);
                }
            });
        }
    }

    /// `count` columns from `first` on of 32 rows, a line of lanes each.
    #[target_feature(enable = "avx512f")]
    unsafe fn turned(&self, panel: usize, first: usize, count: usize, to: *mut f32) {
        let row = panel * WIDTH;
        let lanes = WIDTH.min(self.rows - row);
        let from = row * self.columns + first;
        // SAFETY: the rows and columns are in the matrix; the caller has room for the lines.
        unsafe {
            match self.values {
                Numbers::Floats(values) => turn(values[from..].as_ptr(), self.columns, lanes, count, to),
                Numbers::Integers(values) => turn(values[from..].as_ptr(), self.columns, lanes, count, to),
            }
        }
        let Some(scales) = self.scales else { return };
        // SAFETY: as above.
        let lines = unsafe { std::slice::from_raw_parts_mut(to, count * WIDTH) };
        for line in lines.chunks_exact_mut(WIDTH) {
            for (weight, scale) in line.iter_mut().zip(&scales[row..row + lanes]) {
                *weight *= scale;
            }
        }
    }

    /// Up to 32 columns of a row; lanes beyond them are zeros.
    fn line(&self, row: usize, panel: usize, to: &mut [f32]) {
        let scale = self.scales.map_or(1.0, |scales| scales[row]);
        let (given, beyond) = to.split_at_mut(WIDTH.min(self.columns - panel * WIDTH));
        self.values.read(row * self.columns + panel * WIDTH, given);
        given.iter_mut().for_each(|value| *value *= scale);
        beyond.fill(0.0);
    }
}

//! A frozen matrix as it lies in the weights file.

/// Weights of a block.
pub const BLOCK: usize = 32;

/// `[rows, columns]`, `w = scale · (q − 2^(bits−1)) + offset` with a scale and an offset a block of 32 columns.
#[derive(Clone, Copy)]
pub struct BlockMatrix<'a> {
    bits: usize,
    rows: usize,
    columns: usize,
    quants: &'a [u8],
    scales: &'a [f32],
    offsets: Option<&'a [f32]>,
}

impl<'a> BlockMatrix<'a> {
    /// `quants`: `[rows, columns / 32, 4 · bits]` (of a byte's two 4-bit weights the low one comes first),
    /// `scales`, `offsets`: `[rows, columns / 32]`. An error names what doesn't fit.
    pub fn new(
        rows: usize,
        columns: usize,
        quants: &'a [u8],
        scales: &'a [f32],
        offsets: Option<&'a [f32]>,
    ) -> Result<Self, String> {
        let blocks = rows * (columns / BLOCK);
        if columns == 0 || !columns.is_multiple_of(BLOCK) {
            return Err(format!("{columns} columns do not divide into blocks of {BLOCK}"));
        }
        let bits = match quants.len() {
            length if length == blocks * 16 => 4,
            length if length == blocks * 32 => 8,
            length => return Err(format!("{rows} × {columns} weights do not fit {length} bytes")),
        };
        if scales.len() != blocks || offsets.is_some_and(|offsets| offsets.len() != blocks) {
            return Err(format!("{blocks} blocks need as many scales and offsets"));
        }
        Ok(Self { bits, rows, columns, quants, scales, offsets })
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Blocks of a row.
    pub fn blocks(&self) -> usize {
        self.columns / BLOCK
    }

    pub fn bits(&self) -> usize {
        self.bits
    }

    pub fn has_offsets(&self) -> bool {
        self.offsets.is_some()
    }

    /// The quants of a row, `4 · bits` bytes a block.
    pub fn quants(&self, row: usize) -> &'a [u8] {
        let length = self.blocks() * 4 * self.bits;
        &self.quants[row * length..(row + 1) * length]
    }

    pub fn scales(&self, row: usize) -> &'a [f32] {
        &self.scales[row * self.blocks()..(row + 1) * self.blocks()]
    }

    pub fn offsets(&self, row: usize) -> Option<&'a [f32]> {
        self.offsets.map(|offsets| &offsets[row * self.blocks()..(row + 1) * self.blocks()])
    }
}

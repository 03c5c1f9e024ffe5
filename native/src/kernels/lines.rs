//! Numbers that begin where a cache line does: registers are as wide as a line, and one loaded across two takes twice.

use std::ops::{Deref, DerefMut};

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u32; 16]);

const PER_LINE: usize = 16;

/// A vector of numbers of four bytes, all of whose bits make a number: `f32` or `i32`.
pub struct Lines<T> {
    lines: Vec<Line>,
    length: usize,
    numbers: std::marker::PhantomData<T>,
}

impl<T> Default for Lines<T> {
    fn default() -> Self {
        Self { lines: vec![], length: 0, numbers: std::marker::PhantomData }
    }
}

impl<T> Lines<T> {
    /// What is new is zeros.
    pub fn resize(&mut self, length: usize) {
        const { assert!(size_of::<T>() == 4) };
        self.lines.resize(length.div_ceil(PER_LINE), Line([0; PER_LINE]));
        self.length = length;
    }
}

impl<T> Deref for Lines<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the lines hold so many numbers, and any bits make one.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }
}

impl<T> DerefMut for Lines<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) }
    }
}

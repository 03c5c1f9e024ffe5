//! Results that several threads write at once.

/// A pointer that threads share: each writes outputs of its own.
#[derive(Clone, Copy)]
pub struct Shared(pub *mut f32);
// SAFETY: see above.
unsafe impl Sync for Shared {}
// SAFETY: see above.
unsafe impl Send for Shared {}

impl Shared {
    /// # Safety
    /// `index` lies within what the pointer points to.
    pub unsafe fn at(self, index: usize) -> *mut f32 {
        // SAFETY: the caller's promise.
        unsafe { self.0.add(index) }
    }
}

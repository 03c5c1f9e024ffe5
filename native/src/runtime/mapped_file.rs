//! The weights file, mapped: pages are read when they are needed and belong to the system.

use std::fs::File;
use std::sync::Arc;

use memmap2::Mmap;
use napi::bindgen_prelude::Result;
use napi_derive::napi;

use super::failed;
use super::tensor::{Dtype, NativeTensor};

/// A file that is only read. It must not be cut short while it is mapped.
#[napi]
pub struct MappedFile(Arc<Mmap>);

#[napi]
impl MappedFile {
    #[napi(constructor, catch_unwind)]
    pub fn new(path: String) -> Result<Self> {
        let file = File::open(&path).map_err(|error| failed(format!("{path}: {error}")))?;
        // SAFETY: a model's weights file is written once, under another name, and never changed.
        let map = unsafe { Mmap::map(&file) }.map_err(|error| failed(format!("{path}: {error}")))?;
        Ok(Self(Arc::new(map)))
    }

    /// Gives the pages that were read back to the system; whoever reads them next gets them from the file again.
    #[napi(catch_unwind)]
    pub fn forget(&self) -> Result<()> {
        #[cfg(unix)]
        // SAFETY: the map is read-only and the file does not change, so that what is read again is the same.
        unsafe { self.0.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) }.map_err(failed)?;
        Ok(())
    }

    /// A tensor of the file, from byte `offset` on; `dtype` is `float32` or `uint8`.
    #[napi(catch_unwind)]
    pub fn tensor(&self, dtype: String, shape: Vec<i64>, offset: f64) -> Result<NativeTensor> {
        let dtype = match dtype.as_str() {
            "float32" => Dtype::Float32,
            "uint8" => Dtype::Uint8,
            other => return Err(failed(format!("Tensors of {other} can't be mapped."))),
        };
        let count =
            shape.iter().try_fold(1usize, |count, dim| count.checked_mul(usize::try_from(*dim).ok()?));
        let length = count.and_then(|count| count.checked_mul(dtype.size()));
        let offset = offset as usize;
        let end = length.and_then(|length| offset.checked_add(length));
        if end.is_none_or(|end| end > self.0.len()) {
            return Err(failed("The weights file ends too early. Import the model again."));
        }
        if !(self.0.as_ptr() as usize + offset).is_multiple_of(dtype.size()) {
            return Err(failed(format!("Byte {offset} of the weights file begins no float32.")));
        }
        Ok(NativeTensor::mapped(self.0.clone(), offset, dtype, shape))
    }
}

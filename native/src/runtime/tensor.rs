//! Tensors that need no copy in JavaScript.

use std::slice;
use std::sync::Arc;

use memmap2::Mmap;
use napi::bindgen_prelude::{
    BigInt64ArraySlice, Either4, Float32ArraySlice, Int32ArraySlice, Result, Uint8ArraySlice,
};
use napi_derive::napi;
use ort::session::SessionInputValue;
use ort::value::{DynValue, PrimitiveTensorElementType, TensorElementType, TensorRef, ValueType};

use super::failed;

/// Where the numbers are; a run that reads them holds them, too.
#[derive(Clone)]
pub enum Place {
    /// What a run gave.
    Value(Arc<DynValue>),
    /// A part of a mapped file.
    Mapped {
        file: Arc<Mmap>,
        offset: usize,
        dtype: Dtype,
        shape: Vec<i64>,
    },
    Released,
}

#[derive(Clone, Copy)]
pub enum Dtype {
    Float32,
    Uint8,
}

impl Dtype {
    pub fn size(self) -> usize {
        match self {
            Self::Float32 => 4,
            Self::Uint8 => 1,
        }
    }
}

/// A dense row-major tensor outside JavaScript's memory: a result of a session, or part of a mapped file.
#[napi]
pub struct NativeTensor(Place);

/// Arrays that a tensor is copied into.
type Target<'a> =
    Either4<Float32ArraySlice<'a>, Int32ArraySlice<'a>, BigInt64ArraySlice<'a>, Uint8ArraySlice<'a>>;

impl NativeTensor {
    pub fn result(value: DynValue) -> Self {
        Self(Place::Value(Arc::new(value)))
    }

    pub fn place(&self) -> Place {
        self.0.clone()
    }

    /// The caller has checked that the elements lie within the file and are aligned.
    pub fn mapped(file: Arc<Mmap>, offset: usize, dtype: Dtype, shape: Vec<i64>) -> Self {
        Self(Place::Mapped { file, offset, dtype, shape })
    }
}

impl Place {
    /// As an input of a run.
    pub fn input(&self) -> Result<SessionInputValue<'_>> {
        match self {
            Self::Value(value) => Ok((&**value).into()),
            Self::Mapped { file, offset, dtype, shape } => {
                let count = shape.iter().product::<i64>() as usize;
                let bytes = &file[*offset..*offset + count * dtype.size()];
                match dtype {
                    Dtype::Uint8 => borrowed(shape, bytes),
                    Dtype::Float32 => {
                        // SAFETY: the bytes are aligned (checked when mapped), and any four make a float.
                        borrowed(shape, unsafe { slice::from_raw_parts(bytes.as_ptr().cast::<f32>(), count) })
                    }
                }
            }
            Self::Released => Err(failed("The tensor was released.")),
        }
    }
}

/// A view of somebody else's numbers as an input.
pub fn borrowed<'a, T: PrimitiveTensorElementType + std::fmt::Debug + Clone + 'static>(
    shape: &[i64],
    data: &'a [T],
) -> Result<SessionInputValue<'a>> {
    Ok(TensorRef::from_array_view((shape.to_vec(), data)).map_err(failed)?.into())
}

#[napi]
impl NativeTensor {
    #[napi(getter)]
    pub fn shape(&self) -> Result<Vec<i64>> {
        match &self.0 {
            Place::Value(value) => match value.dtype() {
                ValueType::Tensor { shape, .. } => Ok(shape.to_vec()),
                other => Err(failed(format!("A {other} is not a tensor."))),
            },
            Place::Mapped { shape, .. } => Ok(shape.clone()),
            Place::Released => Err(failed("The tensor was released.")),
        }
    }

    /// `float32`, `int32`, `int64` or `uint8`.
    #[napi(getter)]
    pub fn dtype(&self) -> Result<&'static str> {
        match &self.0 {
            Place::Value(value) => match value.dtype() {
                ValueType::Tensor { ty: TensorElementType::Float32, .. } => Ok("float32"),
                ValueType::Tensor { ty: TensorElementType::Int32, .. } => Ok("int32"),
                ValueType::Tensor { ty: TensorElementType::Int64, .. } => Ok("int64"),
                ValueType::Tensor { ty: TensorElementType::Uint8, .. } => Ok("uint8"),
                other => Err(failed(format!("A {other} can't be read."))),
            },
            Place::Mapped { dtype: Dtype::Float32, .. } => Ok("float32"),
            Place::Mapped { dtype: Dtype::Uint8, .. } => Ok("uint8"),
            Place::Released => Err(failed("The tensor was released.")),
        }
    }

    /// Copies all elements into `out`, an array of the same type and length.
    #[napi(catch_unwind)]
    pub fn read(&self, out: Target) -> Result<()> {
        match out {
            Either4::A(mut out) => self.copy(unsafe { out.as_mut() }),
            Either4::B(mut out) => self.copy(unsafe { out.as_mut() }),
            Either4::C(mut out) => self.copy(unsafe { out.as_mut() }),
            Either4::D(mut out) => self.copy(unsafe { out.as_mut() }),
        }
    }

    /// Gives the memory back before the garbage collector would.
    #[napi]
    pub fn release(&mut self) {
        self.0 = Place::Released;
    }

    fn copy<T: PrimitiveTensorElementType + Copy>(&self, out: &mut [T]) -> Result<()> {
        let input = self.0.input()?;
        let (_, data) = input.try_extract_tensor::<T>().map_err(failed)?;
        if data.len() != out.len() {
            return Err(failed(format!("{} elements do not fit into {}.", data.len(), out.len())));
        }
        out.copy_from_slice(data);
        Ok(())
    }
}

//! Graphs that are loaded and run.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use napi::JsValue;
use napi::bindgen_prelude::{Array, AsyncTask, ClassInstance, Result, Unknown};
use napi_derive::napi;
use ort::environment::Environment;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{RunOptions, Session};
use ort::value::Outlet;

use super::run::{Feed, Run};
use super::{failed, operators};

#[napi(object)]
pub struct SessionOptions {
    /// The library to use, an absolute path; the first session decides for the process.
    pub library: String,
    /// Threads of one operator; none lets ONNX Runtime choose.
    pub threads: Option<u32>,
    /// Where external initializers lie.
    pub weights_directory: Option<String>,
}

/// A loaded graph.
#[napi]
pub struct NativeSession {
    session: Option<Arc<Mutex<Session>>>,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());

/// One environment a process, kept to its end.
fn environment(library: &str) -> Result<&'static Environment> {
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = ENVIRONMENT.get() {
        return Ok(environment);
    }
    let environment =
        ort::init_from(library).map_err(failed)?.with_name("veranda").build().map_err(failed)?;
    Ok(ENVIRONMENT.get_or_init(|| environment))
}

#[napi]
impl NativeSession {
    /// Loads an ONNX file given as bytes.
    #[napi(constructor, catch_unwind)]
    pub fn new(graph: &[u8], options: SessionOptions) -> Result<Self> {
        let environment = environment(&options.library)?;
        let mut builder = Session::builder(environment)
            .map_err(failed)?
            .with_optimization_level(GraphOptimizationLevel::All)
            .map_err(failed)?
            // Batches differ in shape: a plan made for one wastes memory on the next.
            .with_memory_pattern(false)
            .map_err(failed)?
            // Workers that wait by turning keep a small machine busy: stop after this, not after some milliseconds.
            .with_config_entry("session.intra_op.spin_duration_us", "200")
            .map_err(failed)?
            .with_operators(operators::domain().map_err(failed)?)
            .map_err(failed)?;
        if let Some(threads) = options.threads {
            builder = builder.with_intra_threads(threads as usize).map_err(failed)?;
        }
        if let Some(directory) = &options.weights_directory {
            builder = builder
                .with_config_entry("session.model_external_initializers_file_folder_path", directory)
                .map_err(failed)?;
        }
        let session = builder.commit_from_memory(graph).map_err(failed)?;
        let names = |outlets: &[Outlet]| outlets.iter().map(|outlet| outlet.name().to_owned()).collect();
        let (inputs, outputs) = (names(session.inputs()), names(session.outputs()));
        Ok(Self { session: Some(Arc::new(Mutex::new(session))), inputs, outputs })
    }

    /// The inputs that the loaded graph takes.
    #[napi(getter)]
    pub fn inputs(&self) -> Vec<String> {
        self.inputs.clone()
    }

    #[napi(getter)]
    pub fn outputs(&self) -> Vec<String> {
        self.outputs.clone()
    }

    /// Runs the graph over `values`, typed arrays with their `shapes` or native tensors, in the order of `inputs`;
    /// gives the results in the order of `outputs`. The work is done on another thread: arrays are read where they
    /// are and must neither change nor be transferred until the promise settles. Runs of one session wait for each
    /// other.
    #[napi(catch_unwind)]
    pub fn run(
        &self,
        values: Array,
        shapes: Vec<Vec<i64>>,
        stop: Option<ClassInstance<RunStop>>,
    ) -> Result<AsyncTask<Run>> {
        let session = self.session.clone().ok_or_else(|| failed("The session is closed."))?;
        if values.len() as usize != self.inputs.len() || shapes.len() != self.inputs.len() {
            return Err(failed(format!(
                "The graph takes {} inputs, not {}.",
                self.inputs.len(),
                values.len()
            )));
        }
        let mut feeds = Vec::with_capacity(shapes.len());
        for ((name, place), shape) in self.inputs.iter().zip(0..).zip(shapes) {
            let value = values.get::<Unknown>(place)?.ok_or_else(|| failed("An input is missing."))?;
            let feed =
                Feed::new(&value, shape).map_err(|error| failed(format!("{name}: {}", error.reason)))?;
            feeds.push((name.clone(), feed));
        }
        let options = match stop {
            Some(stop) => stop.0.clone(),
            None => Arc::new(RunOptions::new().map_err(failed)?),
        };
        let held = values.to_unknown().create_ref()?;
        Ok(AsyncTask::new(Run { session, feeds, options, held }))
    }

    /// A run that goes on is finished first.
    #[napi]
    pub fn close(&mut self) {
        self.session = None;
    }
}

/// Ends a run from outside.
#[napi]
pub struct RunStop(Arc<RunOptions>);

#[napi]
impl RunStop {
    #[napi(constructor)]
    pub fn new() -> Result<Self> {
        Ok(Self(Arc::new(RunOptions::new().map_err(failed)?)))
    }

    /// The run it was given to fails before its next operator.
    #[napi]
    pub fn stop(&self) -> Result<()> {
        self.0.terminate().map_err(failed)
    }
}

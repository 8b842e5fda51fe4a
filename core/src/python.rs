//! The judge as Python has it: the module `elfaust_core`.

use pyo3::create_exception;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::dialect::Dialect;
use crate::judge::{Judge, Limits};
use crate::panics;
use crate::plan::{Plan, Source};

/// Of what Python calls and what that means: elfaust takes a core of its own number only.
const PROTOCOL: u32 = 1;

create_exception!(
    elfaust_core,
    Panicked,
    PyRuntimeError,
    "The core failed on what it was given, and can be given the next."
);

/// Judges the plain lines of a dialect's client format.
#[pyclass(name = "Judge", module = "elfaust_core")]
struct PyJudge {
    judge: Judge<Py<PyAny>>,
    agent: Py<PyAny>,
    is_planted: bool,
}

#[pymethods]
impl PyJudge {
    /// Take a dialect's year and limits: bytes of a line, keys of an event, bytes of a text.
    ///
    /// `agent` makes JSON of a user agent, None where Python decides.
    #[new]
    fn new(
        dialect: &str,
        line_bytes: usize,
        keys: usize,
        text_bytes: usize,
        agent: Py<PyAny>,
    ) -> PyResult<Self> {
        let dialect = match dialect {
            "2015" => Dialect::Of2015,
            "2018" => Dialect::Of2018,
            other => return Err(PyValueError::new_err(format!("no dialect {other}"))),
        };
        let judge = Judge::new(dialect, Limits { line_bytes, keys, text_bytes });
        Ok(PyJudge { judge, agent, is_planted: false })
    }

    /// Judge the lines of a schema revision from now on; `tag` is what `judge` returns of them.
    ///
    /// `capsule` and `event` are pairs of a draft and a schema. Raises ValueError for a schema that
    /// cannot be compiled.
    #[pyo3(signature = (schema, revision, tag, capsule, event, storable))]
    fn add(
        &mut self,
        schema: &str,
        revision: i64,
        tag: Py<PyAny>,
        capsule: (String, String),
        event: Option<(String, String)>,
        storable: usize,
    ) -> PyResult<()> {
        let made = panics::caught(|| {
            Plan::new(tag, source(&capsule), event.as_ref().map(source), storable)
        });
        let plan = made.map_err(Panicked::new_err)?.map_err(PyValueError::new_err)?;
        self.judge.add(schema, revision, plan);
        Ok(())
    }

    /// Leave the lines of a schema revision to Python from now on.
    fn remove(&mut self, schema: &str, revision: i64) {
        self.judge.remove(schema, revision);
    }

    /// Return the tag and the event of a line, None where Python decides.
    ///
    /// Raises Panicked where the core fails, and what `agent` raises.
    fn judge<'py>(
        &mut self,
        py: Python<'py>,
        line: &[u8],
    ) -> PyResult<Option<(Py<PyAny>, Bound<'py, PyBytes>)>> {
        let PyJudge { judge, agent, is_planted } = self;
        let found = panics::caught(|| {
            assert!(!std::mem::take(is_planted), "planted");
            let made = |sent: &[u8]| -> PyResult<Option<Vec<u8>>> {
                agent.call1(py, (PyBytes::new(py, sent),))?.extract(py)
            };
            let found = judge.judge(line, made)?;
            Ok(found.map(|(tag, event)| (tag.clone_ref(py), PyBytes::new(py, event))))
        });
        found.map_err(Panicked::new_err)?
    }

    /// Fail on the next line, for those who test what becomes of it.
    fn plant_panic(&mut self) {
        self.is_planted = true;
    }
}

fn source((draft, schema): &(String, String)) -> Source<'_> {
    Source { draft, schema }
}

/// The judge of elfaust's plain lines, compiled.
#[pymodule]
fn elfaust_core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    panics::keep();
    module.add("PROTOCOL", PROTOCOL)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("Panicked", module.py().get_type::<Panicked>())?;
    module.add_class::<PyJudge>()
}

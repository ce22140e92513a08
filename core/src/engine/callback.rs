//! Functions of the host behind columns.

use super::Engine;
use super::world::World;
use crate::base::Result;
use crate::data::record::Fitted;
use crate::program::{Callback, CallbackReport, Callbacks};

impl Engine {
    /// Registers a function of the host: the columns that a definition declares with `callback = name`
    /// and this version read through it from now on. A name and version that no column asks for are kept
    /// for a later definition; the same name and version again replace the function.
    ///
    /// The engine holds no function in its file: register after each opening. What goes wrong in a
    /// callback makes its column unknown and is counted ([`Engine::callbacks`]); it runs while the
    /// engine is locked, so it can't call the engine.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use bactrian::{Definition, Engine, Id, Options, Value};
    ///
    /// let definition = Definition::from_toml(r#"
    ///     [trait]
    ///     age = "number"
    ///
    ///     [score.risk]
    ///     callback = "their_model"
    ///     version  = "2024-03"
    ///     inputs   = ["age"]
    /// "#)?;
    /// let engine = Engine::new(&definition, Options::default())?;
    /// engine.identify_row(Id::Number(7), Some(0), &[("age", Value::Number(40.0))])?;
    /// engine.register("their_model", "2024-03", Arc::new(|inputs: &[f64]| Ok(inputs[0] / 100.0)))?;
    /// let mut value = [0.0];
    /// engine.reader(&["risk"])?.read(Id::Number(7), None, None, &mut value)?;
    /// assert_eq!(value, [0.4]);
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Closed`; `Callback` from within a callback.
    pub fn register(&self, name: &str, version: &str, callback: Callback) -> Result<()> {
        let mut world = self.world_to_bind()?;
        let mut callbacks = world.callbacks.clone();
        callbacks.register(name, version, callback);
        world.bind(callbacks)
    }

    /// What became of the calls of each registered callback, by name and version.
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn callbacks(&self) -> Result<Vec<CallbackReport>> {
        Ok(self.world()?.callbacks.reports())
    }
}

impl World {
    /// Takes callbacks, and binds the columns that name them.
    pub fn bind(&mut self, callbacks: Callbacks) -> Result<()> {
        self.callbacks = callbacks;
        self.install(&Fitted::default())
    }

    /// Binds the columns after an install, and notes whether segments and actions can be read.
    pub fn rebind(&mut self) {
        self.fitted.iter_mut().for_each(|model| model.bind(&self.callbacks));
        let view = self.view();
        let segments = self.assigners.iter().try_for_each(|assigner| assigner.ready(view));
        self.unready = segments.and_then(|()| self.decider.ready(view)).err();
    }

    /// Whether everything that segments and actions read is there.
    pub fn ready(&self) -> Result<()> {
        self.unready.clone().map_or(Ok(()), Err)
    }
}

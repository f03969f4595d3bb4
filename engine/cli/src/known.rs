//! What is known of the configuration by which shards will read a record that every partition gets: that of the running engine, and the one in the folder.

use crate::edits::compiled;
use crate::failure::Failure;
use crate::flags::AdminFlags;
use crate::journeys;
use crate::settings::Loaded;
use crate::wire::ask::Engine;
use cartwheel_core::journey::plan::Plan;
use cartwheel_runtime::admin::view::{ConfigurationView, Overview};

/// See the module.
pub struct Known {
    /// What the engine said that was asked; none where none answered.
    pub engine: Option<Asked>,
    /// What the folder has; none where it does not load.
    pub folder: Option<Plan>,
}

/// A running engine.
pub struct Asked {
    /// Where it was asked.
    pub address: String,
    /// What its shards decide by, or are about to.
    pub plan: Plan,
    /// How many it has of what.
    pub overview: Overview,
}

impl Known {
    /// Asks the engine that the flags name, else that of the configuration; standard error says where that one does not answer, or the folder does not load.
    ///
    /// # Errors
    /// What asking an engine says that the flags name.
    pub fn find(loaded: &Loaded, admin: &AdminFlags) -> Result<Self, Failure> {
        let engine = Asked::find(loaded, admin)?;
        let folder = journeys::compile(loaded).ok().map(|compiled| compiled.plan);
        if folder.is_none() {
            eprintln!("warning: the configuration here does not load (`cartwheel check`)");
        }
        Ok(Self { engine, folder })
    }

    /// The one that will read it, as far as is known, and whose it is.
    pub fn in_force(&self) -> Option<(&Plan, String)> {
        match (&self.engine, &self.folder) {
            (Some(engine), _) => Some((&engine.plan, format!("the engine at {}", engine.address))),
            (None, Some(plan)) => Some((plan, "the configuration here".to_owned())),
            (None, None) => None,
        }
    }

    /// All of them.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.engine.iter().map(|engine| &engine.plan).chain(&self.folder)
    }
}

impl Asked {
    /// The engine that the flags name, else that of the configuration; standard error says where that one does not answer.
    ///
    /// # Errors
    /// What asking an engine says that the flags name.
    pub fn find(loaded: &Loaded, admin: &AdminFlags) -> Result<Option<Self>, Failure> {
        match Self::at(loaded, admin) {
            Ok(asked) => Ok(Some(asked)),
            Err(failure) if admin.admin.is_some() => Err(failure),
            Err(failure) => {
                let why = failure.faults().first().map(|fault| fault.message.clone());
                let why = why.unwrap_or_else(|| failure.to_string());
                eprintln!(
                    "warning: what runs cannot be asked, so that only the configuration here is looked at: {why}"
                );
                Ok(None)
            }
        }
    }

    fn at(loaded: &Loaded, admin: &AdminFlags) -> Result<Self, Failure> {
        let engine = Engine::named(admin, || Ok(loaded.settings.admin.listen))?;
        let view: ConfigurationView = engine.get(&["configuration"], &[])?;
        let (plan, overview) = (compiled(&view)?, engine.get(&["overview"], &[])?);
        Ok(Self { address: engine.address().to_owned(), plan, overview })
    }
}

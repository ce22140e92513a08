//! What ties do over time: reach, bursts, referrals, adoption, and whether peers influence each other.

mod adoption;
mod flash;
mod flow;
mod influence;
mod reach;
mod referral;
#[cfg(test)]
mod tests;

pub use adoption::{Bass, adoption_hazard, adoption_thresholds, exposure, fit_bass};
pub use flash::{FlashChange, FlashLife, FlashOptions, FlashSet, FlashTracker, flash_sets};
pub use flow::{Flow, knowledge_flow};
pub use influence::{Adoptions, influence};
pub use reach::{Contacts, Reached, reach_within};
pub use referral::{Cascades, Credit, ROOT, cascades};

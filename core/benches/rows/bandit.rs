//! LinUCB: 10 arms, 20 features, a choice and its reward.

use bactrian::Result;
use bactrian::base::random::Random;
use bactrian::models::bandit::{Bandit, Policy, Rewards};

const ARMS: usize = 10;
const FEATURES: usize = 20;
const ROUNDS: usize = 20_000;

/// Seconds of a choice with its reward.
pub(crate) fn seconds() -> Result<f64> {
    let mut random = Random::keyed(0, 0);
    let contexts: Vec<[f64; FEATURES]> = (0..ROUNDS).map(|_| std::array::from_fn(|_| random.normal())).collect();
    let mut last = Ok(());
    let seconds = super::fastest(5, || last = run(&contexts));
    last.map(|()| seconds / ROUNDS as f64)
}

fn run(contexts: &[[f64; FEATURES]]) -> Result<()> {
    let mut bandit = Bandit::new(ARMS, FEATURES, Policy::UpperBound(1.0), Rewards::Linear)?;
    for context in contexts {
        let arm = bandit.choose(context, None)?.arm;
        let reward = f64::from(u8::from(context[arm] + context[FEATURES - 1] > 0.0));
        bandit.learn(context, arm, reward)?;
    }
    Ok(())
}

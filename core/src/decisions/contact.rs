//! Contact policies: consent, quiet hours, caps. The first that forbids gives the reason.

use super::outcome::Reason;
use crate::columns::{Asked, Scratch};
use crate::data::time::Zone;
use crate::program::ContactSpec;

/// Why a policy forbids a contact now, if it does.
pub(super) fn forbidden(
    policy: &ContactSpec,
    asked: Asked,
    scratch: &Scratch,
    zone: &Zone,
) -> Option<(Reason, String)> {
    if policy.consent.is_some_and(|column| scratch.value(column) != 1.0) {
        return Some((Reason::NoConsent, format!("no consent for `{}`", policy.name)));
    }
    if let Some((start, end)) = policy.quiet {
        let minute = zone.minutes_of_day(asked.at);
        let quiet = if start <= end { (start..end).contains(&minute) } else { minute >= start || minute < end };
        if quiet {
            let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
            let span = format!("{}-{}", clock(start), clock(end));
            return Some((Reason::QuietHours, format!("quiet hours {span} of `{}` at {}", policy.name, clock(minute))));
        }
    }
    capped(policy, asked, scratch)
}

/// The cap is reached while the earliest of the last `at_most` contacts is younger than the span.
fn capped(policy: &ContactSpec, asked: Asked, scratch: &Scratch) -> Option<(Reason, String)> {
    let most = policy.at_most?;
    let why = |text: String| Some((Reason::ContactCap, text));
    if most == 0 {
        return why(format!("`{}` allows no contact", policy.name));
    }
    let count = scratch.value(policy.count?);
    if count < f64::from(most) {
        return None;
    }
    let Some(per) = policy.per else {
        return why(format!("`{}` allows {most} contacts in all", policy.name));
    };
    let age = asked.at as f64 - scratch.value(policy.earliest?);
    match age < per as f64 {
        true => why(format!("{most} contacts by `{}` within {}", policy.name, crate::data::time::format_span(per))),
        false => None,
    }
}

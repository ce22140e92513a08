use super::*;

/// Two channels, two groups; every action is worth something, the first most.
const ACTIONS: &str = r#"
[trait]
home   = "category"
agrees = "bool"

[action.card]
channel = "email"
group   = "loyalty"
value   = 4

[action.voucher]
channel = "email"
group   = "sale"
value   = 3

[action.call]
channel = "phone"
group   = "loyalty"
process = "service"
value   = 2

[action.invoice]
channel = "phone"
process = "finance"
value   = 1
"#;

fn with(policies: &str) -> Engine {
    engine(&format!("{ACTIONS}\n{policies}"))
}

/// What is chosen when asked once an hour.
fn hourly(engine: &Engine, hours: i64) -> Vec<String> {
    (1..=hours).map(|hour| action(engine, hour * HOUR).unwrap_or_else(|| "-".to_owned())).collect()
}

#[test]
fn a_cap_binds_a_channel_a_group_a_process_an_action_or_all() {
    let capped = |name: &str| hourly(&with(&format!("[contact.{name}]\nat_most = 1\nper = \"10h\"")), 3);
    assert_eq!(capped("email"), ["card", "call", "call"]);
    assert_eq!(capped("loyalty"), ["card", "voucher", "voucher"]);
    assert_eq!(capped("marketing"), ["card", "call", "call"]);
    assert_eq!(capped("card"), ["card", "voucher", "voucher"]);
    assert_eq!(capped("all"), ["card", "-", "-"]);
    // Of one sort any word, of several sorts all.
    let only = |words: &str| hourly(&with(&format!("[contact.mine]\nonly = {words}\nat_most = 1\nper = \"10h\"")), 3);
    assert_eq!(only(r#"["card", "voucher"]"#), ["card", "call", "call"]);
    assert_eq!(only(r#"["email", "loyalty"]"#), ["card", "voucher", "voucher"]);
    assert_eq!(only(r#"["service"]"#), ["card", "card", "card"]);
}

#[test]
fn a_span_ends_to_the_microsecond_and_silence_is_no_contact() {
    let engine = with("[contact.all]\nat_most = 2\nper = \"1d\"");
    assert_eq!(action(&engine, HOUR).as_deref(), Some("card"));
    assert_eq!(action(&engine, 2 * HOUR).as_deref(), Some("card"));
    for hour in 3..25 {
        assert_eq!(action(&engine, hour * HOUR), None, "{hour}");
    }
    assert_eq!(action(&engine, HOUR + DAY - 1), None);
    let (found, why) = reason(&engine, HOUR + DAY - 1, "card").unwrap();
    assert_eq!((found, why.as_str()), (Reason::ContactCap, "2 contacts by `all` within 1d"));
    assert_eq!(action(&engine, HOUR + DAY).as_deref(), Some("card"));
    assert_eq!(action(&engine, HOUR + DAY), None);
}

#[test]
fn several_caps_hold_at_once() {
    let engine = with(
        "[contact.email]\nat_most = 2\nper = \"10h\"\n[contact.phone]\nat_most = 1\nper = \"5h\"\n\
         [contact.few]\nonly = [\"email\", \"phone\"]\nat_most = 3\nper = \"10h\"",
    );
    assert_eq!(hourly(&engine, 12), ["card", "card", "call", "-", "-", "-", "-", "-", "-", "-", "card", "card"]);
}

#[test]
fn outcomes_of_a_kind_cool_a_channel_off() {
    let engine = with(
        "[contact.email]\ncool_off = { after = 2, outcome = \"ignored\", for = \"3d\" }\n[time]\nlateness = \"1h\"",
    );
    let ignored = |day: i64, outcome: &str| {
        let taken = decide(&engine, day * DAY);
        assert_eq!(engine.learn_row(taken.id, outcome, None, None).unwrap().accepted, 1);
        taken.action.unwrap()
    };
    assert_eq!(ignored(1, "ignored"), "card");
    assert_eq!(ignored(2, "clicked"), "card");
    // Four days lie between the first and the second.
    assert_eq!(ignored(5, "ignored"), "card");
    assert_eq!(ignored(6, "ignored"), "card");
    let (found, why) = reason(&engine, 7 * DAY, "card").unwrap();
    assert_eq!(found, Reason::CoolOff);
    assert_eq!(why, "2 outcomes `ignored` within 3d: `email` cools off for 3d");
    assert_eq!(action(&engine, 9 * DAY - 1).as_deref(), Some("call"));
    assert_eq!(action(&engine, 9 * DAY).as_deref(), Some("card"));
}

#[test]
fn quiet_hours_go_by_the_customers_own_zone() {
    let engine =
        with("[contact.all]\nquiet = \"21:00-08:00\"\n[decide]\nzone = \"home\"\n[time]\nzone = \"Europe/Berlin\"");
    let at = |text: &str| bactrian::data::parse_time(text).unwrap();
    // No zone is known: Berlin, two hours ahead in summer.
    assert_eq!(action(&engine, at("2017-07-01T18:59:59Z")).as_deref(), Some("card"));
    assert_eq!(action(&engine, at("2017-07-01T19:00:00Z")), None);
    know(&engine, &[("home", Value::Text("America/New_York"))]);
    assert_eq!(action(&engine, at("2017-07-01T19:00:00Z")).as_deref(), Some("card"));
    let (found, why) = reason(&engine, at("2017-07-02T11:59:00Z"), "card").unwrap();
    assert_eq!((found, why.as_str()), (Reason::QuietHours, "quiet hours 21:00-08:00 of `all` at 07:59"));
    assert_eq!(action(&engine, at("2017-07-02T12:00:00Z")).as_deref(), Some("card"));
    // A name that is no zone leaves the definition's.
    know(&engine, &[("home", Value::Text("Atlantis"))]);
    assert_eq!(action(&engine, at("2017-07-03T05:59:00Z")), None);
    assert_eq!(action(&engine, at("2017-07-03T06:00:00Z")).as_deref(), Some("card"));
}

#[test]
fn consent_goes_by_purpose_and_channel() {
    let engine = with(
        "[contact.mail_marketing]\nonly = [\"email\", \"marketing\"]\nconsent = \"agrees\"\n\
         [contact.service]\nconsent = \"agrees\"",
    );
    assert_eq!(reason(&engine, 0, "card").unwrap().0, Reason::NoConsent);
    assert_eq!(reason(&engine, 0, "call").unwrap().1, "no consent for `service`");
    assert_eq!(action(&engine, 0).as_deref(), Some("invoice"));
    know(&engine, &[("agrees", Value::Bool(true))]);
    assert_eq!(action(&engine, 0).as_deref(), Some("card"));
}

#[test]
fn a_control_arm_uses_up_the_same_caps() {
    let engine = with("[contact.all]\nat_most = 1\nper = \"1d\"\n[decide]\ncontrol = 0.5");
    let mut arms = [0; 2];
    for day in 1..=400 {
        let first = decide(&engine, day * DAY);
        assert_eq!(first.propensity, 0.5);
        assert_eq!(first.action.is_some(), first.withheld.is_none());
        assert_eq!(first.action.clone().or(first.withheld.clone()).as_deref(), Some("card"));
        arms[usize::from(first.withheld.is_some())] += 1;
        let second = decide(&engine, day * DAY + HOUR);
        assert_eq!((second.action, second.withheld, second.propensity), (None, None, 1.0));
    }
    // Binomial with p = 0.5: five standard deviations are 50.
    assert!(arms[0] > 150 && arms[1] > 150, "{arms:?}");
    let ledger = engine.ledger().unwrap();
    assert_eq!(whole(&ledger, "withheld")[0], arms[1]);
    assert_eq!(numbers(&ledger, "expected")[0], 4.0 * arms[0] as f64);
}

#[test]
fn mistakes_are_found_where_they_stand() {
    let finds = |policies: &str, message: &str| {
        let text = format!("{ACTIONS}\n{policies}");
        let found = bactrian::check_text(&text);
        assert!(found.iter().any(|problem| problem.to_string().contains(message)), "{found:?}");
    };
    finds("[contact.x]\nonly = [\"loyalti\"]\nat_most = 1\nper = \"1d\"", "did you mean `loyalty`?");
    finds("[contact.emial]\nat_most = 1\nper = \"1d\"", "did you mean `email`?");
    finds("[contact.email]\nconsent = \"home\"", "`home` is not a bool column");
    finds("[decide]\nzone = \"agrees\"", "is not a category trait");
    finds("[decide]\ncontrol = 1.0", "below 1");
    finds("[decide]\nfactors = [\"valu\"]", "did you mean `value`?");
    finds("[decide]\npriority = \"respose * 2\"", "did you mean `response`?");
    finds("[context]\naction = \"category\"", "role that the engine itself records");
    finds("[context]\nhome = \"number\"", "home");
    finds("[context]\nweather = \"categories\"", "expected one of");
}

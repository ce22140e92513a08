// The classes of bactrian.hpp on the path of a plug-in, in batches, and with their exceptions.
#include "bactrian.hpp"
#include "bactrian.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr bactrian::Moment day = 86400000000;

const std::string shop = R"toml(
[event.purchase]
customer = "customer"
at       = "at"
amount   = "amount"

[event.message]
customer = "customer"
peer     = "peer"
at       = "at"

[trait]
consent = "bool"

[tie.talk]
on        = "message"
half_life = "30d"

[feature.orders]
count = "event"
on    = "purchase"

[feature.spend]
sum       = "amount"
on        = "purchase"
half_life = "90d"

[score.warmth]
mean   = "-ln(reply_seconds + 1.0)"
on     = "message"
toward = "peer"
shrink = 2.0

[segment.value]
axis.spend = { of = "spend", edges = [10.0, 100.0], labels = ["low", "mid", "high"] }
decide_on  = ["enter"]

[action.thanks]
channel  = "email"
eligible = 'value == "high" && consent'
response = "0.1"
value    = "0.2 * spend"
cost     = 0.4
)toml";

void check(bool holds, const char *what, int line) {
    if (holds) return;
    std::fprintf(stderr, "engine.cc:%d: does not hold: %s\n", line, what);
    std::exit(1);
}

#define CHECK(condition) check((condition), #condition, __LINE__)

template <class Expected, class Call> void throws(Call call, bactrian_status status, int line) {
    try {
        call();
    } catch (const Expected &error) {
        check(error.status() == status && *error.what(), error.what(), line);
        return;
    }
    check(false, "it throws", line);
}

#define THROWS(Expected, status, call) throws<bactrian::Expected>([&] { call; }, status, __LINE__)

void plug_in() {
    const auto definition = bactrian::Definition::from_toml(shop);
    CHECK(definition.fingerprint().size() == 16);
    CHECK(bactrian::Definition::from_json(std::string(definition.json())).fingerprint() == definition.fingerprint());
    bactrian::Engine engine(definition);
    CHECK(!engine.clock());
    const bactrian::Reader reader = engine.reader({"spend", "orders"});

    engine.observe({"purchase", "anna", {}, 0, {{"amount", 8.0}}});
    const std::string ben = "ben";
    engine.observe({"purchase", ben, {}, 90 * day, {{"amount", 500}}});
    CHECK(reader.read("anna") == (std::vector<double>{4.0, 1.0}));
    double values[2];
    reader.read(ben, {}, 90 * day, values);
    CHECK(values[0] == 500.0 && engine.clock() == 90 * day);

    bactrian::Decision decision = engine.decide(ben);
    CHECK(!decision.action() && !decision.why().empty());
    CHECK(decision.losers().size() == 1 && decision.losers()[0].reason == BACTRIAN_REASON_NOT_ELIGIBLE);
    engine.identify(ben, {{"consent", true}});
    decision = engine.decide(ben, {{}, bactrian::now, true});
    CHECK(decision.action() == "thanks" && decision.propensity() == 1.0 && !decision.factors().empty());

    const bactrian::Report report = engine.observe_reported({"purchase", 7u, {}, 90 * day, {{"amount", 20.0}}});
    CHECK(report.accepted() == 1 && report.crossings().size() == 1 && report.decisions().size() == 1);
    CHECK(report.crossings()[0].customer == bactrian::OwnedId(std::uint64_t{7}) && report.crossings()[0].to == "mid");
    CHECK(!report.decisions()[0].decision.action());

    engine.observe({"message", "anna", "ben", 91 * day});
    engine.observe({"message", "ben", "anna", 91 * day + 60000000});
    const auto fit = engine.fit();
    CHECK(fit.at() == 91 * day + 60000000 && !fit.columns().empty() && fit.columns()[0].name == "warmth");
    const auto explanation = engine.explain("ben", "warmth", "anna");
    double sum = 0.0;
    for (const auto &part : explanation.parts()) sum += part.value;
    CHECK(std::abs(sum - explanation.value()) < 1e-9 && !explanation.evidence().empty());
    CHECK(engine.peers("anna") == std::vector<bactrian::OwnedId>{std::string("ben")});
    CHECK(engine.peers("anna", "talk") == engine.peers("anna"));
    bactrian_seed_ask ask = BACTRIAN_SEED_ASK_INIT;
    bactrian_spread spread;
    ask.count = 1;
    static_cast<void>(engine.seeds(ask, &spread));
    static_cast<void>(engine.ties("anna"));
    CHECK(spread.lower <= spread.spread && spread.spread <= spread.upper);
    CHECK(engine.relate("talk", "anna", "ben", 2.0).accepted() == 1);
    CHECK(engine.members("value", "mid") == std::vector<bactrian::OwnedId>{std::uint64_t{7}});
    CHECK(engine.key_text(engine.reader({"value"}).read("ben")[0]) == "high");
    CHECK(engine.columns().size() >= 4 && engine.stats().customers == 3);
    CHECK(engine.definition().fingerprint() == definition.fingerprint());
    CHECK(engine.reader({"spend", "consent", "value"}).types() ==
          (std::vector<bactrian_type>{BACTRIAN_TYPE_NUMBER, BACTRIAN_TYPE_FLAG, BACTRIAN_TYPE_TEXT}));

    std::uint64_t bytes = 0;
    for (const auto &part : engine.memory()) {
        bytes += part.name.empty() ? 0 : part.bytes;
        CHECK(part.bytes_per_customer == static_cast<double>(part.bytes) / 3.0);
    }
    CHECK(bytes > 1000);

    engine.merge("anna", 7);
    CHECK(engine.reader({"orders"}).read("anna")[0] == 2.0);
    const auto changed =
        engine.redefine(bactrian::Definition::from_toml(shop + "[feature.visits]\ncount = \"event\"\non = \"purchase\"\n"));
    CHECK(changed.added == std::vector<std::string>{"visits"} && changed.removed.empty() && changed.moved == 0);
    CHECK(changed.begun.empty() && !changed.since && changed.unread.empty());
    CHECK(engine.reader({"visits"}).read("anna")[0] == 2.0);
    engine.checkpoint();
}

void callbacks() {
    bactrian::Engine engine{bactrian::Definition::from_toml(
        shop + "[score.formula]\nvalue = \"spend * 2.0 + orders\"\n"
               "[score.hosted]\ncallback = \"model\"\nversion = \"1\"\ninputs = [\"spend\", \"orders\"]\n")};
    engine.observe({"purchase", "anna", {}, 0, {{"amount", 8.0}}});
    const bactrian::Reader reader = engine.reader({"formula", "hosted"});
    THROWS(StateError, BACTRIAN_STATUS_CALLBACK, reader.read("anna"));
    engine.set_callback("model", "1", [](const double *inputs, std::size_t) { return inputs[0] * 2.0 + inputs[1]; });
    CHECK(reader.read("anna") == (std::vector<double>{17.0, 17.0}));
    engine.set_callback("model", "1", [](const double *, std::size_t) -> double { throw std::runtime_error("asleep"); });
    CHECK(std::isnan(reader.read("anna")[1]));
    const auto infos = engine.callbacks();
    CHECK(infos.size() == 1 && infos[0].failed == 1 && infos[0].calls == 1 && infos[0].failure == "it returned 1");
}

void interrupts() {
    bactrian::Engine engine{bactrian::Definition::from_toml(shop)};
    engine.observe({"purchase", "anna", {}, 0, {{"amount", 8.0}}});
    int asked = 0;
    engine.set_interrupt([&] { return ++asked > 1; });
    CHECK(engine.score().get()->release && asked == 1);
    THROWS(StateError, BACTRIAN_STATUS_INTERRUPTED, engine.fit());
    engine.set_interrupt([]() -> bool { throw std::runtime_error("asleep"); });
    THROWS(StateError, BACTRIAN_STATUS_INTERRUPTED, engine.score());
    engine.set_interrupt({});
    CHECK(!engine.fit().columns().empty() && asked == 2);

    bactrian::Options options;
    bool stop = false;
    options.interrupt = [&] { return stop; };
    bactrian::Engine opened{bactrian::Definition::from_toml(shop), options};
    CHECK(opened.score().get()->release);
    stop = true;
    THROWS(StateError, BACTRIAN_STATUS_INTERRUPTED, opened.fit());
}

void lifecycle() {
    const auto definition = bactrian::Definition::from_toml(
        "[event.purchase]\ncustomer = \"customer\"\nat = \"at\"\namount = \"amount\"\n[feature.spend]\nsum = \"amount\"\n"
        "[context]\nweather = \"category\"\n[action.umbrella]\neligible = 'weather == \"rain\"'\nresponse = 0.1\nvalue = \"spend\"\n");
    bactrian::Engine engine{definition}, other{definition};
    engine.observe({"purchase", "anna", {}, 0, {{"amount", 30.0}}});
    CHECK(!engine.decide("anna", {{}, bactrian::now, true}).action());
    const bactrian::Ask rain{{}, bactrian::now, false, 1, {{"weather", "rain"}}};
    const auto decision = engine.decide("anna", rain);
    CHECK(decision.action() == "umbrella" && decision.slate().size() == 1 && !decision.withheld());
    CHECK(decision.slate()[0].id == decision.id() && decision.slate()[0].priority == decision.priority());
    const auto flip = decision.flip();
    CHECK(flip && flip->value == 30.0 && flip->to == 0.0 && !flip->action && !flip->why.empty());
    const auto recorded = engine.recorded(decision.id());
    CHECK(recorded.action == "umbrella" && recorded.customer == bactrian::OwnedId(std::string("anna")) && recorded.at == 0);
    CHECK(recorded.priority == decision.priority() && recorded.definition == definition.fingerprint() && !recorded.withheld);
    CHECK(recorded.candidates.size() == 1 && !recorded.candidates[0].fell && recorded.candidates[0].value == 30.0);
    CHECK(engine.recorded(engine.decide("anna").id()).candidates[0].fell == BACTRIAN_REASON_NOT_ELIGIBLE);
    THROWS(UnknownNameError, BACTRIAN_STATUS_UNKNOWN_DECISION, engine.recorded(7));
    CHECK(engine.learn(decision.id(), "redeem", 4.0).accepted() == 1);
    THROWS(SchemaError, BACTRIAN_STATUS_ROW_REJECTED, engine.learn(7, "redeem"));
    CHECK(engine.responses().get()->release);
    THROWS(UnknownNameError, BACTRIAN_STATUS_UNKNOWN_SEGMENT, engine.ledger("nothing"));
    CHECK(engine.ledger().get()->release && engine.funnel({}, rain).get()->release && engine.catalog().get()->release);
    engine.flush();
    CHECK(other.absorb(engine.partial()).accepted() > 0 && other.reader({"spend"}).read("anna")[0] == 30.0);
    CHECK(engine.export_json("anna").find("anna") != std::string::npos);
    CHECK(engine.erase("anna").found == 0 && engine.stats().customers == 0);
    THROWS(UnknownNameError, BACTRIAN_STATUS_UNKNOWN_CUSTOMER, engine.export_json("anna"));
}

void batches() {
    bactrian::Engine engine{bactrian::Definition::from_toml(shop)};
    const std::vector<std::uint64_t> customers{1, 2, 1};
    const std::vector<bactrian::Moment> times{0, day, 2 * day};
    const std::vector<double> amounts{8.0, 4.0, std::nan("")};
    const std::vector<std::uint8_t> known{1, 1, 0}, consent{1, 0, 1};
    const std::vector<const char *> texts{"anna", "ben", nullptr};
    const bactrian::Report report =
        engine.observe({{"client", customers}, {"at", times}, bactrian::Column("amount", amounts).known(known)},
                       {"purchase", {{"customer", "client"}}});
    CHECK(report.accepted() == 3 && report.rejected().empty());
    CHECK(engine.observe({{"customer", texts}, {"at", times}, {"amount", amounts}}, {"purchase"}).rejected().size() == 1);
    CHECK(engine.identify({{"customer", customers}, {"consent", consent}}).accepted() == 3);
    CHECK(engine.relate({{"customer", customers}, {"peer", std::vector<std::uint64_t>{2, 1, 2}}}, {"talk"}).accepted() == 3);

    // A table that goes out comes in elsewhere.
    auto scored = engine.score({}, {{"spend"}});
    CHECK(scored.get()->release != nullptr);
    bactrian::Engine other{bactrian::Definition::from_toml(
        "[event.scored]\ncustomer = \"customer\"\nat = \"at\"\namount = \"spend\"\n"
        "[feature.total]\nsum = \"amount\"\non = \"scored\"\n")};
    THROWS(SchemaError, BACTRIAN_STATUS_SCHEMA_MISSING, other.observe(std::move(scored), {"scored"}));
    CHECK(engine.score(std::vector<bactrian::Id>{}).get()->release != nullptr);
    const std::uint64_t before = engine.digest();
    CHECK(engine.decide_batch({}, {{}, bactrian::now, true}).get()->release && engine.digest() == before);
    CHECK(engine.decide_batch(std::vector<bactrian::Id>{1, "anna"}).get()->release && engine.digest() != before);
    CHECK(engine.training_set(2 * day, {{"spend"}}).get()->release != nullptr);
    CHECK(engine.ledger("value").get()->release && engine.segment("value").get()->release && engine.crossings().get()->release);
    CHECK(engine.transitions("value", -1).get()->release && engine.stability("value", -1).get()->release);
    CHECK(engine.segment_values("value", {"spend"}).get()->release && engine.drift("value", -1).get()->release);
    CHECK(engine.belonging("value").get()->release && engine.belonging("value", "low").get()->release);
    CHECK(engine.market({"value"}, {"spend"}, 2).get()->release != nullptr);
    THROWS(SchemaError, BACTRIAN_STATUS_SCHEMA_TYPE, engine.ablate("spend", {{"a", {"spend"}}, {"b", {"spend"}}}));
    CHECK(engine.associations("value").get()->release && engine.lifts("value", "value").get()->release);
}

void exceptions() {
    THROWS(DefinitionError, BACTRIAN_STATUS_DEFINITION_INVALID, bactrian::Definition::from_toml("[feature.a]\nsmu = 1"));
    try {
        bactrian::Definition::from_toml("[feature.orders]\ncuont = \"event\"");
    } catch (const bactrian::Error &error) {
        CHECK(error.problems().size() > 1 && error.problems()[0].line == 1);
    }
    CHECK(!bactrian::check("[feature.a]\nsmu = 1").empty());
    bactrian::Engine engine{bactrian::Definition::from_toml(shop)};
    engine.observe({"purchase", "anna", {}, 0, {{"amount", 8.0}}});
    try {
        engine.reader({"spned"});
        CHECK(false);
    } catch (const bactrian::UnknownNameError &error) {
        CHECK(error.status() == BACTRIAN_STATUS_UNKNOWN_COLUMN && error.hint() == "did you mean `spend`?");
    }
    THROWS(SchemaError, BACTRIAN_STATUS_ROW_REJECTED, engine.observe({"purchase", "anna", {}, 0, {{"amount", INFINITY}}}));
    THROWS(StateError, BACTRIAN_STATUS_TIME_PAST, engine.advance_to(-day));
    THROWS(StoreError, BACTRIAN_STATUS_STORE_IO, bactrian::Engine("/nowhere/at/all", bactrian::Definition::from_toml(shop)));
    bactrian::Engine moved = std::move(engine);
    THROWS(SchemaError, BACTRIAN_STATUS_NULL_POINTER, engine.clock());
    moved.close();
    THROWS(StateError, BACTRIAN_STATUS_CLOSED, moved.clock());
}

}  // namespace

int main() {
    plug_in();
    callbacks();
    interrupts();
    lifecycle();
    batches();
    exceptions();
    return bactrian::version().empty();
}

// Plans, assignments and what other policies would have brought, in C++.
#include <bactrian.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "../c/table.h"
#include "check.hpp"

namespace {

const char actions[] = R"(
    [time]
    lateness = "0s"
    [trait]
    worth = "number"
    [action.call]
    channel = "phone"
    value   = "worth"
    cost    = 2.0
    within  = "1d"
    [action.card]
    channel = "mail"
    value   = "worth * 0.5"
    cost    = 0.5
    within  = "1d"
    [decide]
    control = 0.5
)";

bactrian::Engine customers() {
    bactrian::Engine engine{bactrian::Definition::from_toml(actions)};
    const std::pair<const char *, double> all[] = {{"anna", 10}, {"ben", 6}, {"cleo", 4}, {"dora", 3}, {"emil", 1}};
    for (const auto &[name, worth] : all) engine.identify(name, {{"worth", worth}}, 0);
    return engine;
}

void plans() {
    const auto engine = customers();
    bactrian::Means means;
    means.budget = 5.5;
    means.capacity = {{"phone", 2}};
    auto plan = engine.plan({}, means);
    CHECK(std::abs(plan.value - 14.5) < 1e-9 && plan.exact && plan.gap == 0 && plan.bound >= plan.value - 1e-9);
    table limits = table_read(plan.limits.get());
    CHECK(table_number(&limits, "used", table_row(&limits, "phone")) == 2);
    table_free(&limits);
    table read = table_read(plan.table.get());
    CHECK(read.array.length == 5 && table_number(&read, "priority", table_row(&read, "anna")) == 8);
    table_free(&read);
    bactrian::Ask two;
    two.most = 2;
    CHECK(std::abs(engine.plan(std::vector<bactrian::Id>{"anna"}, {}, two).value - 12.5) < 1e-9);
    means.least = {{"phone", 3}};
    try {
        engine.plan({}, means);
        CHECK(false);
    } catch (const bactrian::SchemaError &error) {
        CHECK(error.status() == BACTRIAN_STATUS_SCHEMA_RANGE);
    }
}

void assignments() {
    const auto engine = customers();
    double sum = 0;
    auto stream = engine.assign({{"dora", 1}, {"emil", 1}}, "worth", {}, &sum);
    CHECK(sum == 16);
    table read = table_read(stream.get());
    CHECK(read.array.length == 3 && table_number(&read, "score", table_row(&read, "ben")) == 6);
    table_free(&read);
}

void policies() {
    auto engine = customers();
    double sent = 0;
    for (const char *name : {"anna", "ben", "cleo", "dora"}) {
        const auto decision = engine.decide(name);
        if (decision.action()) {
            engine.learn(decision.id(), "buy", 5);
            sent++;
        }
    }
    engine.advance_to(std::int64_t{2} * 86400 * 1000000);
    auto effects = engine.effects();
    table read = table_read(effects.get());
    CHECK(table_number(&read, "sent", table_row(&read, "call")) == sent);
    table_free(&read);
    auto values = engine.evaluate(bactrian::Definition::from_toml(actions));
    read = table_read(values.get());
    CHECK(table_number(&read, "rows", table_row(&read, "value")) == 4);
    table_free(&read);
    CHECK(engine.evaluate(std::optional<std::string>{}).get()->release != nullptr);
    bactrian::Stream moved;
    const auto found =
        engine.backtest(bactrian::Definition::from_toml(actions), std::numeric_limits<bactrian::Moment>::min(), nullptr, &moved);
    CHECK(found.decisions == 4 && found.agreed == 4 && found.expected == found.recorded);
    read = table_read(moved.get());
    CHECK(read.array.length == 0);
    table_free(&read);
}

}  // namespace

int main() {
    plans();
    assignments();
    policies();
    return 0;
}

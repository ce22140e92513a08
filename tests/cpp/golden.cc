// The golden cases, run by C++. tests/golden/cases.toml says what every face must answer.
#include "bactrian.hpp"

#include <cmath>
#include <cstring>
#include <iostream>

#include "../c/cases.h"

namespace {

struct Wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void expect(bool holds, const std::string &what) {
    if (!holds) throw Wrong(what);
}

bactrian::Field field(const node *value) {
    if (value->kind == NODE_TEXT) return {value->name, value->text};
    if (value->kind == NODE_FLAG) return {value->name, value->flag != 0};
    return {value->name, value->number};
}

bactrian::Fields fields(const node *table, const std::vector<std::string> &without = {}) {
    bactrian::Fields fields;
    for (const node *value = table->first; value; value = value->next) {
        bool left_out = false;
        for (const auto &name : without) left_out |= name == value->name;
        if (!left_out) fields.push_back(field(value));
    }
    return fields;
}

std::optional<bactrian::Id> id(const node *value) {
    return value ? std::optional<bactrian::Id>(value->text) : std::nullopt;
}

void count(const node *step, const char *word, std::size_t found) {
    const node *wanted = get(step, word);
    expect(!wanted || wanted->number == static_cast<double>(found), word);
}

// A row that is rejected is an exception in C++, and a count in the cases.
template <class Call> void ingested(const node *step, Call call) {
    try {
        const bactrian::Report report = call();
        count(step, "rejected", 0);
        count(step, "duplicates", report.duplicates());
        count(step, "crossings", report.crossings().size());
        count(step, "decisions", report.decisions().size());
    } catch (const bactrian::SchemaError &error) {
        if (error.status() != BACTRIAN_STATUS_ROW_REJECTED) throw;
        count(step, "rejected", 1);
    }
}

void same(const bactrian::Engine &engine, double found, const node *wanted, const std::string &column) {
    if (wanted->kind == NODE_NUMBER) return expect(std::memcmp(&found, &wanted->number, sizeof found) == 0, column);
    if (wanted->kind == NODE_FLAG) return expect(found == wanted->flag, column);
    if (std::string(wanted->text) == "unknown") return expect(std::isnan(found), column);
    expect(engine.key_text(found) == wanted->text, column);
}

void read(const bactrian::Engine &engine, const node *step) {
    std::vector<std::string> columns;
    for (const node *column = get(step, "columns")->first; column; column = column->next) columns.push_back(column->text);
    const bactrian::Moment at = get(step, "at") ? cases_time(get(step, "at")) : bactrian::now;
    const auto values = engine.reader(columns).read(get(step, "read")->text, id(get(step, "peer")), at);
    const node *wanted = get(step, "equals");
    expect(wanted != nullptr, "the read should have failed");
    wanted = wanted->first;
    for (std::size_t i = 0; i < values.size(); i++, wanted = wanted->next) {
        expect(wanted != nullptr, "as many values as columns");
        same(engine, values[i], wanted, columns[i]);
    }
}

void run(const bactrian::Engine &engine, const node *step) {
    if (const node *row = get(step, "observe")) {
        return ingested(step, [&] {
            return engine.observe_reported({get(row, "kind")->text, id(get(row, "customer")), id(get(row, "peer")),
                                            cases_time(get(row, "at")), fields(row, {"kind", "customer", "peer", "at"})});
        });
    }
    if (const node *who = get(step, "identify"))
        return ingested(step, [&] { return engine.identify(who->text, fields(get(step, "traits"))); });
    if (const node *tie = get(step, "relate")) {
        const std::vector<const char *> customer{get(tie, "customer")->text}, peer{get(tie, "peer")->text};
        const std::vector<double> weight{get(tie, "weight")->number};
        return ingested(step, [&] {
            return engine.relate({{"customer", customer}, {"peer", peer}, {"weight", weight}}, {get(tie, "layer")->text});
        });
    }
    if (const node *pair = get(step, "merge")) return engine.merge(pair->first->text, pair->last->text);
    if (const node *next = get(step, "redefine"))
        return count(step, "moved", engine.redefine(bactrian::Definition::from_toml(next->text)).moved);
    if (const node *at = get(step, "advance"))
        return ingested(step, [&] { return engine.advance_to(cases_time(at)); });
    if (get(step, "read")) return read(engine, step);
    if (get(step, "fit")) return static_cast<void>(engine.fit());
    expect(get(step, "decide") != nullptr, "a verb that C++ does not know");
    const auto decision = engine.decide(get(step, "decide")->text);
    expect(decision.action().value_or("silence") == get(step, "action")->text, std::string(decision.why()));
    expect(decision.priority() == get(step, "priority")->number, std::string(decision.why()));
}

}  // namespace

int main() {
    node *cases = cases_read("tests/golden/cases.toml");
    for (const node *one = cases->first; one; one = one->next) {
        const bactrian::Engine engine{bactrian::Definition::from_toml(get(one, "definition")->text)};
        int number = 1;
        for (const node *step = get(one, "steps")->first; step; step = step->next, number++) {
            const double wanted = get(step, "error") ? get(step, "error")->number : 0;
            double found = 0;
            std::string why = "no error";
            try {
                run(engine, step);
            } catch (const bactrian::Error &error) {
                found = error.status();
                why = error.what();
            } catch (const Wrong &wrong) {
                found = -1;
                why = wrong.what();
            }
            if (found != wanted) {
                std::cerr << get(one, "name")->text << ", step " << number << ": " << why << '\n';
                return 1;
            }
        }
    }
    cases_free(cases);
}

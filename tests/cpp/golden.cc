// The golden cases, run by C++. tests/golden/cases.toml says what every face must answer.
#include "bactrian.hpp"

#include <cmath>
#include <cstring>
#include <iostream>

#include "../c/cases.h"
#include "../c/table.h"

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

bactrian::Moment moment(const node *step) {
    return get(step, "at") ? cases_time(get(step, "at")) : bactrian::now;
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
    const auto values = engine.reader(columns).read(get(step, "read")->text, id(get(step, "peer")), moment(step));
    const node *wanted = get(step, "equals");
    expect(wanted != nullptr, "the read should have failed");
    wanted = wanted->first;
    for (std::size_t i = 0; i < values.size(); i++, wanted = wanted->next) {
        expect(wanted != nullptr, "as many values as columns");
        same(engine, values[i], wanted, columns[i]);
    }
}

void ledger(const bactrian::Engine &engine, const node *step) {
    const std::string action = get(step, "ledger")->text;
    bactrian::Stream stream = engine.ledger();
    table found = table_read(stream.get());
    const auto row = table_row(&found, action == "silence" ? nullptr : action.c_str());
    const node *wanted = get(step, "equals")->first;
    for (const node *column = get(step, "columns")->first; column; column = column->next, wanted = wanted->next)
        expect(wanted && table_number(&found, column->text, row) == wanted->number, column->text);
    table_free(&found);
}

void erase(const bactrian::Engine &engine, const node *step) {
    const auto receipt = engine.erase(get(step, "erase")->text);
    count(step, "events", receipt.events);
    count(step, "unnamed", receipt.unnamed);
    count(step, "traits", receipt.traits);
    count(step, "ties", receipt.ties);
    count(step, "found", receipt.found);
}

void run(const bactrian::Engine &engine, const node *step, std::uint64_t &last) {
    if (const node *row = get(step, "observe")) {
        return ingested(step, [&] {
            return engine.observe_reported({get(row, "kind")->text, id(get(row, "customer")), id(get(row, "peer")),
                                            cases_time(get(row, "at")), fields(row, {"kind", "customer", "peer", "at"})});
        });
    }
    if (const node *who = get(step, "identify"))
        return ingested(step, [&] { return engine.identify(who->text, fields(get(step, "traits")), moment(step)); });
    if (const node *outcome = get(step, "learn")) {
        const std::uint64_t decision = get(step, "of") ? static_cast<std::uint64_t>(get(step, "of")->number) : last;
        const double value = get(step, "value") ? get(step, "value")->number : std::nan("");
        return ingested(step, [&] { return engine.learn(decision, outcome->text, value, moment(step)); });
    }
    if (get(step, "ledger")) return ledger(engine, step);
    if (get(step, "erase")) return erase(engine, step);
    if (const node *tie = get(step, "relate")) {
        const std::vector<const char *> customer{get(tie, "customer")->text}, peer{get(tie, "peer")->text};
        const std::vector<double> weight{get(tie, "weight")->number};
        const std::vector<bactrian::Moment> at{get(tie, "at") ? cases_time(get(tie, "at")) : 0};
        std::vector<bactrian::Column> columns{{"customer", customer}, {"peer", peer}, {"weight", weight}};
        if (get(tie, "at")) columns.push_back({"at", at});
        return ingested(step, [&] { return engine.relate(columns, {get(tie, "layer")->text}); });
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
    last = decision.id();
}

}  // namespace

int main() {
    node *cases = cases_read("tests/golden/cases.toml");
    for (const node *one = cases->first; one; one = one->next) {
        const bactrian::Engine engine{bactrian::Definition::from_toml(get(one, "definition")->text)};
        std::uint64_t last = 0;
        int number = 1;
        for (const node *step = get(one, "steps")->first; step; step = step->next, number++) {
            const double wanted = get(step, "error") ? get(step, "error")->number : 0;
            double found = 0;
            std::string why = "no error";
            try {
                run(engine, step, last);
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

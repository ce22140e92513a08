// Actions that prove themselves in C++: arms of a slate, trials, contacts that wear out.
#include <bactrian.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "../c/table.h"
#include "check.hpp"

namespace {

constexpr bactrian::Moment day = std::int64_t{86400} * 1000000;

bactrian::Engine opened(const std::string &actions, std::uint64_t count) {
    bactrian::Engine engine{
        bactrian::Definition::from_toml("[time]\nlateness = \"0s\"\n[trait]\nage = \"number\"\n" + actions)};
    for (std::uint64_t i = 0; i < count; i++) engine.identify(i, {{"age", 30.0}}, 0);
    return engine;
}

void arms() {
    auto engine = opened("[action.mail]\nvalue = 2\narms = { plain = 1.0 }\n[action.card]\nvalue = 1\narms = { one = 0.5 }\n", 40);
    bactrian::Ask two;
    two.most = 2;
    int withheld = 0;
    for (std::uint64_t i = 0; i < 40; i++) {
        const auto decision = engine.decide(i, two);
        const auto slate = decision.slate();
        CHECK(decision.arm() == "plain" && slate.size() == 2 && slate[0].arm == "plain" && !slate[0].withheld);
        CHECK(slate[1].withheld == !slate[1].arm.has_value());
        CHECK(engine.recorded(slate[0].id).arm == "plain" && engine.recorded(slate[1].id).withheld == slate[1].withheld);
        withheld += slate[1].withheld;
    }
    CHECK(withheld > 8 && withheld < 32);
}

void trials() {
    auto engine = opened("[action.fresh]\nvalue = 1\noutcome = \"buy\"\nwithin = \"1d\"\n"
                         "trial = { dull = 0.05, good = 0.5, share = 0.5 }\n", 20);
    int waiting = 0;
    for (std::uint64_t i = 0; i < 20; i++) {
        const auto decision = engine.decide(i);
        if (!decision.action()) waiting += decision.losers().at(0).reason == BACTRIAN_REASON_ON_TRIAL;
    }
    CHECK(waiting > 2 && waiting < 18);
    engine.advance_to(2 * day);
    auto stream = engine.trials();
    table read = table_read(stream.get());
    CHECK(table_number(&read, "failures", table_row(&read, "fresh")) == 20 - waiting);
    CHECK(table_number(&read, "share", 0) == 0);
    table_free(&read);
    CHECK(engine.decide(std::uint64_t{3}).losers().at(0).reason == BACTRIAN_REASON_TRIAL_STOPPED);
}

void contacts() {
    auto engine = opened("[action.mail]\nvalue = 1\noutcome = \"buy\"\nwithin = \"1h\"\nby_contact = \"30d\"\n[decide]\ncontrol = 0.4\n", 150);
    std::vector<int> sent(150);
    for (int at = 1; at < 6; at++) {
        engine.advance_to(at * day);
        for (std::uint64_t i = 0; i < 150; i++) {
            const auto decision = engine.decide(i);
            if (decision.action() && (sent[i]++ == 0 || i % 5 == 0)) engine.learn(decision.id(), "buy");
        }
    }
    engine.advance_to(7 * day);
    const auto response = engine.response_by_contact("mail");
    const auto all = response.contacts();
    CHECK(response.verdict().claim == BACTRIAN_CLAIM_EFFECT && response.verdict().value < 0);
    CHECK(all.size() >= 4 && all[0].contact == 1 && all[0].rate > 0.8 && all[1].fitted < 0.5);
    CHECK(response.share(1) == 1 && response.share(3) < 0.6 && response.worth(10, 6) == 1);
    try {
        engine.response_by_contact("male");
        CHECK(false);
    } catch (const bactrian::UnknownNameError &error) {
        CHECK(error.status() == BACTRIAN_STATUS_UNKNOWN_WORD);
    }
}

}  // namespace

int main() {
    arms();
    trials();
    contacts();
    return 0;
}

// What to do next, and why. Part of bactrian.hpp.
#ifndef BACTRIAN_DECISION_HPP
#define BACTRIAN_DECISION_HPP

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "value.hpp"

namespace bactrian {

// How a decision is asked for.
struct Ask {
    std::optional<Id> toward = {};
    Moment at = now;
    bool dry = false;  // looks without writing
    std::size_t most = 1;  // actions, at most one of a group
    Fields context = {};  // what is known of this moment, by the words of [context]
};

// What a plan may spend.
struct Means {
    double budget = std::numeric_limits<double>::quiet_NaN();  // NaN is no limit
    std::vector<std::pair<std::string, double>> capacity = {};  // of actions, channels, groups, processes, relationships
    std::vector<std::pair<std::string, double>> least = {};     // that they should have
};

// A value that was read, as a person reads it.
struct Factor {
    std::string_view name, value;
};

// An action that was not chosen.
struct Loser {
    std::string_view action;
    bactrian_reason reason;
    std::string_view why;
    std::vector<Factor> read;
};

// One action of a slate: `id` names the decision for this action, by which outcomes are learnt. What the control arm
// withholds is not to be sent; `arm` is as what an action with arms is.
struct Choice {
    std::uint64_t id;
    std::string_view action;
    double priority, propensity;
    bool withheld;
    std::optional<std::string_view> arm;
};

// A change of one value that was read, and what would win then; nothing is silence.
struct Flip {
    std::string_view column;
    double value, to;
    std::optional<std::string_view> action;
    std::string_view why;
};

// A look at a decision; it lives as long as what it came from.
class DecisionView {
public:
    explicit DecisionView(const bactrian_decision *decision) : decision_(decision) {}
    std::uint64_t id() const noexcept { return bactrian_decision_id(decision_); }
    // The chosen action; nothing is silence.
    std::optional<std::string_view> action() const { return named(bactrian_decision_action(decision_)); }
    // The action that was chosen and, in the control arm, is not to be sent.
    std::optional<std::string_view> withheld() const { return named(bactrian_decision_withheld(decision_)); }
    // The arm as which the chosen action is sent, where it has arms.
    std::optional<std::string_view> arm() const { return named(bactrian_decision_arm(decision_)); }
    // Every chosen action, the best first.
    std::vector<Choice> slate() const {
        std::vector<Choice> slate;
        for (std::size_t i = 0; i < bactrian_decision_choice_count(decision_); i++) {
            const bactrian_choice *found = bactrian_decision_choice(decision_, i);
            slate.push_back({found->id, found->action, found->priority, found->propensity, found->withheld != 0,
                             named(found->arm)});
        }
        return slate;
    }
    std::string_view why() const { return detail::view(bactrian_decision_why(decision_)); }
    double propensity() const noexcept { return bactrian_decision_propensity(decision_); }
    double priority() const noexcept { return bactrian_decision_priority(decision_); }
    std::vector<Factor> factors() const {
        std::vector<Factor> factors;
        for (std::size_t i = 0; i < bactrian_decision_factor_count(decision_); i++)
            factors.push_back(factor(bactrian_decision_factor(decision_, i)));
        return factors;
    }
    std::vector<Loser> losers() const {
        std::vector<Loser> losers;
        for (std::size_t i = 0; i < bactrian_decision_loser_count(decision_); i++) {
            const bactrian_loser *found = bactrian_decision_loser(decision_, i);
            Loser loser{found->action, found->reason, found->why, {}};
            for (std::size_t j = 0; j < bactrian_decision_loser_read_count(decision_, i); j++)
                loser.read.push_back(factor(bactrian_decision_loser_read(decision_, i, j)));
            losers.push_back(std::move(loser));
        }
        return losers;
    }

    // The smallest change of one value read that makes another action, or silence, win, if one does.
    std::optional<Flip> flip() const {
        const bactrian_flip *found = bactrian_decision_flip(decision_);
        if (!found) return std::nullopt;
        return Flip{found->column, found->value, found->to, named(found->action), found->why};
    }

private:
    static std::optional<std::string_view> named(const char *name) {
        return name ? std::optional<std::string_view>(name) : std::nullopt;
    }
    static Factor factor(const bactrian_factor *found) { return {found->name, found->value}; }

    const bactrian_decision *decision_;
};

// What to do next, and why.
class Decision : public DecisionView {
public:
    explicit Decision(detail::Handle<bactrian_decision, bactrian_decision_free> handle)
        : DecisionView(handle.get()), handle_(std::move(handle)) {}

private:
    detail::Handle<bactrian_decision, bactrian_decision_free> handle_;
};

// An action of a recorded decision: where it fell, if it did; else its factors, which are NaN for one that fell.
struct RecordedAction {
    std::string action;
    std::optional<bactrian_reason> fell;
    double response, weight, value, lever, cost, priority;
};

// A decision as the journal has it; an action that is nothing is silence.
struct RecordedDecision {
    std::uint64_t id;
    OwnedId customer;
    Moment at;
    std::optional<std::string> action;
    bool withheld;
    double propensity, priority, attention;
    std::string definition;
    std::vector<RecordedAction> candidates;
    std::optional<std::string> arm;
};

namespace detail {
template <class Call> RecordedDecision recorded(Call call) {
    const auto handle = made<bactrian_recorded_decision, bactrian_recorded_decision_free>(call);
    const bactrian_recorded_info *info = bactrian_recorded_decision_figures(handle.get());
    RecordedDecision recorded{info->id, owned(info->customer), info->at, maybe(info->action), info->withheld != 0,
                              info->propensity, info->priority, info->attention, info->definition, {}, maybe(info->arm)};
    for (std::size_t i = 0; i < bactrian_recorded_decision_action_count(handle.get()); i++) {
        const bactrian_recorded_action *found = bactrian_recorded_decision_action(handle.get(), i);
        RecordedAction action{found->action, std::nullopt, found->response, found->weight, found->value, found->lever,
                              found->cost, found->priority};
        if (found->fell) action.fell = found->reason;
        recorded.candidates.push_back(std::move(action));
    }
    return recorded;
}
}  // namespace detail

}  // namespace bactrian

#endif  // BACTRIAN_DECISION_HPP

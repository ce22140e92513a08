// What calls report. Part of bactrian.hpp.
#ifndef BACTRIAN_REPORT_HPP
#define BACTRIAN_REPORT_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decision.hpp"

namespace bactrian {

// A row that was refused.
struct Reject {
    std::uint64_t row;
    std::string_view reason;
};

// A customer's move from one cell of a segment to another.
struct Crossing {
    OwnedId customer;
    std::string_view segment, from, to;
    Moment at;
    std::string_view cause, moved;
};

// A decision that a crossing asked for.
struct TakenDecision {
    OwnedId customer;
    Moment at;
    DecisionView decision;
};

// What became of the rows of a write.
class Report {
public:
    std::uint64_t accepted() const noexcept { return bactrian_report_accepted(handle_.get()); }
    std::uint64_t duplicates() const noexcept { return bactrian_report_duplicates(handle_.get()); }
    std::uint64_t late() const noexcept { return bactrian_report_late(handle_.get()); }
    std::vector<Reject> rejected() const {
        std::vector<Reject> rejected;
        for (std::size_t i = 0; i < bactrian_report_reject_count(handle_.get()); i++) {
            const bactrian_reject *found = bactrian_report_reject(handle_.get(), i);
            rejected.push_back({found->row, found->reason});
        }
        return rejected;
    }
    std::vector<Crossing> crossings() const {
        std::vector<Crossing> crossings;
        for (std::size_t i = 0; i < bactrian_report_crossing_count(handle_.get()); i++) {
            const bactrian_crossing *found = bactrian_report_crossing(handle_.get(), i);
            crossings.push_back({detail::owned(found->customer), found->segment, found->from, found->to, found->at, found->cause,
                                 found->moved});
        }
        return crossings;
    }
    std::vector<TakenDecision> decisions() const {
        std::vector<TakenDecision> decisions;
        for (std::size_t i = 0; i < bactrian_report_decision_count(handle_.get()); i++) {
            const bactrian_taken_decision *found = bactrian_report_decision(handle_.get(), i);
            decisions.push_back({detail::owned(found->customer), found->at, DecisionView(found->decision)});
        }
        return decisions;
    }

private:
    friend class Engine;
    template <class Call>
    explicit Report(Call call) : handle_(detail::made<bactrian_report, bactrian_report_free>(call)) {}

    detail::Handle<bactrian_report, bactrian_report_free> handle_;
};

// A named number; NaN is unknown.
struct Figure {
    std::string_view name;
    double value;
};

// The answer to a question about an effect.
struct Verdict {
    std::string_view name;
    double value, lower, upper, null_value;
    std::uint64_t rows;
    bactrian_claim claim;
    std::string_view why;
};

// The response to one contact; 1 is the first.
struct ContactResponse {
    std::uint32_t contact;
    std::uint64_t rows;
    double rate, fitted;
};

// How the response to an action falls from one contact to the next.
class ResponseByContact {
public:
    std::vector<ContactResponse> contacts() const {
        std::vector<ContactResponse> contacts;
        for (std::size_t i = 0; i < bactrian_response_by_contact_count(handle_.get()); i++) {
            const bactrian_contact_response *found = bactrian_response_by_contact_at(handle_.get(), i);
            contacts.push_back({found->contact, found->rows, found->rate, found->fitted});
        }
        return contacts;
    }
    // Whether it changes from contact to contact: the slope.
    Verdict verdict() const {
        const bactrian_verdict *v = bactrian_response_by_contact_verdict(handle_.get());
        return {v->name, v->value, v->lower, v->upper, v->null_value, v->rows, v->claim, v->why};
    }
    // The response to the n-th contact as a share of that to the first; NaN where it can't be told.
    double share(double nth) const noexcept { return bactrian_response_by_contact_share(handle_.get(), nth); }
    // How many contacts are worth it.
    std::uint32_t worth(double value, double cost) const noexcept {
        return bactrian_response_by_contact_worth(handle_.get(), value, cost);
    }

private:
    friend class Engine;
    template <class Call>
    explicit ResponseByContact(Call call)
        : handle_(detail::made<bactrian_response_by_contact, bactrian_response_by_contact_free>(call)) {}

    detail::Handle<bactrian_response_by_contact, bactrian_response_by_contact_free> handle_;
};

// What a fit found for one column; `skipped` says why nothing was learnt.
struct FittedColumn {
    std::string_view name;
    std::optional<std::string_view> skipped;
    std::vector<Figure> figures;
    std::vector<Verdict> verdicts;
    std::vector<Factor> notes;
};

// What a fit found.
class FitReport {
public:
    Moment at() const noexcept { return bactrian_fit_report_moment(handle_.get()); }
    std::uint64_t moved() const noexcept { return bactrian_fit_report_moved(handle_.get()); }
    std::vector<FittedColumn> columns() const {
        const bactrian_fit_report *report = handle_.get();
        std::vector<FittedColumn> columns;
        for (std::size_t i = 0; i < bactrian_fit_report_column_count(report); i++) {
            const bactrian_fitted_column *found = bactrian_fit_report_column(report, i);
            FittedColumn column{found->name, std::nullopt, {}, {}, {}};
            if (found->skipped) column.skipped = found->skipped;
            for (std::size_t j = 0; j < bactrian_fit_report_figure_count(report, i); j++) {
                const bactrian_figure *figure = bactrian_fit_report_figure(report, i, j);
                column.figures.push_back({figure->name, figure->value});
            }
            for (std::size_t j = 0; j < bactrian_fit_report_verdict_count(report, i); j++) {
                const bactrian_verdict *v = bactrian_fit_report_verdict(report, i, j);
                column.verdicts.push_back({v->name, v->value, v->lower, v->upper, v->null_value, v->rows, v->claim, v->why});
            }
            for (std::size_t j = 0; j < bactrian_fit_report_note_count(report, i); j++) {
                const bactrian_factor *note = bactrian_fit_report_note(report, i, j);
                column.notes.push_back({note->name, note->value});
            }
            columns.push_back(std::move(column));
        }
        return columns;
    }

private:
    friend class Engine;
    template <class Call>
    explicit FitReport(Call call) : handle_(detail::made<bactrian_fit_report, bactrian_fit_report_free>(call)) {}

    detail::Handle<bactrian_fit_report, bactrian_fit_report_free> handle_;
};

// Why a column has its value: parts that sum to it, and the evidence behind it.
class Explanation {
public:
    double value() const noexcept { return bactrian_explanation_value(handle_.get()); }
    Moment at() const noexcept { return bactrian_explanation_moment(handle_.get()); }
    std::vector<Figure> parts() const {
        return figures(bactrian_explanation_part_count(handle_.get()), bactrian_explanation_part);
    }
    std::vector<Figure> evidence() const {
        return figures(bactrian_explanation_evidence_count(handle_.get()), bactrian_explanation_evidence);
    }

private:
    friend class Engine;
    template <class Call>
    explicit Explanation(Call call) : handle_(detail::made<bactrian_explanation, bactrian_explanation_free>(call)) {}

    template <class At> std::vector<Figure> figures(std::size_t count, At at) const {
        std::vector<Figure> figures;
        for (std::size_t i = 0; i < count; i++) figures.push_back({at(handle_.get(), i)->name, at(handle_.get(), i)->value});
        return figures;
    }

    detail::Handle<bactrian_explanation, bactrian_explanation_free> handle_;
};

// What an erasure removed; `fits` are columns that had been learnt with the customer.
struct Erasure {
    std::uint64_t ids, events, unnamed, traits, ties, words, searched, found;
    std::vector<std::string> fits;
};

// What a new definition changed: names of columns, and how many customers moved. Columns that have `begun` know only
// the records that `[time] keep` has left, all of them `since` that moment; `unread` are words that are gone, with the
// number of their records.
struct RedefineReport {
    std::vector<std::string> added, removed, unfitted, begun;
    std::optional<Moment> since;
    std::vector<std::pair<std::string, std::uint64_t>> unread;
    std::uint64_t moved;
};

// A part of an engine's memory, in all and a customer.
struct MemoryPart {
    std::string name;
    std::uint64_t bytes;
    double bytes_per_customer;
};

namespace detail {
template <class Call> RedefineReport redefined(Call call) {
    const auto report = made<bactrian_redefine_report, bactrian_redefine_report_free>(call);
    const auto names = [&](auto count, auto name) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < count(report.get()); i++) names.emplace_back(name(report.get(), i));
        return names;
    };
    RedefineReport changed{names(bactrian_redefine_report_added_count, bactrian_redefine_report_added),
                           names(bactrian_redefine_report_removed_count, bactrian_redefine_report_removed),
                           names(bactrian_redefine_report_unfitted_count, bactrian_redefine_report_unfitted),
                           names(bactrian_redefine_report_begun_count, bactrian_redefine_report_begun),
                           std::nullopt,
                           {},
                           bactrian_redefine_report_moved(report.get())};
    const Moment since = bactrian_redefine_report_since(report.get());
    if (since != now) changed.since = since;
    for (std::size_t i = 0; i < bactrian_redefine_report_unread_count(report.get()); i++) {
        const bactrian_unread *unread = bactrian_redefine_report_unread(report.get(), i);
        changed.unread.emplace_back(unread->word, unread->records);
    }
    return changed;
}

template <class Call> Erasure erased(Call call) {
    const auto receipt = made<bactrian_erasure, bactrian_erasure_free>(call);
    const bactrian_erasure_info *found = bactrian_erasure_figures(receipt.get());
    Erasure erasure{found->ids, found->events, found->unnamed, found->traits, found->ties, found->words,
                    found->searched, found->found, {}};
    for (std::size_t i = 0; i < bactrian_erasure_fit_count(receipt.get()); i++)
        erasure.fits.emplace_back(bactrian_erasure_fit(receipt.get(), i));
    return erasure;
}

template <class Call> std::vector<MemoryPart> memory(Call call) {
    const auto found = made<bactrian_memory_parts, bactrian_memory_parts_free>(call);
    std::vector<MemoryPart> parts;
    for (std::size_t i = 0; i < bactrian_memory_parts_count(found.get()); i++) {
        const bactrian_memory_part *part = bactrian_memory_parts_at(found.get(), i);
        parts.push_back({part->name, part->bytes, part->bytes_per_customer});
    }
    return parts;
}
}  // namespace detail

}  // namespace bactrian

#endif  // BACTRIAN_REPORT_HPP
